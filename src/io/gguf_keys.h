// The hyperparameters of a GGUF file, ARCHITECTURE.KEY, read with checks, and the functions that
// make config.json's fields of them (transformers 5's spelling).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "io/gguf_file.h"

namespace headscope {

class GgufKeys {
 public:
  // `parts` outlive it; the first has the metadata.
  GgufKeys(const std::vector<GgufPart>& parts, std::string architecture)
      : parts_(parts), architecture_(std::move(architecture)) {}

  const GgufFile& file() const { return parts_[0].content; }
  // "llama.block_count"
  std::string key(const std::string& suffix) const { return architecture_ + "." + suffix; }
  // Null where no part has it.
  const GgufTensor* tensor(std::string_view name) const;
  size_t tensor_count() const;

  // All throw Error(kBadInput) that names the key.
  // From `low` to 2^31 - 1. A value a layer (an array) must be the same for all.
  std::optional<int64_t> find_count(const std::string& suffix, int64_t low = 1) const;
  int64_t count(const std::string& suffix, int64_t low = 1) const;  // must be there
  std::optional<double> find_number(const std::string& suffix) const;
  double number(const std::string& suffix) const;
  double number(const std::string& suffix, double fallback) const;
  // A float32 tensor of numbers; empty where there is none.
  std::vector<float> factors(std::string_view tensor) const;

  [[noreturn]] void refuse(const std::string& suffix, const std::string& got,
                           const std::string& expected) const {
    file().refuse(key(suffix), got, expected);
  }

 private:
  const std::vector<GgufPart>& parts_;
  std::string architecture_;
};

// A float32 of the file as a configuration writes it: 1e-05, not 9.999999747378752e-06.
Json shortest(double value);

void configure_bert(const GgufKeys& keys, Json& config);
void configure_gemma2(const GgufKeys& keys, Json& config);
void configure_gemma3(const GgufKeys& keys, Json& config);
void configure_gpt2(const GgufKeys& keys, Json& config);
void configure_llama(const GgufKeys& keys, Json& config);
void configure_phi3(const GgufKeys& keys, Json& config);
void configure_qwen(const GgufKeys& keys, Json& config);

// rope_parameters with this base; `scaled`: what the file says about scaling applies.
Json rope_parameters(const GgufKeys& keys, double base, bool scaled, int64_t head_dim);

}  // namespace headscope
