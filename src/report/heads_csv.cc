// Heads as CSV: one line a head, a column a number.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "headscope/output.h"
#include "headscope/report.h"

namespace headscope {
namespace {

// With enough digits to read the same double, as in JSON.
std::string number(double value) {
  if (value != value || value - value != 0) return {};
  char text[32];
  for (int digits = 15; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ";") + name;
  return out;
}

std::vector<std::string> header(bool clark, bool stacks) {
  std::vector<std::string> out;
  if (stacks) out.emplace_back("stack");
  for (const char* name : {"layer", "head", "labels", "leaning", "confidence"})
    out.emplace_back(name);
  for (size_t s = 0; s < kScoreCount; ++s) {
    const std::string name(name_of(static_cast<Score>(s)));
    out.push_back(name);
    for (const char* part : {"_chance", "_lift", "_z", "_se", "_queries", "_words_only"}) {
      out.push_back(name + part);
    }
  }
  for (const char* name : {"distance", "reach", "entropy"}) out.emplace_back(name);
  if (clark) {
    for (std::string_view name : kClarkNames) out.push_back("clark_" + std::string(name));
  }
  return out;
}

}  // namespace

std::string heads_csv(const std::vector<HeadReport>& heads, bool clark) {
  const bool stacks = std::any_of(heads.begin(), heads.end(),
                                  [](const HeadReport& head) { return !head.stack.empty(); });
  std::string out = csv_row(header(clark, stacks));
  for (const HeadReport& head : heads) {
    const bool labelled = !head.labels.empty();
    std::vector<std::string> row = {
        std::to_string(head.id.layer), std::to_string(head.id.head), joined(head.labels),
        joined(head.leaning),
        labelled ? number(head.details.at(head.labels.front()).confidence) : std::string()};
    if (stacks) row.insert(row.begin(), head.stack);
    for (const ScoreResult& s : head.scores) {
      for (const double value : {s.value, s.chance, s.lift, s.z, s.se}) {
        row.push_back(number(value));
      }
      row.push_back(std::to_string(s.queries));
      row.push_back(number(s.words_only));
    }
    for (const double value : {head.distance, head.reach, head.entropy}) {
      row.push_back(number(value));
    }
    if (clark) {
      for (const double value : head.clark) row.push_back(number(value));
    }
    out += csv_row(row);
  }
  return out;
}

}  // namespace headscope
