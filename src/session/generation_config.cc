#include "session/generation_config.h"

#include "format/json.h"
#include "io/model_files.h"

namespace headscope {

namespace {

// Settings of GenerationConfig (Transformers 5.24) that greedy search heeds, and the values that
// leave it as it is, beside null.
struct Setting {
  const char* name;
  double neutral;
};
constexpr Setting kSettings[] = {
    {"num_beams", 1},
    {"num_beam_groups", 1},
    {"repetition_penalty", 1},
    {"encoder_repetition_penalty", 1},
    {"no_repeat_ngram_size", 0},
    {"encoder_no_repeat_ngram_size", 0},
    {"guidance_scale", 1},
    {"min_length", 0},
    {"min_new_tokens", 0},
    {"bad_words_ids", 0},
    {"forced_bos_token_id", -1},
    {"forced_eos_token_id", -1},
    {"suppress_tokens", 0},
    {"begin_suppress_tokens", 0},
    {"sequence_bias", 0},
    {"exponential_decay_length_penalty", 0},
};

bool changes_nothing(const Json& value, double neutral) {
  if (value.is_null() || value == false) return true;
  if (value.is_number()) return value.get<double>() == neutral;
  return value.is_structured() && value.empty();
}

void add_end_ids(const Json& config, const std::string& source, std::set<int32_t>& ids) {
  const Json* found = find_field(config, "eos_token_id", source);
  if (!found) return;
  for (const Json& id : found->is_array() ? *found : Json::array({*found})) {
    if (id.is_number_integer()) ids.insert(id.get<int32_t>());
  }
}

}  // namespace

GenerationConfig read_generation_config(const ModelSource& source) {
  const ModelConfigFile& file = source.config();
  GenerationConfig out;
  add_end_ids(file.config, file.source, out.end_ids);
  Json own;
  std::string name = file.source;
  const Json* settings = &file.config;
  if (const auto path = source.find_file({"generation_config.json"})) {
    own = parse_json_file(*path);
    name = *path;
    settings = &own;
    add_end_ids(own, name, out.end_ids);  // instruction-tuned models name more than one there
  }
  for (const Setting& setting : kSettings) {
    const Json* value = find_field(*settings, setting.name, name);
    if (!value || changes_nothing(*value, setting.neutral)) continue;
    constexpr size_t kMost = 40;  // bytes of a value that is quoted
    const std::string text = value->dump(-1, ' ', true);
    out.not_applied += out.not_applied.empty() ? "" : ", ";
    out.not_applied +=
        std::string(setting.name) + (text.size() <= kMost ? " " + text : std::string());
  }
  return out;
}

}  // namespace headscope
