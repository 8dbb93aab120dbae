#include "text/pre_tokenizer.h"

#include <memory>

#include "format/json.h"
#include "headscope/error.h"
#include "text/byte_letters.h"
#include "text/characters.h"
#include "text/json_pattern.h"

namespace headscope {
namespace {

using Parts = std::vector<AlignedText>;

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected, "Give token ids with --ids",
              "HS-TOKENIZER-01");
}

Parts split_at(const AlignedText& text, const std::function<bool(char32_t)>& is,
               SplitBehavior behavior) {
  return split(text, with_gaps(find_characters(text.codes, is), text.size()), behavior);
}

SplitBehavior read_behavior(const Json& json, const std::string& source) {
  const std::string name = string_field(json, "behavior", source);
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  refuse(source, "behavior \"" + name + "\" of a split",
         "Removed, Isolated, Contiguous or Merged…");
}

PreTokenizer::Step byte_level(const Json& json, const std::string& source) {
  const bool prefix = bool_field(json, "add_prefix_space", source, true);
  std::shared_ptr<const Regex> regex;
  if (bool_field(json, "use_regex", source, true)) {
    regex = std::make_shared<const Regex>(kByteLevelPattern, source);
  }
  return [prefix, regex](AlignedText text) {
    if (prefix && !text.empty() && text.codes.front() != ' ') prepend(text, U" ");
    Parts parts;
    if (regex) {
      parts = split(text, with_gaps(regex->find_all(text.codes), text.size()),
                    SplitBehavior::kIsolated);
    } else {
      parts.push_back(std::move(text));
    }
    for (AlignedText& part : parts) to_byte_letters(part);
    return parts;
  };
}

PreTokenizer::Step metaspace_step(const Json& json, const std::string& source) {
  const std::u32string mark = codes_of(string_field(json, "replacement", source));
  if (mark.size() != 1) refuse(source, "replacement of several characters", "one");
  // Files of older versions say add_prefix_space.
  const bool adds = bool_field(json, "add_prefix_space", source, true);
  const std::string scheme =
      string_field(json, "prepend_scheme", source, adds ? "always" : "never");
  const bool splits = bool_field(json, "split", source, true);
  if (scheme == "always") return metaspace(mark, Prepend::kAlways, splits);
  if (scheme == "first") return metaspace(mark, Prepend::kFirst, splits);
  if (scheme == "never") return metaspace(mark, Prepend::kNever, splits);
  refuse(source, "prepend_scheme \"" + scheme + "\"", "always, first or never");
}

// Runs of \w, and runs of characters that are neither \w nor white space.
Parts split_words(const AlignedText& text) {
  std::vector<std::pair<size_t, size_t>> found;
  const auto kind = [&](size_t at) {
    const char32_t c = text.codes[at];
    return is_white_space(c) ? 0 : is_word_character(c) ? 1 : 2;
  };
  for (size_t first = 0; first < text.size();) {
    size_t last = first + 1;
    while (last < text.size() && kind(last) == kind(first)) ++last;
    if (kind(first) != 0) found.emplace_back(first, last);
    first = last;
  }
  std::vector<Match> matches = with_gaps(found, text.size());
  for (Match& match : matches) match.matched = !match.matched;
  return split(text, std::move(matches), SplitBehavior::kRemoved);
}

