#include "text/token_model.h"

#include <algorithm>
#include <limits>

#include "headscope/error.h"
#include "headscope/utf8.h"

namespace headscope {
namespace {

[[noreturn]] void refuse_unknown(std::string_view part) {
  throw Error(ErrorCode::kBadInput, "\"" + std::string(part) + "\" is no token",
              "a tokenizer that has an unknown token", "Leave it out of the text");
}

}  // namespace

void WordPieceModel::tokens(std::string_view part, std::vector<Piece>& out) const {
  size_t characters = 0;
  for (size_t at = 0; at < part.size(); at += read_utf8(part, at).bytes) ++characters;
  word_pieces(vocabulary_, part, characters, longest_word_, unknown_, out);
}

void WordLevelModel::tokens(std::string_view part, std::vector<Piece>& out) const {
  out.clear();
  const auto id = vocabulary_.id_of(part);
  if (!id && !unknown_) refuse_unknown(part);
  out.push_back({id ? *id : *unknown_, 0, part.size()});
}

UnigramModel::UnigramModel(const Vocabulary& vocabulary, std::vector<double> scores,
                           std::optional<int32_t> unknown, bool byte_fallback)
    : vocabulary_(vocabulary),
      scores_(std::move(scores)),
      unknown_(unknown),
      byte_fallback_(byte_fallback),
      bytes_(vocabulary) {
  constexpr double kPenalty = 10.0;  // sentencepiece's kUnkPenalty
  double least = std::numeric_limits<double>::infinity();
  for (const double score : scores_) least = std::min(least, score);
  unknown_score_ = least - kPenalty;
}

// Viterbi over the part's bytes, as sentencepiece's EncodeOptimized.
void UnigramModel::tokens(std::string_view part, std::vector<Piece>& out) const {
  struct Node {
    int32_t id = -1;
    double score = 0;
    size_t begin = 0;
    bool reached = false;
  };
  out.clear();
  std::vector<Node> best(part.size() + 1);
  const auto offer = [&](size_t begin, size_t end, int32_t id, double score) {
    Node& node = best[end];
    const double total = score + best[begin].score;
    if (node.reached && !(total > node.score)) return;
    node = {id, total, begin, true};
  };
  for (size_t at = 0; at < part.size();) {
    const size_t character = read_utf8(part, at).bytes;
    bool single = false;
    vocabulary_.for_each_prefix(part.substr(at), [&](int32_t id, size_t bytes) {
      offer(at, at + bytes, id, scores_[static_cast<size_t>(id)]);
      single = single || bytes == character;
    });
    if (!single) {
      if (!unknown_) refuse_unknown(part.substr(at, character));
      offer(at, at + character, *unknown_, unknown_score_);
    }
    at += character;
  }
  std::vector<Piece> backwards;
  for (size_t end = part.size(); end > 0; end = best[end].begin) {
    const Node& node = best[end];
    const bool joins =
        unknown_ && node.id == *unknown_ && !backwards.empty() && backwards.back().id == *unknown_;
    if (joins) {
      backwards.back().begin = node.begin;
    } else {
      backwards.push_back({node.id, node.begin, end});
    }
  }
  for (auto piece = backwards.rbegin(); piece != backwards.rend(); ++piece) {
    const std::string_view text = part.substr(piece->begin, piece->end - piece->begin);
    const auto id = vocabulary_.id_of(text);
    if (!id && byte_fallback_ && bytes_.add(part, piece->begin, piece->end, true, out)) continue;
    out.push_back({id ? *id : piece->id, piece->begin, piece->end});
  }
}

}  // namespace headscope
