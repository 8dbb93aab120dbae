#include "analysis/head_pass.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "analysis/row_math.h"

namespace headscope {
namespace {

// Rows of m keys held at a time: about 256 kB, so that they stay in the cache.
int64_t rows_of_block(int64_t m) {
  constexpr int64_t kFloats = 1 << 16, kFewest = 64;
  return std::max(kFewest, kFloats / std::max<int64_t>(1, m));
}

// A class of keys that masses are shuffled in: mass m, Σ A² and size n give the mean m/n of a key
// and the spread (Σ A² − m²/n)/(n−1). k hits then have mean k·m/n and variance k (1−k/n) · spread.
struct KeyClass {
  double mass = 0, squares = 0;
  double mean = 0, spread = 0, inverse = 0;

  void close(double size) {
    inverse = size > 0 ? 1 / size : 0;
    mean = mass * inverse;
    spread = size >= 2 ? std::max(0.0, squares - mass * mean) / (size - 1) : 0;
  }
  void chance(double hits, RatioSums& into) const {
    into.expected += mean * hits;
    into.variance += hits * (1 - hits * inverse) * spread;
  }
};

struct Row {
  const float* a = nullptr;
  int32_t i = 0;
  RowStats stats;
  KeyClass own, other, words, all;
  double own_entropy_share = 0;  // m · H(own-sentence words, renormalised) / ln N_i
};

constexpr auto kEvidenceIndex = [] {
  std::array<size_t, kScoreCount> index{};
  for (size_t s = 0; s < kScoreCount; ++s) index[s] = evidence_index(static_cast<Score>(s));
  return index;
}();

// State of one pass over a head.
struct Pass {
  const HeadPass& job;
  const TextFeatures& f;
  HeadSums& sums;
  std::span<Evidence> evidence;
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

  void classify(Row& row) const {
    double logs = 0;
    const int32_t sentence = f.sentence[row.i];
    const Range seen = f.visible[row.i];
    for (size_t r = 0; r < f.word_runs.size(); ++r) {
      const int64_t begin = std::max(f.word_runs[r].begin, seen.begin);
      const int64_t end = std::min(f.word_runs[r].end, seen.end);
      if (begin >= end) continue;
      const bool own = f.run_sentence[r] == sentence;
      const RunStats run = run_stats(row.a + begin, end - begin, own);
      KeyClass& into = own ? row.own : row.other;
      into.mass += run.mass;
      into.squares += run.squares;
      logs += run.a_ln_a;
    }
    row.words.mass = row.own.mass + row.other.mass;
    row.words.squares = row.own.squares + row.other.squares;
    row.all.mass = 1;
    row.all.squares = row.stats.squares;
    const ClassSizes& size = f.sizes[row.i];
    const double m = row.own.mass;
    if (m > 0 && size.own > 0) {
      // m·H(a/m) = m ln m − Σ a ln a
      row.own_entropy_share = (m * std::log(m) - logs) / std::log(size.own + 1);
    }
    if (f.square) {
      const double self = row.a[row.i];
      row.own.mass -= self;
      row.own.squares -= self * self;
    }
    row.own.close(size.own);
    row.other.close(size.other);
    row.words.close(size.words);
    row.all.close(size.all);
  }

  // The keys of one query, ascending.
  template <class Visit>
  void for_keys(const QueryKeys& k, int32_t sentence, const Visit& visit) const {
    const int32_t* keys = f.lists[static_cast<size_t>(k.list)].positions().data();
    for (int32_t at = k.begin; at < k.end; ++at) {
      const int32_t j = keys[at];
      if (j == k.excluded || (k.other_sentence && f.key_sentence[j] == sentence)) continue;
      visit(j);
    }
  }

  void share(const QueryKeys& k, const Row& row) {
    if (k.score == Score::kCrossPreference) return preference(row, k);
    const auto s = static_cast<size_t>(k.score);
    double mass = 0;
    bool obeys = false;
    int32_t best = -1;
    float most = -1;
    for_keys(k, f.sentence[row.i], [&](int32_t j) {
      const float a = row.a[j];
      mass += double{a};
      obeys |= j == row.stats.heaviest;
      best = a > most ? j : best;
      most = std::max(a, most);
    });
    const auto hits = static_cast<double>(k.hits), own = static_cast<double>(k.own);
    RatioSums& r = sums.scores[s];
    unit(k.score, mass, 1);
    r.obey += obeys;
    r.words += row.words.mass;
    switch (info_of(k.score).chance) {
      case ChanceClass::kAllKeys:
        row.all.chance(hits, r);
        break;
      case ChanceClass::kAllWords:
        row.words.chance(hits, r);
        break;
      case ChanceClass::kOwnAndOther:
        row.own.chance(own, r);
        row.other.chance(hits - own, r);
    }
    if (k.score == Score::kSameElsewhere && f.content[row.i]) sums.content_same += mass;
    if (!evidence.empty() && kEvidenceIndex[s] < evidence.size()) {
      evidence[kEvidenceIndex[s]].offer(obeys, mass, [&] {
        return example(row, mass, obeys ? best : static_cast<int32_t>(row.stats.heaviest));
      });
    }
  }

