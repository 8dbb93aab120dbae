// TransformerModel: what the decoder of an encoder–decoder model predicts, under many variants.
#include <algorithm>
#include <numeric>

#include "session/asked_tokens.h"
#include "session/memory_plan.h"
#include "session/stack_ablations.h"
#include "session/transformer_model.h"

namespace headscope {

std::vector<std::vector<double>> TransformerModel::target_log_probabilities(
    const ModelInput& input, std::span<const std::vector<Ablation>> variants,
    const RunControl& control) {
  const TokenSequence& source = input.text;
  const TokenSequence& target = *input.target;
  const int64_t n = target.size();
  for (const int32_t id : target.ids) check_id(id);
  std::vector<std::vector<double>> out(
      variants.size(), std::vector<double>(static_cast<size_t>(std::max<int64_t>(0, n - 1))));
  if (n < 2) return out;
  const auto step = static_cast<size_t>(std::max<int64_t>(1, kMostRows / (source.size() + n)));
  const int64_t texts = std::min(std::ssize(variants), static_cast<std::ptrdiff_t>(step));
  check_memory(masked_bytes(spec(), is_streamed(), texts * source.size(), source.size()) +
                   masked_bytes(decoder_->spec(), is_streamed(), texts * n, n),
               available_memory(), "the predictions", "Shorten the texts, or close other programs");

  const std::vector<AblationsByStack> its(variants.begin(), variants.end());
  // Variants whose encoder is the model's own read one run of it; they come first.
  std::vector<size_t> order(variants.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto own = std::stable_partition(order.begin(), order.end(),
                                         [&](size_t v) { return its[v].encoder().empty(); });
  const RunControl quiet{control.cancel, {}};
  const auto source_text = [&](const std::vector<Ablation>* ablations) {
    return PassText{source.ids, source.segment_ids, ablations, {}, nullptr};
  };
  Buffer shared_rows, rows;
  std::vector<Memory> shared, memories;
  if (own != order.begin()) {
    const PassText text = source_text(nullptr);
    shared = encode({&text, 1}, shared_rows, quiet);
  }
  for (size_t begin = 0; begin < order.size(); begin += step) {
    control.report(static_cast<int64_t>(begin), std::ssize(order));
    const size_t end = std::min(order.size(), begin + step);
    std::vector<PassText> sources, targets;
    for (size_t k = begin; k < end; ++k) {
      if (!its[order[k]].encoder().empty())
        sources.push_back(source_text(&its[order[k]].encoder()));
    }
    if (!sources.empty()) memories = encode(sources, rows, quiet);
    size_t next = 0;
    PassOptions options;
    std::vector<AskedToken> asked;
    for (size_t k = begin; k < end; ++k) {
      const AblationsByStack& variant = its[order[k]];
      const int64_t first = std::ssize(targets) * n;
      PassText& text = targets.emplace_back();
      text.ids = target.ids;
      text.ablations = &variant.decoder();
      text.cross_ablations = &variant.cross();
      text.memory = variant.encoder().empty() ? shared.data() : &memories[next++];
      for (int64_t i = 0; i + 1 < n; ++i) {
        options.asked.push_back(first + i);
        asked.push_back(
            {target.ids[static_cast<size_t>(i + 1)], &out[order[k]][static_cast<size_t>(i)]});
      }
    }
    read_answers(*decoder_, *vocabulary_, decoder_pass_->run(targets, options, quiet), asked,
                 control);
  }
  return out;
}

}  // namespace headscope
