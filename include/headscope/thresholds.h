// The numbers of the labelling rule.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headscope {

// Thresholds of the labelling rule: one table of data (src/analysis/thresholds.cc).
class Thresholds {
 public:
  Thresholds();  // the calibrated table
  // A JSON object {name: number} that overrides entries. Throws Error(kBadInput) naming `source`.
  static Thresholds parse(const std::string& json, const std::string& source);
  double at(std::string_view name) const;
  const std::vector<std::pair<std::string, double>>& entries() const { return entries_; }
  std::string to_json() const;

 private:
  std::vector<std::pair<std::string, double>> entries_;
};

}  // namespace headscope
