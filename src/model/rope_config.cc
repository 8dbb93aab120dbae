// Frequencies of rotary positions and their scalings, as transformers' modeling_rope_utils computes
// them: linear and dynamic (Reddit's NTK), yarn (Peng et al. 2023), longrope (Ding et al. 2024),
// llama3 (Llama 3.1's).
#include <algorithm>
#include <cmath>
#include <numbers>

#include "format/json.h"
#include "headscope/error.h"
#include "model/config_reader.h"

namespace headscope {

namespace {

std::vector<double> plain_frequencies(double theta, int64_t dims) {
  std::vector<double> out;
  for (int64_t i = 0; i < dims; i += 2) {
    out.push_back(std::pow(theta, -static_cast<double>(i) / static_cast<double>(dims)));
  }
  return out;
}

// The parameters of one rotary embedding, wherever the configuration has them.
class RopeFields {
 public:
  RopeFields(const ConfigReader& config, const std::string& kind, const RopeDefaults& defaults)
      : config_(config), source_(config.source()), by_kind_(!kind.empty()), defaults_(defaults) {
    fields_ = parse_json(defaults.rope, source_);
    if (const Json* parameters = config.find({"rope_parameters"})) {
      const Json* own = by_kind_ ? find_field(*parameters, kind, source_) : nullptr;
      fields_ = own ? *own : *parameters;
      require_object(fields_);
    }
    const Json* scaling = defaults.scaled ? config.find({"rope_scaling"}) : nullptr;
    if (!scaling) return;
    require_object(*scaling);
    // As transformers 5 takes both: rope_scaling counts, of kinds of layers field by field.
    if (by_kind_) {
      fields_.update(*scaling);
    } else if (!scaling->empty()) {
      fields_ = *scaling;
    }
  }

  const Json* find(const char* name) const { return find_field(fields_, name, source_); }
  double number(const char* name, std::optional<double> fallback = {}) const {
    return number_field(fields_, name, source_, fallback);
  }
  // Above 0 and finite.
  double positive(const char* name, std::optional<double> fallback = {}) const {
    const double value = number(name, fallback);
    if (!(value > 0) || !std::isfinite(value)) {
      throw Error(ErrorCode::kBadInput, source_ + ": " + name + " is " + std::to_string(value),
                  "a number above 0");
    }
    return value;
  }
  bool flag(const char* name, bool fallback) const {
    return bool_field(fields_, name, source_, fallback);
  }
  std::string type() const {
    const std::string type = string_field(fields_, "rope_type", source_,
                                          string_field(fields_, "type", source_, "default"));
    return type == "su" ? "longrope" : type;
  }
  // Positions that the model was trained with before it was stretched. Beside the rope's own number
  // that of the whole file counts, but where kinds of layers differ.
  int64_t original(int64_t positions) const {
    constexpr const char* kName = "original_max_position_embeddings";
    const bool outside = config_.find({kName}) || defaults_.original;
    if (outside && !by_kind_) return config_.size({kName}, defaults_.original);
    return int_field(fields_, kName, source_, 1, ConfigReader::kMost, positions);
  }
  std::vector<double> factors(const char* name, size_t count) const {
    std::vector<double> out;
    for (const Json& one : array_field(fields_, name, source_)) {
      if (!one.is_number() || !(one.get<double>() > 0)) {
        throw Error(ErrorCode::kBadInput, source_ + ": " + name + " holds " + describe(one),
                    "numbers above 0");
      }
      out.push_back(one.get<double>());
    }
    if (out.size() != count) {
      throw Error(ErrorCode::kBadInput,
                  source_ + ": " + name + " has " + std::to_string(out.size()) + " numbers",
                  std::to_string(count) + ", one a pair of rotated dimensions");
    }
    return out;
  }

 private:
  void require_object(const Json& json) const {
    if (!json.is_object()) config_.refuse("its rope is " + describe(json), "an object");
  }

  const ConfigReader& config_;
  const std::string& source_;
  bool by_kind_;
  const RopeDefaults& defaults_;
  Json fields_;
};

void divide(std::vector<double>& frequencies, const std::vector<double>& by) {
  for (size_t i = 0; i < frequencies.size(); ++i) frequencies[i] /= by[i];
}

// The attention factor of yarn: 0.1·m·ln(s) + 1.
double yarn_scale(double stretch, double m) {
  return stretch <= 1 ? 1.0 : 0.1 * m * std::log(stretch) + 1.0;
}

void scale_yarn(const RopeFields& fields, int64_t positions, RopeSpec& rope) {
  const double stretch = fields.positive("factor");
  const double m = fields.number("mscale", 0), all = fields.number("mscale_all_dim", 0);
  const double own = m != 0 && all != 0 ? yarn_scale(stretch, m) / yarn_scale(stretch, all)
                                        : yarn_scale(stretch, 1);
  rope.factor = fields.number("attention_factor", own);
  const auto original = static_cast<double>(fields.original(positions));
  const auto dims = static_cast<double>(rope.dims);
  // The dimension whose angle makes `turns` full turns over the original positions.
  const auto dimension = [&](double turns) {
    return dims * std::log(original / (turns * 2 * std::numbers::pi)) / (2 * std::log(rope.theta));
  };
  double low = dimension(fields.positive("beta_fast", 32)),
         high = dimension(fields.positive("beta_slow", 1));
  if (fields.flag("truncate", true)) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dims - 1);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < rope.frequencies.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    rope.frequencies[i] *= ramp / stretch + (1 - ramp);
  }
}

