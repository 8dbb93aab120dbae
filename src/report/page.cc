#include <algorithm>
#include <cmath>

#include "headscope/report_page.h"
#include "headscope/statistics.h"
#include "headscope/version.h"
#include "report/html.h"
#include "report/page_parts.h"

namespace headscope {
namespace {

std::string model_name(const Json& report) {
  const auto found = report.find("model");
  if (found == report.end()) return {};
  return found->is_object() ? html_text(*found, "name") : html_text(report, "model");
}

int64_t count_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

// Whether the report's model reads segment ids; of older reports, which do not say their family, it
// is taken to.
bool tells_sentences_apart(const Json& report) {
  const auto model = report.find("model_info");
  if (model == report.end() || !model->is_object()) return true;
  const Json family = model->value("family", Json());
  return !family.is_string() || reads_segment_ids(family.get<std::string>());
}

// The settings that change numbers: which texts were read, and how.
std::string settings_words(const Json& settings, bool segment_ids) {
  std::string out;
  const auto files = settings.find("files");
  if (files != settings.end() && files->is_array() && !files->empty()) {
    out += files->size() == 1 ? "Corpus " : "Corpora ";
    for (const Json& file : *files) {
      if (!file.is_string()) continue;
      const std::string path = file.get<std::string>();
      out += (&file == &files->front() ? "" : ", ") + xml_escape(path.substr(path.rfind('/') + 1));
    }
    out += ": ";
  }
  out += settings.value("pairs", Json(false)) == true ? "pairs of sentences" : "its texts";
  if (const int64_t most = count_in(settings, "max_tokens"); most > 0) {
    out += " of at most " + html_count(most) + " tokens";
  }
  const auto corpus = settings.find("corpus");
  if (corpus != settings.end() && corpus->is_object()) {
    const int64_t sampled = count_in(*corpus, "sampled"), all = count_in(*corpus, "segments");
    if (sampled > 0 && sampled < all) {
      out += ", " + html_count(sampled) + " of " + html_count(all) + ", evenly spaced";
    }
    if (const int64_t skipped = count_in(*corpus, "skipped"); skipped > 0) {
      out += ", " + html_count(skipped) + (skipped == 1 ? " text left out" : " texts left out");
    }
  }
  if (segment_ids) {
    out += settings.value("segment_ids", Json()) == "zero" ? "; segment ids all zero"
                                                           : "; true segment ids";
  }
  const int64_t predictive = count_in(settings, "predictive");
  out += predictive > 0 ? "; pattern 5 on " + html_count(predictive) +
                              (predictive == 1 ? " sentence" : " sentences")
                        : "; pattern 5 not computed (--predictive)";
  return out + ".";
}

std::string summary(const Json& report) {
  std::string out = "<p class=\"facts\">";
  const auto fact = [&](const std::string& number, const char* what) {
    out += "<span><b>" + number + "</b> " + what + "</span> ";
  };
  for (const char* key : {"segments", "word_queries"}) {
    if (report.contains(key) && report[key].is_number_integer()) {
      const auto count = report[key].get<int64_t>();
      const bool words = std::string_view(key) == "word_queries";
      fact(html_count(count), words ? (count == 1 ? "word asked" : "words asked")
                                    : (count == 1 ? "segment" : "segments"));
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
  if (settings == report.end() || !settings->is_object()) return out + "</p>\n";
  return out + settings_words(*settings, tells_sentences_apart(report)) +
         "</p>\n<details class=\"settings\"><summary>All settings</summary><code>" +
         xml_escape(dump_json(*settings)) + "</code></details>\n";
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
  const Report report = read_report(text, source);
  const std::string name = model_name(report.json);
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>Attention heads of " +
      name + "</title>\n<style>" + kReportStyle +
      "</style></head>\n<body><main>\n<h1>Attention heads of " + name + "</h1>\n";
  out += summary(report.json) + notes(report.json) + report_map(report) + report_patterns(report) +
         report_grammar(report) + report_links(report) + report_similarity(report);
  out += "<section id=\"heads\"><h2>Every head</h2>\n";
  for (const Json& head : report.json["heads"]) out += report_head(head, report.byte_tokens);
  out += "</section>\n<footer class=\"muted\">headscope " + std::string(version()) +
         "</footer>\n</main></body></html>\n";
  return out;
}

}  // namespace headscope
