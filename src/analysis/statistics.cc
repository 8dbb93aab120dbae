#include <algorithm>
#include <map>
#include <memory>

#include "analysis/head_pass.h"
#include "analysis/mds.h"
#include "analysis/row_math.h"
#include "analysis/sums.h"
#include "base/parallel.h"
#include "headscope/error.h"
#include "headscope/probe_scores.h"

namespace headscope {
namespace {

// How many heads of a text of n tokens are done between two reports of progress, which are made
// outside the team of threads, where more urgent work may run. Short texts are done at once, longer
// ones pause ten times a second or more.
int64_t heads_at_once(int64_t n) {
  constexpr int64_t kWeights = int64_t{1} << 22;
  return std::max(kWeights / std::max<int64_t>(1, n * n), int64_t{max_threads()});
}

// The features of a text as the layers of a stack see it: one set for all layers of equal masks.
class FeaturesByLayer {
 public:
  FeaturesByLayer(const TraceInfo& info, int stack, const Embeddings* embeddings, bool probe) {
    const StackInfo& of = info.stacks.at(static_cast<size_t>(stack));
    for (const LayerInfo& layer : of.layers) {
      if (layer.kind == LayerKind::kNone) continue;
      const auto known = std::find_if(sets_.begin(), sets_.end(),
                                      [&](const Set& set) { return set.mask == layer.rule.mask; });
      at_[layer.layer] = static_cast<size_t>(known - sets_.begin());
      if (known != sets_.end()) continue;
      const TokenSequence* keys = of.square() ? nullptr : &info.tokens(stack, Side::kKey);
      sets_.push_back(
          {layer.rule.mask, text_features(info.tokens(stack, Side::kQuery), keys, layer.rule.mask,
                                          embeddings, probe, of.causal())});
    }
    if (sets_.empty()) throw Error(ErrorCode::kUsage, "no layer with attention", "at least one");
  }

  const TextFeatures& of(int layer) const { return sets_[at_.at(layer)].features; }
  const TextFeatures& any() const { return sets_.front().features; }  // of what no mask changes

 private:
  struct Set {
    MaskInfo mask;
    TextFeatures features;
  };
  std::vector<Set> sets_;
  std::map<int, size_t> at_;  // layer's number → its set
};

}  // namespace

struct Statistics::Impl {
  StatisticsOptions options;
  Sums sums;

