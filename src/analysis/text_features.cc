#include "analysis/text_features.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>

#include "analysis/related_words.h"
#include "analysis/words.h"
#include "headscope/error.h"

namespace headscope {
namespace {

void require_equal_lengths(const TokenSequence& text) {
  const size_t n = text.tokens.size();
  if (text.ids.size() == n && text.special.size() == n) return;
  throw Error(ErrorCode::kBadInput,
              std::to_string(text.ids.size()) + " ids and " + std::to_string(text.special.size()) +
                  " special flags",
              std::to_string(n) + " of each, as many as tokens");
}

std::vector<int32_t> sentences_of(const TokenSequence& text) {
  const size_t n = text.tokens.size();
  return text.sentences.size() == n     ? text.sentences
         : text.segment_ids.size() == n ? text.segment_ids
                                        : std::vector<int32_t>(n, 0);
}

void classify_queries(TextFeatures& f, const TokenSequence& text, const MaskInfo& mask,
                      bool causal) {
  f.n = text.size();
  const auto n = static_cast<size_t>(f.n);
  f.sentence = f.square ? sentences_of(text) : std::vector<int32_t>(n, 0);
  f.word.resize(n);
  f.content.resize(n);
  f.visible.resize(n);
  for (size_t i = 0; i < n; ++i) {
    f.word[i] = !(text.special[i] || (causal && i == 0));
    f.words += f.word[i];
    f.content[i] = f.word[i] && is_content_word(text.tokens[i]);
    f.visible[i] = visible_keys(mask, static_cast<int64_t>(i), f.m);
  }
}

void classify_keys(TextFeatures& f, const TokenSequence& text, bool causal) {
  f.m = text.size();
  const auto m = static_cast<size_t>(f.m);
  f.key_sentence = f.square ? sentences_of(text) : std::vector<int32_t>(m, 1);
  f.key_word.resize(m);
  for (size_t j = 0; j < m; ++j) {
    const bool special = text.special[j] || (causal && j == 0);
    f.key_word[j] = !special;
    const auto position = static_cast<int32_t>(j);
    if (!special && is_punctuation(text.tokens[j])) f.marks.push_back(position);
    if (special) {
      if (j == 0) {
        f.cls = position;
      } else {
        f.sep.push_back(position);
      }
    } else if (j > 0 && f.key_word[j - 1] && f.key_sentence[j - 1] == f.key_sentence[j]) {
      f.word_runs.back().end = position + 1;
    } else {
      f.word_runs.push_back({position, position + 1});
      f.run_sentence.push_back(f.key_sentence[j]);
    }
  }
}

// The words of a text in groups of equal ones: by id, or by what the token reads where two texts
// are compared.
class WordGroups {
 public:
  explicit WordGroups(bool by_text) : by_text_(by_text) {}

  // The group of a token that has been added, −1 where none reads so.
  int32_t find(const TokenSequence& text, int32_t i) const {
    const auto at = static_cast<size_t>(i);
    if (by_text_) {
      const auto found = by_token_.find(text.tokens[at]);
      return found == by_token_.end() ? -1 : found->second;
    }
    const auto found = by_id_.find(text.ids[at]);
    return found == by_id_.end() ? -1 : found->second;
  }
  // `next`: the number of a new group.
  int32_t add(const TokenSequence& text, int32_t j, int32_t next) {
    const auto at = static_cast<size_t>(j);
    return by_text_ ? by_token_.try_emplace(text.tokens[at], next).first->second
                    : by_id_.try_emplace(text.ids[at], next).first->second;
  }

 private:
  bool by_text_;
  std::unordered_map<int32_t, int32_t> by_id_;
  std::unordered_map<std::string, int32_t> by_token_;
};

// Finds K(i) of every pattern for one query after the other.
class KeyFinder {
 public:
  KeyFinder(TextFeatures& f, const TokenSequence& text, const TokenSequence& keys)
      : f_(f), text_(text), groups_of_(!f.square) {
    std::vector<int32_t> all(static_cast<size_t>(f.m));
    std::iota(all.begin(), all.end(), 0);
    every_ = add_list(std::move(all));
    group_words(keys);
  }

