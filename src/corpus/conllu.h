// One sentence of a CoNLL-U file (https://universaldependencies.org/format.html).
//
// The text is put together from the words' forms and SpaceAfter=No; `# text` says the same and is
// not needed. Multiword tokens ("don't" = "do" + "n't") stand in the text as one; their words share
// its bytes, split where their forms spell it. Empty nodes (8.1) are left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "headscope/corpus.h"

namespace headscope {

class ConlluSentence {
 public:
  // `place` names file and line in errors, all of which are Error(kBadInput).
  explicit ConlluSentence(std::string place) : place_(std::move(place)) {}

  bool empty() const { return words_.empty(); }
  // A line that is neither blank nor a comment.
  void add(const std::string& line, const std::string& place);
  // Gives the text and, where the words have HEADs, the annotation, which is a tree; null where no
  // word has one, as CoNLL-U allows. Throws Error(kBadInput) for anything between, and for words
  // that are withheld ("_" in place of every FORM, as some treebanks are published).
  void finish(std::string& text, std::optional<Annotation>& annotation) const;

 private:
  struct Word {
    std::string form, relation, place;
    int64_t head = 0;  // 0 = root, kNoHead where HEAD is "_"
  };
  struct Surface {  // what stands in the text
    std::string form;
    size_t first = 0, last = 0;  // words [first, last]
    bool space_after = true;
  };
  void add_word(const std::vector<std::string>& columns, const std::string& place);
  void add_multiword(const std::vector<std::string>& columns, const std::string& place);
  void check_words() const;
  bool has_heads() const;
  void check_tree() const;

  static constexpr int64_t kNoHead = -1;
  std::string place_;
  std::vector<Word> words_;
  std::vector<Surface> surfaces_;
  size_t covered_ = 0;  // words up to this one lie in a multiword token
};

}  // namespace headscope
