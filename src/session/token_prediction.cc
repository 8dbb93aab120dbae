// TransformerModel as MaskedPredictor and NextPredictor: many variants of one text in large
// batches, no trace kept, the last layer and the head computed only where an answer is read.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "headscope/error.h"
#include "kernels/reduce.h"
#include "session/asked_tokens.h"
#include "session/memory_plan.h"
#include "session/transformer_model.h"

namespace headscope {

namespace {

// The layer from which a variant differs from the model as it is.
int64_t first_layer(const std::vector<Ablation>& ablations, int64_t layers) {
  int64_t first = layers;
  for (const Ablation& ablation : ablations) {
    first = std::min<int64_t>(first, ablation.head.id.layer);
  }
  return first;
}

}  // namespace

// Queries of one text, masked or not, under variants of the model, answered batch by batch.
class PredictionRun {
 public:
  PredictionRun(const Transformer& model, ForwardPass& pass, VocabularyHead& head,
                const TokenSequence& text, const RunControl& control)
      : model_(model), pass_(pass), head_(head), text_(text), control_(control) {}

  std::vector<std::vector<std::vector<double>>> answers(
      std::span<const MaskedQuery> queries, std::span<const std::vector<Ablation>> variants,
      int32_t mask) {
    total_ = static_cast<int64_t>(queries.size() * variants.size());
    std::vector<std::vector<std::vector<double>>> out(variants.size());
    for (auto& variant : out) variant.resize(queries.size());
    const auto rows = static_cast<size_t>(std::max<int64_t>(text_.size(), 1));
    const size_t step =
        std::max<size_t>(1, (variants.size() > 1 ? kMostSharedRows : kMostRows) / rows);
    for (size_t begin = 0; begin < queries.size(); begin += step) {
      const size_t end = std::min(queries.size(), begin + step);
      ids_.clear();
      for (size_t q = begin; q < end; ++q) {
        ids_.push_back(text_.ids);
        for (const int at : queries[q].masked) ids_.back()[static_cast<size_t>(at)] = mask;
      }
      answer_step(queries.subspan(begin, end - begin), variants, begin, out);
    }
    return out;
  }

 private:
  using Answers = std::vector<std::vector<std::vector<double>>>;
  // One text of a batch.
  struct Item {
    size_t variant, query;  // the query's number in this step
  };

  void answer_step(std::span<const MaskedQuery> queries,
                   std::span<const std::vector<Ablation>> variants, size_t first_query,
                   Answers& out) {
    const int64_t layers = model_.spec().layers();
    std::vector<std::vector<Item>> groups(static_cast<size_t>(layers) + 1);  // by first layer
    for (size_t v = 0; v < variants.size(); ++v) {
      for (size_t q = 0; q < queries.size(); ++q) {
        const int64_t first = variants.size() > 1 ? first_layer(variants[v], layers) : 0;
        groups[static_cast<size_t>(first)].push_back({v, q});
      }
    }
    share_layers(groups, queries.size());
    const size_t most = std::max<size_t>(
        queries.size(), static_cast<size_t>(kMostRows / std::max<int64_t>(text_.size(), 1)));
    for (size_t l = 0; l < groups.size(); ++l) {
      const std::span<const Item> group = groups[l];
      for (size_t begin = 0; begin < group.size(); begin += most) {
        const auto batch = group.subspan(begin, std::min(most, group.size() - begin));
        answer_batch(batch, static_cast<int64_t>(l), queries, variants, first_query, out);
        done_ += static_cast<int64_t>(batch.size());
      }
    }
  }

  // Runs the model as it is as far as variants begin later than layer 0, and keeps the hidden
  // states that they start from.
  void share_layers(const std::vector<std::vector<Item>>& groups, size_t queries) {
    PassOptions options;
    options.end_layer = 0;
    for (size_t l = 1; l < groups.size(); ++l) {
      if (!groups[l].empty()) options.end_layer = static_cast<int64_t>(l);
    }
    if (options.end_layer == 0) return;
    const int64_t cells = text_.size() * model_.spec().width;
    const auto each = static_cast<size_t>((model_.spec().layers() + 1) * cells);
    float* hidden = hidden_.reserve(queries * each);
    std::vector<PassText> texts;
    for (size_t q = 0; q < queries; ++q) {
      texts.push_back({ids_[q], text_.segment_ids, nullptr, {}, hidden + q * each});
    }
    pass_.run(texts, options, {control_.cancel, {}});
  }

