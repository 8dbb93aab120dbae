#include "io/fingerprint.h"

#include <map>
#include <utility>

#include "io/sha256.h"

namespace headscope {
namespace {

// The name that is hashed, empty for a tensor that is not. The oldest Hugging Face checkpoints,
// among them bert-base-uncased's own, say gamma and beta where later ones say weight and bias.
std::string counted_name(std::string name) {
  if (name.starts_with("bert.")) name.erase(0, 5);
  for (const auto& [old_word, word] : {std::pair{".gamma", ".weight"}, {".beta", ".bias"}}) {
    if (name.ends_with(old_word)) name.replace(name.rfind('.'), std::string::npos, word);
  }
  if (name.ends_with("position_ids")) return {};
  return name.starts_with("embeddings.") || name.starts_with("encoder.") ? name : std::string();
}

// The part of a tensor's record before its numbers.
std::string record_head(const std::string& name, const std::vector<int64_t>& shape) {
  std::string head = name + '\0';
  for (size_t i = 0; i < shape.size(); ++i) {
    head += (i ? "," : "") + std::to_string(shape[i]);
  }
  return head + '\0';
}

// Calls use(name, shape, data, bytes) for each tensor in order.
template <class Use>
void for_each(const WeightStore& weights, const std::map<std::string, std::string>& counted,
              const RunControl& control, Use use) {
  int64_t total = 0, done = 0;
  for (const auto& [plain, name] : counted) total += weights.float_bytes(name);
  for (const auto& [plain, name] : counted) {
    control.cancel.check();
    const int64_t bytes = weights.float_bytes(name);
    use(record_head(plain, *weights.shape(name)), weights.data(name), static_cast<size_t>(bytes));
    weights.drop_pages(name);
    control.report(done += bytes, total);
  }
}

}  // namespace

std::string fingerprint(const WeightStore& weights, const RunControl& control) {
  std::map<std::string, std::string> counted;  // name without prefix → name in the store
  for (const std::string& name : weights.names()) {
    if (!weights.is_floating(name)) continue;  // a buffer, such as position_ids, is no weight
    const std::string plain = counted_name(name);
    if (!plain.empty()) counted.emplace(plain, name);
  }
  Sha256 hash;
  for_each(weights, counted, control,
           [&](const std::string& head, const float* data, size_t bytes) {
             hash.update(head.data(), head.size());
             hash.update(data, bytes);
           });
  return hash.hex();
}

std::string fingerprint_of(const WeightStore& weights,
                           const std::map<std::string, std::string>& counted,
                           const RunControl& control) {
  Sha256 hash;
  for_each(weights, counted, control,
           [&](const std::string& head, const float* data, size_t bytes) {
             Sha256 numbers;
             numbers.update(data, bytes);
             const auto digest = numbers.digest();
             hash.update(head.data(), head.size());
             hash.update(digest.data(), digest.size());
           });
  return hash.hex();
}

}  // namespace headscope
