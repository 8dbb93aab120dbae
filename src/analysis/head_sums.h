// The sums kept for one head. Only doubles that add, so that partial results merge by addition.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include "headscope/analysis.h"

namespace headscope {

inline constexpr int kBins = 20;

// A ratio Σ o_d / Σ c_d over units d (segments, or the queries of one text), with what its standard
// error needs: se² · (Σc)² = Σ (o − S c)² = Σoo − 2 S Σoc + S² Σcc.
struct RatioSums {
  double o, c, oo, oc, cc;
  double expected, variance;  // Σ E_i, Σ V_i of the shuffled masses
  double words;               // Σ attention on words, for the words-only share
  double queries, units, obey;
  double uniform;                       // Σ |K(i)| / (visible keys)
  std::array<double, kBins> histogram;  // units by o_d / c_d over [low, 1]

  void add_unit(double numerator, double count, double low = 0) {
    if (count <= 0) return;
    o += numerator;
    c += count;
    oo += numerator * numerator;
    oc += numerator * count;
    cc += count * count;
    units += 1;
    const double place = (numerator / count - low) / (1 - low);
    const int bin = place <= 0 ? 0 : static_cast<int>(place * kBins);
    histogram[static_cast<size_t>(bin < kBins ? bin : kBins - 1)] += 1;
  }
};

struct HeadSums {
  std::array<RatioSums, kScoreCount> scores;
  double distance, reach, entropy;  // over word queries
  double content_same;              // same_elsewhere: attention from content words
  std::array<double, 21> offsets;
  std::array<double, 9> clark;  // sums of per-text means
};
static_assert(std::is_trivially_copyable_v<HeadSums> && sizeof(HeadSums) % sizeof(double) == 0);

inline constexpr size_t kHeadDoubles = sizeof(HeadSums) / sizeof(double);

inline void add_sums(HeadSums& into, const HeadSums& from) {
  auto* a = reinterpret_cast<double*>(&into);
  const auto* b = reinterpret_cast<const double*>(&from);
  for (size_t k = 0; k < kHeadDoubles; ++k) a[k] += b[k];
}

}  // namespace headscope
