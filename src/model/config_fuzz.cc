#include "base/fuzz.h"
#include "format/json.h"
#include "model/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  takes([&] {
    const ModelConfig config =
        read_bert_config({parse_json(text_of(data, size), "input"), "input"});
    const BlockConfig& block = config.block;
    require(block.heads > 0 && block.width == block.heads * block.head_width(), "heads divide D");
    require(config.layers > 0 && config.vocab > 0 && config.positions > 0, "sizes are positive");
  });
  return 0;
}
