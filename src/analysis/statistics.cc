#include "analysis/head_pass.h"
#include "analysis/mds.h"
#include "analysis/sums.h"
#include "base/parallel.h"
#include "headscope/error.h"

namespace headscope {
namespace {

// Tokens around an example: enough to read it, never the whole segment.
void add_window(Example& example, const AttentionSource& source, HeadRef head) {
  constexpr int32_t kAround = 6, kWidest = 48;
  const TokenSequence& text = source.info().query;
  const auto n = static_cast<int32_t>(text.size());
  int32_t begin = std::max(0, std::min(example.query, example.key) - kAround);
  int32_t end = std::min(n, std::max(example.query, example.key) + kAround + 1);
  if (end - begin > kWidest) {
    begin = std::max(0, example.query - kWidest / 2);
    end = std::min(n, begin + kWidest);
  }
  example.start = begin;
  example.tokens.assign(text.tokens.begin() + begin, text.tokens.begin() + end);
  example.row.resize(example.tokens.size());
  source.weights(head, {example.query, example.query + 1}, {begin, end}, example.row.data());
}

}  // namespace

void Sums::reset(const StackInfo& stack) {
  for (size_t l = 0; l < stack.layers.size(); ++l) {
    for (int h = 0; h < stack.heads[l]; ++h) heads.push_back({stack.layers[l], h});
  }
  head.assign(heads.size(), HeadSums{});
  evidence.resize(heads.size());
  twin.assign(heads.size(), {});
}

size_t Sums::intern(const std::string& token_text) {
  const auto [it, added] = vocabulary.try_emplace(token_text, token.size());
  if (added) {
    token.push_back(token_text);
    attended.emplace_back(heads.size(), 0.0);
    occurrences.push_back(0);
  }
  return it->second;
}

void Sums::merge(const Sums& other) {
  if (heads != other.heads) {
    throw Error(ErrorCode::kBadInput, std::to_string(other.heads.size()) + " heads",
                std::to_string(heads.size()) + " heads, of the same model");
  }
  segments += other.segments;
  tokens += other.tokens;
  words += other.words;
  for (size_t h = 0; h < heads.size(); ++h) {
    add_sums(head[h], other.head[h]);
    for (size_t e = 0; e < kEvidenceScores.size(); ++e) {
      for (const Example& x : other.evidence[h][e].examples) {
        Evidence::insert(evidence[h][e].examples, false, x);
      }
      for (const Example& x : other.evidence[h][e].exceptions) {
        Evidence::insert(evidence[h][e].exceptions, true, x);
      }
    }
    for (size_t d = 0; d < 21; ++d) twin[h][d] += other.twin[h][d];
  }
  for (size_t d = 0; d < 21; ++d) twin_pairs[d] += other.twin_pairs[d];
  for (size_t t = 0; t < other.token.size(); ++t) {
    const size_t row = intern(other.token[t]);
    occurrences[row] += other.occurrences[t];
    for (size_t h = 0; h < heads.size(); ++h) attended[row][h] += other.attended[t][h];
  }
  if (js.empty()) js.assign(other.js.size(), 0.0);
  for (size_t k = 0; k < other.js.size(); ++k) js[k] += other.js[k];
  js_rows += other.js_rows;
  predictive.insert(predictive.end(), other.predictive.begin(), other.predictive.end());
  std::sort(predictive.begin(), predictive.end(), [](const auto& a, const auto& b) {
    return std::pair(a.text, a.unit) < std::pair(b.text, b.unit);
  });
}

struct Statistics::Impl {
  StatisticsOptions options;
  Sums sums;

