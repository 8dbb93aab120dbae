#include "rpc/content_hash.h"

#include <bit>
#include <cstring>
#include <vector>

#include "headscope/trace.h"
#include "trace/trace_json.h"

namespace headscope {
namespace {

// Odd constants with about as many ones as zeros (digits of e); each step is a bijection of the
// state, so no difference is ever lost.
constexpr uint64_t kMultiplyA = 0xadf85458a2bb4a9bu, kMultiplyB = 0xafdc5620273d3cf1u;

uint64_t finish(uint64_t x) {
  x = (x ^ x >> 32) * kMultiplyA;
  x = (x ^ x >> 29) * kMultiplyB;
  return x ^ x >> 32;
}

void add_floats(ContentHash& hash, const std::vector<float>& values) {
  hash.add(values.data(), values.size() * sizeof(float));
}

void add_vectors(ContentHash& hash, const Trace& trace) {
  for (const StackArrays& stack : trace.arrays()) {
    for (const LayerArrays& layer : stack.layers) {
      add_floats(hash, layer.query);
      add_floats(hash, layer.key);
      add_floats(hash, layer.value);
      add_floats(hash, layer.logsumexp);
      add_floats(hash, layer.value_norm);
      add_floats(hash, layer.attention);
    }
    add_floats(hash, stack.bias);
    add_floats(hash, stack.mask);
  }
  add_floats(hash, trace.contribution);
}

void add_maps(ContentHash& hash, const AttentionSource& source) {
  std::vector<float> row;
  for (const HeadRef head : source.all_heads()) {
    const int64_t n = source.info().query_tokens(head.stack).size();
    const int64_t m = source.info().key_tokens(head.stack).size();
    row.resize(static_cast<size_t>(m));
    for (int64_t i = 0; i < n; ++i) {
      source.weights(head, {i, i + 1}, {0, m}, row.data());
      add_floats(hash, row);
    }
  }
}

}  // namespace

void ContentHash::word(uint64_t value) {
  a_ = std::rotl(a_ ^ value * kMultiplyA, 29) * kMultiplyB + 1;
  b_ = std::rotl(b_ + (value ^ kMultiplyB) * kMultiplyA, 31) * kMultiplyA + 3;
}

void ContentHash::add(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  word(bytes);
  for (; bytes >= 8; at += 8, bytes -= 8) {
    uint64_t value;
    std::memcpy(&value, at, 8);
    word(value);
  }
  if (bytes > 0) {
    uint64_t value = 0;
    std::memcpy(&value, at, bytes);
    word(value);
  }
}

std::string ContentHash::hex() const {
  std::string text;
  for (const uint64_t half : {finish(a_ + b_), finish(b_ ^ std::rotl(a_, 32))}) {
    for (int digit = 60; digit >= 0; digit -= 4) text += "0123456789abcdef"[half >> digit & 15];
  }
  return text;
}

std::string trace_id(const AttentionSource& source) {
  ContentHash hash;
  hash.add(dump_json(trace_info_to_json(source.info())));
  if (const auto* trace = dynamic_cast<const Trace*>(&source)) {
    add_vectors(hash, *trace);
  } else {
    add_maps(hash, source);
  }
  return "t" + hash.hex();
}

}  // namespace headscope
