#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/score_table.h"
#include "headscope/report.h"

namespace headscope {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json example_json(const Example& e) {
  Json j = {
      {"segment", e.segment.line},  {"query", e.query},         {"key", e.key},
      {"weight", number(e.weight)}, {"share", number(e.share)}, {"query_token", e.query_token},
      {"key_token", e.key_token}};
  if (!e.segment.partition.empty()) j["partition"] = e.segment.partition;
  if (e.tokens.empty()) return j;
  j["start"] = e.start;
  j["tokens"] = e.tokens;
  j["row"] = e.row;
  if (e.text) j["text"] = {{"a", e.text->a}, {"b", e.text->b ? Json(*e.text->b) : Json(nullptr)}};
  return j;
}

Json detail_json(const LabelDetail& d) {
  Json j = {{"threshold", number(d.threshold)},
            {"confidence", number(d.confidence)},
            {"near_line", d.near_line},
            {"undecided", d.undecided},
            {"incl_itself", d.incl_itself},
            {"obey", number(d.obey)},
            {"of", number(d.of)},
            {"content_share", number(d.content_share)}};
  for (const char* name : {"obey", "of"}) {
    if (j[name].is_number()) j[name] = static_cast<int64_t>(j[name].get<double>());
  }
  j["examples"] = j["exceptions"] = Json::array();
  for (const Example& e : d.examples) j["examples"].push_back(example_json(e));
  for (const Example& e : d.exceptions) j["exceptions"].push_back(example_json(e));
  return j;
}

Json head_json(const HeadReport& head, bool clark) {
  Json j = Json::object();
  if (!head.stack.empty()) j["stack"] = head.stack;
  j["layer"] = head.id.layer;
  j["head"] = head.id.head;
  j["labels"] = head.labels;
  j["leaning"] = head.leaning;
  j["too_few"] = head.too_few;
  j["label_details"] = Json::object();
  for (const auto& [name, detail] : head.details) j["label_details"][name] = detail_json(detail);
  j["scores"] = Json::object();
  for (size_t s = 0; s < kScoreCount; ++s) {
    const ScoreResult& r = head.scores[s];
    j["scores"][std::string(name_of(static_cast<Score>(s)))] = {
        {"value", number(r.value)},
        {"chance", number(r.chance)},
        {"lift", number(r.lift)},
        {"z", number(r.z)},
        {"se", number(r.se)},
        {"queries", r.queries},
        {"words_only", number(r.words_only)},
        {"uniform", number(r.uniform)}};
  }
  j["distance"] = number(head.distance);
  j["reach"] = number(head.reach);
  j["entropy"] = number(head.entropy);
  j["offsets"] = Json::array();  // none in cross-attention
  for (const double mass : head.offsets) {
    if (std::isfinite(mass)) j["offsets"].push_back(mass);
  }
  j["attended"] = Json::array();
  for (const auto& a : head.attended) {
    j["attended"].push_back({{"token", a.token}, {"mass", number(a.mass)}, {"n", a.n}});
  }
  j["histogram"] = Json::object();
  for (const auto& [name, counts] : head.histogram) {
    Json edges = Json::array();
    const double low = info_of(parse_score(name)).low;
    for (size_t k = 0; k <= counts.size(); ++k) {
      edges.push_back(low +
                      (1 - low) * static_cast<double>(k) / static_cast<double>(counts.size()));
    }
    j["histogram"][name] = {{"edges", edges}, {"counts", counts}};
  }
  if (clark) {
    for (size_t k = 0; k < kClarkNames.size(); ++k) {
      j["clark"][std::string(kClarkNames[k])] = number(head.clark[k]);
    }
  }
  for (const RelationAccuracy& row : head.grammar) {
    j["grammar"].push_back({{"relation", row.relation},
                            {"direction", name_of(row.direction)},
                            {"accuracy", row.accuracy},
                            {"baseline", row.baseline},
                            {"offset", row.offset},
                            {"n", row.n}});
  }
  return j;
}

// Names of the labels whose detail says `field`.
Json labels_that(const Json& whole, const char* field) {
  Json names = Json::array();
  for (const auto& name : whole.at("labels")) {
    const auto detail = whole.at("label_details").find(name.get<std::string>());
    if (detail != whole.at("label_details").end() && detail->value(field, false)) {
      names.push_back(name);
    }
  }
  return names;
}

Json brief_json(const Json& whole, const std::string& stack) {
  Json j = {{"stack", stack}};
  for (const char* name : {"layer", "head", "labels", "leaning", "too_few"}) {
    j[name] = whole.value(name, Json::array());
  }
  j["undecided"] = labels_that(whole, "undecided");
  j["near_line"] = labels_that(whole, "near_line");
  j["incl_itself"] = !labels_that(whole, "incl_itself").empty();
  j["scores"] = Json::object();
  for (const auto& [name, score] : whole.at("scores").items()) {
    j["scores"][name] = score.value("value", Json(nullptr));
  }
  for (const char* name : {"entropy", "distance", "reach"}) {
    j[name] = whole.value(name, Json(nullptr));
  }
  return j;
}

std::string dump(const Json& j) { return j.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string heads_json(const std::vector<HeadReport>& heads, bool clark) {
  Json j = Json::array();
  for (const HeadReport& head : heads) j.push_back(head_json(head, clark));
  return dump(j);
}

std::vector<HeadText> head_texts(const std::vector<HeadReport>& heads, const std::string& stack) {
  std::vector<HeadText> out;
  for (const HeadReport& head : heads) {
    const Json whole = head_json(head, false);
    out.push_back({head.id, dump(brief_json(whole, stack)), dump(whole)});
  }
  return out;
}

std::string brief_head(const std::string& whole, const std::string& stack) {
  return dump(brief_json(Json::parse(whole), stack));
}

std::string similarity_json(const Statistics::Similarity& similarity) {
  Json j = {{"heads", Json::array()}, {"js", Json::array()}, {"xy", Json::array()}};
  const size_t n = similarity.heads.size();
  for (size_t a = 0; a < n; ++a) {
    j["heads"].push_back(head_name(similarity.stack, similarity.heads[a]));
    Json row = Json::array();
    for (size_t b = 0; b < n; ++b) row.push_back(similarity.js[a * n + b]);
    j["js"].push_back(row);
    j["xy"].push_back({similarity.xy[2 * a], similarity.xy[2 * a + 1]});
  }
  return dump(j);
}

}  // namespace headscope
