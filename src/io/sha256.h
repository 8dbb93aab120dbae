// SHA-256, by libcrypto (which uses the processor's instructions).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace headscope {

class Sha256 {
 public:
  Sha256();
  void update(const void* data, size_t bytes);
  // The hash, or its 64 hexadecimal digits; nothing may follow.
  std::array<unsigned char, 32> digest();
  std::string hex();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

std::string sha256(std::string_view bytes);

}  // namespace headscope
