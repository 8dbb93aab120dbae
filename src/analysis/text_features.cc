#include "analysis/text_features.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "analysis/words.h"
#include "headscope/error.h"
#include "headscope/score_rule.h"

namespace headscope {
namespace {

KeySet& set_of(TextFeatures& f, Score score) { return f.sets[static_cast<size_t>(score)]; }

// One K(i) for every word query: `keys` appends its keys in ascending order. Queries without keys
// are dropped unless `keep_empty` (patterns whose queries are all words).
template <class Keys>
void fill(TextFeatures& f, Score score, bool keep_empty, const Keys& keys) {
  KeySet& set = set_of(f, score);
  for (int32_t i = 0; i < f.n; ++i) {
    if (!f.word[i]) continue;
    const size_t before = set.keys.size();
    keys(i, set.keys);
    const auto hidden = [&](int32_t j) { return j < f.visible[i].begin || j >= f.visible[i].end; };
    const auto added = set.keys.begin() + static_cast<int64_t>(before);
    set.keys.erase(std::remove_if(added, set.keys.end(), hidden), set.keys.end());
    if (set.keys.size() == before && !keep_empty) continue;
    set.start(i);
    set.finish();
    int32_t own = 0;
    for (size_t k = before; k < set.keys.size(); ++k) {
      own += f.sentence[set.keys[k]] == f.sentence[i];
    }
    set.own_hits.push_back(own);
  }
}

void classify_tokens(TextFeatures& f, const TokenSequence& text, const StackInfo& stack) {
  f.n = text.size();
  const auto n = static_cast<size_t>(f.n);
  if (text.ids.size() != n || text.special.size() != n) {
    throw Error(ErrorCode::kBadInput,
                std::to_string(text.ids.size()) + " ids and " +
                    std::to_string(text.special.size()) + " special flags",
                std::to_string(n) + " of each, as many as tokens");
  }
  f.sentence = text.sentences.size() == n     ? text.sentences
               : text.segment_ids.size() == n ? text.segment_ids
                                              : std::vector<int32_t>(n, 0);
  f.word.resize(n);
  f.content.resize(n);
  f.visible.resize(n);
  for (size_t i = 0; i < n; ++i) {
    f.word[i] = !text.special[i];
    f.words += f.word[i];
    f.content[i] = f.word[i] && is_content_word(text.tokens[i]);
    if (f.word[i] && is_punctuation(text.tokens[i])) f.marks.push_back(static_cast<int32_t>(i));
    f.visible[i] = visible_keys(stack.mask, static_cast<int64_t>(i), f.n);
    const auto position = static_cast<int32_t>(i);
    if (text.special[i]) {
      if (i == 0) {
        f.cls = position;
      } else {
        f.sep.push_back(position);
      }
    } else if (i > 0 && f.word[i - 1] && f.sentence[i - 1] == f.sentence[i]) {
      f.word_runs.back().end = position + 1;
    } else {
      f.word_runs.push_back({position, position + 1});
      f.run_sentence.push_back(f.sentence[i]);
    }
  }
  // Causal models without a template token: the first token plays [CLS]'s part.
  if (f.cls < 0 && first_key_rests(stack.mask) && f.n > 0) f.cls = 0;
}

// Positions of each token id among the words, ascending.
std::vector<std::vector<int32_t>> occurrences(const TextFeatures& f, const TokenSequence& text) {
  std::unordered_map<int32_t, int32_t> group;
  std::vector<std::vector<int32_t>> lists;
  std::vector<int32_t> of(static_cast<size_t>(f.n), -1);
  for (int32_t i = 0; i < f.n; ++i) {
    if (!f.word[i]) continue;
    const auto [it, added] = group.try_emplace(text.ids[i], static_cast<int32_t>(lists.size()));
    if (added) lists.emplace_back();
    of[i] = it->second;
    lists[it->second].push_back(i);
  }
  std::vector<std::vector<int32_t>> same(static_cast<size_t>(f.n));
  for (int32_t i = 0; i < f.n; ++i) {
    if (of[i] >= 0) same[i] = lists[of[i]];
  }
  return same;
}

void fill_positions(TextFeatures& f) {
  for (const auto& [score, step] : {std::pair{Score::kNext, 1}, std::pair{Score::kPrevious, -1}}) {
    fill(f, score, false, [&, s = step](int32_t i, std::vector<int32_t>& keys) {
      const int32_t j = i + s;
      if (j >= 0 && j < f.n && f.word[j] && f.sentence[j] == f.sentence[i]) keys.push_back(j);
    });
  }
  fill(f, Score::kSelf, false, [](int32_t i, std::vector<int32_t>& keys) { keys.push_back(i); });
}

void fill_same_word(TextFeatures& f, const std::vector<std::vector<int32_t>>& same) {
  fill(f, Score::kSameIncluding, false, [&](int32_t i, std::vector<int32_t>& keys) {
    if (same[i].size() > 1) keys.insert(keys.end(), same[i].begin(), same[i].end());
  });
  fill(f, Score::kSameElsewhere, false, [&](int32_t i, std::vector<int32_t>& keys) {
    for (int32_t j : same[i]) {
      if (j != i) keys.push_back(j);
    }
  });
  const auto across = [&](int32_t i, std::vector<int32_t>& keys) {
    for (int32_t j : same[i]) {
      if (f.sentence[j] != f.sentence[i]) keys.push_back(j);
    }
  };
  fill(f, Score::kSameAcrossAll, false, across);
  fill(f, Score::kSameAcrossContent, false, [&](int32_t i, std::vector<int32_t>& keys) {
    if (f.content[i]) across(i, keys);
  });
  const auto own = [&](int32_t i, std::vector<int32_t>& keys) {
    for (int32_t j : same[i]) {
      if (j != i && f.sentence[j] == f.sentence[i]) keys.push_back(j);
    }
  };
  // Qb: queries that have other occurrences in both sentences.
  fill(f, Score::kCrossPreference, false, [&](int32_t i, std::vector<int32_t>& keys) {
    std::vector<int32_t> o;
    own(i, o);
    std::erase_if(o, [&](int32_t j) { return j < f.visible[i].begin || j >= f.visible[i].end; });
    if (o.empty()) return;
    const size_t before = keys.size();
    across(i, keys);
    std::erase_if(o, [&](int32_t) { return keys.size() == before; });
  });
  for (const int32_t i : set_of(f, Score::kCrossPreference).query) {
    f.cross_own.start(i);
    own(i, f.cross_own.keys);
    f.cross_own.finish();
  }
}

void fill_special(TextFeatures& f) {
  const auto keys_are = [&](Score score, bool cls, bool sep) {
    if ((cls && f.cls >= 0) || (sep && !f.sep.empty())) {
      fill(f, score, true, [&](int32_t, std::vector<int32_t>& keys) {
        if (cls && f.cls >= 0) keys.push_back(f.cls);
        if (sep) keys.insert(keys.end(), f.sep.begin(), f.sep.end());
      });
    }
  };
  keys_are(Score::kCls, true, false);
  keys_are(Score::kSep, false, true);
  keys_are(Score::kDelimiters, true, true);
  fill(f, Score::kPunctuation, true, [&](int32_t i, std::vector<int32_t>& keys) {
    for (int32_t j : f.marks) {
      if (j != i) keys.push_back(j);
    }
  });
}

void fill_pieces(TextFeatures& f, const TokenSequence& text) {
  if (text.words.size() != static_cast<size_t>(f.n)) return;
  const auto same_word = [&](int32_t i, int32_t j) {
    return j >= 0 && j < f.n && f.word[j] && text.words[i] >= 0 && text.words[j] == text.words[i] &&
           f.sentence[i] == f.sentence[j];
  };
  fill(f, Score::kPiece, false, [&](int32_t i, std::vector<int32_t>& keys) {
    int32_t first = i;
    while (same_word(i, first - 1)) --first;
    for (int32_t j = first; j == i || same_word(i, j); ++j) {
      if (j != i) keys.push_back(j);
    }
  });
}

// Centred embeddings of the text's content tokens, normalised; one row a distinct id.
struct Directions {
  std::unordered_map<int32_t, size_t> row;
  std::vector<float> unit;    // [rows, D]
  std::vector<float> cosine;  // [rows, rows]
  float at(int32_t a, int32_t b) const { return cosine[row.at(a) * row.size() + row.at(b)]; }
};

Directions directions(const TextFeatures& f, const TokenSequence& text,
                      const Embeddings& embeddings) {
  Directions d;
  const auto width = static_cast<size_t>(embeddings.width());
  for (size_t i = 0; i < static_cast<size_t>(f.n); ++i) {
    if (!f.content[i] || !d.row.try_emplace(text.ids[i], d.row.size()).second) continue;
    d.unit.resize(d.row.size() * width);
    float* v = d.unit.data() + (d.row.size() - 1) * width;
    embeddings.centred(text.ids[i], v);
    double norm = 0;
    for (size_t k = 0; k < width; ++k) norm += double{v[k]} * v[k];
    const float scale = norm > 0 ? static_cast<float>(1 / std::sqrt(norm)) : 0.0f;
    for (size_t k = 0; k < width; ++k) v[k] *= scale;
  }
  const size_t rows = d.row.size();
  d.cosine.resize(rows * rows);
  for (size_t a = 0; a < rows; ++a) {
    for (size_t b = 0; b < a; ++b) {
      std::array<float, 16> lane{};
      const float* x = d.unit.data() + a * width;
      const float* y = d.unit.data() + b * width;
      for (size_t k = 0; k < width; ++k) lane[k % 16] += x[k] * y[k];
      float dot = 0;
      for (float value : lane) dot += value;
      d.cosine[a * rows + b] = d.cosine[b * rows + a] = dot;
    }
  }
  return d;
}

void fill_related(TextFeatures& f, const TokenSequence& text, const Embeddings& embeddings) {
  constexpr float kCosine = 0.4f;
  const Directions d = directions(f, text, embeddings);
  for (const bool across : {false, true}) {
    fill(f, across ? Score::kRelatedAcross : Score::kRelated, false,
         [&](int32_t i, std::vector<int32_t>& keys) {
           if (!f.content[i]) return;
           for (int32_t j = 0; j < f.n; ++j) {
             if (f.content[j] && text.ids[j] != text.ids[i] &&
                 (!across || f.sentence[j] != f.sentence[i]) &&
                 d.at(text.ids[i], text.ids[j]) > kCosine) {
               keys.push_back(j);
             }
           }
         });
  }
}

void fill_probe(TextFeatures& f, const std::vector<std::vector<int32_t>>& same) {
  fill(f, Score::kInduction, false, [&](int32_t i, std::vector<int32_t>& keys) {
    for (int32_t j : same[i]) {
      if (j != i && j + 1 < f.n && f.word[j + 1]) keys.push_back(j + 1);
    }
  });
  fill(f, Score::kDuplicate, false, [&](int32_t i, std::vector<int32_t>& keys) {
    for (int32_t j : same[i]) {
      if (j != i) keys.push_back(j);
    }
  });
}

void count_classes(TextFeatures& f) {
  f.sizes.resize(static_cast<size_t>(f.n));
  for (int32_t i = 0; i < f.n; ++i) {
    ClassSizes& size = f.sizes[i];
    const Range seen = f.visible[i];
    for (size_t r = 0; r < f.word_runs.size(); ++r) {
      const int64_t begin = std::max(f.word_runs[r].begin, seen.begin);
      const int64_t end = std::min(f.word_runs[r].end, seen.end);
      if (begin >= end) continue;
      (f.run_sentence[r] == f.sentence[i] ? size.own : size.other) +=
          static_cast<double>(end - begin);
    }
    size.words = size.own + size.other;
    size.all = static_cast<double>(seen.size());
    if (f.word[i]) size.own -= 1;
  }
}

void order_by_query(TextFeatures& f) {
  std::array<size_t, kScoreCount> cursor{};
  for (int32_t i = 0; i < f.n; ++i) {
    f.first.push_back(f.by_query.size());
    for (size_t s = 0; s < kScoreCount; ++s) {
      const KeySet& set = f.sets[s];
      const size_t q = cursor[s];
      if (q >= set.query.size() || set.query[q] != i) continue;
      ++cursor[s];
      f.by_query.push_back({static_cast<Score>(s), static_cast<int32_t>(q), set.begin[q],
                            set.begin[q + 1], set.own_hits[q]});
      f.uniform[s] += (set.begin[q + 1] - set.begin[q]) / f.sizes[i].all;
    }
  }
  f.first.push_back(f.by_query.size());
}

TextFeatures finished(TextFeatures f) {
  count_classes(f);
  order_by_query(f);
  return f;
}

}  // namespace

ChanceClass chance_class(Score score) {
  switch (score) {
    case Score::kSelf:
    case Score::kSameIncluding:
      return ChanceClass::kAllWords;
    case Score::kCls:
    case Score::kSep:
    case Score::kDelimiters:
      return ChanceClass::kAllKeys;
    default:
      return ChanceClass::kOwnAndOther;
  }
}

TextFeatures text_features(const TokenSequence& text, const StackInfo& stack,
                           const Embeddings* embeddings, bool probe) {
  TextFeatures f;
  classify_tokens(f, text, stack);
  const auto same = occurrences(f, text);
  if (probe) {
    fill_probe(f, same);
    return finished(std::move(f));
  }
  fill_positions(f);
  fill_same_word(f, same);
  fill_special(f);
  fill_pieces(f, text);
  if (embeddings) fill_related(f, text, *embeddings);
  return finished(std::move(f));
}

}  // namespace headscope
