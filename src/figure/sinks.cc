#include "figure/sinks.h"

namespace headscope {

std::vector<float> sink_shares(const AttentionSource& source, const Series& series,
                               const PictureAxes& axes, const ViewState& state) {
  if (series.heads.size() != 1 || state.quantity != Quantity::kWeight ||
      tile_ops(state).renormalise) {
    return {};
  }
  const TensorView<const float> sink = source.sink(series.heads.front());
  std::vector<float> out;
  if (sink.empty()) return out;
  for (const AxisItem& item : axes.queries.items) {
    double sum = 0;
    for (int64_t t = item.tokens.begin; t < item.tokens.end; ++t) {
      sum += static_cast<double>(sink(t));
    }
    out.push_back(static_cast<float>(sum / static_cast<double>(item.tokens.size())));
  }
  return out;
}

}  // namespace headscope
