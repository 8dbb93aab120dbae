#include "base/fuzz.h"
#include "format/json.h"
#include "io/model_files.h"
#include "model/family.h"

namespace {

using namespace headscope;

void check(const AttentionSpec& attention) {
  require(attention.heads > 0 && attention.kv_heads > 0 &&
              attention.heads % attention.kv_heads == 0 && attention.head_dim > 0,
          "heads");
}

void check(const ModelSpec& spec) {
  const bool read = spec.embedding.vocab > 0 || spec.embedding.patches;
  require(spec.layers() > 0 && read && spec.positions > 0, "sizes");
  for (const BlockSpec& block : spec.blocks) {
    check(block.attention);
    if (block.cross) check(*block.cross);
    require(block.weights_of >= 0 && block.weights_of < spec.layers(), "a layer's weights");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  accepts([&] {
    const ModelConfigFile file{parse_json(text_of(data, size), "input"), "input"};
    const ConfigReader config(file);
    const Family& family = family_of(config);
    check(family.read(config));
    if (family.decoder) check(family.decoder->read(config));
  });
  return 0;
}
