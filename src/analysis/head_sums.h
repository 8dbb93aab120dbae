// The sums kept for one head. Only doubles that add, so that partial results merge by addition.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "headscope/head_report.h"

namespace headscope {

inline constexpr int kBins = 20;
inline constexpr size_t kOffsets = 21;  // j − i from −10 to +10

// A ratio S = Σ o_d / Σ c_d over units d (segments, or the queries of one text), with what its
// standard error needs: se² · (Σ c)² = Σ (o − S c)² = Σ o² − 2 S Σ o c + S² Σ c².
struct RatioSums {
  double numerator = 0, count = 0;
  double numerator_squared = 0, numerator_count = 0, count_squared = 0;
  double expected = 0, variance = 0;  // Σ E_i, Σ V_i of the shuffled masses
  double words = 0;                   // Σ attention on words, for the words-only share
  double queries = 0, units = 0, obey = 0;
  double uniform = 0;                        // Σ |K(i)| / (visible keys)
  std::array<double, kBins> histogram = {};  // units by o_d / c_d over [low, 1]

  void add_unit(double o, double c, double low = 0) {
    if (!(c > 0) || !std::isfinite(o)) return;  // undefined: the entropy of a single key
    numerator += o;
    count += c;
    numerator_squared += o * o;
    numerator_count += o * c;
    count_squared += c * c;
    units += 1;
    const double place = (o / c - low) / (1 - low);
    const int bin = place <= 0 ? 0 : static_cast<int>(place * kBins);
    histogram[static_cast<size_t>(bin < kBins ? bin : kBins - 1)] += 1;
  }
};

// The numbers of a RatioSums beside its histogram, as files name them.
struct RatioField {
  std::string_view name;
  double RatioSums::* field;
};
inline constexpr std::array<RatioField, 12> kRatioFields = {{
    {"numerator", &RatioSums::numerator},
    {"count", &RatioSums::count},
    {"numerator_squared", &RatioSums::numerator_squared},
    {"numerator_count", &RatioSums::numerator_count},
    {"count_squared", &RatioSums::count_squared},
    {"expected", &RatioSums::expected},
    {"variance", &RatioSums::variance},
    {"words", &RatioSums::words},
    {"queries", &RatioSums::queries},
    {"units", &RatioSums::units},
    {"obey", &RatioSums::obey},
    {"uniform", &RatioSums::uniform},
}};

struct HeadSums {
  std::array<RatioSums, kScoreCount> scores;
  double distance = 0, reach = 0, entropy = 0;  // over word queries
  double content_same = 0;                      // same_elsewhere: attention from content words
  std::array<double, kOffsets> offsets = {};
  std::array<double, kClarkNames.size()> clark = {};  // sums of per-text means
};

struct HeadField {
  std::string_view name;
  double HeadSums::* field;
};
inline constexpr std::array<HeadField, 4> kHeadFields = {{
    {"distance", &HeadSums::distance},
    {"reach", &HeadSums::reach},
    {"entropy", &HeadSums::entropy},
    {"content_same", &HeadSums::content_same},
}};

inline void add_sums(RatioSums& into, const RatioSums& from) {
  for (const RatioField& f : kRatioFields) into.*f.field += from.*f.field;
  for (size_t k = 0; k < into.histogram.size(); ++k) into.histogram[k] += from.histogram[k];
}

inline void add_sums(HeadSums& into, const HeadSums& from) {
  for (size_t s = 0; s < into.scores.size(); ++s) add_sums(into.scores[s], from.scores[s]);
  for (const HeadField& f : kHeadFields) into.*f.field += from.*f.field;
  for (size_t d = 0; d < into.offsets.size(); ++d) into.offsets[d] += from.offsets[d];
  for (size_t k = 0; k < into.clark.size(); ++k) into.clark[k] += from.clark[k];
}

}  // namespace headscope
