// What the pattern tests read: the recipe's sentences, the published values, heads by label.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "headscope/statistics.h"
#include "test_paths.h"

namespace headscope {

inline std::string data_path(const std::string& name) {
  return source_dir() + "/tests/data/corpora/" + name;
}

inline bool offline() {
  const char* value = std::getenv("HEADSCOPE_OFFLINE");
  return value && std::string(value) == "1";
}

// A folder that goes away.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "headscope-patterns-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// tools/wikitext-sentences, as a user runs it, into `path`.
inline void write_wikitext_sentences(const std::string& path) {
  const std::string command = "HEADSCOPE='" + program_path() + "' '" + source_dir() +
                              "/tools/wikitext-sentences' '" + data_path("wikitext2-valid.txt") +
                              "' > '" + path + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(cert-env33-c)
}

using HeadSet = std::set<std::string>;

inline HeadSet heads_with(const std::vector<HeadReport>& heads, const std::string& label) {
  HeadSet out;
  for (const HeadReport& head : heads) {
    if (std::find(head.labels.begin(), head.labels.end(), label) != head.labels.end()) {
      out.insert(to_string(head.id));
    }
  }
  return out;
}

inline const HeadReport& head_named(const std::vector<HeadReport>& heads, const std::string& name) {
  const HeadId id = parse_head_id(name);
  return *std::find_if(heads.begin(), heads.end(),
                       [&](const HeadReport& head) { return head.id == id; });
}

inline const ScoreResult& score_of(const std::vector<HeadReport>& heads, const std::string& name,
                                   Score score) {
  return head_named(heads, name).scores[static_cast<size_t>(score)];
}

// 1 = the head with the highest score.
inline int rank_of(const std::vector<HeadReport>& heads, const std::string& name, Score score) {
  const double own = score_of(heads, name, score).value;
  int rank = 1;
  for (const HeadReport& head : heads) {
    rank += head.scores[static_cast<size_t>(score)].value > own;
  }
  return rank;
}

inline double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (size_t k = 0; k < x.size(); ++k) {
    sx += x[k];
    sy += y[k];
    sxx += x[k] * x[k];
    syy += y[k] * y[k];
    sxy += x[k] * y[k];
  }
  return (sxy - sx * sy / n) / std::sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
}

// Cohen's kappa of the decisions "head h has label l" of two reports.
inline double kappa(const std::vector<HeadReport>& a, const std::vector<HeadReport>& b) {
  constexpr std::array kLabels = {"next", "previous", "same-word",   "self",  "other-sentence",
                                  "cls",  "sep",      "punctuation", "broad", "sentence"};
  double both = 0, first = 0, second = 0, equal = 0, n = 0;
  for (const char* label : kLabels) {
    const HeadSet in_a = heads_with(a, label), in_b = heads_with(b, label);
    for (const HeadReport& head : a) {
      const bool x = in_a.contains(to_string(head.id)), y = in_b.contains(to_string(head.id));
      both += x && y;
      first += x;
      second += y;
      equal += x == y;
      n += 1;
    }
  }
  const double expected = (first * second + (n - first) * (n - second)) / (n * n);
  return (equal / n - expected) / (1 - expected);
}

// One column of data/clark2019/heads.csv, by head.
inline std::vector<double> clark_column(const std::string& name) {
  std::ifstream in(source_dir() + "/data/clark2019/heads.csv");
  std::string line, field;
  std::getline(in, line);
  std::istringstream header(line);
  int column = 0;
  while (std::getline(header, field, ',') && field != name) ++column;
  std::vector<double> out;
  while (std::getline(in, line)) {
    std::istringstream row(line);
    for (int k = 0; k <= column; ++k) std::getline(row, field, ',');
    out.push_back(std::stod(field));
  }
  return out;
}

}  // namespace headscope
