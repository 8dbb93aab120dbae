#include "head_options.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "headscope/error.h"

namespace headscope::cli {

namespace fs = std::filesystem;

std::string read_text_file(const std::string& path) {
  if (!fs::exists(path)) throw Error(ErrorCode::kNotFound, "no file '" + path + "'", "a file");
  std::ifstream in(path, std::ios::binary);
  if (fs::is_directory(path) || !in) {
    throw Error(ErrorCode::kBadInput, path + " cannot be read", "a readable file");
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

Thresholds read_thresholds(const std::string& path) {
  return path.empty() ? Thresholds() : Thresholds::parse(read_text_file(path), path);
}

const HeadReport& head_of(const std::vector<HeadReport>& heads, HeadId id) {
  const auto found = std::find_if(heads.begin(), heads.end(),
                                  [&](const HeadReport& head) { return head.id == id; });
  if (found != heads.end()) return *found;
  throw Error(ErrorCode::kUsage, "head " + to_string(id),
              "one of the " + std::to_string(heads.size()) + " heads " + heads.front().name() +
                  " to " + heads.back().name());
}

void sort_by(std::vector<HeadReport>& heads, Score score) {
  const auto value = [&](const HeadReport& head) {
    const double v = head.scores[static_cast<size_t>(score)].value;
    return std::isnan(v) ? -1e300 : v;
  };
  std::stable_sort(heads.begin(), heads.end(),
                   [&](const HeadReport& a, const HeadReport& b) { return value(a) > value(b); });
}

}  // namespace headscope::cli
