#include "text/aligned_text.h"

#include <algorithm>

#include "headscope/error.h"
#include "headscope/utf8.h"

namespace headscope {

AlignedText align(std::string_view text, Range range) {
  AlignedText out;
  out.begin = range.begin;
  const auto size = static_cast<size_t>(range.size());
  out.codes.reserve(size);
  out.sources.reserve(size);
  const std::string_view all = text.substr(0, static_cast<size_t>(range.end));
  for (auto at = static_cast<size_t>(range.begin); at < all.size();) {
    const Utf8Char c = read_utf8(all, at);
    out.codes.push_back(c.code);
    out.sources.push_back({static_cast<int64_t>(at), static_cast<int64_t>(at + c.bytes)});
    at += c.bytes;
  }
  return out;
}

AlignedText part_of(const AlignedText& text, size_t first, size_t last) {
  AlignedText out;
  out.codes = text.codes.substr(first, last - first);
  out.sources.assign(text.sources.begin() + static_cast<ptrdiff_t>(first),
                     text.sources.begin() + static_cast<ptrdiff_t>(last));
  out.begin = out.empty() ? text.begin : out.sources.front().begin;
  return out;
}

std::string utf8_of(std::u32string_view codes) {
  std::string out;
  out.reserve(codes.size());
  for (const char32_t code : codes) append_utf8(out, code);
  return out;
}

void transform(AlignedText& text, std::span<const Change> changes, size_t removed) {
  AlignedText out;
  out.begin = text.begin;
  out.codes.reserve(changes.size());
  out.sources.reserve(changes.size());
  size_t at = removed;
  const Range start{text.begin, text.begin};
  const auto source = [&](size_t index) {
    return text.sources.empty() ? start : text.sources[std::min(index, text.size() - 1)];
  };
  for (const Change& c : changes) {
    out.codes.push_back(c.code);
    if (c.change > 0) {
      out.sources.push_back(at == 0 ? start : source(at - 1));
    } else {
      out.sources.push_back(source(at));
      at += 1 + static_cast<size_t>(-c.change);
    }
  }
  text = std::move(out);
}

void filter(AlignedText& text, const std::function<bool(char32_t)>& keep) {
  size_t kept = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!keep(text.codes[i])) continue;
    text.codes[kept] = text.codes[i];
    text.sources[kept++] = text.sources[i];
  }
  text.codes.resize(kept);
  text.sources.resize(kept);
}

void map(AlignedText& text, const std::function<char32_t(char32_t)>& to) {
  for (char32_t& code : text.codes) code = to(code);
}

void prepend(AlignedText& text, std::u32string_view prefix) {
  if (text.empty()) return;
  const Range first = text.sources.front();
  text.codes.insert(0, prefix);
  text.sources.insert(text.sources.begin(), prefix.size(), first);
}

void check_growth(size_t before, size_t now) {
  constexpr size_t kMost = 64, kFew = 4096;  // the longest decomposition has 18 characters
  if (now <= kMost * before + kFew) return;
  throw Error(
      ErrorCode::kBadInput,
      "the tokenizer makes " + std::to_string(now) + " characters of " + std::to_string(before),
      "steps that do not make a text many times longer");
}

std::vector<Match> with_gaps(std::span<const std::pair<size_t, size_t>> found, size_t size) {
  std::vector<Match> out;
  size_t before = 0;
  for (const auto& [first, last] : found) {
    if (before < first) out.push_back({before, first, false});
    out.push_back({first, last, true});
    before = last;
  }
  if (before < size) out.push_back({before, size, false});
  return out;
}

std::vector<std::pair<size_t, size_t>> find_text(std::u32string_view in, std::u32string_view text) {
  std::vector<std::pair<size_t, size_t>> found;
  for (size_t at = 0; !text.empty() && (at = in.find(text, at)) != std::u32string_view::npos;
       at += text.size()) {
    found.emplace_back(at, at + text.size());
  }
  return found;
}

std::vector<std::pair<size_t, size_t>> find_characters(std::u32string_view in,
                                                       const std::function<bool(char32_t)>& is) {
  std::vector<std::pair<size_t, size_t>> found;
  for (size_t i = 0; i < in.size(); ++i) {
    if (is(in[i])) found.emplace_back(i, i + 1);
  }
  return found;
}

void replace(AlignedText& text, std::span<const std::pair<size_t, size_t>> found,
             std::u32string_view content) {
  if (found.empty()) return;
  AlignedText out;
  out.begin = text.begin;
  size_t before = 0;
  const auto copy = [&](size_t first, size_t last) {
    out.codes.append(text.codes, first, last - first);
    out.sources.insert(out.sources.end(), text.sources.begin() + static_cast<ptrdiff_t>(first),
                       text.sources.begin() + static_cast<ptrdiff_t>(last));
  };
  for (const auto& [first, last] : found) {
    copy(before, first);
    const Range source = last == 0 ? Range{text.begin, text.begin} : text.sources[last - 1];
    out.codes.append(content);
    out.sources.insert(out.sources.end(), content.size(), source);
    before = last;
  }
  copy(before, text.size());
  text = std::move(out);
}

namespace {

// Whether a match belongs to the part before it in reading order. For the part behind, matches are
// read backwards.
void merge_matches(std::vector<Match>& matches, bool backwards) {
  if (backwards) std::reverse(matches.begin(), matches.end());
  std::vector<Match> out;
  bool previous = false;
  for (const Match& m : matches) {
    if (m.matched && !previous && !out.empty()) {
      (backwards ? out.back().first : out.back().last) = backwards ? m.first : m.last;
    } else {
      out.push_back(m);
    }
    previous = m.matched;
  }
  if (backwards) std::reverse(out.begin(), out.end());
  matches = std::move(out);
}

void join_alike(std::vector<Match>& matches) {
  std::vector<Match> out;
  bool previous = false;
  for (const Match& m : matches) {
    if (m.matched == previous && !out.empty()) {
      out.back().last = m.last;
    } else {
      out.push_back(m);
    }
    previous = m.matched;
  }
  matches = std::move(out);
}

}  // namespace

std::vector<AlignedText> split(const AlignedText& text, std::vector<Match> matches,
                               SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::kMergedWithPrevious:
      merge_matches(matches, false);
      break;
    case SplitBehavior::kMergedWithNext:
      merge_matches(matches, true);
      break;
    case SplitBehavior::kContiguous:
      join_alike(matches);
      break;
    case SplitBehavior::kRemoved:
    case SplitBehavior::kIsolated:
      break;
  }
  std::vector<AlignedText> out;
  for (const Match& m : matches) {
    const bool removed = behavior == SplitBehavior::kRemoved && m.matched;
    if (!removed && m.first < m.last) out.push_back(part_of(text, m.first, m.last));
  }
  return out;
}

}  // namespace headscope
