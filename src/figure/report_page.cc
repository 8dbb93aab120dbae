#include "headscope/report_page.h"

#include <algorithm>
#include <cmath>

#include "figure/html.h"
#include "figure/report_parts.h"
#include "headscope/error.h"
#include "headscope/version.h"

namespace headscope {
namespace {

Report check(const std::string& text, const std::string& source) {
  Report report;
  report.json = parse_json(text, source);
  for (const Json& head : array_field(report.json, "heads", source)) {
    const auto layer = int_field(head, "layer", source, 0, 9999);
    const auto number = int_field(head, "head", source, 0, 9999);
    array_field(head, "labels", source);
    object_field(head, "scores", source);
    object_field(head, "label_details", source);
    report.layers = std::max(report.layers, static_cast<int>(layer) + 1);
    report.heads = std::max(report.heads, static_cast<int>(number) + 1);
  }
  if (report.layers == 0) {
    throw Error(ErrorCode::kBadInput, source + " holds no heads",
                "a report of `headscope analyze`");
  }
  return report;
}

std::string model_name(const Json& report) {
  const auto found = report.find("model");
  if (found == report.end()) return {};
  return found->is_object() ? html_text(*found, "name") : html_text(report, "model");
}

std::string summary(const Json& report) {
  std::string out = "<p class=\"facts\">";
  const auto fact = [&](const std::string& number, const char* what) {
    out += "<span><b>" + number + "</b> " + what + "</span> ";
  };
  for (const char* key : {"segments", "word_queries"}) {
    if (report.contains(key) && report[key].is_number_integer()) {
      fact(html_count(report[key].get<int64_t>()),
           std::string_view(key) == "segments" ? "segments" : "words asked");
    }
  }
  if (report.contains("tokens") && report["tokens"].is_number_integer()) {
    fact(html_count(report["tokens"].get<int64_t>()), "tokens");
  }
  fact(html_count(static_cast<int64_t>(report["heads"].size())), "heads");
  out += "</p>\n<p class=\"muted\">";
  const std::string fingerprint = html_text(report, "fingerprint");
  if (!fingerprint.empty()) out += "Weights sha256 " + fingerprint.substr(0, 16) + "…. ";
  const auto settings = report.find("settings");
  if (settings != report.end() && settings->is_object()) {
    out += "Settings: " + xml_escape(dump_json(*settings)) + ".";
  }
  return out + "</p>\n";
}

std::string notes(const Json& report) {
  std::string out = "<section id=\"notes\"><h2>Before you read</h2><ul>\n";
  const auto found = report.find("notes");
  if (found != report.end() && found->is_array()) {
    for (const Json& note : *found) {
      if (note.is_string()) out += "<li>" + xml_escape(note.get<std::string>()) + "</li>\n";
    }
  }
  return out +
         "<li>Attention shows routing, not cause: switch a head off (<code>headscope "
         "ablate</code>) "
         "to test an effect.</li>\n</ul></section>\n";
}

}  // namespace

std::string report_page(const std::string& text, const std::string& source) {
  const Report report = check(text, source);
  const std::string name = model_name(report.json);
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>Attention heads of " +
      name + "</title>\n<style>" + kReportStyle +
      "</style></head>\n<body><main>\n<h1>Attention heads of " + name + "</h1>\n";
  out += summary(report.json) + notes(report.json) + report_map(report) + report_patterns(report) +
         report_grammar(report) + report_similarity(report);
  out += "<section id=\"heads\"><h2>Every head</h2>\n";
  for (const Json& head : report.json["heads"]) out += report_head(head);
  out += "</section>\n<footer class=\"muted\">headscope " + std::string(version()) +
         "</footer>\n</main></body></html>\n";
  return out;
}

}  // namespace headscope
