#include "base/fuzz.h"
#include "io/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const Picture picture = decode_picture(text_of(data, size), "input");
    if (picture.width * picture.height < 1 << 20) (void)resize(picture, 8, 8, Resampling::kBicubic);
  });
  return 0;
}
