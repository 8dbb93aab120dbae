// The words of run settings: "L8H9", "L8H9:mean", "L2H*:uniform", several separated by commas;
// "longest-first".
#include "headscope/run_settings.h"

#include <algorithm>

#include "headscope/error.h"
#include "headscope/trace_info.h"

namespace headscope {
namespace {

AblationKind parse_kind(const std::string& text, const std::string& item) {
  if (const auto kind = parse_ablation_kind(text)) return *kind;
  throw Error(ErrorCode::kUsage, "--ablate " + item, "zero, mean or uniform after the colon");
}

// One item without its kind: a head, or all heads of a layer.
std::vector<HeadRef> parse_heads(const std::string& text, std::span<const StackInfo> stacks,
                                 int stack) {
  const bool all = text.ends_with("H*") || text.ends_with("h*");
  if (!all) return {parse_head(text, stacks, stack)};
  const HeadRef first = parse_head(text.substr(0, text.size() - 1) + "0", stacks, stack);
  const int heads = stacks[static_cast<size_t>(first.stack)].layer(first.id.layer).heads;
  std::vector<HeadRef> result;
  result.reserve(static_cast<size_t>(heads));
  for (int h = 0; h < heads; ++h) result.push_back({first.stack, {first.id.layer, h}});
  return result;
}

void add(std::vector<Ablation>& ablations, HeadRef head, AblationKind kind,
         std::span<const StackInfo> stacks) {
  for (const Ablation& known : ablations) {
    if (known.head != head) continue;
    if (known.kind == kind) return;
    throw Error(ErrorCode::kUsage, "--ablate names " + head_name(stacks, head) + " twice",
                "one way to switch it off");
  }
  ablations.push_back({head, kind, {}});
}

}  // namespace

std::string_view name_of(AblationKind kind) {
  switch (kind) {
    case AblationKind::kZero:
      return "zero";
    case AblationKind::kMean:
      return "mean";
    case AblationKind::kUniform:
      break;
  }
  return "uniform";
}

std::optional<AblationKind> parse_ablation_kind(std::string_view name) {
  for (const auto kind : {AblationKind::kZero, AblationKind::kMean, AblationKind::kUniform}) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

std::vector<Ablation> parse_ablations(const std::string& text, std::span<const StackInfo> stacks,
                                      int stack) {
  std::vector<Ablation> ablations;
  if (text.empty()) return ablations;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string item = text.substr(begin, end - begin);
    const size_t colon = item.find(':');
    const AblationKind kind =
        colon == std::string::npos ? AblationKind::kZero : parse_kind(item.substr(colon + 1), item);
    for (const HeadRef head : parse_heads(item.substr(0, colon), stacks, stack)) {
      add(ablations, head, kind, stacks);
    }
    begin = end + 1;
  }
  return ablations;
}

std::string to_string(std::span<const Ablation> ablations, std::span<const StackInfo> stacks) {
  std::string out;
  for (const Ablation& one : ablations) {
    out += (out.empty() ? "" : ",") + head_name(stacks, one.head) + ":" +
           std::string(name_of(one.kind));
  }
  return out;
}

std::string_view name_of(Truncation strategy) {
  switch (strategy) {
    case Truncation::kLongestFirst:
      return "longest-first";
    case Truncation::kOnlyFirst:
      return "only-first";
    case Truncation::kOnlySecond:
      return "only-second";
    case Truncation::kNone:
      break;
  }
  return "none";
}

std::optional<Truncation> parse_truncation(std::string_view name) {
  for (const auto strategy : {Truncation::kNone, Truncation::kLongestFirst, Truncation::kOnlyFirst,
                              Truncation::kOnlySecond}) {
    if (name_of(strategy) == name) return strategy;
  }
  return std::nullopt;
}

}  // namespace headscope
