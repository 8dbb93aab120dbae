#include "headscope/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/parallel.h"
#include "headscope/error.h"
#include "headscope/statistics.h"

namespace headscope {
namespace {

// −1 for tokens that are in no pair, else the pair's number.
std::vector<int64_t> unit_of_token(const Alignment& alignment, bool left, int64_t tokens) {
  std::vector<int64_t> out(static_cast<size_t>(tokens), -1);
  for (size_t u = 0; u < alignment.matched.size(); ++u) {
    const Range range = left ? alignment.matched[u].left : alignment.matched[u].right;
    for (int64_t t = range.begin; t < range.end; ++t) {
      out[static_cast<size_t>(t)] = static_cast<int64_t>(u);
    }
  }
  return out;
}

// ½ Σ p ln(p/m) + ½ Σ q ln(q/m), m = (p + q)/2; equal rows give exactly 0.
double jensen_shannon(const std::vector<double>& p, const std::vector<double>& q) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double m = (p[i] + q[i]) / 2;
    if (p[i] > 0) sum += p[i] * std::log(p[i] / m);
    if (q[i] > 0) sum += q[i] * std::log(q[i] / m);
  }
  return std::max(0.0, sum / 2);
}

// At most `most` of the pairs, evenly spaced; 0: all.
Alignment evenly_spaced(const Alignment& alignment, int64_t most) {
  const auto all = static_cast<int64_t>(alignment.matched.size());
  if (most <= 0 || all <= most) return alignment;
  Alignment out;
  for (int64_t i = 0; i < most; ++i) {
    out.matched.push_back(alignment.matched[static_cast<size_t>((2 * i + 1) * all / (2 * most))]);
  }
  return out;
}

// The row with a sum of 1; empty where nothing of it is matched.
std::vector<double> share_row(const MatchedMap& map, int64_t query) {
  const auto width = static_cast<size_t>(map.keys + 1);
  const auto begin = map.weights.begin() + query * (map.keys + 1);
  std::vector<double> row(begin, begin + static_cast<std::ptrdiff_t>(width));
  double total = 0;
  for (const double v : row) total += v;
  if (!(total > 0)) return {};
  for (double& v : row) v /= total;
  return row;
}

HeadDifference difference(const MatchedMap& left, const MatchedMap& right) {
  HeadDifference out;
  double js = 0, change = 0;
  for (int64_t i = 0; i < left.queries; ++i) {
    const std::vector<double> p = share_row(left, i), q = share_row(right, i);
    if (p.empty() || q.empty()) continue;
    ++out.queries;
    js += jensen_shannon(p, q);
    double sum = 0;
    for (size_t k = 0; k < p.size(); ++k) sum += std::abs(p[k] - q[k]);
    change += sum / static_cast<double>(p.size());
  }
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  out.js = out.queries > 0 ? js / static_cast<double>(out.queries) : kNothing;
  out.mean_abs = out.queries > 0 ? change / static_cast<double>(out.queries) : kNothing;
  return out;
}

// The stack of both: by name, or the only one of either.
std::pair<int, int> common_stack(const TraceInfo& left, const TraceInfo& right,
                                 const std::string& name) {
  const int l = left.stack_index(name);
  if (name.empty() && left.stacks.size() == 1 && right.stacks.size() == 1) return {0, 0};
  const std::string& wanted = left.stacks[static_cast<size_t>(l)].name;
  for (size_t r = 0; r < right.stacks.size(); ++r) {
    if (right.stacks[r].name == wanted) return {l, static_cast<int>(r)};
  }
  std::string known;
  for (const StackInfo& stack : right.stacks) known += (known.empty() ? "" : ", ") + stack.name;
  throw Error(ErrorCode::kUsage, "the stack " + wanted + " on the left and none of that name right",
              "a stack that both have; right: " + known);
}

std::vector<std::vector<std::string>> labels_of(const AttentionSource& source, int stack,
                                                const std::vector<HeadId>& heads,
                                                const RunControl& control) {
  std::vector<std::vector<std::string>> out(heads.size());
  if (!source.info().stacks[static_cast<size_t>(stack)].square()) return out;
  StatisticsOptions options;
  options.single_text = true;
  options.similarity = false;
  StackHeads of = heads_of(source.info().stacks, stack);
  of.heads = heads;
  Statistics statistics(std::move(of), options);
  RunControl quiet;
  quiet.cancel = control.cancel;
  statistics.add(source, 0, quiet);
  const std::vector<HeadReport> reports = statistics.report(Thresholds());
  for (size_t i = 0; i < heads.size() && i < reports.size(); ++i) out[i] = reports[i].labels;
  return out;
}

}  // namespace

