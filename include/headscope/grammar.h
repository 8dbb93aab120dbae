// Grammar: does a head link words as a dependency treebank does? For every head and relation the
// accuracy of its strongest word-to-word link, against the best fixed-offset guess.
//
// Method of Clark, Khandelwal, Levy, Manning 2019 (What Does BERT Look At?, section 4): attention
// to a split word is summed over its pieces, from it averaged; special tokens and the diagonal are
// dropped; a dependent's guess is the word it attends to most (dependent → head), or the word that
// attends to it most (head → dependent). A head is called syntactic for a relation where it beats
// the best offset by 10 points (Voita et al. 2019); the report marks those. Trees: maximum spanning
// arborescences below the treebank's own root, as Raganato and Tiedemann 2018.
//
// Goals: counts only, so shards merge exactly. Non-goals: reading treebanks, parsing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/attention_source.h"

namespace headscope {

class ArrayReader;  // format/arrays.h
class ArrayWriter;

// One annotated sentence, W words.
struct DependencyTree {
  std::vector<int32_t> head;          // [W] index of the governing word, -1 = root
  std::vector<std::string> relation;  // [W]
  std::vector<Range> pieces;          // [W] the word's tokens; empty = it has none of its own
};

// Whether `word` and the word that governs it have tokens. A word has none where the tokenizer
// drops it, where truncation cut it off, and where it is a later part of a contraction that stands
// in the text as one ("du" = "de" + "le": the first word has the token). No head can show such a
// link, so it counts neither for a head nor for the baseline.
bool has_tokens(const DependencyTree& tree, int32_t word);

// The tokens of each word, from the words' byte ranges in text A (or B), in ascending order. A
// token belongs to the word that its first byte is in, blanks aside.
std::vector<Range> pieces_of_words(const TokenSequence& tokens, const std::vector<Range>& words,
                                   bool in_b = false);

enum class LinkDirection { kDependentToHead, kHeadToDependent };
std::string_view name_of(LinkDirection direction);  // "dependent_to_head", "head_to_dependent"

struct RelationAccuracy {
  std::string relation;  // as annotated; "all" = every counted word, the root as missed
  LinkDirection direction = LinkDirection::kDependentToHead;
  double accuracy = 0;  // [0, 1]
  double baseline = 0;  // of the best fixed offset
  int offset = 0;       // head's position − dependent's, −3 … +3 without 0
  int64_t n = 0;        // words with this relation that has_tokens() counts
};

// Unlabelled attachment of all counted words but the root.
struct Attachment {
  std::string stack;  // as HeadReport::stack
  int layer = 0;
  int head = -1;  // -1: the mean of the layer's heads
  LinkDirection direction = LinkDirection::kDependentToHead;
  double strongest = 0;  // share of words whose strongest link is their head
  double tree = 0;       // the same in the maximum spanning tree
  int64_t n = 0;
};

class Grammar {
 public:
  explicit Grammar(StackHeads heads);

  // Adds one sentence, the query tokens of the heads' stack. Throws Error(kBadInput) where the tree
  // does not fit those tokens or is no tree.
  void add(const AttentionSource& source, const DependencyTree& tree);
  // Counts add. Throws Error(kBadInput) for other heads.
  void merge(const Grammar& other);

  int64_t sentences() const { return sentences_; }
  int64_t left_out() const { return left_out_; }  // words that has_tokens() does not count
  const StackHeads& heads() const { return of_; }
  // Of one head, both directions, by relation ("all" first).
  std::vector<RelationAccuracy> relations(size_t head) const;
  // Every head, then every layer's mean, both directions.
  std::vector<Attachment> attachment() const;

  // Every count as named arrays of a Partial (headscope/partial.h). load() replaces what is there;
  // throws Error(kBadInput) where the arrays do not fit these heads.
  void save(ArrayWriter& out) const;
  void load(const ArrayReader& in);

 private:
  static constexpr int kOffsets = 6;
  struct Relation {
    int64_t n = 0;
    std::array<int64_t, kOffsets> offset_hits{};
    std::vector<std::array<int64_t, 2>> head_hits;  // [heads][direction]
  };
  struct Links {
    std::array<int64_t, 2> strongest{}, tree{};  // hits by direction
  };
  void count_offsets(const DependencyTree& tree);
  RelationAccuracy accuracy(const std::string& name, const Relation& relation, size_t head,
                            LinkDirection direction) const;

  StackHeads of_;
  std::vector<int> layers_;  // distinct layers of the heads, in order
  std::map<std::string, Relation> relations_;
  std::vector<Links> links_;  // heads, then layers
  int64_t sentences_ = 0;
  int64_t attached_ = 0;  // counted words with a governing word
  int64_t left_out_ = 0;
};

}  // namespace headscope
