#include "base/fuzz.h"
#include "format/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const Json value = parse_json(text_of(data, size), "input");
    const std::string text = dump_json(value);
    require(parse_json(text, "printed") == value, "what was printed reads back as it was");
    describe(value);
    for (const char* key : {"", "a", "hidden_size"}) {
      accepts([&] { int_field(value, key, "input", 0, 10); });
      accepts([&] { number_field(value, key, "input", 1.0); });
      accepts([&] { string_field(value, key, "input", std::string("x")); });
      accepts([&] { ints_field(value, key, "input"); });
      accepts([&] { strings_field(value, key, "input"); });
    }
  });
  return 0;
}
