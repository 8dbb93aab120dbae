// compare: two traces side by side, every head by how far it differs.
#include "headscope/comparison.h"
#include "rpc/service.h"

namespace headscope {
namespace {

Json ranges(const std::vector<Range>& tokens) {
  Json out = Json::array();
  for (const Range range : tokens) out.push_back({range.begin, range.end});
  return out;
}

Json alignment_json(const Alignment& alignment) {
  Json matched = Json::array();
  for (const TokenPair& pair : alignment.matched) {
    matched.push_back({pair.left.begin, pair.left.end, pair.right.begin, pair.right.end});
  }
  return {{"matched", std::move(matched)},
          {"left_only", ranges(alignment.left_only)},
          {"right_only", ranges(alignment.right_only)}};
}

}  // namespace

Reply Rpc::Service::compare(Fields& fields, const RunControl& control) {
  const auto left = traces_.find(fields.text("left", 64));
  const auto right = traces_.find(fields.text("right", 64));
  ComparisonOptions options;
  if (fields.has("stack")) options.stack = fields.text("stack", 64);
  options.labels = fields.flag("labels", true);
  if (fields.has("queries")) options.most_queries = fields.integer("queries", 1, 1 << 20);
  fields.done();
  const Comparison found =
      as_link([&] { return compare_sources(*left->source, *right->source, options, control); });
  Reply reply;
  reply.json = {{"stack", found.stack},
                {"alignment",
                 {{"matched", found.matched_words()},
                  {"left_only", found.queries.left_only.size()},
                  {"right_only", found.queries.right_only.size()}}},
                {"queries", alignment_json(found.queries)},
                {"keys", alignment_json(found.keys)},
                {"notes", found.notes},
                {"heads", Json::array()}};
  for (const HeadDifference& head : found.heads) {
    reply.json["heads"].push_back(
        {{"stack", head.stack},
         {"layer", head.id.layer},
         {"head", head.id.head},
         {"js", json_number(head.js)},
         {"mean_abs", json_number(head.mean_abs)},
         {"labels", {{"left", head.left_labels}, {"right", head.right_labels}}},
         {"queries", head.queries}});
  }
  return reply;
}

}  // namespace headscope
