// Which tokens of two sequences stand for the same characters.
#include <algorithm>
#include <array>
#include <functional>

#include "headscope/comparison.h"

namespace headscope {
namespace {

// Tokens of one sequence by what they can be matched through.
struct Parts {
  std::array<std::vector<int64_t>, 2> sentences;  // tokens with characters of text A, text B
  std::array<std::vector<int64_t>, 3> special;    // before A, behind A, behind B
  std::vector<int64_t> loose;                     // ids without a text, generated tokens
};

bool has_characters(const TokenSequence& tokens, size_t i) {
  return i < tokens.offsets.size() && tokens.offsets[i].size() > 0;
}

Parts parts_of(const TokenSequence& tokens) {
  Parts out;
  size_t begun = 0;  // texts that have begun
  for (size_t i = 0; i < tokens.tokens.size(); ++i) {
    const auto token = static_cast<int64_t>(i);
    if (i < tokens.special.size() && tokens.special[i]) {
      out.special[begun].push_back(token);
    } else if (!has_characters(tokens, i)) {
      out.loose.push_back(token);
    } else {
      const bool second = i < tokens.sentences.size() && tokens.sentences[i] == 1;
      begun = std::max<size_t>(begun, second ? 2 : 1);
      out.sentences[second ? 1 : 0].push_back(token);
    }
  }
  return out;
}

// Characters are compared without blanks: some tokenizers count one in, some do not.
std::vector<int64_t> inked_before(const std::string& text) {
  std::vector<int64_t> out(text.size() + 1, 0);
  for (size_t i = 0; i < text.size(); ++i) {
    const bool blank = text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r';
    out[i + 1] = out[i] + (blank ? 0 : 1);
  }
  return out;
}

Range tokens_from(const std::vector<int64_t>& tokens, size_t begin, size_t end) {
  return {tokens[begin], tokens[end - 1] + 1};
}

void one_sided(const std::vector<int64_t>& tokens, size_t begin, size_t end,
               std::vector<Range>& out) {
  for (size_t i = begin; i < end; ++i) out.push_back({tokens[i], tokens[i] + 1});
}

// Both read the same text: groups that end at the same character.
void align_spans(const TokenSequence& left, const TokenSequence& right,
                 const std::vector<int64_t>& l, const std::vector<int64_t>& r,
                 const std::string& text, Alignment& out) {
  const std::vector<int64_t> inked = inked_before(text);
  const auto end_of = [&](const TokenSequence& tokens, int64_t token) {
    const int64_t end = tokens.offsets[static_cast<size_t>(token)].end;
    return inked[std::min(static_cast<size_t>(std::max<int64_t>(0, end)), text.size())];
  };
  size_t i = 0, j = 0;
  while (i < l.size() && j < r.size()) {
    const size_t first_l = i, first_r = j;
    int64_t a = end_of(left, l[i++]), b = end_of(right, r[j++]);
    while (a != b && (a < b ? i < l.size() : j < r.size())) {
      if (a < b) {
        a = std::max(a, end_of(left, l[i++]));
      } else {
        b = std::max(b, end_of(right, r[j++]));
      }
    }
    // A further token that ends at the same character is of this group: pieces of one letter.
    while (a == b && i < l.size() && end_of(left, l[i]) <= a) ++i;
    while (a == b && j < r.size() && end_of(right, r[j]) <= b) ++j;
    if (a == b) {
      out.matched.push_back({tokens_from(l, first_l, i), tokens_from(r, first_r, j)});
    } else {  // one of them was cut short
      one_sided(l, first_l, i, out.left_only);
      one_sided(r, first_r, j, out.right_only);
    }
  }
  one_sided(l, i, l.size(), out.left_only);
  one_sided(r, j, r.size(), out.right_only);
}

// Pairs of equal entries in the longest common order.
std::vector<std::pair<size_t, size_t>> common_order(const std::vector<std::string>& l,
                                                    const std::vector<std::string>& r) {
  constexpr size_t kMostCells = size_t{1} << 26;  // beyond: ends in common alone
  std::vector<std::pair<size_t, size_t>> out;
  size_t begin = 0, l_end = l.size(), r_end = r.size();
  while (begin < l_end && begin < r_end && l[begin] == r[begin]) {
    out.emplace_back(begin, begin);
    ++begin;
  }
  std::vector<std::pair<size_t, size_t>> tail;
  while (l_end > begin && r_end > begin && l[l_end - 1] == r[r_end - 1]) {
    tail.emplace_back(--l_end, --r_end);
  }
  const size_t n = l_end - begin, m = r_end - begin;
  if (n > 0 && m > 0 && n <= kMostCells / m) {
    // length[i][j]: of the common order of what lies behind i and j.
    std::vector<uint32_t> length((n + 1) * (m + 1), 0);
    const auto at = [&](size_t i, size_t j) -> uint32_t& { return length[i * (m + 1) + j]; };
    for (size_t i = n; i-- > 0;) {
      for (size_t j = m; j-- > 0;) {
        at(i, j) = l[begin + i] == r[begin + j] ? at(i + 1, j + 1) + 1
                                                : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
    for (size_t i = 0, j = 0; i < n && j < m;) {
      if (l[begin + i] == r[begin + j]) {
        out.emplace_back(begin + i++, begin + j++);
      } else if (at(i + 1, j) >= at(i, j + 1)) {
        ++i;
      } else {
        ++j;
      }
    }
  }
  out.insert(out.end(), tail.rbegin(), tail.rend());
  return out;
}

struct Words {
  std::vector<Range> tokens;       // of each word
  std::vector<std::string> texts;  // its characters
};

Words words_of(const TokenSequence& tokens, const std::vector<int64_t>& of,
               const std::string& text) {
  Words out;
  for (size_t i = 0; i < of.size(); ++i) {
    const auto token = static_cast<size_t>(of[i]);
    const bool continues = i > 0 && of[i] == of[i - 1] + 1 && token < tokens.words.size() &&
                           tokens.words[token] >= 0 &&
                           tokens.words[token] == tokens.words[token - 1];
    if (continues) {
      out.tokens.back().end = of[i] + 1;
    } else {
      out.tokens.push_back({of[i], of[i] + 1});
    }
  }
  for (const Range word : out.tokens) {
    const int64_t first = tokens.offsets[static_cast<size_t>(word.begin)].begin;
    const int64_t end = tokens.offsets[static_cast<size_t>(word.end - 1)].end;
    std::string letters;
    for (int64_t i = first; i < end && i < static_cast<int64_t>(text.size()); ++i) {
      const char c = text[static_cast<size_t>(i)];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') letters += c;
    }
    out.texts.push_back(letters);
  }
  return out;
}

// A pair of equal words, token by token where both have the same pieces.
void match_word(const TokenSequence& left, const TokenSequence& right, Range l, Range r,
                Alignment& out) {
  const auto first_l = left.tokens.begin() + l.begin, first_r = right.tokens.begin() + r.begin;
  if (l.size() == r.size() && std::equal(first_l, first_l + l.size(), first_r)) {
    for (int64_t i = 0; i < l.size(); ++i) {
      out.matched.push_back({{l.begin + i, l.begin + i + 1}, {r.begin + i, r.begin + i + 1}});
    }
  } else {
    out.matched.push_back({l, r});
  }
}

void align_entries(const TokenSequence& left, const TokenSequence& right, const Words& l,
                   const Words& r, Alignment& out) {
  const auto pairs = common_order(l.texts, r.texts);
  size_t i = 0, j = 0;
  const auto leave_out = [&](size_t l_end, size_t r_end) {
    for (; i < l_end; ++i) out.left_only.push_back(l.tokens[i]);
    for (; j < r_end; ++j) out.right_only.push_back(r.tokens[j]);
  };
  for (const auto& [a, b] : pairs) {
    leave_out(a, b);
    match_word(left, right, l.tokens[i++], r.tokens[j++], out);
  }
  leave_out(l.tokens.size(), r.tokens.size());
}

Words names_of(const TokenSequence& tokens, const std::vector<int64_t>& of) {
  Words out;
  for (const int64_t token : of) {
    out.tokens.push_back({token, token + 1});
    out.texts.push_back(tokens.tokens[static_cast<size_t>(token)]);
  }
  return out;
}

}  // namespace

Alignment align_tokens(const TokenSequence& left, const TokenSequence& right) {
  Alignment out;
  const Parts l = parts_of(left), r = parts_of(right);
  for (size_t place = 0; place < l.special.size(); ++place) {
    const size_t both = std::min(l.special[place].size(), r.special[place].size());
    for (size_t i = 0; i < both; ++i) {
      const int64_t a = l.special[place][i], b = r.special[place][i];
      out.matched.push_back({{a, a + 1}, {b, b + 1}, true});
    }
    one_sided(l.special[place], both, l.special[place].size(), out.left_only);
    one_sided(r.special[place], both, r.special[place].size(), out.right_only);
  }
  for (size_t s = 0; s < 2; ++s) {
    const std::string text_l = s == 0 ? left.text_a : left.text_b.value_or("");
    const std::string text_r = s == 0 ? right.text_a : right.text_b.value_or("");
    if (text_l == text_r) {
      align_spans(left, right, l.sentences[s], r.sentences[s], text_l, out);
    } else {
      align_entries(left, right, words_of(left, l.sentences[s], text_l),
                    words_of(right, r.sentences[s], text_r), out);
    }
  }
  align_entries(left, right, names_of(left, l.loose), names_of(right, r.loose), out);

  const auto by_left = [](const TokenPair& a, const TokenPair& b) {
    return a.left.begin < b.left.begin;
  };
  const auto by_begin = [](Range a, Range b) { return a.begin < b.begin; };
  std::stable_sort(out.matched.begin(), out.matched.end(), by_left);
  std::stable_sort(out.left_only.begin(), out.left_only.end(), by_begin);
  std::stable_sort(out.right_only.begin(), out.right_only.end(), by_begin);
  return out;
}

}  // namespace headscope