  void answer_batch(std::span<const Item> batch, int64_t layer,
                    std::span<const MaskedQuery> queries,
                    std::span<const std::vector<Ablation>> variants, size_t first_query,
                    Answers& out) {
    std::vector<PassText> texts;
    std::vector<AskedToken> asked;
    PassOptions options;
    options.first_layer = layer;
    for (const Item& item : batch) {
      const MaskedQuery& query = queries[item.query];
      const auto row = static_cast<int64_t>(texts.size()) * text_.size();
      texts.push_back({ids_[item.query], text_.segment_ids, &variants[item.variant], {}, nullptr});
      std::vector<double>& answers = out[item.variant][first_query + item.query];
      answers.resize(query.positions.size());
      for (size_t i = 0; i < query.positions.size(); ++i) {
        options.asked.push_back(row + query.positions[i]);
        asked.push_back({query.targets[i], &answers[i]});
      }
    }
    if (asked.empty()) return;
    if (layer > 0) options.start = start_rows(batch, layer);
    const auto size = static_cast<int64_t>(batch.size());
    const RunControl part{control_.cancel, [&](int64_t step, int64_t of) {
                            control_.report(done_ + (of > 0 ? step * size / of : 0), total_);
                          }};
    read_answers(model_, head_, pass_.run(texts, options, part), asked, control_);
  }

  // The input of `layer` for every text of the batch, [rows, D].
  const float* start_rows(std::span<const Item> batch, int64_t layer) {
    const int64_t cells = text_.size() * model_.spec().width;
    const int64_t each = (model_.spec().layers() + 1) * cells;
    float* start = start_.reserve(batch.size() * static_cast<size_t>(cells));
    parallel_for(static_cast<int64_t>(batch.size()), [&](int64_t i) {
      const auto query = static_cast<int64_t>(batch[static_cast<size_t>(i)].query);
      std::copy_n(hidden_.data() + query * each + layer * cells, cells, start + i * cells);
    });
    return start;
  }

