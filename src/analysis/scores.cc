#include <string>

#include "analysis/score_table.h"
#include "headscope/error.h"

namespace headscope {

std::string_view name_of(Score score) { return info_of(score).name; }

Score parse_score(std::string_view name) {
  std::string known;
  for (const ScoreInfo& row : kScoreTable) {
    if (row.name == name) return row.score;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorCode::kUsage, "score \"" + std::string(name) + "\"", "one of " + known);
}

}  // namespace headscope
