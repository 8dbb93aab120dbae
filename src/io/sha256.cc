#include "io/sha256.h"

#include <openssl/evp.h>

#include "headscope/error.h"

namespace headscope {
namespace {

void check(bool good) {
  if (!good) throw Error(ErrorCode::kInternal, "SHA-256 of libcrypto failed");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::update(const void* data, size_t bytes) {
  check(EVP_DigestUpdate(context_.get(), data, bytes) == 1);
}

std::array<unsigned char, 32> Sha256::digest() {
  std::array<unsigned char, 32> out{};
  unsigned int length = 0;
  check(EVP_DigestFinal_ex(context_.get(), out.data(), &length) == 1 && length == out.size());
  return out;
}

std::string Sha256::hex() {
  std::string text;
  for (const unsigned char byte : digest()) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes.data(), bytes.size());
  return hash.hex();
}

}  // namespace headscope