  std::vector<HeadSums> run(const AttentionSource& source, int64_t segment, bool probe,
                            const RunControl& control);
};

// All heads of one segment, each on its own; added to the totals in a fixed order afterwards.
std::vector<HeadSums> Statistics::Impl::run(const AttentionSource& source, int64_t segment,
                                            bool probe, const RunControl& control) {
  const TraceInfo& info = source.info();
  const StackInfo& stack = info.stacks.at(static_cast<size_t>(options.stack));
  const TextFeatures features = text_features(info, stack, options.embeddings, probe);
  const HeadPass pass{source, features, segment, options.single_text};
  const size_t heads = sums.heads.size();
  std::vector<HeadSums> part(heads, HeadSums{});
  std::vector<std::vector<float>> attended(heads);
  parallel_for(static_cast<int64_t>(heads), [&](int64_t index) {
    control.cancel.check();
    const auto h = static_cast<size_t>(index);
    const HeadRef head{options.stack, sums.heads[h]};
    if (probe) {
      pass.run(head, part[h], nullptr, attended[h]);
      return;
    }
    std::vector<Evidence> mine(sums.evidence[h].begin(), sums.evidence[h].end());
    pass.run(head, part[h], &mine, attended[h]);
    for (size_t e = 0; e < mine.size(); ++e) {
      if (!options.single_text) {
        for (auto* list : {&mine[e].examples, &mine[e].exceptions}) {
          for (Example& x : *list) {
            if (x.segment == segment && x.tokens.empty()) add_window(x, source, head);
          }
        }
      }
      sums.evidence[h][e] = std::move(mine[e]);
    }
  });
  if (!probe) {
    for (size_t i = 0; i < static_cast<size_t>(features.n); ++i) {
      const size_t row = sums.intern(info.query.tokens[i]);
      sums.occurrences[row] += 1;
      for (size_t h = 0; h < heads; ++h) sums.attended[row][h] += double{attended[h][i]};
    }
    sums.tokens += features.n;
    sums.words += features.words;
  }
  return part;
}

Statistics::Statistics(const StackInfo& stack, StatisticsOptions options)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  impl_->sums.reset(stack);
}
Statistics::~Statistics() = default;

void Statistics::set_embeddings(const Embeddings* embeddings) {
  impl_->options.embeddings = embeddings;
}

void Statistics::add(const AttentionSource& source, int64_t segment, const RunControl& control) {
  Sums& sums = impl_->sums;
  if (source.info().key) {
    throw Error(ErrorCode::kUsage, "a source whose keys are other tokens than its queries",
                "self-attention");
  }
  const auto part = impl_->run(source, segment, false, control);
  for (size_t h = 0; h < part.size(); ++h) add_sums(sums.head[h], part[h]);
  sums.segments += 1;
  if (impl_->options.similarity) {
    add_similarity(source, impl_->options.stack, segment, impl_->options.single_text, sums);
  }
}

void Statistics::add_predictive(const AttentionSource& source,
                                const std::vector<double>& contribution, int64_t index) {
  add_predictive_units(source, impl_->options.stack, contribution, index,
                       impl_->options.single_text, impl_->sums);
}

void Statistics::add_probe(const AttentionSource& source) {
  const auto part = impl_->run(source, 0, true, {});
  for (Score score : {Score::kInduction, Score::kDuplicate}) {
    const auto s = static_cast<size_t>(score);
    for (size_t h = 0; h < part.size(); ++h) impl_->sums.head[h].scores[s] = part[h].scores[s];
  }
}

void Statistics::merge(const Statistics& other) { impl_->sums.merge(other.impl_->sums); }

int64_t Statistics::segments() const { return impl_->sums.segments; }
int64_t Statistics::tokens() const { return impl_->sums.tokens; }
int64_t Statistics::word_queries() const { return impl_->sums.words; }
double Statistics::mean_tokens() const {
  return segments() ? static_cast<double>(tokens()) / static_cast<double>(segments()) : 0.0;
}
const std::vector<HeadId>& Statistics::heads() const { return impl_->sums.heads; }

std::vector<HeadReport> Statistics::report(const Thresholds& thresholds) const {
  return make_report(impl_->sums, thresholds, impl_->options.single_text);
}

Statistics::Similarity Statistics::similarity() const {
  const Sums& sums = impl_->sums;
  Similarity out;
  if (sums.js_rows <= 0) return out;
  out.heads = sums.heads;
  const size_t n = sums.heads.size();
  out.js.assign(n * n, 0.0);
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = a + 1; b < n; ++b) {
      const double js = std::max(0.0, sums.js[a * n + b] / sums.js_rows);
      out.js[a * n + b] = out.js[b * n + a] = js;
    }
  }
  out.xy = classical_mds(out.js, n);
  return out;
}

std::string Statistics::serialize() const { return serialize_sums(impl_->sums); }
void Statistics::restore(const std::string& json, const std::string& source) {
  restore_sums(impl_->sums, json, source);
}

}  // namespace headscope
