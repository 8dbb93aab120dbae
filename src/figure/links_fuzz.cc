#include <string>

#include "base/fuzz.h"
#include "headscope/view_state.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  const std::string link(text_of(data, size));
  accepts([&] {
    const ViewState state = parse_link(link);
    require(parse_link(to_link(state)) == state, "a link reads back as it was written");
  });
  return 0;
}
