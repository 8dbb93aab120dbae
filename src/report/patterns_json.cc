// One text's heads as `headscope patterns --json` prints them.
#include <nlohmann/json.hpp>

#include "headscope/report.h"
#include "report/json_text.h"

namespace headscope {

std::string patterns_json(const TraceInfo& info, const Statistics& statistics,
                          const std::vector<HeadReport>& heads, const Thresholds& thresholds,
                          const std::vector<std::string>& notes) {
  using Json = nlohmann::ordered_json;
  const StackHeads& of = statistics.heads();
  const TokenSequence& text = info.tokens(of.stack, Side::kQuery);
  Json head = {
      {"model", info.model.name},
      {"fingerprint", info.model.fingerprint.empty() ? Json() : Json(info.model.fingerprint)},
      {"tokens", text.tokens}};
  if (!of.square) head["key_tokens"] = info.tokens(of.stack, Side::kKey).tokens;
  head["segment_ids"] = text.segment_ids;
  head["special"] = text.special;
  head["word_queries"] = statistics.word_queries();
  head["settings"] = {{"text_a", text.text_a},
                      {"text_b", text.text_b ? Json(*text.text_b) : Json()},
                      {"run", Json::parse(to_json(info.settings, info.stacks))}};
  std::string out = head.dump(-1, ' ', false, Json::error_handler_t::replace);
  out = with_field(std::move(out), "thresholds", thresholds.to_json());
  out = with_field(std::move(out), "notes", Json(notes).dump());
  out = with_field(std::move(out), "heads", heads_json(heads, false));
  return with_field(std::move(out), "similarity", similarity_json(statistics.similarity()));
}

}  // namespace headscope
