// Any bytes as a Partial: refused with an Error, or one whose own bytes read as the same.
#include <string>

#include "base/fuzz.h"
#include "headscope/partial.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const std::string again = Partial::parse(text_of(data, size), "fuzz").bytes();
    require(Partial::parse(again, "fuzz").bytes() == again, "the same again");
  });
  return 0;
}
