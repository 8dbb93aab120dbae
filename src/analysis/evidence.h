// The strongest examples and the clearest exceptions of every head and labelled score.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <vector>

#include "analysis/score_table.h"
#include "headscope/head_report.h"

namespace headscope {

inline constexpr size_t kExamples = 5;

// Keeps the kExamples best by share: highest for examples, lowest for exceptions. Ties go to the
// earlier segment and query, so that the result does not depend on the order of adding.
struct Evidence {
  std::vector<Example> examples;
  std::vector<Example> exceptions;

  static auto rank(const Example& e, bool exception) {
    return std::tuple(exception ? e.share : -e.share, std::cref(e.segment), e.query);
  }
  static bool wanted(const std::vector<Example>& list, bool exception, double share) {
    if (list.size() < kExamples) return true;
    return exception ? share <= list.back().share : share >= list.back().share;
  }
  // Takes a query of the pattern as an example (it obeys) or as an exception, where it is among the
  // best. `make` builds the Example only then.
  template <class Make>
  void offer(bool obeys, double share, const Make& make) {
    std::vector<Example>& list = obeys ? examples : exceptions;
    if (wanted(list, !obeys, share)) insert(list, !obeys, make());
  }
  static void insert(std::vector<Example>& list, bool exception, Example example) {
    const auto at = std::lower_bound(list.begin(), list.end(), example,
                                     [&](const Example& a, const Example& b) {
                                       return rank(a, exception) < rank(b, exception);
                                     });
    list.insert(at, std::move(example));
    if (list.size() > kExamples) list.pop_back();
  }
};

// Of one head, by evidence_index().
using HeadEvidence = std::array<Evidence, kEvidenceCount>;

}  // namespace headscope
