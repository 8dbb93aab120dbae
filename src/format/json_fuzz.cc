#include "base/fuzz.h"
#include "format/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  takes([&] {
    const Json value = parse_json(text_of(data, size), "input");
    const std::string text = dump_json(value);
    require(parse_json(text, "printed") == value, "what was printed reads back as it was");
    describe(value);
    for (const char* key : {"", "a", "hidden_size"}) {
      takes([&] { int_field(value, key, "input", 0, 10); });
      takes([&] { number_field(value, key, "input", 1.0); });
      takes([&] { string_field(value, key, "input", std::string("x")); });
      takes([&] { ints_field(value, key, "input"); });
      takes([&] { strings_field(value, key, "input"); });
    }
  });
  return 0;
}
