#include "tile/tile_plan.h"

#include <algorithm>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr int64_t kChunkTokens = 1024;  // columns at a time
constexpr int64_t kBlockValues =
    64 * 1024;  // floats of a block: 256 KiB, inside a second-level cache

[[noreturn]] void refuse(const std::string& got, const std::string& expected,
                         const std::string& action = {}, ErrorId id = {}) {
  throw Error(ErrorCode::kUsage, got, expected, action, id);
}

TileSide side(const char* name, const std::vector<Range>& axis, Range range, int64_t out) {
  const auto size = static_cast<int64_t>(axis.size());
  if (range.begin < 0 || range.end < range.begin || range.end > size) {
    refuse(std::string(name) + " " + std::to_string(range.begin) + ":" + std::to_string(range.end),
           "a range within 0:" + std::to_string(size));
  }
  if (out < 0 || out > range.size()) {
    refuse(std::string(name) + " " + std::to_string(range.size()) + " pooled into " +
               std::to_string(out) + " pixels",
           "1 to " + std::to_string(range.size()) + " pixels, or 0 for no pooling");
  }
  TileSide result;
  result.items =
      std::span(axis).subspan(static_cast<size_t>(range.begin), static_cast<size_t>(range.size()));
  result.out = out == 0 ? range.size() : out;
  return result;
}

void check_heads(const AttentionSource& source, const TileRequest& request) {
  if (request.heads.empty()) refuse("no head", "at least one head");
  if (request.ops.combine == Combine::kSeparate && request.heads.size() > 1) {
    refuse(std::to_string(request.heads.size()) + " heads in one tile, not combined",
           "one head, or --combine mean, max or sum");
  }
  for (const HeadRef& head : request.heads) {
    source.check(head, {0, 0}, {0, 0});
    if (head.stack != request.heads.front().stack) {
      refuse("heads of two stacks in one tile", "heads of one stack");
    }
  }
}

void check_quantity(const AttentionSource& source, const TileRequest& request) {
  const Quantity quantity = request.ops.quantity;
  if (quantity == source.quantity()) return;
  if (source.quantity() != Quantity::kWeight || quantity == Quantity::kRollout ||
      quantity == Quantity::kFlow) {
    refuse(std::string(name_of(quantity)) + " of a source that holds " +
               std::string(name_of(source.quantity())),
           "a source made for it", {}, "HS-CAP-01");
  }
  const bool norm = quantity == Quantity::kNorm;
  for (const HeadRef& head : request.heads) {
    if (norm ? !source.value_norm(head).empty() : source.has_vectors(head)) continue;
    refuse(norm ? "this source has no value norms" : "this source holds attention weights only",
           norm ? "a trace that holds value_norm" : "a trace with query and key",
           "Make one with `headscope trace`", "HS-CAP-01");
  }
}

}  // namespace

std::vector<Range> TileSide::groups(int64_t limit) const {
  std::vector<Range> result;
  for (int64_t begin = 0; begin < out;) {
    int64_t end = begin + 1;
    while (end < out && tokens_of(items_of({begin, end + 1})).size() <= limit) ++end;
    result.push_back({begin, end});
    begin = end;
  }
  return result;
}

TilePlan plan_tile(const AttentionSource& source, const TileRequest& request, const TileAxes& axes,
                   bool alone) {
  check_heads(source, request);
  check_quantity(source, request);
  TilePlan plan;
  plan.request = &request;
  plan.rows = side("rows", axes.rows, request.rows, request.out_rows);
  plan.cols = side("cols", axes.cols, request.cols, request.out_cols);
  const TileOps& ops = request.ops;
  plan.renormalise = ops.renormalise || ops.special == SpecialMode::kHideRenormalise;
  if (plan.renormalise && ops.quantity == Quantity::kScore) {
    refuse("renormalised scores", "--quantity weight with --renorm, or scores without it",
           "Scores are no shares: their rows have no sum to divide by");
  }
  if (plan.rows.items.empty() || plan.cols.items.empty()) return plan;
  int64_t width = plan.cols.tokens_of({0, request.cols.size()}).size();
  if (plan.renormalise) {
    plan.visible = axes.cols;
    width = plan.visible.back().end - plan.visible.front().begin;
    plan.chunks = {{0, plan.cols.out}};  // the sum needs the whole row
  } else {
    plan.chunks = plan.cols.groups(kChunkTokens);
    width = std::min(width, kChunkTokens);
  }
  plan.row_limit = std::clamp<int64_t>(kBlockValues / width, 16, alone ? 64 : 256);
  plan.bands = plan.rows.groups(plan.row_limit);
  return plan;
}

}  // namespace headscope
