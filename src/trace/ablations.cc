// What `--ablate` means: "L8H9", "L8H9:mean", "L2H*:uniform", several separated by commas.
#include <algorithm>

#include "headscope/error.h"
#include "headscope/runner.h"

namespace headscope {
namespace {

AblationKind parse_kind(const std::string& text, const std::string& item) {
  if (const auto kind = parse_ablation_kind(text)) return *kind;
  throw Error(ErrorCode::kUsage, "--ablate " + item, "zero, mean or uniform after the colon");
}

// One item without its kind: a head, or all heads of a layer.
std::vector<HeadId> parse_heads(const std::string& text, const StackInfo& shape) {
  const bool all = text.ends_with("H*") || text.ends_with("h*");
  const HeadId id = parse_head_id(all ? text.substr(0, text.size() - 1) + "0" : text);
  const int heads = shape.heads[shape.layer_index(id.layer)];
  if (!all) {
    if (id.head < heads) return {id};
    throw Error(
        ErrorCode::kUsage, "head " + to_string(id),
        "heads 0 to " + std::to_string(heads - 1) + " in layer " + std::to_string(id.layer));
  }
  std::vector<HeadId> result;
  result.reserve(static_cast<size_t>(heads));
  for (int h = 0; h < heads; ++h) result.push_back({id.layer, h});
  return result;
}

void add(std::vector<Ablation>& ablations, HeadId head, AblationKind kind) {
  for (const Ablation& known : ablations) {
    if (known.head != head) continue;
    if (known.kind == kind) return;
    throw Error(ErrorCode::kUsage, "--ablate names " + to_string(head) + " twice",
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

std::vector<Ablation> parse_ablations(const std::string& text, const StackInfo& shape) {
  std::vector<Ablation> ablations;
  if (text.empty()) return ablations;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string item = text.substr(begin, end - begin);
    const size_t colon = item.find(':');
    const AblationKind kind =
        colon == std::string::npos ? AblationKind::kZero : parse_kind(item.substr(colon + 1), item);
    for (const HeadId head : parse_heads(item.substr(0, colon), shape)) add(ablations, head, kind);
    begin = end + 1;
  }
  return ablations;
}

}  // namespace headscope