  const Transformer& model_;
  ForwardPass& pass_;
  VocabularyHead& head_;
  const TokenSequence& text_;
  const RunControl& control_;
  int64_t done_ = 0, total_ = 0;           // queries × variants
  std::vector<std::vector<int32_t>> ids_;  // of each query in this step
  Buffer hidden_;                          // [queries, L+1, N, D]
  Buffer start_;                           // [rows, D]
};

int32_t TransformerModel::mask_id() const {
  if (!tokenizer_) {
    throw Error(no_tokenizer_->code(),
                "the mask token of " + info_.name + " is not known: " + no_tokenizer_->got(),
                no_tokenizer_->expected(), {}, no_tokenizer_->id());
  }
  return tokenizer_->special().mask;
}

void TransformerModel::check_positions(const TokenSequence& text,
                                       std::span<const int> positions) const {
  for (const int position : positions) {
    if (position < 0 || position >= text.size()) {
      throw Error(ErrorCode::kUsage, "position " + std::to_string(position),
                  "0 to " + std::to_string(text.size() - 1));
    }
  }
}

std::vector<std::vector<double>> TransformerModel::log_probabilities(
    const TokenSequence& text, std::span<const MaskedQuery> queries,
    const std::vector<Ablation>& ablations, const RunControl& control) {
  return log_probabilities_under(text, queries, {&ablations, 1}, control)[0];
}

std::vector<std::vector<std::vector<double>>> TransformerModel::log_probabilities_under(
    const TokenSequence& text, std::span<const MaskedQuery> queries,
    std::span<const std::vector<Ablation>> variants, const RunControl& control) {
  for (const auto& ablations : variants) check(ablations);
  for (const MaskedQuery& query : queries) {
    check_positions(text, query.masked);
    check_positions(text, query.positions);
    if (query.targets.size() != query.positions.size()) {
      throw Error(ErrorCode::kUsage, std::to_string(query.targets.size()) + " targets",
                  "one a position, " + std::to_string(query.positions.size()));
    }
    for (const int32_t target : query.targets) check_id(target);
  }
  const int64_t rows = text.size() * static_cast<int64_t>(queries.size() * variants.size());
  check_memory(masked_bytes(spec(), is_streamed(), rows, text.size()), available_memory(),
               "the masked runs", "Shorten the text, or close other programs");
  return PredictionRun(*transformer_, *pass_, *vocabulary_, text, control)
      .answers(queries, variants, mask_id());
}

std::vector<std::vector<double>> TransformerModel::log_probabilities_under(
    const ModelInput& input, std::span<const std::vector<Ablation>> variants,
    const RunControl& control) {
  for (const auto& ablations : variants) check(ablations);
  check(input);
  if (decoder_) return target_log_probabilities(input, variants, control);
  const TokenSequence& text = input.text;
  MaskedQuery query;  // masks nothing
  for (int64_t i = 0; i + 1 < text.size(); ++i) {
    query.positions.push_back(static_cast<int>(i));
    query.targets.push_back(text.ids[static_cast<size_t>(i + 1)]);
    check_id(query.targets.back());
  }
  const int64_t rows = text.size() * static_cast<int64_t>(variants.size());
  check_memory(masked_bytes(spec(), is_streamed(), rows, text.size()), available_memory(),
               "the predictions", "Shorten the text, or close other programs");
  std::vector<std::vector<double>> out;
  for (auto& answers : PredictionRun(*transformer_, *pass_, *vocabulary_, text, control)
                           .answers({&query, 1}, variants, -1)) {
    out.push_back(std::move(answers.at(0)));
  }
  return out;
}

// The `top` largest of logits [V], as probabilities.
std::vector<TokenProbability> TransformerModel::best_of(std::span<const float> logits,
                                                        int top) const {
  const double lse = log_sum_exp(logits.data(), static_cast<int64_t>(logits.size()));
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto count = std::clamp<std::ptrdiff_t>(top, 0, std::ssize(order));
  const auto at = [&](int32_t id) { return logits[static_cast<size_t>(id)]; };
  std::partial_sort(order.begin(), order.begin() + count, order.end(),
                    [&](int32_t a, int32_t b) { return at(a) != at(b) ? at(a) > at(b) : a < b; });
  std::vector<TokenProbability> best;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const int32_t id = order[static_cast<size_t>(i)];
    const bool named = tokenizer_ && id < tokenizer_->vocab_size();
    best.push_back({id, named ? tokenizer_->token(id) : "#" + std::to_string(id),
                    static_cast<float>(std::exp(at(id) - lse))});
  }
  return best;
}

std::vector<std::vector<TokenProbability>> TransformerModel::predict(
    const TokenSequence& text, std::span<const int> positions, int top,
    const std::vector<Ablation>& ablations, const RunControl& control) {
  return predict(ModelInput(text), positions, top, ablations, control);
}

std::vector<std::vector<TokenProbability>> TransformerModel::predict(
    const ModelInput& input, std::span<const int> positions, int top,
    const std::vector<Ablation>& ablations, const RunControl& control) {
  check(ablations);
  check_positions(input.target ? *input.target : input.text, positions);
  std::vector<std::vector<TokenProbability>> out;
  if (positions.empty()) return out;
  const Transformer& head = decoder_ ? *decoder_ : *transformer_;
  const int64_t d = head.spec().width, v = head.spec().embedding.vocab;
  const float* rows = last_rows(input, positions, ablations, control);
  for (size_t begin = 0; begin < positions.size(); begin += VocabularyHead::kRows) {
    control.cancel.check();
    const size_t some = std::min<size_t>(VocabularyHead::kRows, positions.size() - begin);
    const float* logits =
        vocabulary_->logits(rows + static_cast<int64_t>(begin) * d, static_cast<int64_t>(some));
    for (size_t i = 0; i < some; ++i) {
      out.push_back(best_of({logits + i * static_cast<size_t>(v), static_cast<size_t>(v)}, top));
    }
  }
  return out;
}

}  // namespace headscope
