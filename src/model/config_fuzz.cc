#include "base/fuzz.h"
#include "format/json.h"
#include "model/family.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  takes([&] {
    const ModelConfigFile file{parse_json(text_of(data, size), "input"), "input"};
    const ConfigReader config(file);
    const ModelSpec spec = family_of(config).read(config);
    require(spec.layers() > 0 && spec.embedding.vocab > 0 && spec.positions > 0, "sizes");
    for (const BlockSpec& block : spec.blocks) {
      const AttentionSpec& attention = block.attention;
      require(attention.heads > 0 && attention.kv_heads > 0 &&
                  attention.heads % attention.kv_heads == 0 && attention.head_dim > 0,
              "heads");
      require(block.weights_of >= 0 && block.weights_of < spec.layers(), "a layer's weights");
    }
  });
  return 0;
}
