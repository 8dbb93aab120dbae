#include "text/sentencepiece.h"

#include <algorithm>
#include <bit>
#include <span>

#include "headscope/error.h"
#include "headscope/utf8.h"
#include "io/proto_reader.h"

namespace headscope {
namespace {

std::string text_of(const ProtoField& field) {
  return {reinterpret_cast<const char*>(field.content.data()), field.content.size()};
}

SentencePiece read_piece(const ProtoField& message, const std::string& source) {
  SentencePiece piece;
  ProtoReader reader(message.content, source);
  for (ProtoField field; reader.next(field);) {
    if (field.number == 1 && field.is_message) piece.text = text_of(field);
    if (field.number == 2) piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    if (field.number == 3) {
      if (field.value < SentencePiece::kNormal || field.value > SentencePiece::kByte) {
        throw Error(ErrorCode::kBadInput,
                    source + ": a piece of type " + std::to_string(field.value), "1 to 6");
      }
      piece.type = static_cast<SentencePiece::Type>(field.value);
    }
  }
  if (find_invalid_utf8(piece.text)) {
    throw Error(ErrorCode::kBadInput, source + ": a piece that is not UTF-8", "UTF-8 pieces");
  }
  return piece;
}

void read_trainer(SentencePieceModel& model, const ProtoField& message, const std::string& source) {
  ProtoReader reader(message.content, source);
  for (ProtoField field; reader.next(field);) {
    if (field.number != 3) continue;
    if (field.value != SentencePieceModel::kUnigram && field.value != SentencePieceModel::kBpe) {
      throw Error(ErrorCode::kBadInput,
                  source + ": model_type " + std::to_string(field.value) + " of sentencepiece",
                  "1 (unigram) or 2 (bpe)", "Give token ids with --ids", "HS-TOKENIZER-01");
    }
    model.algorithm = static_cast<SentencePieceModel::Algorithm>(field.value);
  }
}

void read_normalizer_spec(SentencePieceModel& model, const ProtoField& message,
                          const std::string& source) {
  ProtoReader reader(message.content, source);
  for (ProtoField field; reader.next(field);) {
    if (field.number == 2 && field.is_message) model.charsmap = text_of(field);
    if (field.number == 3) model.dummy_prefix = field.value != 0;
    if (field.number == 4) model.removes_extra_blanks = field.value != 0;
  }
}

}  // namespace

SentencePieceModel read_sentencepiece(std::string_view bytes, const std::string& source) {
  SentencePieceModel model;
  ProtoReader reader({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}, source);
  for (ProtoField field; reader.next(field);) {
    if (!field.is_message) continue;
    if (field.number == 1) model.pieces.push_back(read_piece(field, source));
    if (field.number == 2) read_trainer(model, field, source);
    if (field.number == 3) read_normalizer_spec(model, field, source);
  }
  if (model.pieces.empty()) {
    throw Error(ErrorCode::kBadInput, source + " holds no pieces", "a sentencepiece model");
  }
  return model;
}

BpeModel::Merges merges_by_score(const SentencePieceModel& model, const Vocabulary& vocabulary) {
  struct Candidate {
    int32_t left, right, whole;
    float score;
    size_t left_size, right_size;
  };
  const auto characters = [](std::string_view text) {
    size_t count = 0;
    for (size_t at = 0; at < text.size(); at += read_utf8(text, at).bytes) ++count;
    return count;
  };
  std::vector<Candidate> all, local;
  for (const SentencePiece& piece : model.pieces) {
    const auto whole = vocabulary.id_of(piece.text);
    if (!whole) continue;
    local.clear();
    for (size_t cut = piece.text.empty() ? 0 : read_utf8(piece.text, 0).bytes;
         cut < piece.text.size(); cut += read_utf8(piece.text, cut).bytes) {
      const std::string_view text = piece.text;
      const auto left = vocabulary.id_of(text.substr(0, cut));
      const auto right = vocabulary.id_of(text.substr(cut));
      if (!left || !right) continue;
      local.push_back({*left, *right, *whole, piece.score, characters(text.substr(0, cut)),
                       characters(text.substr(cut))});
    }
    std::stable_sort(local.begin(), local.end(), [](const Candidate& a, const Candidate& b) {
      return a.left != b.left ? a.left < b.left : a.right < b.right;
    });
    all.insert(all.end(), local.begin(), local.end());
  }
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.left_size != b.left_size ? a.left_size > b.left_size : a.right_size > b.right_size;
  });
  BpeModel::Merges merges;
  int32_t rank = 0;
  for (const Candidate& c : all) merges[BpeModel::pair_key(c.left, c.right)] = {rank++, c.whole};
  return merges;
}

}  // namespace headscope
