#include "base/digest.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace headscope {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void store(uint32_t value, uint8_t* to) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

}  // namespace

void Digest::block(const uint8_t* data) {
  uint32_t w[64];
  for (size_t t = 0; t < 16; ++t) {
    w[t] = static_cast<uint32_t>(data[4 * t]) << 24 | static_cast<uint32_t>(data[4 * t + 1]) << 16 |
           static_cast<uint32_t>(data[4 * t + 2]) << 8 | data[4 * t + 3];
  }
  for (size_t t = 16; t < 64; ++t) {
    const uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
    const uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (size_t t = 0; t < 64; ++t) {
    const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRound[t] + w[t];
    const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<uint32_t, 8> added = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < added.size(); ++i) state_[i] += added[i];
}

void Digest::update(const void* data, size_t bytes) {
  const auto* at = static_cast<const uint8_t*>(data);
  length_ += bytes;
  if (held_ > 0) {
    const size_t taken = std::min(bytes, rest_.size() - held_);
    std::copy_n(at, taken, rest_.begin() + static_cast<std::ptrdiff_t>(held_));
    held_ += taken;
    at += taken;
    bytes -= taken;
    if (held_ < rest_.size()) return;
    block(rest_.data());
    held_ = 0;
  }
  for (; bytes >= rest_.size(); at += rest_.size(), bytes -= rest_.size()) block(at);
  if (bytes > 0) std::copy_n(at, bytes, rest_.begin());
  held_ = bytes;
}

void Digest::add(const void* data, size_t bytes) {
  const auto length = static_cast<uint64_t>(bytes);
  uint8_t text[8];
  store(static_cast<uint32_t>(length >> 32), text);
  store(static_cast<uint32_t>(length), text + 4);
  update(text, sizeof text);
  if (bytes > 0) update(data, bytes);
}

Digest::Bytes Digest::finish() {
  const uint64_t bits = length_ * 8;
  const uint8_t one = 0x80, zero = 0;
  update(&one, 1);
  while (held_ != 56) update(&zero, 1);
  uint8_t text[8];
  store(static_cast<uint32_t>(bits >> 32), text);
  store(static_cast<uint32_t>(bits), text + 4);
  update(text, sizeof text);
  Bytes out;
  for (size_t i = 0; i < state_.size(); ++i) store(state_[i], out.data() + 4 * i);
  return out;
}

std::string Digest::short_hex() { return hex().substr(0, 16); }

std::string Digest::hex() {
  std::string text;
  for (const uint8_t byte : finish()) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace headscope
