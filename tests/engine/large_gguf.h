// Writes a GGUF file of Llama 2 7B's widths in Q4_K, with fewer layers and random weights: what
// streaming is tried on, since no file of that size is carried along.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace headscope::test {

struct LargeShape {
  int64_t layers = 2, width = 4096, heads = 32, inner = 11008, vocab = 32'000, positions = 4096;
};

class LargeGguf {
 public:
  explicit LargeGguf(const LargeShape& shape) : shape_(shape) {
    const int64_t d = shape.width, f = shape.inner;
    add("token_embd.weight", {d, shape.vocab});
    add("output.weight", {d, shape.vocab});
    add("output_norm.weight", {d});
    for (int64_t l = 0; l < shape.layers; ++l) {
      const std::string layer = "blk." + std::to_string(l) + ".";
      for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"}) {
        add(layer + name + ".weight", {d, d});
      }
      add(layer + "ffn_gate.weight", {d, f});
      add(layer + "ffn_up.weight", {d, f});
      add(layer + "ffn_down.weight", {f, d});
      add(layer + "attn_norm.weight", {d});
      add(layer + "ffn_norm.weight", {d});
    }
  }

  void write(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    std::string head = "GGUF";
    put<uint32_t>(head, 3);
    put<uint64_t>(head, tensors_.size());
    put<uint64_t>(head, 8);
    put_text(head, "general.architecture");
    put<uint32_t>(head, 8);
    put_text(head, "llama");
    put_count(head, "llama.block_count", shape_.layers);
    put_count(head, "llama.context_length", shape_.positions);
    put_count(head, "llama.embedding_length", shape_.width);
    put_count(head, "llama.feed_forward_length", shape_.inner);
    put_count(head, "llama.attention.head_count", shape_.heads);
    put_number(head, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
    put_number(head, "llama.rope.freq_base", 1e4f);
    uint64_t offset = 0;
    for (const Tensor& tensor : tensors_) {
      put_text(head, tensor.name);
      put<uint32_t>(head, static_cast<uint32_t>(tensor.extents.size()));
      for (const int64_t extent : tensor.extents)
        put<uint64_t>(head, static_cast<uint64_t>(extent));
      put<uint32_t>(head, tensor.is_matrix() ? kQ4K : kF32);
      put<uint64_t>(head, offset);
      offset += padded(tensor.bytes());
    }
    head.resize(padded(head.size()));
    file.write(head.data(), static_cast<std::streamsize>(head.size()));
    for (const Tensor& tensor : tensors_) {
      const std::string bytes = tensor.is_matrix() ? blocks(tensor) : ones(tensor);
      file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    if (!file) throw std::runtime_error("cannot write " + path);
  }

 private:
  static constexpr uint32_t kF32 = 0, kQ4K = 12;
  static constexpr size_t kBlock = 144, kElements = 256;  // of Q4_K

  struct Tensor {
    std::string name;
    std::vector<int64_t> extents;  // the fastest first, as in the file
    bool is_matrix() const { return extents.size() == 2; }
    size_t count() const {
      return static_cast<size_t>(extents[0] * (is_matrix() ? extents[1] : 1));
    }
    size_t bytes() const {
      return is_matrix() ? count() / kElements * kBlock : count() * sizeof(float);
    }
  };

  void add(std::string name, std::vector<int64_t> extents) {
    tensors_.push_back({std::move(name), std::move(extents)});
  }

  template <class T>
  static void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  static void put_text(std::string& out, const std::string& text) {
    put<uint64_t>(out, text.size());
    out += text;
  }
  static void put_count(std::string& out, const std::string& key, int64_t value) {
    put_text(out, key);
    put<uint32_t>(out, 4);  // u32
    put<uint32_t>(out, static_cast<uint32_t>(value));
  }
  static void put_number(std::string& out, const std::string& key, float value) {
    put_text(out, key);
    put<uint32_t>(out, 6);  // f32
    put<float>(out, value);
  }
  static size_t padded(size_t size) { return (size + 31) / 32 * 32; }

  uint64_t next() {  // Marsaglia 2003, xorshift64
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }

  // Random quanta and 6-bit scales; d = 2^-13 and dmin = 7.5 · 2^-13 as float16, so that the
  // numbers stand around 0 with a deviation of about 1 / sqrt(4096).
  std::string blocks(const Tensor& tensor) {
    std::string out(tensor.bytes(), '\0');
    for (size_t at = 0; at < out.size(); at += kBlock) {
      for (size_t i = 0; i < kBlock; i += sizeof(uint64_t)) {
        const uint64_t bits = next();
        std::memcpy(out.data() + at + i, &bits, sizeof bits);
      }
      constexpr uint16_t kScale = 0x0800, kLeast = 0x1380;
      std::memcpy(out.data() + at, &kScale, sizeof kScale);
      std::memcpy(out.data() + at + sizeof kScale, &kLeast, sizeof kLeast);
    }
    return out;
  }
  static std::string ones(const Tensor& tensor) {
    const std::vector<float> values(tensor.count(), 1.0f);
    return {reinterpret_cast<const char*>(values.data()), tensor.bytes()};
  }

  LargeShape shape_;
  std::vector<Tensor> tensors_;
  uint64_t state_ = 20'261'128;
};

}  // namespace headscope::test
