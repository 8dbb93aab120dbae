// corpus: the report of `headscope analyze`, piece by piece.
#include "rpc/service.h"

namespace headscope {

Reply Rpc::Service::corpus(Fields& fields, const RunControl&) {
  const std::string question = fields.choice("question", {"overview", "head", "similarity"});
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
    const auto known = data->head.find(to_string(parse_head_id(head)));
    if (known == data->head.end()) {
      throw Error(ErrorCode::kUsage, data->name + " has no head " + head, "one of its heads", "",
                  "HS-LINK-01");
    }
    reply.raw.emplace_back("head", known->second);
  } else {
    if (data->similarity.empty()) {
      throw Error(ErrorCode::kUsage, data->name + " holds no distances between heads",
                  "a report with similarity", "", "HS-CAP-01");
    }
    reply.raw.emplace_back("similarity", data->similarity);
  }
  return reply;
}

}  // namespace headscope
