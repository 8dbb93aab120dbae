// sentencepiece's models (spiece.model, tokenizer.model, sentencepiece.bpe.model, source.spm): the
// few fields of the message that tokenizing needs, and the tokenizers of the families that use
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer_settings.h"
#include "text/tokenizer_state.h"

namespace headscope {

struct SentencePiece {
  // Numbers of sentencepiece_model.proto.
  enum Type : uint8_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6
  };
  std::string text;
  float score = 0;
  Type type = kNormal;
};

struct SentencePieceModel {
  enum Algorithm : uint8_t { kUnigram = 1, kBpe = 2 };
  std::vector<SentencePiece> pieces;
  Algorithm algorithm = kUnigram;
  std::string charsmap;  // "" = none
  bool dummy_prefix = true, removes_extra_blanks = true;
};

// Throws Error(kBadInput) naming `source`: no such message, another algorithm.
SentencePieceModel read_sentencepiece(std::string_view bytes, const std::string& source);

// The merges that give sentencepiece's BPE: by falling score, as the reference derives them.
BpeModel::Merges merges_by_score(const SentencePieceModel& model, const Vocabulary& vocabulary);

// Null where the folder has none of the files. Throws Error(kBadInput, HS-TOKENIZER-01) for a class
// that headscope does not know.
std::unique_ptr<Tokenizer::State> open_sentencepiece(const TokenizerFiles& files,
                                                     const TokenizerSettings& settings);

}  // namespace headscope