void scale_longrope(const RopeFields& fields, int64_t positions, RopeSpec& rope) {
  const auto original = static_cast<double>(fields.original(positions));
  const double own = fields.number("factor", static_cast<double>(positions) / original);
  const double attention = own <= 1 ? 1.0 : std::sqrt(1 + std::log(own) / std::log(original));
  rope.factor = fields.number("attention_factor", attention);
  const size_t pairs = rope.frequencies.size();
  rope.long_frequencies = rope.frequencies;
  divide(rope.frequencies, fields.factors("short_factor", pairs));
  divide(rope.long_frequencies, fields.factors("long_factor", pairs));
  if (rope.long_frequencies != rope.frequencies) rope.original = fields.original(positions);
}

void scale_llama3(const RopeFields& fields, int64_t positions, RopeSpec& rope) {
  const double factor = fields.positive("factor"), low = fields.positive("low_freq_factor"),
               high = fields.positive("high_freq_factor");
  const auto original = static_cast<double>(fields.original(positions));
  for (double& frequency : rope.frequencies) {
    const double turns = original * frequency / (2 * std::numbers::pi);
    if (turns < low) {
      frequency /= factor;
    } else if (turns <= high) {
      const double smooth = (turns - low) / (high - low);
      frequency = (1 - smooth) * frequency / factor + smooth * frequency;
    }
  }
}

}  // namespace

std::vector<double> RopeSpec::frequencies_for(int64_t tokens) const {
  if (original == 0 || tokens <= original) return frequencies;
  if (dynamic_factor == 0) return long_frequencies;
  const double stretch =
      dynamic_factor * static_cast<double>(tokens) / static_cast<double>(original) -
      (dynamic_factor - 1);
  const auto wide = static_cast<double>(dims);
  return plain_frequencies(theta * std::pow(stretch, wide / (wide - 2)), dims);
}

RopeSpec read_rope(const ConfigReader& config, int64_t head_dim, int64_t positions,
                   const std::string& kind, const RopeDefaults& defaults) {
  const RopeFields fields(config, kind, defaults);
  RopeSpec rope;
  rope.theta = fields.find("rope_theta") ? fields.positive("rope_theta")
                                         : config.number({defaults.theta_name}, defaults.theta);
  const double partial =
      fields.number("partial_rotary_factor",
                    config.number({defaults.partial_name}, defaults.partial.value_or(1)));
  if (!defaults.partial && partial != 1) {
    config.refuse("its rope turns " + std::to_string(partial) + " of a head",
                  "all of it, as models of this type do");
  }
  if (!(rope.theta > 1) || !std::isfinite(rope.theta) || !(partial > 0) || partial > 1) {
    config.refuse("its rope has theta " + std::to_string(rope.theta) + " and turns " +
                      std::to_string(partial) + " of a head",
                  "theta above 1 and a part above 0 and at most 1");
  }
  rope.dims = static_cast<int64_t>(static_cast<double>(head_dim) * partial);
  if (rope.dims < 2 || rope.dims % 2 != 0) {
    config.refuse("its rope turns " + std::to_string(rope.dims) + " dimensions", "an even number");
  }
  rope.frequencies = plain_frequencies(rope.theta, rope.dims);
  std::string type = fields.type();
  if (type == "yarn" && defaults.only_longrope) type = "longrope";
  if (defaults.only_longrope && type != "default" && type != "longrope") {
    config.refuse("its rope is of type \"" + type + "\"", "default or longrope");
  }
  if (type == "linear") {
    const double factor = fields.positive("factor");
    for (double& frequency : rope.frequencies) frequency /= factor;
  } else if (type == "dynamic") {
    rope.dynamic_factor = fields.positive("factor");
    rope.original = positions;
  } else if (type == "yarn") {
    scale_yarn(fields, positions, rope);
  } else if (type == "longrope") {
    scale_longrope(fields, positions, rope);
  } else if (type == "llama3") {
    scale_llama3(fields, positions, rope);
  } else if (type != "default") {
    config.refuse("its rope is of type \"" + type + "\"",
                  "one of default, linear, dynamic, yarn, longrope, llama3");
  }
  return rope;
}

}  // namespace headscope
