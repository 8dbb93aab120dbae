#include "analysis/head_pass.h"
#include "analysis/mds.h"
#include "analysis/row_math.h"
#include "analysis/sums.h"
#include "base/parallel.h"
#include "headscope/error.h"

namespace headscope {
void add_words(Example& example, const AttentionSource& source, HeadRef head, bool window) {
  constexpr int32_t kAround = 6, kWidest = 48;
  const TokenSequence& text = source.info().query_tokens(head.stack);
  example.query_token = text.tokens[static_cast<size_t>(example.query)];
  example.key_token = text.tokens[static_cast<size_t>(example.key)];
  if (!window) return;
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

  void add(const AttentionSource& source, int64_t segment, const RunControl& control);
  void add_probe(const AttentionSource& source);
  void count_tokens(const TokenSequence& text, const std::vector<std::vector<float>>& attended);
};

// Heads of a text of n tokens between two reports: outside the team, where whoever asked may do
// something more urgent. Short texts are one slice; longer ones pause ten times a second or more.
int64_t heads_at_once(int64_t n) {
  constexpr int64_t kWeights = int64_t{1} << 22;
  return std::max(kWeights / std::max<int64_t>(1, n * n), int64_t{max_threads()});
}

// All heads of one segment, each on its own; added to the totals in a fixed order afterwards.
void Statistics::Impl::add(const AttentionSource& source, int64_t segment,
                           const RunControl& control) {
  const TraceInfo& info = source.info();
  const StackInfo& stack = info.stacks.at(static_cast<size_t>(options.stack));
  const TokenSequence& text = info.query_tokens(options.stack);
  const TextFeatures features = text_features(text, stack.mask, options.embeddings, false);
  const size_t heads = sums.heads.size();
  const auto n = static_cast<size_t>(features.n);
  std::vector<int64_t> rows;
  if (options.similarity) {
    rows = similarity_rows(segment, features.n, heads, options.similarity_rows);
  }
  std::vector<float> maps(heads * rows.size() * n + static_cast<size_t>(kRowSlack));
  const HeadPass pass{source, features, segment, options.single_text, rows};
  std::vector<HeadSums> part(heads, HeadSums{});
  std::vector<std::vector<float>> attended(heads);
  const auto one_head = [&](int64_t index) {
    control.cancel.check();
    const auto h = static_cast<size_t>(index);
    const HeadRef head{options.stack, sums.heads[h]};
    pass.run(head, part[h], sums.evidence[h], attended[h], maps.data() + h * rows.size() * n);
    for (Evidence& evidence : sums.evidence[h]) {
      for (auto* list : {&evidence.examples, &evidence.exceptions}) {
        for (Example& x : *list) {
          if (x.query_token.empty()) add_words(x, source, head, !options.single_text);
        }
      }
    }
  };
  const auto count = static_cast<int64_t>(heads);
  const int64_t slice = heads_at_once(features.n);
  for (int64_t first = 0; first < count; first += slice) {
    const int64_t size = std::min(slice, count - first);
    parallel_for(size, [&](int64_t index) { one_head(first + index); });
    control.report(first + size, count);
  }
  for (size_t h = 0; h < heads; ++h) add_sums(sums.head[h], part[h]);
  count_tokens(text, attended);
  sums.segments += 1;
  sums.tokens += features.n;
  sums.words += features.words;
  if (options.similarity) add_similarity(maps, rows.size(), n, sums);
}

void Statistics::Impl::count_tokens(const TokenSequence& text,
                                    const std::vector<std::vector<float>>& attended) {
  for (size_t i = 0; i < text.tokens.size(); ++i) {
    const size_t row = sums.intern(text.tokens[i]);
    sums.occurrences[row] += 1;
    for (size_t h = 0; h < attended.size(); ++h) sums.attended[row][h] += double{attended[h][i]};
  }
}

void Statistics::Impl::add_probe(const AttentionSource& source) {
  const TraceInfo& info = source.info();
  const StackInfo& stack = info.stacks.at(static_cast<size_t>(options.stack));
  const TextFeatures features =
      text_features(info.query_tokens(options.stack), stack.mask, nullptr, true);
  const HeadPass pass{source, features, 0, true, {}};
  parallel_for(static_cast<int64_t>(sums.heads.size()), [&](int64_t index) {
    const auto h = static_cast<size_t>(index);
    HeadSums part{};
    std::vector<float> attended;
    pass.run({options.stack, sums.heads[h]}, part, {}, attended, nullptr);
    for (Score score : {Score::kInduction, Score::kDuplicate}) {
      const auto s = static_cast<size_t>(score);
      sums.head[h].scores[s] = part.scores[s];
    }
  });
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
  const TraceInfo& info = source.info();
  const int stack = impl_->options.stack;
  if (info.query_tokens(stack).ids != info.key_tokens(stack).ids) {
    throw Error(ErrorCode::kUsage, "a stack whose keys are other tokens than its queries",
                "self-attention");
  }
  impl_->add(source, segment, control);
}

void Statistics::add_predictive(const AttentionSource& source,
                                const std::vector<double>& contribution, int64_t index) {
  add_predictive_units(source, impl_->options.stack, contribution, index,
                       impl_->options.single_text, impl_->sums);
}

void Statistics::add_probe(const AttentionSource& source) { impl_->add_probe(source); }

void Statistics::merge(const Statistics& other) { impl_->sums.merge(other.impl_->sums); }

int64_t Statistics::segments() const { return impl_->sums.segments; }
int64_t Statistics::tokens() const { return impl_->sums.tokens; }
int64_t Statistics::word_queries() const { return impl_->sums.words; }
double Statistics::mean_tokens() const {
  return segments() ? static_cast<double>(tokens()) / static_cast<double>(segments()) : 0.0;
}
const std::vector<HeadId>& Statistics::heads() const { return impl_->sums.heads; }

std::vector<HeadReport> Statistics::report(const Thresholds& thresholds) const {
  return make_report(impl_->sums, thresholds);
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
