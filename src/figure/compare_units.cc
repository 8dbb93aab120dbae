#include "figure/compare_units.h"

#include <algorithm>

#include "headscope/token_text.h"

namespace headscope {
namespace {

struct Unit {
  Range left;
  int64_t matched;
  std::string text;
};

std::string text_of(const TokensOfSide& side, Range range) {
  return readable_word(tokens_in(side.tokens, range), side.byte_tokens);
}

// End, on the left, of the unit that a unit of the right alone follows on the right.
int64_t place_on_the_left(const Alignment& alignment, Range right) {
  int64_t place = 0;
  int64_t nearest = -1;
  for (const TokenPair& pair : alignment.matched) {
    if (pair.right.begin < right.begin && pair.right.begin > nearest) {
      nearest = pair.right.begin;
      place = pair.left.end;
    }
  }
  return place;
}

}  // namespace

ComparedUnits compared_units(const Alignment& alignment, const TokensOfSide& left,
                             const TokensOfSide& right) {
  std::vector<Unit> units;
  for (size_t i = 0; i < alignment.matched.size(); ++i) {
    const TokenPair& pair = alignment.matched[i];
    units.push_back({pair.left, static_cast<int64_t>(i), text_of(left, pair.left)});
  }
  for (const Range range : alignment.left_only) units.push_back({range, -1, text_of(left, range)});
  for (const Range range : alignment.right_only) {
    const int64_t place = place_on_the_left(alignment, range);
    units.push_back({{place, place}, -1, text_of(right, range)});
  }
  std::stable_sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
    return a.left.begin != b.left.begin ? a.left.begin < b.left.begin
                                        : a.left.size() < b.left.size();
  });
  ComparedUnits out;
  for (Unit& unit : units) {
    out.axis.items.push_back({unit.left, std::move(unit.text),
                              unit.matched < 0 ? ItemKind::kUnmatched : ItemKind::kTokens});
    out.matched.push_back(unit.matched);
  }
  return out;
}

}  // namespace headscope
