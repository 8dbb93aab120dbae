#include "io/fingerprint.h"

#include <map>
#include <utility>

#include "io/sha256.h"

namespace headscope {
namespace {

// The name that counts, empty for a tensor that does not. The oldest Hugging Face checkpoints,
// among them bert-base-uncased's own, say gamma and beta where later ones say weight and bias.
std::string counted_name(std::string name) {
  if (name.starts_with("bert.")) name.erase(0, 5);
  for (const auto& [old_word, word] : {std::pair{".gamma", ".weight"}, {".beta", ".bias"}}) {
    if (name.ends_with(old_word)) name.replace(name.rfind('.'), std::string::npos, word);
  }
  if (name.ends_with("position_ids")) return {};
  return name.starts_with("embeddings.") || name.starts_with("encoder.") ? name : std::string();
}

}  // namespace

std::string fingerprint(const WeightStore& weights, const RunControl& control) {
  std::map<std::string, std::string> counted;  // name without prefix → name in the store
  for (const std::string& name : weights.names()) {
    const std::string plain = counted_name(name);
    if (!plain.empty()) counted.emplace(plain, name);
  }
  int64_t total = 0, done = 0;
  for (const auto& [plain, name] : counted) total += weights.float_bytes(name);
  Sha256 hash;
  for (const auto& [plain, name] : counted) {
    control.cancel.check();
    const std::vector<int64_t>& shape = *weights.shape(name);
    std::string head = plain + '\0';
    for (size_t i = 0; i < shape.size(); ++i) {
      head += (i ? "," : "") + std::to_string(shape[i]);
    }
    head += '\0';
    hash.update(head.data(), head.size());
    hash.update(weights.data(name), static_cast<size_t>(weights.float_bytes(name)));
    weights.drop_pages(name);
    control.report(done += weights.float_bytes(name), total);
  }
  return hash.hex();
}

}  // namespace headscope
