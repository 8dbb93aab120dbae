#include "session/bert_model.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "headscope/error.h"
#include "headscope/models.h"
#include "io/model_files.h"
#include "session/memory_plan.h"

namespace headscope {

namespace {

std::string last_component(const std::string& directory) {
  const std::filesystem::path path = std::filesystem::absolute(directory).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

StackInfo stack_of(const ModelConfig& config) {
  StackInfo stack;
  stack.layers.resize(static_cast<size_t>(config.layers));
  std::iota(stack.layers.begin(), stack.layers.end(), 0);
  stack.heads.assign(stack.layers.size(), static_cast<int>(config.block.heads));
  stack.kv_heads = stack.heads;
  stack.head_dim = config.block.head_width();
  stack.scale = config.block.scale();
  stack.mask = config.block.mask;
  return stack;
}

// What packing needs: every number of the file but the word embeddings, which stay where they are.
int64_t weight_bytes(const WeightStore& store) {
  int64_t bytes = 0;
  for (const std::string& name : store.names()) {
    if (name.ends_with("word_embeddings.weight")) continue;
    int64_t count = sizeof(float);
    for (const int64_t extent : *store.shape(name)) count *= extent;
    bytes += count;
  }
  return bytes;
}

}  // namespace

BertModel::BertModel(const std::string& directory, const ModelOptions& options,
                     const RunControl& control)
    : directory_(directory), wants_fingerprint_(options.fingerprint) {
  std::shared_ptr<const WeightStore> store = open_weights(directory);
  const ModelConfig config = read_bert_config(read_model_config(directory, store.get()));
  info_.name = options.name.empty() ? last_component(directory) : options.name;
  info_.family = config.family;
  tokenizer_ = std::make_unique<Tokenizer>(Tokenizer::from_directory(directory, config.positions));
  check_memory(weight_bytes(*store), available_memory(), "the model " + info_.name);
  encoder_ = std::make_unique<Encoder>(config, kBertNames, std::move(store), control);
  pass_ = std::make_unique<ForwardPass>(*encoder_);
  mlm_ = MaskedLanguageHead::load(*encoder_, kBertNames);
  next_sentence_ = NextSentenceHead::load(*encoder_, kBertNames);
  stacks_ = {stack_of(config)};
}

const ModelInfo& BertModel::model() const {
  if (wants_fingerprint_) {
    std::call_once(fingerprint_once_, [&] { info_.fingerprint = model_fingerprint(directory_); });
  }
  return info_;
}

TokenSequence BertModel::tokenize(const std::string& a, const std::optional<std::string>& b,
                                  const TokenizeOptions& options) const {
  std::optional<std::string_view> second;
  if (b) second = *b;
  return tokenizer_->encode(a, second, options);
}

void BertModel::check_id(int32_t id) const {
  if (id < 0 || id >= config().vocab) {
    throw Error(ErrorCode::kUsage, "token id " + std::to_string(id),
                "0 to " + std::to_string(config().vocab - 1));
  }
}

void BertModel::check(const std::vector<Ablation>& ablations) const {
  const StackInfo& stack = stacks_[0];
  for (const Ablation& ablation : ablations) {
    const int heads = stack.heads[static_cast<size_t>(stack.layer_index(ablation.head.layer))];
    if (ablation.head.head < 0 || ablation.head.head >= heads) {
      throw Error(ErrorCode::kUsage, "head " + to_string(ablation.head),
                  "heads 0 to " + std::to_string(heads - 1));
    }
    const auto given = static_cast<int64_t>(ablation.mean.size());
    if (given != 0 && given != stack.head_dim) {
      throw Error(ErrorCode::kUsage, "a mean of " + std::to_string(given) + " numbers",
                  std::to_string(stack.head_dim) + ", the head's width");
    }
  }
}

int64_t BertModel::bytes_needed(int64_t batch, int64_t tokens, const TraceOptions& options) const {
  return trace_bytes(config(), batch, tokens, options);
}

std::optional<double> BertModel::next_sentence(const TokenSequence& text,
                                               const std::vector<Ablation>& ablations) {
  if (!next_sentence_) return std::nullopt;
  check(ablations);
  const PassText input{text.ids, text.segment_ids, &ablations, {}, nullptr};
  PassOptions options;
  options.asked = {0};
  return next_sentence_->probability(pass_->run({&input, 1}, options, {}));
}

void BertModel::centred(int32_t id, float* out) const {
  const int64_t d = width(), v = config().vocab;
  check_id(id);
  const float* words = encoder_->words();
  std::call_once(mean_once_, [&] {
    std::vector<double> sum(static_cast<size_t>(d), 0.0);
    for (int64_t row = 0; row < v; ++row) {
      for (int64_t c = 0; c < d; ++c) sum[static_cast<size_t>(c)] += words[row * d + c];
    }
    for (const double s : sum) mean_.push_back(static_cast<float>(s / static_cast<double>(v)));
  });
  for (int64_t c = 0; c < d; ++c) out[c] = words[id * d + c] - mean_[static_cast<size_t>(c)];
}

std::unique_ptr<Model> open_model(const std::string& directory, const ModelOptions& options,
                                  const RunControl& control) {
  return std::make_unique<BertModel>(directory, options, control);
}

}  // namespace headscope
