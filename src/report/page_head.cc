// One head of the report: its numbers, distributions, and examples drawn in the text.
#include <algorithm>
#include <cmath>

#include "headscope/labels.h"
#include "headscope/token_text.h"
#include "report/html.h"
#include "report/page_parts.h"

namespace headscope {
namespace {

// Bars of equal width, heights relative to the largest value.
std::string bars(const std::vector<double>& values, const std::string& label, double bar_width) {
  const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  const double width = bar_width * static_cast<double>(values.size());
  std::string out = "<svg width=\"" + svg_number(width) + "\" height=\"40\" viewBox=\"0 0 " +
                    svg_number(width) + " 40\" role=\"img\" aria-label=\"" + label + "\">";
  for (size_t i = 0; i < values.size(); ++i) {
    const double height = most > 0 ? 38 * values[i] / most : 0;
    out += "<rect class=\"bar\" x=\"" + svg_number(bar_width * static_cast<double>(i)) + "\" y=\"" +
           svg_number(39 - height) + "\" width=\"" + svg_number(bar_width - 1) + "\" height=\"" +
           svg_number(height) + "\"/>";
  }
  return out + "<path class=\"frame\" d=\"M0 39.5H" + svg_number(width) + "\"/></svg>";
}

std::vector<double> numbers(const Json& list) {
  std::vector<double> out;
  for (const Json& v : list) out.push_back(v.is_number() ? v.get<double>() : 0);
  return out;
}

// As it is read; "" for what is no string.
std::string token_html(const Json& token, bool byte_tokens) {
  if (!token.is_string()) return {};
  return xml_escape(readable_token(token.get<std::string>(), byte_tokens));
}

// "…, the straw [straw → ##berries .988] …": the query outlined, each token shaded by its weight.
std::string drawn(const Json& example, bool byte_tokens) {
  const auto read = [&](const Json& token) { return token_html(token, byte_tokens); };
  if (!example.contains("tokens") || !example.contains("row")) return {};
  const Json& tokens = example["tokens"];
  const Json& row = example["row"];
  const int64_t start = example.value("start", int64_t{0});
  const int64_t query = example.value("query", int64_t{-1}) - start;
  std::string out = "<p class=\"text\">";
  for (size_t i = 0; i < tokens.size() && i < row.size(); ++i) {
    const double weight = row[i].is_number() ? row[i].get<double>() : 0;
    const int level = weight < .01 ? 0 : static_cast<int>(std::ceil(std::min(weight, 1.0) * 6));
    out += "<span class=\"w" + std::to_string(level) +
           (static_cast<int64_t>(i) == query ? " query" : "") + "\" title=\"" +
           svg_number(weight, 4) + "\">" + read(tokens[i]) + "</span> ";
  }
  return out + "<small>“" + read(example.value("query_token", Json())) + "” → “" +
         read(example.value("key_token", Json())) + "” " + html_number(example, "weight") +
         "</small></p>\n";
}

std::string evidence(const Json& head, bool byte_tokens) {
  std::string out;
  for (const auto& [name, detail] : head["label_details"].items()) {
    for (const char* kind : {"examples", "exceptions"}) {
      const auto list = detail.find(kind);
      if (list == detail.end() || list->empty()) continue;
      out +=
          "<h3>" +
          std::string(kind == std::string_view("examples") ? "Strongest examples" : "Exceptions") +
          ": " + xml_escape(label_info(name).words) + "</h3>\n";
      for (size_t i = 0; i < list->size() && i < 5; ++i) out += drawn((*list)[i], byte_tokens);
    }
  }
  return out;
}

std::string scores(const Json& head) {
  std::string out =
      "<div class=\"scroll\"><table>" +
      html_row({"score", "value", "± se", "chance", "lift", "uniform", "words asked"}, "th");
  for (const auto& [name, score] : head["scores"].items()) {
    if (!score.is_object() || !score.contains("value") || !score["value"].is_number()) continue;
    out +=
        html_row({xml_escape(name), html_number(score, "value"), html_number(score, "se"),
                  html_number(score, "chance"), html_number(score, "lift", 1),
                  html_number(score, "uniform"), html_count(score.value("queries", int64_t{0}))});
  }
  return out + "</table></div>\n";
}

std::string distributions(const Json& head, const LabelInfo& label, bool byte_tokens) {
  std::string out = "<div>";
  if (head.contains("offsets") && head["offsets"].is_array()) {
    out += "<h3>Distance of the keys, −10 … +10</h3>" +
           bars(numbers(head["offsets"]), "mass by distance", 12);
  }
  const auto histogram = head.find("histogram");
  if (histogram != head.end() && histogram->contains(std::string(label.score))) {
    out += "<h3>Share over segments, 0 … 1 (" + xml_escape(label.words) + ")</h3>" +
           bars(numbers(histogram->at(std::string(label.score)).at("counts")), "segments by share",
                12);
  }
  if (head.contains("attended") && !head["attended"].empty()) {
    out += "<h3>Most attended words</h3><p>";
    size_t shown = 0;
    for (const Json& word : head["attended"]) {
      if (++shown > 12) break;
      out += "<span" + std::string(word.value("n", int64_t{0}) < 30 ? " class=\"few\"" : "") + ">" +
             token_html(word.value("token", Json()), byte_tokens) + " " +
             html_number(word, "mass") + "</span> · ";
    }
    out += "</p>";
  }
  return out + "</div>";
}

}  // namespace

std::string report_head(const Json& head, bool byte_tokens) {
  const LabelInfo& label = label_info(best_label(head));
  std::string names;
  for (const Json& name : head["labels"]) {
    if (!name.is_string()) continue;
    if (!names.empty()) names += ", ";
    const LabelInfo& row = label_info(name.get<std::string>());
    names += xml_escape(row.words);
    const double score = score_of(head, row.score);
    if (std::isfinite(score)) names += " " + svg_number(score, 3);
  }
  if (names.empty()) names = "mixed: nothing above its threshold";
  return "<details id=\"" + head_name(head) + "\"><summary><b>" + head_name(head) +
         "</b> <span class=\"" + std::string(name_of(label.family)) + "\">" +
         std::string(label.glyph) + "</span> " + names + "</summary>\n<p class=\"muted\">Entropy " +
         html_number(head, "entropy", 2) + " nats · mean distance " +
         html_number(head, "distance", 1) + " · reach of the heaviest key " +
         html_number(head, "reach", 1) + "</p>\n" + evidence(head, byte_tokens) +
         "<div class=\"columns\">" + scores(head) + distributions(head, label, byte_tokens) +
         "</div></details>\n";
}

}  // namespace headscope
