// corpus: the report of `headscope analyze`, piece by piece.
#include "format/json.h"
#include "headscope/trace_info.h"
#include "rpc/corpus_data.h"
#include "rpc/service.h"

namespace headscope {
namespace {

// "decoder.L2H0" as reports name heads; the head's own name is checked.
std::string head_key(const std::string& text) {
  const size_t dot = text.rfind('.');
  const std::string stack = dot == std::string::npos ? "" : text.substr(0, dot);
  return head_name(stack, parse_head_id(dot == std::string::npos ? text : text.substr(dot + 1)));
}

}  // namespace

Reply Rpc::Service::corpus(Fields& fields, const RunControl&) {
  const std::string question =
      fields.choice("question", {"overview", "head", "similarity", "links"});
  const std::string head = question == "head" ? fields.text("head", 32) : "";
  fields.done();
  const auto data = corpus_data();
  if (!data) {
    throw Error(ErrorCode::kUsage, "no corpus statistics here", "",
                "Run: headscope analyze FILE -o R.json, then: headscope serve --corpus R.json",
                "HS-CAP-01");
  }
  Reply reply;
  reply.json["question"] = question;
  if (question == "overview") {
    reply.json["overview"] = data->overview;
  } else if (question == "head") {
    const auto known = data->head.find(head_key(head));
    if (known == data->head.end()) {
      throw Error(ErrorCode::kUsage, data->name + " has no head " + head, "one of its heads", "",
                  "HS-LINK-01");
    }
    reply.raw.emplace_back("head", known->second);
  } else {
    const bool links = question == "links";
    const std::string& piece = links ? data->links : data->similarity;
    if (piece.empty()) {
      throw Error(ErrorCode::kUsage,
                  data->name + " holds no " + (links ? "links" : "distances between heads"),
                  links ? "a report of `analyze --links`" : "a report with similarity", "",
                  "HS-CAP-01");
    }
    reply.raw.emplace_back(question, piece);
  }
  return reply;
}

}  // namespace headscope