  void add(const AttentionSource& source, const SegmentName& segment, const RunControl& control);
  void set_probe(const AttentionSource& source);
  void count_tokens(const TokenSequence& text, const std::vector<std::vector<float>>& attended);
};

// All heads of one segment, each on its own; added to the totals in a fixed order afterwards.
void Statistics::Impl::add(const AttentionSource& source, const SegmentName& segment,
                           const RunControl& control) {
  const TraceInfo& info = source.info();
  const TokenSequence& text = info.tokens(sums.of.stack, Side::kQuery);
  const FeaturesByLayer by_layer(info, sums.of.stack, options.embeddings, false);
  const TextFeatures& features = by_layer.any();
  const size_t heads = sums.heads();
  const auto m = static_cast<size_t>(features.m);
  std::vector<int64_t> rows;
  if (options.similarity) {
    rows = similarity_rows(segment.line, features.n, features.m, heads, options.similarity_rows);
  }
  // Not zeroed. (Emscripten's library lacks make_unique_for_overwrite.)
  const std::unique_ptr<float[]> maps(
      new float[heads * rows.size() * m + static_cast<size_t>(kRowSlack)]);
  std::vector<HeadSums> part(heads);
  std::shared_ptr<const SegmentText> read;
  if (!options.single_text) {
    read = std::make_shared<const SegmentText>(SegmentText{text.text_a, text.text_b});
  }
  std::vector<std::vector<float>> attended(heads);
  const auto one_head = [&](int64_t index) {
    control.cancel.check();
    const auto h = static_cast<size_t>(index);
    const HeadRef head = sums.head_ref(h);
    const HeadPass pass{source, by_layer.of(head.id.layer), segment, options.single_text, rows};
    pass.run(head, part[h], sums.evidence[h], attended[h], maps.get() + h * rows.size() * m);
    for (Evidence& evidence : sums.evidence[h]) {
      for (auto* list : {&evidence.examples, &evidence.exceptions}) {
        for (Example& x : *list) {
          if (!x.query_token.empty()) continue;
          add_words(x, source, head, !options.single_text && sums.of.square);
          x.text = read;
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
  count_tokens(info.tokens(sums.of.stack, Side::kKey), attended);
  sums.segments += 1;
  sums.causal = info.stacks.at(static_cast<size_t>(sums.of.stack)).causal();
  sums.tokens += features.n;
  sums.words += features.words;
  if (options.similarity) add_similarity(maps.get(), rows.size(), m, sums);
}

void Statistics::Impl::count_tokens(const TokenSequence& text,
                                    const std::vector<std::vector<float>>& attended) {
  for (size_t i = 0; i < text.tokens.size(); ++i) {
    const size_t row = sums.intern(text.tokens[i]);
    sums.occurrences[row] += 1;
    for (size_t h = 0; h < attended.size(); ++h) sums.attended[row][h] += double{attended[h][i]};
  }
}

// Sums of every head on the probe text.
static std::vector<HeadSums> probe_sums(const AttentionSource& source, int stack,
                                        const std::vector<HeadId>& heads) {
  const FeaturesByLayer by_layer(source.info(), stack, nullptr, true);
  std::vector<HeadSums> out(heads.size());
  parallel_for(static_cast<int64_t>(heads.size()), [&](int64_t index) {
    const auto h = static_cast<size_t>(index);
    std::vector<float> attended;
    const HeadPass pass{source, by_layer.of(heads[h].layer), 0, true, {}};
    pass.run({stack, heads[h]}, out[h], {}, attended, nullptr);
  });
  return out;
}

void Statistics::Impl::set_probe(const AttentionSource& source) {
  const std::vector<HeadSums> measured = probe_sums(source, sums.of.stack, sums.of.heads);
  sums.probe.resize(sums.heads());
  for (size_t h = 0; h < measured.size(); ++h) {
    for (size_t p = 0; p < kProbeScores.size(); ++p) {
      sums.probe[h][p] = measured[h].scores[static_cast<size_t>(kProbeScores[p])];
    }
  }
}

std::vector<ProbedHead> probe_scores(const AttentionSource& probe, int stack) {
  const std::vector<HeadId> heads = heads_of(probe.info().stacks, stack).heads;
  const std::vector<HeadSums> measured = probe_sums(probe, stack, heads);
  std::vector<ProbedHead> out(heads.size());
  for (size_t h = 0; h < heads.size(); ++h) {
    out[h].id = heads[h];
    for (size_t p = 0; p < kProbed.size(); ++p) {
      const RatioSums& sums = measured[h].scores[static_cast<size_t>(kProbed[p])];
      out[h].value[p] = sums.count > 0 ? sums.numerator / sums.count : kUndefined;
      out[h].chance[p] = sums.queries > 0 ? sums.expected / sums.queries : kUndefined;
    }
  }
  return out;
}

Statistics::Statistics(StackHeads heads, StatisticsOptions options)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  impl_->sums.reset(std::move(heads));
}
Statistics::~Statistics() = default;

void Statistics::set_embeddings(const Embeddings* embeddings) {
  impl_->options.embeddings = embeddings;
}

void Statistics::add(const AttentionSource& source, const SegmentName& segment,
                     const RunControl& control) {
  impl_->add(source, segment, control);
}

void Statistics::add_predictive(const AttentionSource& source,
                                const std::vector<double>& contribution, const SegmentName& text) {
  add_predictive_units(source, contribution, text, impl_->options.single_text, impl_->sums);
}

void Statistics::set_probe(const AttentionSource& source) { impl_->set_probe(source); }
bool Statistics::has_probe() const { return !impl_->sums.probe.empty(); }

void Statistics::merge(const Statistics& other) { impl_->sums.merge(other.impl_->sums); }

int64_t Statistics::segments() const { return impl_->sums.segments; }
int64_t Statistics::tokens() const { return impl_->sums.tokens; }
int64_t Statistics::word_queries() const { return impl_->sums.words; }
double Statistics::mean_tokens() const {
  return segments() ? static_cast<double>(tokens()) / static_cast<double>(segments()) : 0.0;
}
const StackHeads& Statistics::heads() const { return impl_->sums.of; }

std::vector<HeadReport> Statistics::report(const Thresholds& thresholds) const {
  return make_report(impl_->sums, thresholds);
}

Statistics::Similarity Statistics::similarity() const {
  const Sums& sums = impl_->sums;
  Similarity out;
  if (sums.js_rows <= 0) return out;
  out.stack = sums.of.name;
  out.heads = sums.of.heads;
  const size_t n = sums.heads();
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

void Statistics::save(ArrayWriter& out) const { save_sums(impl_->sums, out); }
void Statistics::load(const ArrayReader& in) { load_sums(in, impl_->sums); }

}  // namespace headscope