MatchedMap matched_map(const AttentionSource& source, HeadRef head, const Alignment& queries,
                       const Alignment& keys, bool left, const RunControl& control) {
  constexpr int64_t kBlock = 64;
  const int64_t n = source.info().tokens(head.stack, Side::kQuery).size();
  const int64_t m = source.info().tokens(head.stack, Side::kKey).size();
  const std::vector<int64_t> query_units = unit_of_token(queries, left, n);
  const std::vector<int64_t> key_units = unit_of_token(keys, left, m);
  MatchedMap out;
  out.queries = static_cast<int64_t>(queries.matched.size());
  out.keys = static_cast<int64_t>(keys.matched.size());
  const auto width = static_cast<size_t>(out.keys + 1);
  out.weights.assign(static_cast<size_t>(out.queries) * width, 0.0);
  const TensorView<const float> sink = source.sink(head);
  std::vector<float> rows(static_cast<size_t>(std::min(n, kBlock) * m));
  const auto wanted = [&](int64_t i) { return query_units[static_cast<size_t>(i)] >= 0; };
  for (int64_t begin = 0, end = 0; begin < n; begin = end) {
    control.cancel.check();
    end = begin + 1;
    if (!wanted(begin)) continue;
    while (end < n && end - begin < kBlock && wanted(end)) ++end;
    source.weights(head, {begin, end}, {0, m}, rows.data());
    for (int64_t i = begin; i < end; ++i) {
      const int64_t unit = query_units[static_cast<size_t>(i)];
      const TokenPair& pair = queries.matched[static_cast<size_t>(unit)];
      const double share = 1.0 / static_cast<double>((left ? pair.left : pair.right).size());
      double* row = out.weights.data() + static_cast<size_t>(unit) * width;
      const float* values = rows.data() + (i - begin) * m;
      for (int64_t j = 0; j < m; ++j) {
        const int64_t key = key_units[static_cast<size_t>(j)];
        if (key >= 0) row[key] += share * static_cast<double>(values[j]);
      }
      if (!sink.empty()) row[out.keys] += share * static_cast<double>(sink(i));
    }
  }
  return out;
}

int64_t Comparison::matched_words() const {
  return std::count_if(queries.matched.begin(), queries.matched.end(),
                       [](const TokenPair& pair) { return !pair.special; });
}

Comparison compare_sources(const AttentionSource& left, const AttentionSource& right,
                           const ComparisonOptions& options, const RunControl& control) {
  Comparison out;
  const TraceInfo &l = left.info(), &r = right.info();
  std::tie(out.left_stack, out.right_stack) = common_stack(l, r, options.stack);
  const StackInfo& of_left = l.stacks[static_cast<size_t>(out.left_stack)];
  const StackInfo& of_right = r.stacks[static_cast<size_t>(out.right_stack)];
  out.stack = of_left.name;
  out.queries =
      align_tokens(l.tokens(out.left_stack, Side::kQuery), r.tokens(out.right_stack, Side::kQuery));
  out.keys = of_left.square() && of_right.square()
                 ? out.queries
                 : align_tokens(l.tokens(out.left_stack, Side::kKey),
                                r.tokens(out.right_stack, Side::kKey));
  if (out.queries.matched.empty() || out.keys.matched.empty()) {
    throw Error(ErrorCode::kUsage, "two texts without a word in common",
                "texts that share words, or one text");
  }
  std::vector<HeadId> heads;
  const std::vector<HeadRef> rights = all_heads(r.stacks, out.right_stack);
  for (const HeadRef head : all_heads(l.stacks, out.left_stack)) {
    const bool both = std::any_of(rights.begin(), rights.end(),
                                  [&](const HeadRef& other) { return other.id == head.id; });
    if (both) heads.push_back(head.id);
  }
  if (heads.empty()) {
    throw Error(ErrorCode::kUsage, "no head that both have", "traces that share layers and heads");
  }
  const size_t lefts = all_heads(l.stacks, out.left_stack).size();
  if (heads.size() < std::max(lefts, rights.size())) {
    out.notes.push_back(std::to_string(heads.size()) +
                        " heads are compared by name; the left has " + std::to_string(lefts) +
                        ", the right " + std::to_string(rights.size()));
  }

  const Alignment queries = evenly_spaced(out.queries, options.most_queries);
  if (queries.matched.size() < out.queries.matched.size()) {
    out.notes.push_back("measured on " + std::to_string(queries.matched.size()) + " of " +
                        std::to_string(out.queries.matched.size()) +
                        " queries that both have, evenly spaced");
  }

  out.heads.resize(heads.size());
  for (size_t begin = 0, step = 16; begin < heads.size(); begin += step) {
    control.report(static_cast<int64_t>(begin), static_cast<int64_t>(heads.size()));
    const size_t end = std::min(heads.size(), begin + step);
    parallel_for(static_cast<int64_t>(end - begin), [&](int64_t i) {
      const HeadId id = heads[begin + static_cast<size_t>(i)];
      HeadDifference one =
          difference(matched_map(left, {out.left_stack, id}, queries, out.keys, true, control),
                     matched_map(right, {out.right_stack, id}, queries, out.keys, false, control));
      one.stack = out.stack;
      one.id = id;
      out.heads[begin + static_cast<size_t>(i)] = std::move(one);
    });
  }
  if (options.labels) {
    const auto of = labels_of(left, out.left_stack, heads, control);
    const auto other = labels_of(right, out.right_stack, heads, control);
    for (size_t i = 0; i < heads.size(); ++i) {
      out.heads[i].left_labels = of[i];
      out.heads[i].right_labels = other[i];
    }
  }
  std::stable_sort(out.heads.begin(), out.heads.end(),
                   [](const HeadDifference& a, const HeadDifference& b) {
                     return (std::isnan(a.js) ? -1 : a.js) > (std::isnan(b.js) ? -1 : b.js);
                   });
  return out;
}

}  // namespace headscope
