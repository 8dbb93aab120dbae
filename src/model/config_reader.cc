#include "model/config_reader.h"

#include "format/json.h"
#include "headscope/error.h"
#include "io/model_files.h"

namespace headscope {

namespace {

struct ActivationName {
  const char* name;
  Activation activation;
};
// The names in the table ACT2FN of transformers.
constexpr ActivationName kActivations[] = {
    {"gelu", Activation::kGelu},          {"gelu_python", Activation::kGelu},
    {"gelu_new", Activation::kGeluTanh},  {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh}, {"relu", Activation::kRelu},
    {"silu", Activation::kSilu},          {"swish", Activation::kSilu},
};

}  // namespace

ConfigReader::ConfigReader(const ModelConfigFile& file) : file_(file) {
  if (!file.config.is_object()) refuse("not a JSON object", "a model's configuration");
}

void ConfigReader::refuse(const std::string& got, const std::string& expected) const {
  throw Error(ErrorCode::kBadInput, file_.source + ": " + got, expected,
              "headscope cannot run this architecture", "HS-MODEL-02");
}

const Json& ConfigReader::json() const { return file_.config; }

const std::string& ConfigReader::source() const { return file_.source; }

const Json* ConfigReader::find(Names names) const {
  for (const char* name : names) {
    if (const Json* found = find_field(file_.config, name, file_.source)) return found;
  }
  return nullptr;
}

bool ConfigReader::is_null(const char* name) const {
  const auto found = file_.config.find(name);
  return found != file_.config.end() && found->is_null();
}

const char* ConfigReader::name_of(Names names) const {
  for (const char* name : names) {
    if (find_field(file_.config, name, file_.source)) return name;
  }
  return *names.begin();
}

int64_t ConfigReader::size(Names names, std::optional<int64_t> fallback, int64_t most) const {
  return int_field(file_.config, name_of(names), file_.source, 1, most, fallback);
}

std::optional<int64_t> ConfigReader::optional_size(Names names) const {
  if (!find(names)) return std::nullopt;
  return size(names);
}

std::optional<int64_t> ConfigReader::id(Names names) const {
  if (!find(names)) return std::nullopt;
  return int_field(file_.config, name_of(names), file_.source, 0, kMost);
}

double ConfigReader::number(Names names, std::optional<double> fallback) const {
  return number_field(file_.config, name_of(names), file_.source, fallback);
}

std::optional<double> ConfigReader::optional_number(Names names) const {
  if (!find(names)) return std::nullopt;
  return number(names);
}

bool ConfigReader::flag(Names names, bool fallback) const {
  return bool_field(file_.config, name_of(names), file_.source, fallback);
}

std::string ConfigReader::text(Names names, std::optional<std::string> fallback) const {
  return string_field(file_.config, name_of(names), file_.source, std::move(fallback));
}

Activation ConfigReader::activation(Names names, std::optional<std::string> fallback) const {
  return activation_named(name_of(names), text(names, std::move(fallback)));
}

Activation ConfigReader::activation_named(const char* field, const std::string& name) const {
  std::string known;
  for (const auto& [its_name, activation] : kActivations) {
    if (name == its_name) return activation;
    known += (known.empty() ? "" : ", ") + std::string(its_name);
  }
  refuse(std::string(field) + " is \"" + name + "\"", "one of " + known);
}

float ConfigReader::eps(Names names, double fallback) const {
  const double eps = number(names, fallback);
  if (!(eps >= 0 && eps < 1)) {
    throw Error(ErrorCode::kBadInput,
                file_.source + ": " + name_of(names) + " is " + std::to_string(eps),
                "a number of at least 0 and below 1");
  }
  return static_cast<float>(eps);
}

int64_t ConfigReader::even_heads(int64_t width, int64_t heads, const char* width_name,
                                 const char* heads_name) const {
  if (width % heads != 0) {
    throw Error(ErrorCode::kBadInput,
                file_.source + ": " + heads_name + " " + std::to_string(heads) +
                    " does not divide " + width_name + " " + std::to_string(width),
                "heads of equal width");
  }
  return width / heads;
}

void ConfigReader::refuse_flag(const char* name, const char* expected) const {
  if (flag({name}, false)) refuse(std::string(name) + " is true", expected);
}

std::string ConfigReader::architecture() const {
  const Json* found = find({"architectures"});
  if (!found || !found->is_array() || found->empty() || !found->front().is_string()) return {};
  return found->front().get<std::string>();
}

std::vector<bool> sliding_layers(const ConfigReader& config, int64_t layers,
                                 const std::function<bool(int64_t)>& otherwise) {
  std::vector<bool> slides;
  if (!config.find({"layer_types"})) {
    for (int64_t l = 0; l < layers; ++l) slides.push_back(otherwise(l));
    return slides;
  }
  for (const std::string& kind : strings_field(config.json(), "layer_types", config.source())) {
    if (kind != "full_attention" && kind != "sliding_attention") {
      config.refuse("layer_types holds \"" + kind + "\"",
                    "\"full_attention\" and \"sliding_attention\"");
    }
    slides.push_back(kind == "sliding_attention");
  }
  if (std::ssize(slides) != layers) {
    throw Error(ErrorCode::kBadInput,
                config.source() + ": layer_types has " + std::to_string(slides.size()) + " entries",
                std::to_string(layers) + ", one a layer");
  }
  return slides;
}

MaskInfo causal_mask() {
  MaskInfo mask;
  mask.kind = MaskKind::kCausal;
  return mask;
}

MaskInfo sliding_mask(int64_t window) {
  MaskInfo mask;
  mask.kind = MaskKind::kWindow;
  mask.left = window - 1;
  mask.right = 0;
  return mask;
}

}  // namespace headscope
