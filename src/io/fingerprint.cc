#include "io/fingerprint.h"

#include <openssl/evp.h>

#include <map>
#include <memory>

#include "headscope/error.h"

namespace headscope {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void update(const void* data, size_t bytes) {
    check(EVP_DigestUpdate(context_.get(), data, bytes) == 1);
  }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest, &length) == 1);
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

 private:
  static void check(bool good) {
    if (!good) throw Error(ErrorCode::kInternal, "SHA-256 of libcrypto failed");
  }
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

// The name that counts, empty for a tensor that does not.
std::string counted_name(std::string name) {
  if (name.starts_with("bert.")) name.erase(0, 5);
  if (name.ends_with("position_ids")) return {};
  return name.starts_with("embeddings.") || name.starts_with("encoder.") ? name : std::string();
}

}  // namespace

std::string fingerprint(const WeightStore& weights) {
  std::map<std::string, std::string> counted;  // name without prefix → name in the store
  for (const std::string& name : weights.names()) {
    const std::string plain = counted_name(name);
    if (!plain.empty()) counted.emplace(plain, name);
  }
  Sha256 hash;
  for (const auto& [plain, name] : counted) {
    const std::vector<int64_t>& shape = *weights.shape(name);
    std::string head = plain + '\0';
    size_t count = 1;
    for (size_t i = 0; i < shape.size(); ++i) {
      head += (i ? "," : "") + std::to_string(shape[i]);
      count *= static_cast<size_t>(shape[i]);
    }
    head += '\0';
    hash.update(head.data(), head.size());
    hash.update(weights.data(name), count * sizeof(float));
    weights.drop_pages(name);
  }
  return hash.hex();
}

}  // namespace headscope