  // Every share but those of the probe. `related`: for each distinct content id its list.
  void find_patterns(const std::unordered_map<int32_t, std::vector<int32_t>>& related) {
    std::unordered_map<int32_t, int32_t> related_list;
    for (const auto& [id, positions] : related) related_list[id] = add_list(positions);
    const int32_t marks = add_list(f_.marks), sep = add_list(f_.sep);
    std::vector<int32_t> special = f_.sep;
    if (f_.cls >= 0) special.insert(special.begin(), f_.cls);
    const int32_t delimiters = add_list(std::move(special));
    for_words([&](int32_t i) {
      if (f_.square) {
        find_positions(i);
        find_same_word(i);
        find_pieces(i);
      } else {
        find_word_across(i);
      }
      if (f_.cls >= 0) add({Score::kCls, false, every_}, i, one(f_.cls), true);
      if (!f_.sep.empty()) add({Score::kSep, false, sep}, i, whole(), true);
      if (f_.cls >= 0 || !f_.sep.empty()) {
        add({Score::kDelimiters, false, delimiters}, i, whole(), true);
      }
      add({Score::kPunctuation, false, marks, 0, 0, f_.square ? i : -1}, i, whole(), true);
      const auto found = related_list.find(text_.ids[i]);
      if (!f_.content[i] || found == related_list.end()) return;
      add({Score::kRelated, false, found->second}, i, whole());
      add({Score::kRelatedAcross, true, found->second}, i, whole());
    });
  }

  // Induction and duplicate; beside them, on the same text, the previous token and the first one.
  void find_probe() {
    std::vector<int32_t> successors;  // list of each group
    for (const int32_t group : groups_) {
      std::vector<int32_t> next;
      for (const int32_t j : f_.lists[static_cast<size_t>(group)].positions()) {
        if (j + 1 < f_.m && f_.key_word[j + 1]) next.push_back(j + 1);
      }
      successors.push_back(add_list(std::move(next)));
    }
    for_words([&](int32_t i) {
      const int32_t after = successors[static_cast<size_t>(groups_of_.find(text_, i))];
      add({Score::kInduction, false, after, 0, 0, i + 1}, i, whole());
      add({Score::kDuplicate, false, list_of(i), 0, 0, i}, i, whole());
      if (i == 0) return;
      add({Score::kPrevious, false, every_}, i, one(i - 1));
      add({Score::kCls, false, every_}, i, one(0));
    });
  }

 private:
  int32_t add_list(std::vector<int32_t> positions) {
    f_.lists.emplace_back(std::move(positions), f_.key_sentence);
    return static_cast<int32_t>(f_.lists.size() - 1);
  }

  // The keys that are words, by equal ones: list groups_[g] of each group.
  void group_words(const TokenSequence& keys) {
    std::vector<std::vector<int32_t>> positions;
    for (int32_t j = 0; j < f_.m; ++j) {
      if (!f_.key_word[j]) continue;
      const auto next = static_cast<int32_t>(positions.size());
      const int32_t group = groups_of_.add(keys, j, next);
      if (group == next) positions.emplace_back();
      positions[static_cast<size_t>(group)].push_back(j);
    }
    for (auto& list : positions) groups_.push_back(add_list(std::move(list)));
  }

  int32_t list_of(int32_t i) const {
    return groups_[static_cast<size_t>(groups_of_.find(text_, i))];
  }
  Range whole() const { return {0, f_.m}; }
  static Range one(int64_t j) { return {j, j + 1}; }

  template <class Find>
  void for_words(const Find& find) {
    for (int32_t i = 0; i < f_.n; ++i) {
      f_.first.push_back(f_.by_query.size());
      if (f_.word[i]) find(i);
    }
    f_.first.push_back(f_.by_query.size());
  }

  // The keys of `keys.list` that query i sees among `tokens`. A query without keys is none of the
  // pattern's, unless `keep_empty` (patterns that every word is asked).
  void add(QueryKeys keys, int32_t i, Range tokens, bool keep_empty = false) {
    if (!count(keys, i, tokens) && !keep_empty) return;
    f_.by_query.push_back(keys);
    const auto s = static_cast<size_t>(keys.score);
    f_.queries[s] += 1;
    if (keys.hits > 0) f_.uniform[s] += static_cast<double>(keys.hits) / f_.sizes[i].all;
  }

  // Fills slice and counts; false where there is no key.
  bool count(QueryKeys& keys, int32_t i, Range tokens) const {
    const Range seen{std::max(tokens.begin, f_.visible[i].begin),
                     std::min(tokens.end, f_.visible[i].end)};
    if (seen.begin >= seen.end) return false;
    const KeyList& list = f_.lists[static_cast<size_t>(keys.list)];
    const Range slice = list.within(seen);
    keys.begin = static_cast<int32_t>(slice.begin);
    keys.end = static_cast<int32_t>(slice.end);
    keys.hits = slice.size();
    keys.own = list.count(seen, f_.sentence[i]);
    if (keys.excluded >= seen.begin && keys.excluded < seen.end &&
        std::binary_search(list.positions().begin(), list.positions().end(), keys.excluded)) {
      keys.hits -= 1;
      keys.own -= f_.key_sentence[keys.excluded] == f_.sentence[i];
    }
    if (keys.other_sentence) {
      keys.hits -= keys.own;
      if (keys.score != Score::kCrossPreference) keys.own = 0;
    }
    return keys.hits > 0;
  }

