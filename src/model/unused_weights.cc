#include "model/unused_weights.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace headscope {

namespace {

bool has_part(std::string_view name, std::span<const std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

// Constants that checkpoints carry along: causal masks, positions, rotary frequencies.
bool is_buffer(std::string_view name) {
  constexpr std::array<std::string_view, 7> kBuffers = {
      "position_ids", "token_type_ids", "inv_freq",           "masked_bias",
      ".attn.bias",   "attention.bias", "num_batches_tracked"};
  return has_part(name, kBuffers);
}

// A matrix that is tied to another one, and a bias that is stored twice.
bool is_twin(std::string_view name) {
  constexpr std::array<std::string_view, 8> kTwins = {
      "predictions.decoder", "predictions.bias",  "lm_head",      "vocab_projector",
      "embed_out",           "generator_lm_head", "embed_tokens", "shared.weight"};
  return has_part(name, kTwins);
}

// The names of task heads in transformers' classes.
bool is_task_head(std::string_view name) {
  constexpr std::array<std::string_view, 12> kHeads = {
      "classifier",     "qa_outputs",          "score.",     "seq_relationship",
      "sop_classifier", "logits_proj",         "start_",     "end_",
      "head.dense",     "classification_head", "regression", "discriminator_predictions"};
  // The last norm of a ViT, which its classifier alone reads.
  return has_part(name, kHeads) || name.ends_with("layernorm.weight") ||
         name.ends_with("layernorm.bias");
}

// NAME of NAME.weight and NAME.bias.
std::string stem(const std::string& name) {
  for (const std::string_view end : {".weight", ".bias", ".gamma", ".beta"}) {
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  }
  return name;
}

std::string listed(const std::set<std::string>& names) {
  constexpr size_t kMost = 4;
  std::string text;
  size_t count = 0;
  for (const std::string& name : names) {
    if (++count > kMost) break;
    text += (text.empty() ? "" : ", ") + name;
  }
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return text;
}

}  // namespace

std::vector<std::string> weight_notes(const WeightTable& table, const WeightTable* decoder) {
  std::set<std::string> used, heads, others;
  for (const WeightTable* its : {&table, decoder}) {
    if (!its) continue;
    used.insert(its->heads().begin(), its->heads().end());
    for (const auto& [plain, name] : its->trunk()) used.insert(name);
  }
  for (const std::string& name : table.store().names()) {
    if (used.contains(name) || !table.store().is_floating(name) || is_buffer(name)) continue;
    if (is_twin(name) || name.find("pooler") != std::string::npos) continue;
    (is_task_head(name) ? heads : others).insert(stem(name));
  }
  std::vector<std::string> notes;
  if (table.is_prefix_found()) {
    notes.push_back(table.source() + ": the tensors are those behind \"" + table.prefix() + "\"");
  }
  if (!heads.empty()) {
    notes.push_back(table.source() +
                    " has a head for another task, which is not used: " + listed(heads));
  }
  if (!others.empty()) {
    notes.push_back(table.source() +
                    " has weights that this model has no place for; they are "
                    "not used: " +
                    listed(others));
  }
  return notes;
}

}  // namespace headscope
