#include "headscope/flow.h"

#include <algorithm>
#include <map>
#include <vector>

#include "analysis/layer_attention.h"
#include "analysis/max_flow.h"
#include "base/parallel.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 30;
// Sinks of one row that a thread takes at a time, beyond kFlowWholeTokens tokens.
constexpr int64_t kSinks = 32;

class Flow : public LayeredSource {
 public:
  using LayeredSource::LayeredSource;
  Quantity quantity() const override { return Quantity::kFlow; }

 protected:
  void compute(const Question& asked, const RunControl& control) const override {
    check_size(asked);
    std::vector<int64_t> missing;
    for (int64_t i = asked.rows.begin; i < asked.rows.end; ++i) {
      if (!row(asked, i)) missing.push_back(i);
    }
    if (missing.empty()) return;
    const auto capacities = edges(asked, control);
    const int64_t sinks = asked.n > kFlowWholeTokens ? kSinks : asked.n;
    const int64_t parts = (asked.n + sinks - 1) / sinks;
    const auto jobs = static_cast<int64_t>(missing.size()) * parts;
    std::vector<std::vector<float>> found(missing.size(),
                                          std::vector<float>(static_cast<size_t>(asked.n)));
    // A few jobs a thread at a time: between them progress is told, and the caller may do other
    // work.
    const int64_t batch = 2 * int64_t{max_threads()};
    for (int64_t begin = 0; begin < jobs; begin += batch) {
      const int64_t count = std::min(batch, jobs - begin);
      control.report(begin, jobs);
      parallel_for(count, [&](int64_t k) {
        LayeredFlow graph(capacities, asked.n);
        const int64_t which = (begin + k) / parts, first = (begin + k) % parts * sinks;
        for (int64_t j = first; j < std::min(asked.n, first + sinks); ++j) {
          control.cancel.check();
          found[which][j] = static_cast<float>(graph.max_flow(missing[which], j));
        }
      });
    }
    control.report(jobs, jobs);
    rows_.make_room(asked.rows.size(), asked.n);
    for (size_t k = 0; k < missing.size(); ++k) {
      rows_.put({asked.stack, asked.layer, missing[k]}, std::move(found[k]));
    }
  }

  const float* row(const Question& asked, int64_t i) const override {
    return rows_.find({asked.stack, asked.layer, i});
  }

  int64_t held() const override {
    int64_t sum = rows_.bytes();
    for (const auto& [layer, map] : edges_) sum += static_cast<int64_t>(map.size() * sizeof(float));
    return sum;
  }

 private:
  static void check_size(const Question& asked) {
    if (asked.n > kFlowWholeTokens && asked.rows.size() > 1) {
      throw Error(ErrorCode::kUsage,
                  "flow of " + std::to_string(asked.n) + " tokens for " +
                      std::to_string(asked.rows.size()) + " queries",
                  "one query beyond " + std::to_string(kFlowWholeTokens) + " tokens",
                  "Pin a query, or ask for rollout", "HS-CAP-01");
    }
    // Capacities are shared; residuals and flows, in double, are each thread's own.
    const int64_t bytes = (asked.layer + 1) * asked.n * asked.n * (4 + 16 * max_threads());
    if (bytes > kMaxBytes) {
      throw Error(ErrorCode::kUsage,
                  "flow of " + std::to_string(asked.n) + " tokens through " +
                      std::to_string(asked.layer + 1) + " layers, which takes " +
                      std::to_string(bytes >> 20) + " MiB",
                  "at most " + std::to_string(kMaxBytes >> 20) + " MiB",
                  "Ask for rollout, or a lower layer", "HS-CAP-01");
    }
  }

  std::vector<const float*> edges(const Question& asked, const RunControl& control) const {
    std::vector<const float*> result;
    for (int64_t layer = 0; layer <= asked.layer; ++layer) {
      std::vector<float>& map = edges_[{asked.stack, layer}];
      if (map.empty()) {
        std::vector<float> fresh(static_cast<size_t>(asked.n * asked.n));
        residual_rows(below(), asked.stack, static_cast<int>(layer), {0, asked.n}, fresh.data(),
                      control);
        map = std::move(fresh);
      }
      result.push_back(map.data());
    }
    return result;
  }

  mutable std::map<std::pair<int, int64_t>, std::vector<float>> edges_;  // (stack, layer): [N, N]
  mutable RowStore rows_;
};

}  // namespace

bool is_of_layer(Quantity quantity) {
  return quantity == Quantity::kRollout || quantity == Quantity::kFlow;
}

std::shared_ptr<const AttentionSource> make_flow(std::shared_ptr<const AttentionSource> weights) {
  return std::make_shared<Flow>(std::move(weights));
}

std::shared_ptr<const AttentionSource> quantity_source(
    std::shared_ptr<const AttentionSource> weights, Quantity quantity) {
  if (quantity == Quantity::kRollout) return make_rollout(std::move(weights));
  if (quantity == Quantity::kFlow) return make_flow(std::move(weights));
  return weights;
}

int64_t queries_at_once(const TraceInfo& info, int stack, Quantity quantity) {
  const StackInfo& of = info.stacks.at(static_cast<size_t>(stack));
  if (!of.square()) return 0;
  for (size_t l = 0; l < of.layers.size(); ++l) {
    const LayerInfo& layer = of.layers[l];
    if (layer.layer != static_cast<int>(l) || layer.kind == LayerKind::kNone) return 0;
  }
  const int64_t n = info.tokens(stack, Side::kQuery).size();
  if (quantity == Quantity::kRollout) return n <= kRolloutWholeTokens ? n : kRolloutQueries;
  if (quantity == Quantity::kFlow) return n <= kFlowWholeTokens ? n : 1;
  return n;
}

}  // namespace headscope