  void find_positions(int32_t i) {
    const auto neighbour = [&](Score score, int32_t j) {
      const bool there = j >= 0 && j < f_.n && f_.word[j] && f_.sentence[j] == f_.sentence[i];
      if (there) add({score, false, every_}, i, one(j));
    };
    neighbour(Score::kNext, i + 1);
    neighbour(Score::kPrevious, i - 1);
    add({Score::kSelf, false, every_}, i, one(i));
  }

  void find_same_word(int32_t i) {
    const int32_t list = list_of(i);
    if (f_.lists[static_cast<size_t>(list)].positions().size() < 2) return;
    add({Score::kSameIncluding, false, list}, i, whole());
    add({Score::kSameElsewhere, false, list, 0, 0, i}, i, whole());
    add({Score::kSameAcrossAll, true, list, 0, 0, i}, i, whole());
    if (f_.content[i]) add({Score::kSameAcrossContent, true, list, 0, 0, i}, i, whole());
    // φ is asked of words that occur again in both sentences.
    QueryKeys both{Score::kCrossPreference, true, list, 0, 0, i};
    if (count(both, i, whole()) && both.own > 0) add(both, i, whole());
  }

  // Cross-attention: the query's word in the other text.
  void find_word_across(int32_t i) {
    const int32_t group = groups_of_.find(text_, i);
    if (group < 0) return;
    const int32_t list = groups_[static_cast<size_t>(group)];
    add({Score::kSameAcrossAll, true, list}, i, whole());
    if (f_.content[i]) add({Score::kSameAcrossContent, true, list}, i, whole());
  }

  // The other pieces of a split word: the run of tokens of one word and sentence around i.
  void find_pieces(int32_t i) {
    if (text_.words.size() != static_cast<size_t>(f_.n) || text_.words[i] < 0) return;
    if (i >= run_.end || i < run_.begin) {
      run_ = {i, i + 1};
      while (run_.end < f_.n && f_.word[run_.end] && text_.words[run_.end] == text_.words[i] &&
             f_.sentence[run_.end] == f_.sentence[i]) {
        ++run_.end;
      }
    }
    add({Score::kPiece, false, every_, 0, 0, i}, i, run_);
  }

  TextFeatures& f_;
  const TokenSequence& text_;
  int32_t every_ = 0;            // the list of all positions
  WordGroups groups_of_;         // the keys' words
  std::vector<int32_t> groups_;  // the list of each group
  Range run_{0, 0};              // the word that find_pieces() saw last
};

void count_classes(TextFeatures& f) {
  std::vector<int32_t> positions;
  for (int32_t j = 0; j < f.m; ++j) {
    if (f.key_word[j]) positions.push_back(j);
  }
  const KeyList words(std::move(positions), f.key_sentence);
  f.sizes.resize(static_cast<size_t>(f.n));
  for (int32_t i = 0; i < f.n; ++i) {
    ClassSizes& size = f.sizes[i];
    const Range seen = f.visible[i];
    size.words = static_cast<double>(words.within(seen).size());
    size.own = static_cast<double>(words.count(seen, f.sentence[i]));
    size.other = size.words - size.own;
    size.all = static_cast<double>(seen.size());
    if (f.square && f.word[i]) size.own -= 1;
  }
}

}  // namespace

TextFeatures text_features(const TokenSequence& text, const TokenSequence* keys,
                           const MaskInfo& mask, const Embeddings* embeddings, bool probe,
                           bool causal) {
  require_equal_lengths(text);
  if (keys) require_equal_lengths(*keys);
  TextFeatures f;
  f.square = !keys;
  classify_keys(f, keys ? *keys : text, causal && !probe);
  classify_queries(f, text, mask, causal && !probe);
  count_classes(f);
  KeyFinder finder(f, text, keys ? *keys : text);
  if (probe) {
    finder.find_probe();
  } else if (embeddings && !keys) {
    finder.find_patterns(related_words(text, f.content, *embeddings, kMostRelated));
  } else {
    finder.find_patterns({});
  }
  return f;
}

}  // namespace headscope
