#include "io/gguf_keys.h"

#include <limits>

#include "format/json.h"

namespace headscope {
namespace {

std::string text_of(double value) { return dump_json(json_number(value)); }

}  // namespace

const GgufTensor* GgufKeys::tensor(std::string_view name) const {
  for (const GgufPart& part : parts_) {
    if (const GgufTensor* found = part.content.find(name)) return found;
  }
  return nullptr;
}

size_t GgufKeys::tensor_count() const {
  size_t count = 0;
  for (const GgufPart& part : parts_) count += part.content.tensors().size();
  return count;
}

std::optional<int64_t> GgufKeys::find_count(const std::string& suffix, int64_t low) const {
  std::optional<int64_t> found;
  if (file().is_array(key(suffix))) {
    for (const int64_t each : file().integers(key(suffix))) {
      if (found && *found != each) {
        refuse(suffix, "another number in other layers", "the same number in all layers");
      }
      found = each;
    }
  } else {
    found = file().integer(key(suffix));
  }
  if (found && (*found < low || *found > std::numeric_limits<int32_t>::max())) {
    refuse(suffix, std::to_string(*found), "a number from " + std::to_string(low) + " to 2^31 - 1");
  }
  return found;
}

int64_t GgufKeys::count(const std::string& suffix, int64_t low) const {
  const auto found = find_count(suffix, low);
  if (!found) refuse(suffix, "not there", "a whole number");
  return *found;
}

std::optional<double> GgufKeys::find_number(const std::string& suffix) const {
  const auto found = file().number(key(suffix));
  if (found && !(*found >= 0 && *found <= std::numeric_limits<float>::max())) {
    refuse(suffix, text_of(*found), "a finite number from 0 on");
  }
  return found;
}

double GgufKeys::number(const std::string& suffix) const {
  const auto found = find_number(suffix);
  if (!found) refuse(suffix, "not there", "a number");
  return *found;
}

double GgufKeys::number(const std::string& suffix, double fallback) const {
  return find_number(suffix).value_or(fallback);
}

std::vector<float> GgufKeys::factors(std::string_view name) const {
  const GgufTensor* found = tensor(name);
  if (!found) return {};
  if (found->type->name != "F32" || found->shape.size() != 1) {
    file().refuse("tensor " + std::string(name), "of type " + std::string(found->type->name),
                  "a row of float32");
  }
  std::vector<float> numbers(static_cast<size_t>(found->shape[0]));
  found->type->dequantise(found->bytes.data(), found->shape[0], numbers.data());
  for (const float factor : numbers) {
    if (!(factor > 0 && factor <= std::numeric_limits<float>::max())) {
      file().refuse("tensor " + std::string(name), "with a factor that is " + text_of(factor),
                    "positive numbers");
    }
  }
  return numbers;
}

Json shortest(double value) {
  // The shortest decimal that gives this float32.
  return parse_json(dump_json(json_number(static_cast<float>(value))), "a number");
}

Json rope_parameters(const GgufKeys& keys, double base, bool scaled, int64_t head_dim) {
  Json rope = {{"rope_theta", shortest(base)}, {"rope_type", "default"}};
  const int64_t dims = keys.find_count("rope.dimension_count").value_or(head_dim);
  if (dims > head_dim || dims % 2 != 0) {
    keys.refuse("rope.dimension_count", std::to_string(dims),
                "an even number up to the head's width " + std::to_string(head_dim));
  }
  if (dims != head_dim) {
    rope["partial_rotary_factor"] = static_cast<double>(dims) / static_cast<double>(head_dim);
  }
  if (!scaled) return rope;
  const auto type = keys.file().text(keys.key("rope.scaling.type"));
  const std::string kind(type.value_or(keys.find_number("rope.scale_linear") ? "linear" : "none"));
  const int64_t trained = keys.find_count("rope.scaling.original_context_length")
                              .value_or(keys.count("context_length"));
  const auto list = [&](std::string_view tensor) {
    const std::vector<float> factors = keys.factors(tensor);
    if (!factors.empty() && factors.size() != static_cast<size_t>(dims / 2)) {
      keys.file().refuse("tensor " + std::string(tensor), std::to_string(factors.size()) + " long",
                         std::to_string(dims / 2) + " factors, one a pair of dimensions");
    }
    return json_numbers(factors);
  };
  // Each frequency divided by a factor of its own is Hugging Face's "longrope".
  Json freqs = list("rope_freqs.weight");
  Json longer = list("rope_factors_long.weight"), shorter = list("rope_factors_short.weight");
  if (!freqs.empty()) longer = shorter = freqs;
  const bool linear_one = kind == "linear" && keys.number("rope.scaling.factor", 1) == 1;
  if (!longer.empty() || !shorter.empty()) {
    if (longer.size() != shorter.size() || (kind != "none" && kind != "longrope" && !linear_one)) {
      keys.refuse("rope.scaling.type", kind, "none beside factors of each frequency");
    }
    rope["rope_type"] = "longrope";
    rope["long_factor"] = longer;
    rope["short_factor"] = shorter;
    rope["attention_factor"] = shortest(keys.number("rope.scaling.attn_factor", 1));
    rope["original_max_position_embeddings"] = trained;
    return rope;
  }
  if (kind == "none" || linear_one) return rope;
  const double factor = keys.file().has(keys.key("rope.scale_linear"))
                            ? keys.number("rope.scale_linear")
                            : keys.number("rope.scaling.factor");
  if (!(factor > 0)) keys.refuse("rope.scaling.factor", text_of(factor), "a positive number");
  rope["rope_type"] = kind;
  rope["factor"] = shortest(factor);
  if (kind == "linear") return rope;
  if (kind != "yarn") keys.refuse("rope.scaling.type", kind, "none, linear, yarn or longrope");
  rope["original_max_position_embeddings"] = trained;
  for (const auto& [suffix, field] : {std::pair{"yarn_beta_fast", "beta_fast"},
                                      {"yarn_beta_slow", "beta_slow"},
                                      {"yarn_attn_factor", "attention_factor"}}) {
    const auto found = keys.find_number(std::string("rope.scaling.") + suffix);
    if (found) rope[field] = shortest(*found);
  }
  for (const char* unread : {"rope.scaling.yarn_log_multiplier", "rope.scaling.yarn_ext_factor"}) {
    if (keys.file().has(keys.key(unread))) {
      keys.refuse(unread, "set", "YaRN's usual settings");
    }
  }
  return rope;
}

}  // namespace headscope