  // φ: numerator on X(i), denominator on X(i) ∪ O(i).
  void preference(const Row& row, const QueryKeys& k) {
    const int32_t sentence = f.sentence[row.i];
    double across = 0, own = 0;
    QueryKeys both = k;
    both.other_sentence = false;
    for_keys(both, sentence, [&](int32_t j) {
      (f.key_sentence[j] == sentence ? own : across) += double{row.a[j]};
    });
    RatioSums& r = sums.scores[static_cast<size_t>(Score::kCrossPreference)];
    unit(Score::kCrossPreference, across, across + own);
    r.expected += static_cast<double>(k.hits);  // chance = Σ|X| / Σ(|X| + |O|)
    r.variance += static_cast<double>(k.hits + k.own);
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
    classify(row);
    for (size_t k = f.first[row.i]; k < f.first[row.i + 1]; ++k) share(f.by_query[k], row);
    // Of a row that sees one key there is nothing to spread.
    if (const double keys = f.sizes[row.i].all; keys > 1) {
      unit(Score::kBroad, row.stats.entropy / std::log(keys), 1);
    }
    sums.entropy += row.stats.entropy;
    if (!f.square) return;
    unit(Score::kSentence, row.own_entropy_share, 1);
    sums.distance += row.stats.distance;
    sums.reach += std::abs(static_cast<double>(row.stats.heaviest - row.i));
    for (int64_t d = -10; d <= 10; ++d) {
      const int64_t j = row.i + d;
      if (j >= 0 && j < f.n) sums.offsets[static_cast<size_t>(d + 10)] += double{row.a[j]};
    }
  }

  // Clark et al. 2019, their own code's denominators: N, but 2 for [SEP]→[SEP]. Defined for
  // self-attention.
  void clark(const Row& row, std::array<double, 9>& text) const {
    if (!f.square) return;
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
    for (int32_t j : f.marks) text[5] += double{a[j]};
    text[6] += row.stats.entropy;
    if (from_sep) text[7] += sep * static_cast<double>(f.n) / static_cast<double>(f.sep.size());
    if (row.i == f.cls) text[8] += row.stats.entropy * static_cast<double>(f.n);
  }

  // Counts that are the same for every head, and the segment as a unit.
  void finish() {
    for (size_t s = 0; s < kScoreCount; ++s) {
      sums.scores[s].queries += static_cast<double>(f.queries[s]);
      sums.scores[s].uniform += f.uniform[s];
      if (!job.single_text) sums.scores[s].add_unit(o[s], c[s]);
    }
    for (Score score : {Score::kBroad, Score::kSentence}) {
      if (score == Score::kSentence && !f.square) continue;
      sums.scores[static_cast<size_t>(score)].queries += static_cast<double>(f.words);
    }
  }
};

}  // namespace

void HeadPass::run(HeadRef head, HeadSums& sums, std::span<Evidence> evidence,
                   std::vector<float>& attended, float* kept) const {
  const int64_t n = features.n, m = features.m;
  const int64_t step = std::min(n, rows_of_block(m));
  // Not zeroed. (Emscripten's library lacks make_unique_for_overwrite.)
  const std::unique_ptr<float[]> block(new float[static_cast<size_t>(step * m + kRowSlack)]);
  attended.assign(static_cast<size_t>(m), 0.0f);
  Pass pass{*this, features, sums, evidence, {}, {}};
  std::array<double, 9> text{};
  size_t next_kept = 0;
  for (int64_t first = 0; first < n; first += step) {
    const Range rows{first, std::min(n, first + step)};
    source.weights(head, rows, {0, m}, block.get());
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      Row row;
      row.a = block.get() + (i - rows.begin) * m;
      row.i = static_cast<int32_t>(i);
      if (next_kept < kept_rows.size() && kept_rows[next_kept] == i) {
        kept = std::copy(row.a, row.a + m, kept);
        ++next_kept;
      }
      row.stats = row_stats(row.a, m, i);
      pass.clark(row, text);
      if (!features.word[i]) continue;
      pass.word_query(row);
      add_row(row.a, m, attended.data());
    }
  }
  pass.finish();
  for (size_t k = 0; k < text.size(); ++k) sums.clark[k] += text[k] / static_cast<double>(n);
}

}  // namespace headscope
