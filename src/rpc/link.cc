// link: every head by one weight, from a query to a key.
#include "headscope/links.h"
#include "rpc/service.h"
#include "rpc/tile_spec.h"

namespace headscope {

Reply Rpc::Service::link(Fields& fields, const RunControl& control) {
  const auto stored = trace_of(fields);
  LinkQuestion question;
  question.stack = fields.has("stack") ? read_stack(fields, *stored->source) : 0;
  question.query = fields.integer("query", 0, int64_t{1} << 24);
  question.key = fields.integer("key", 0, int64_t{1} << 24);
  question.words = fields.flag("words", false);
  fields.done();
  const auto links = rank_links(*stored->source, question, control);
  Reply reply;
  reply.json["stack"] = stored->info().stacks[static_cast<size_t>(question.stack)].name;
  reply.json["query"] = question.query;
  reply.json["key"] = question.key;
  Json& heads = reply.json["heads"] = Json::array();
  for (const HeadLink& link : links) {
    heads.push_back({{"layer", link.id.layer},
                     {"head", link.id.head},
                     {"weight", json_number(link.weight)},
                     {"rank", link.rank > 0 ? Json(link.rank) : Json(nullptr)},
                     {"chance", json_number(link.chance)},
                     {"lift", json_number(link.lift)}});
  }
  return reply;
}

}  // namespace headscope
