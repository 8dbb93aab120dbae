// Which tokens a tile shows, and which of them one row or column stands for.
#include <algorithm>

#include "headscope/error.h"
#include "headscope/tile.h"

namespace headscope {
namespace {

// The sentence wanted on one side of a filter, −1 = both.
int wanted_sentence(SentenceFilter filter, bool query) {
  switch (filter) {
    case SentenceFilter::kAll:
      return -1;
    case SentenceFilter::kAA:
      return 0;
    case SentenceFilter::kAB:
      return query ? 0 : 1;
    case SentenceFilter::kBA:
      return query ? 1 : 0;
    case SentenceFilter::kBB:
      return 1;
  }
  return -1;
}

// Tokens that stay.
std::vector<uint8_t> shown_tokens(const TokenSequence& tokens, bool causal, int sentence,
                                  const TileOps& ops) {
  const auto n = static_cast<size_t>(tokens.size());
  std::vector<uint8_t> shown(n, 1);
  if (sentence >= 0) {
    const auto& sentences = tokens.sentences.size() == n ? tokens.sentences : tokens.segment_ids;
    if (sentences.size() != n || std::count(sentences.begin(), sentences.end(), 1) == 0) {
      throw Error(ErrorCode::kUsage, "--attention between sentences on a single text",
                  "a text B, or --attention all");
    }
    for (size_t i = 0; i < n; ++i) shown[i] = sentences[i] == sentence;
  }
  if (ops.special == SpecialMode::kShow) return shown;
  for (size_t i = 0; i < n && i < tokens.special.size(); ++i) {
    if (tokens.special[i]) shown[i] = 0;
  }
  if (n > 0 && causal) shown[0] = 0;
  for (const int32_t marked : ops.extra_special) {
    if (marked < 0) {
      throw Error(ErrorCode::kUsage, "special token " + std::to_string(marked), "a position");
    }
    if (static_cast<size_t>(marked) < n) shown[marked] = 0;
  }
  return shown;
}

std::vector<Range> axis(const TokenSequence& tokens, bool causal, bool query, const TileOps& ops) {
  const auto shown = shown_tokens(tokens, causal, wanted_sentence(ops.filter, query), ops);
  const bool merge = ops.words && tokens.words.size() == shown.size();
  std::vector<Range> items;
  for (int64_t i = 0; i < tokens.size(); ++i) {
    if (!shown[i]) continue;
    const bool continues = merge && !items.empty() && items.back().end == i &&
                           tokens.words[i] >= 0 && tokens.words[i] == tokens.words[i - 1];
    if (continues) {
      items.back().end = i + 1;
    } else {
      items.push_back({i, i + 1});
    }
  }
  return items;
}

}  // namespace

TileAxes tile_axes(const TraceInfo& info, int stack, const TileOps& ops) {
  const TokenSequence& queries = info.tokens(stack, Side::kQuery);  // checks the stack
  const bool causal = info.stacks[static_cast<size_t>(stack)].causal();
  return {axis(queries, causal, true, ops),
          axis(info.tokens(stack, Side::kKey), causal, false, ops)};
}

}  // namespace headscope
