#include "analysis/head_pass.h"

#include <algorithm>
#include <cmath>

#include "analysis/row_math.h"

namespace headscope {
namespace {

constexpr int64_t kBlock = 64;  // rows held at a time

// A class of keys that masses are shuffled in: mass m, Σ A², size n.
struct KeyClass {
  double mass = 0, squares = 0, size = 0;
  void chance(double hits, double& expected, double& variance) const {
    if (size <= 0 || hits <= 0) return;
    expected += mass * hits / size;
    if (size < 2) return;
    const double spread = std::max(0.0, squares - mass * mass / size) / (size - 1);
    variance += hits * (1 - hits / size) * spread;
  }
};

struct Classes {
  KeyClass own, other, words, all;
};

struct Row {
  const float* a = nullptr;
  int32_t i = 0;
  RowStats stats;
  Classes classes;
  double own_entropy_share = 0;  // m · H(own-sentence words, renormalised) / ln N_i
};

// State of one pass over a head.
struct Pass {
  const HeadPass& job;
  const TextFeatures& f;
  HeadSums& sums;
  std::span<Evidence> evidence;
  std::array<size_t, kScoreCount> cursor{};
  std::array<double, kScoreCount> o{}, c{};  // this segment

  void unit(Score score, double numerator, double count) {
    const auto s = static_cast<size_t>(score);
    if (job.single_text) {
      sums.scores[s].add_unit(numerator, count);
    } else {
      o[s] += numerator;
      c[s] += count;
    }
  }

  Classes classes_of(Row& row) const {
    Classes out;
    double logs = 0;
    const int32_t sentence = f.sentence[row.i];
    const Range seen = f.visible[row.i];
    for (size_t r = 0; r < f.word_runs.size(); ++r) {
      const int64_t begin = std::max(f.word_runs[r].begin, seen.begin);
      const int64_t end = std::min(f.word_runs[r].end, seen.end);
      if (begin >= end) continue;
      const RunStats run = run_stats(row.a + begin, end - begin);
      const bool own = f.run_sentence[r] == sentence;
      KeyClass& into = own ? out.own : out.other;
      into.mass += run.mass;
      into.squares += run.squares;
      into.size += static_cast<double>(end - begin);
      if (own) logs += run.a_ln_a;
    }
    out.words = {out.own.mass + out.other.mass, out.own.squares + out.other.squares,
                 out.own.size + out.other.size};
    out.all = {1.0, row.stats.squares, static_cast<double>(seen.size())};
    const double m = out.own.mass;
    if (m > 0 && out.own.size > 1) {
      // m·H(a/m) = m ln m − Σ a ln a
      row.own_entropy_share = (m * std::log(m) - logs) / std::log(out.own.size);
    }
    const double self = row.a[row.i];
    out.own.mass -= self;
    out.own.squares -= self * self;
    out.own.size -= 1;
    return out;
  }

  void share(size_t s, const Row& row) {
    const KeySet& set = f.sets[s];
    if (cursor[s] >= set.query.size() || set.query[cursor[s]] != row.i) return;
    const size_t q = cursor[s]++;
    const int32_t begin = set.begin[q], end = set.begin[q + 1];
    double mass = 0;
    bool obeys = false;
    int32_t best = -1;
    for (int32_t k = begin; k < end; ++k) {
      const int32_t j = set.keys[k];
      mass += row.a[j];
      obeys |= j == row.stats.heaviest;
      if (best < 0 || row.a[j] > row.a[best]) best = j;
    }
    const auto score = static_cast<Score>(s);
    if (score == Score::kCrossPreference) return preference(row, q, mass, end - begin);
    RatioSums& r = sums.scores[s];
    unit(score, mass, 1);
    r.queries += 1;
    r.obey += obeys;
    r.words += row.classes.words.mass;
    const double hits = end - begin;
    r.uniform += hits / row.classes.all.size;
    switch (chance_class(score)) {
      case ChanceClass::kAllKeys:
        row.classes.all.chance(hits, r.expected, r.variance);
        break;
      case ChanceClass::kAllWords:
        row.classes.words.chance(hits, r.expected, r.variance);
        break;
      case ChanceClass::kOwnAndOther:
        row.classes.own.chance(set.own_hits[q], r.expected, r.variance);
        row.classes.other.chance(hits - set.own_hits[q], r.expected, r.variance);
    }
    if (score == Score::kSameElsewhere && f.content[row.i]) sums.content_same += mass;
    if (!evidence.empty()) note(score, row, mass, best, obeys);
  }