void add_steps(PreTokenizer& out, const Json& json, const std::string& source) {
  const std::string type = string_field(json, "type", source);
  if (type == "Sequence") {
    for (const Json& step : array_field(json, "pretokenizers", source)) {
      add_steps(out, step, source);
    }
  } else if (type == "BertPreTokenizer") {
    out.add(split_at_white_space(), true);
    out.add(
        [](const AlignedText& text) {
          return split_at(text, is_punctuation, SplitBehavior::kIsolated);
        },
        true);
  } else if (type == "WhitespaceSplit") {
    out.add(split_at_white_space(), true);
  } else if (type == "Whitespace") {
    out.add(split_words, true);
  } else if (type == "ByteLevel") {
    out.add(byte_level(json, source), bool_field(json, "use_regex", source, true));
  } else if (type == "Metaspace") {
    out.add(metaspace_step(json, source), bool_field(json, "split", source, true));
  } else if (type == "Punctuation") {
    const SplitBehavior behavior =
        json.contains("behavior") ? read_behavior(json, source) : SplitBehavior::kIsolated;
    out.add(
        [behavior](const AlignedText& text) { return split_at(text, is_punctuation, behavior); },
        false);
  } else if (type == "Digits") {
    const SplitBehavior behavior = bool_field(json, "individual_digits", source, false)
                                       ? SplitBehavior::kIsolated
                                       : SplitBehavior::kContiguous;
    out.add([behavior](const AlignedText& text) { return split_at(text, is_numeric, behavior); },
            false);
  } else if (type == "CharDelimiterSplit") {
    const std::u32string delimiter = codes_of(string_field(json, "delimiter", source));
    if (delimiter.size() != 1) refuse(source, "a delimiter of several characters", "one");
    out.add(
        [c = delimiter[0]](const AlignedText& text) {
          return split_at(text, [c](char32_t code) { return code == c; }, SplitBehavior::kRemoved);
        },
        true);
  } else if (type == "Split") {
    const auto pattern = std::make_shared<const JsonPattern>(json, source);
    const SplitBehavior behavior = read_behavior(json, source);
    const bool invert = bool_field(json, "invert", source, false);
    const bool at_words = object_field(json, "pattern", source).contains("Regex");
    out.add(
        [pattern, behavior, invert](const AlignedText& text) {
          std::vector<Match> matches = with_gaps(pattern->find_all(text.codes), text.size());
          for (Match& match : matches) match.matched = match.matched != invert;
          return split(text, std::move(matches), behavior);
        },
        at_words);
  } else {
    refuse(source, "a pre-tokenizer of type \"" + type + "\"",
           "one that headscope knows: BertPreTokenizer, Whitespace, WhitespaceSplit, ByteLevel, "
           "Metaspace, Punctuation, Digits, CharDelimiterSplit, Split, Sequence");
  }
}

}  // namespace

std::vector<AlignedText> PreTokenizer::apply(AlignedText text) const {
  const size_t before = text.size();
  Parts parts;
  parts.push_back(std::move(text));
  for (const Step& step : steps_) {
    Parts next;
    size_t size = 0;
    for (AlignedText& part : parts) {
      for (AlignedText& piece : step(std::move(part))) {
        size += piece.size();
        if (!piece.empty()) next.push_back(std::move(piece));
      }
    }
    check_growth(before, size);
    parts = std::move(next);
  }
  return parts;
}

PreTokenizer::Step split_at_white_space() {
  return [](const AlignedText& text) {
    return split_at(text, is_white_space, SplitBehavior::kRemoved);
  };
}

PreTokenizer::Step metaspace(std::u32string mark, Prepend scheme, bool splits) {
  return [mark = std::move(mark), scheme, splits](AlignedText text) {
    map(text, [&](char32_t c) { return c == ' ' ? mark[0] : c; });
    const bool wanted =
        scheme == Prepend::kAlways || (scheme == Prepend::kFirst && text.begin == 0);
    if (wanted && !text.empty() && text.codes.front() != mark[0]) prepend(text, mark);
    if (splits) {
      return split_at(
          text, [&](char32_t c) { return c == mark[0]; }, SplitBehavior::kMergedWithNext);
    }
    Parts whole;
    whole.push_back(std::move(text));
    return whole;
  };
}

PreTokenizer read_pre_tokenizer(const Json& json, const std::string& source) {
  PreTokenizer out;
  if (!json.is_null()) add_steps(out, json, source);
  return out;
}

}  // namespace headscope
