// The report's sections on all heads together: map, patterns, grammar.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "headscope/labels.h"
#include "report/html.h"
#include "report/page_parts.h"

namespace headscope {
namespace {

constexpr double kCell = 30, kAxis = 34;

std::string family_of(const Json& head) {
  return std::string(name_of(label_info(best_label(head)).family));
}

std::string link_to(const Json& head) {
  return "<a href=\"#" + head_name(head) + "\">" + head_name(head) + "</a>";
}

const Json* detail_of(const Json& head, std::string_view label) {
  const auto& details = head["label_details"];
  const auto found = details.find(std::string(label));
  return found == details.end() ? nullptr : &*found;
}

// Whether any head has the label.
bool occurs(const Report& report, std::string_view label) {
  const Json& heads = report.json["heads"];
  return std::any_of(heads.begin(), heads.end(), [&](const Json& head) {
    const Json& labels = head["labels"];
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  });
}

std::string remarks(const Json& head, const LabelInfo& label) {
  std::string out;
  if (const Json* detail = detail_of(head, label.name)) {
    if (detail->value("near_line", false)) out += "near the line; ";
    if (detail->value("undecided", false)) out += "elsewhere or in the other sentence; ";
    const auto content = detail->find("content_share");
    if (content != detail->end() && content->is_number()) {
      out += "content words " + html_number(*detail, "content_share", 2) + " of it; ";
    }
  }
  if (out.size() > 2) out.resize(out.size() - 2);
  return out;
}

// What the score of a label measures.
std::string measure_of(const LabelInfo& label) {
  if (label.name == "broad" || label.name == "sentence") return "evenness";
  return label.name == "predictive" ? "look-up" : "share";
}

std::string obeying(const Json& head, const LabelInfo& label) {
  const Json* detail = detail_of(head, label.name);
  if (!detail || !detail->contains("obey") || !(*detail)["obey"].is_number()) return "–";
  return html_count((*detail)["obey"].get<int64_t>()) + " of " +
         html_count(detail->value("of", int64_t{0}));
}

}  // namespace

std::string head_name(const Json& head) {
  const std::string stack = xml_escape(head.value("stack", std::string()));
  return (stack.empty() ? "" : stack + ".") + "L" + std::to_string(head.value("layer", 0)) + "H" +
         std::to_string(head.value("head", 0));
}

std::string best_label(const Json& head) {
  const Json& labels = head["labels"];
  return labels.empty() || !labels[0].is_string() ? std::string() : labels[0].get<std::string>();
}

double score_of(const Json& head, std::string_view score) {
  const auto found = head["scores"].find(std::string(score));
  if (found == head["scores"].end() || !found->is_object()) return NAN;
  const auto value = found->find("value");
  return value == found->end() || !value->is_number() ? NAN : value->get<double>();
}

namespace {

// The map of one stack: "" where the model has one.
std::string stack_map(const Report& report, const std::string& stack) {
  const double width = kAxis + kCell * report.heads, height = kAxis + kCell * report.layers;
  std::string out = stack.empty() ? "" : "<h3>" + xml_escape(stack) + "</h3>\n";
  out += "<div class=\"scroll\"><svg width=\"" + svg_number(width) + "\" height=\"" +
         svg_number(height) + "\" viewBox=\"0 0 " + svg_number(width) + " " + svg_number(height) +
         "\" role=\"group\" "
         "aria-label=\"Map of labels\">\n";
  const auto axis = [&](double x, double y, int number) {
    out += "<text class=\"axis\" text-anchor=\"middle\" x=\"" + svg_number(x) + "\" y=\"" +
           svg_number(y) + "\">" + std::to_string(number) + "</text>\n";
  };
  for (int h = 0; h < report.heads; ++h) axis(kAxis + (h + .5) * kCell, 22, h);
  for (int l = 0; l < report.layers; ++l) axis(16, kAxis + (l + .5) * kCell + 4, l);
  for (const Json& head : report.json["heads"]) {
    if (head.value("stack", std::string()) != stack) continue;
    const LabelInfo& label = label_info(best_label(head));
    const double score = score_of(head, label.score);
    const double tint = std::isfinite(score) ? .1 + .5 * std::clamp(score, 0.0, 1.0) : 0;
    const std::string x = svg_number(kAxis + head.value("head", 0) * kCell + 1);
    const std::string y = svg_number(kAxis + head.value("layer", 0) * kCell + 1);
    const std::string box = "x=\"" + x + "\" y=\"" + y + "\" width=\"28\" height=\"28\" rx=\"4\"";
    out += "<a href=\"#" + head_name(head) + "\" class=\"" + family_of(head) + "\"><title>" +
           head_name(head) + ": " + xml_escape(label.words);
    if (std::isfinite(score)) out += ", " + svg_number(score, 3);
    out += "</title><rect class=\"cell\" " + box + " fill-opacity=\"" + svg_number(tint) +
           "\"/><rect class=\"frame\" " + box + "/><text text-anchor=\"middle\" x=\"" +
           svg_number(kAxis + (head.value("head", 0) + .5) * kCell) + "\" y=\"" +
           svg_number(kAxis + (head.value("layer", 0) + .5) * kCell + 4) + "\">" +
           std::string(label.glyph) + "</text></a>\n";
  }
  return out + "</svg></div>\n";
}

}  // namespace

std::string report_map(const Report& report) {
  std::string out =
      "<section id=\"map\"><h2>Map of labels</h2>\n<p class=\"muted\">Rows are layers, "
      "columns are heads; the sign is the best label, its tint the score. Choose a cell "
      "for the head's evidence.</p>\n";
  for (const std::string& stack : report.stacks) out += stack_map(report, stack);
  out += "<p class=\"muted legend\">";
  for (const LabelInfo& label : label_table()) {
    if (label.bounds[0].threshold.empty()) continue;  // leaning only: never on the map
    // What a causal model's heads never bear, and others never, stands there only where it occurs.
    if (label.models != LabelModels::kAll && !occurs(report, label.name)) continue;
    out += "<span><b class=\"" + std::string(name_of(label.family)) + "\">" +
           std::string(label.glyph) + "</b> " + xml_escape(label.words) + "</span> ";
  }
  return out + "<span><b>·</b> mixed</span></p></section>\n";
}

std::string report_patterns(const Report& report) {
  std::string out =
      "<section id=\"patterns\"><h2>Heads by pattern</h2>\n<p class=\"muted\">Share: of a "
      "word's attention, the part that goes where the pattern says. Chance: the same "
      "after shuffling within each class of keys. Uniform: the same if attention were spread "
      "evenly "
      "over all tokens. Lift: share / chance.</p>\n";
  for (const LabelInfo& label : label_table()) {
    std::vector<const Json*> found;
    for (const Json& head : report.json["heads"]) {
      const Json& labels = head["labels"];
      if (std::find(labels.begin(), labels.end(), label.name) != labels.end())
        found.push_back(&head);
    }
    if (found.empty()) continue;
    std::stable_sort(found.begin(), found.end(), [&](const Json* a, const Json* b) {
      return score_of(*a, label.score) > score_of(*b, label.score);
    });
    out += "<h3><span class=\"" + std::string(name_of(label.family)) + "\">" +
           std::string(label.glyph) + "</span> " + xml_escape(label.words) +
           "</h3>\n<div class=\"scroll\"><table class=\"numbers\">" +
           html_row({"head", measure_of(label), "± se", "chance", "uniform", "lift", "words asked",
                     "look there most", "remarks"},
                    "th");
    for (const Json* head : found) {
      const auto score = (*head)["scores"].find(std::string(label.score));
      if (score == (*head)["scores"].end()) continue;
      out +=
          html_row({link_to(*head), html_number(*score, "value"), html_number(*score, "se"),
                    html_number(*score, "chance"), html_number(*score, "uniform"),
                    html_number(*score, "lift", 1), html_count(score->value("queries", int64_t{0})),
                    obeying(*head, label), remarks(*head, label)});
    }
    out += "</table></div>\n";
  }
  return out + "</section>\n";
}

std::string report_grammar(const Report& report) {
  struct Best {
    const Json* head;
    const Json* row;
  };
  std::map<std::string, Best> best;
  for (const Json& head : report.json["heads"]) {
    const auto rows = head.find("grammar");
    if (rows == head.end() || !rows->is_array()) continue;
    for (const Json& row : *rows) {
      Best& found = best[row.value("relation", std::string())];
      if (!found.row || row.value("accuracy", 0.0) > found.row->value("accuracy", 0.0)) {
        found = {&head, &row};
      }
    }
  }
  if (best.empty()) return {};
  std::vector<std::pair<std::string, Best>> rows(best.begin(), best.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.second.row->value("n", int64_t{0}) > b.second.row->value("n", int64_t{0});
  });
  std::string out =
      "<section id=\"grammar\"><h2>Grammar</h2>\n<p class=\"muted\">For each relation the "
      "head whose strongest word-to-word link is right most often, and the best guess "
      "by a fixed distance. A head 10 points above that guess is called syntactic.</p>\n"
      "<div class=\"scroll\"><table>" +
      html_row({"relation", "best head", "direction", "accuracy", "fixed offset", "gain", "words"},
               "th");
  for (const auto& [relation, found] : rows) {
    const Json& row = *found.row;
    const double gain = row.value("accuracy", 0.0) - row.value("baseline", 0.0);
    const int64_t n = row.value("n", int64_t{0});
    std::string direction = row.value("direction", std::string());
    std::replace(direction.begin(), direction.end(), '_', ' ');
    const auto offset = row.value("offset", 0);
    out +=
        html_row({xml_escape(relation), link_to(*found.head), xml_escape(direction),
                  html_number(row, "accuracy"),
                  html_number(row, "baseline") + " (" + (offset > 0 ? "+" : "") +
                      std::to_string(offset) + ")",
                  (gain >= .10 ? "<b>" : "") + svg_number(gain, 3) + (gain >= .10 ? "</b>" : ""),
                  n < 30 ? "<span class=\"few\">" + html_count(n) + " few</span>" : html_count(n)});
  }
  return out + "</table></div></section>\n";
}

}  // namespace headscope