  // φ: numerator on X(i), denominator on X(i) ∪ O(i).
  void preference(const Row& row, size_t q, double across, double hits) {
    double own = 0;
    for (int32_t k = f.cross_own.begin[q]; k < f.cross_own.begin[q + 1]; ++k) {
      own += row.a[f.cross_own.keys[k]];
    }
    RatioSums& r = sums.scores[static_cast<size_t>(Score::kCrossPreference)];
    unit(Score::kCrossPreference, across, across + own);
    r.queries += 1;
    r.expected += hits;  // chance = Σ|X| / Σ(|X| + |O|)
    r.variance += hits + f.cross_own.begin[q + 1] - f.cross_own.begin[q];
  }

  void note(Score score, const Row& row, double mass, int32_t best, bool obeys) {
    static constexpr auto kIndex = [] {
      std::array<size_t, kScoreCount> index{};
      for (size_t s = 0; s < kScoreCount; ++s) index[s] = evidence_index(static_cast<Score>(s));
      return index;
    }();
    const size_t e = kIndex[static_cast<size_t>(score)];
    if (e == kEvidenceScores.size()) return;
    evidence[e].offer(obeys, mass, [&] {
      return example(row, mass, obeys ? best : static_cast<int32_t>(row.stats.heaviest));
    });
  }

  Example example(const Row& row, double mass, int32_t key) const {
    Example out;
    out.share = mass;
    out.segment = job.segment;
    out.query = row.i;
    out.key = key;
    out.weight = row.a[key];
    return out;
  }

  void word_query(Row& row) {
    row.classes = classes_of(row);
    for (size_t s = 0; s < kScoreCount; ++s) share(s, row);
    unit(Score::kBroad, row.stats.entropy / std::log(static_cast<double>(f.n)), 1);
    unit(Score::kSentence, row.own_entropy_share, 1);
    for (Score score : {Score::kBroad, Score::kSentence}) {
      sums.scores[static_cast<size_t>(score)].queries += 1;
    }
    sums.distance += row.stats.distance;
    sums.reach += std::abs(static_cast<double>(row.stats.heaviest - row.i));
    sums.entropy += row.stats.entropy;
    for (int64_t d = -10; d <= 10; ++d) {
      const int64_t j = row.i + d;
      if (j >= 0 && j < f.n) sums.offsets[static_cast<size_t>(d + 10)] += row.a[j];
    }
  }

  // Clark et al. 2019, their own code's denominators: N, but 2 for [SEP]→[SEP].
  void clark(const Row& row, std::array<double, 9>& text) const {
    const float* a = row.a;
    text[0] += a[row.i];
    if (row.i + 1 < f.n) text[1] += a[row.i + 1];
    if (row.i > 0) text[2] += a[row.i - 1];
    if (f.cls >= 0) text[3] += a[f.cls];
    double sep = 0;
    bool from_sep = false;
    for (int32_t j : f.sep) {
      sep += a[j];
      from_sep |= j == row.i;
    }
    text[4] += sep;
    for (int32_t j = 0; j < f.n; ++j) {
      if (f.punctuation[j]) text[5] += a[j];
    }
    text[6] += row.stats.entropy;
    if (from_sep) text[7] += sep * static_cast<double>(f.n) / static_cast<double>(f.sep.size());
    if (row.i == f.cls) text[8] += row.stats.entropy * static_cast<double>(f.n);
  }

  void finish() {
    if (job.single_text) return;
    for (size_t s = 0; s < kScoreCount; ++s) sums.scores[s].add_unit(o[s], c[s]);
  }
};

}  // namespace

void HeadPass::run(HeadRef head, HeadSums& sums, std::span<Evidence> evidence,
                   std::vector<float>& attended, float* kept) const {
  const int64_t n = features.n;
  std::vector<float> block(static_cast<size_t>(std::min(n, kBlock) * n + kRowSlack));
  attended.assign(static_cast<size_t>(n), 0.0f);
  Pass pass{*this, features, sums, evidence, {}, {}, {}};
  std::array<double, 9> text{};
  size_t next_kept = 0;
  for (int64_t first = 0; first < n; first += kBlock) {
    const Range rows{first, std::min(n, first + kBlock)};
    source.weights(head, rows, {0, n}, block.data());
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      Row row;
      row.a = block.data() + (i - rows.begin) * n;
      row.i = static_cast<int32_t>(i);
      if (next_kept < kept_rows.size() && kept_rows[next_kept] == i) {
        kept = std::copy(row.a, row.a + n, kept);
        ++next_kept;
      }
      row.stats = row_stats(row.a, n, i);
      pass.clark(row, text);
      if (!features.word[i]) continue;
      pass.word_query(row);
      add_row(row.a, n, attended.data());
    }
  }
  pass.finish();
  for (size_t k = 0; k < text.size(); ++k) sums.clark[k] += text[k] / static_cast<double>(n);
}

}  // namespace headscope
