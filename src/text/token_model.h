// Cuts a normalised, split part of a text into tokens of the vocabulary. One class an algorithm;
// all of them follow the reference (Hugging Face tokenizers) token for token.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/wordpiece.h"

namespace headscope {

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // Tokens of `part` (UTF-8, not empty), each with the bytes of `part` that it stands for, into
  // `out`, which is cleared first. Throws Error(kBadInput) where a part has no token and there is
  // no unknown token.
  virtual void tokens(std::string_view part, std::vector<Piece>& out) const = 0;
};

// Greedy longest match from the left (Devlin et al. 2019).
class WordPieceModel : public TokenModel {
 public:
  WordPieceModel(const Vocabulary& vocabulary, int32_t unknown, size_t longest_word)
      : vocabulary_(vocabulary), unknown_(unknown), longest_word_(longest_word) {}
  void tokens(std::string_view part, std::vector<Piece>& out) const override;

 private:
  const Vocabulary& vocabulary_;
  int32_t unknown_;
  size_t longest_word_;  // characters; a longer word is unknown whole
};

// The part as one token.
class WordLevelModel : public TokenModel {
 public:
  WordLevelModel(const Vocabulary& vocabulary, std::optional<int32_t> unknown)
      : vocabulary_(vocabulary), unknown_(unknown) {}
  void tokens(std::string_view part, std::vector<Piece>& out) const override;

 private:
  const Vocabulary& vocabulary_;
  std::optional<int32_t> unknown_;
};

// The tokens <0x00> to <0xFF> of a vocabulary, where it has all of a character's bytes.
class ByteTokens {
 public:
  explicit ByteTokens(const Vocabulary& vocabulary);
  // Adds one piece a byte of part[begin, end); nothing and false where one of them has no token.
  // `whole`: every piece stands for all the bytes.
  bool add(std::string_view part, size_t begin, size_t end, bool whole,
           std::vector<Piece>& out) const;

 private:
  std::array<int32_t, 256> ids_{};
};

// Byte-pair encoding (Sennrich et al. 2016): the pair with the lowest rank is merged first, the
// leftmost of equals.
class BpeModel : public TokenModel {
 public:
  struct Options {
    std::optional<int32_t> unknown;
    std::string prefix, suffix;  // of parts inside a word, of a word's last part
    bool fuse_unknown = false;
    bool byte_fallback = false;
    bool ignore_merges = false;  // a part that is a token is taken whole
  };
  struct Merge {
    int32_t rank = 0, id = 0;
  };
  using Merges = std::unordered_map<uint64_t, Merge>;
  static uint64_t pair_key(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  BpeModel(const Vocabulary& vocabulary, Merges merges, Options options)
      : vocabulary_(vocabulary),
        merges_(std::move(merges)),
        options_(std::move(options)),
        bytes_(vocabulary) {}
  void tokens(std::string_view part, std::vector<Piece>& out) const override;

 private:
  void characters(std::string_view part, std::vector<Piece>& out) const;
  void merge(std::vector<Piece>& symbols) const;

  const Vocabulary& vocabulary_;
  Merges merges_;
  Options options_;
  ByteTokens bytes_;
};

// The most probable segmentation (Kudo 2018); `scores` are log-probabilities by id.
class UnigramModel : public TokenModel {
 public:
  UnigramModel(const Vocabulary& vocabulary, std::vector<double> scores,
               std::optional<int32_t> unknown, bool byte_fallback);
  void tokens(std::string_view part, std::vector<Piece>& out) const override;

 private:
  const Vocabulary& vocabulary_;
  std::vector<double> scores_;
  std::optional<int32_t> unknown_;
  bool byte_fallback_;
  double unknown_score_ = 0;
  ByteTokens bytes_;
};

}  // namespace headscope
