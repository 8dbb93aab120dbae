#include "text/normalizer.h"

#include <memory>

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/utf8.h"
#include "text/byte_letters.h"
#include "text/characters.h"
#include "text/charsmap.h"
#include "text/json_pattern.h"

namespace headscope {
namespace {

void clean(AlignedText& text) {
  filter(text, [](char32_t c) { return c == '\t' || c == '\n' || c == '\r' || !is_control(c); });
  map(text, [](char32_t c) { return is_white_space(c) ? U' ' : c; });
}

void blanks_around_ideographs(AlignedText& text) {
  std::vector<Change> changes;
  changes.reserve(text.size());
  for (const char32_t c : text.codes) {
    if (is_ideograph(c)) {
      changes.insert(changes.end(), {{U' ', 0}, {c, 1}, {U' ', 1}});
    } else {
      changes.push_back({c, 0});
    }
  }
  transform(text, changes);
}

void strip(AlignedText& text, bool left, bool right) {
  size_t first = 0, last = text.size();
  while (left && first < last && is_white_space(text.codes[first])) ++first;
  while (right && last > first && is_white_space(text.codes[last - 1])) --last;
  const int64_t begin = text.begin;
  text = part_of(text, first, last);
  text.begin = begin;
}

// The normaliser "Nmt" of the reference.
void clean_nmt(AlignedText& text) {
  filter(text, [](char32_t c) {
    return !((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F ||
             c == 0x9F);
  });
  map(text, [](char32_t c) {
    const bool blank = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                       (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                       c == 0xFEFF || c == 0xFFFD;
    return blank ? U' ' : c;
  });
}

void add_steps(Normalizer& out, const Json& json, const std::string& source) {
  const std::string type = string_field(json, "type", source);
  const auto form = [&](NormalForm which) {
    out.add([which](AlignedText& text) { normalise(text, which); });
  };
  if (type == "Sequence") {
    for (const Json& step : array_field(json, "normalizers", source)) add_steps(out, step, source);
  } else if (type == "BertNormalizer") {
    const BertNormalization options = read_bert_normalization(json, source);
    out.add([options](AlignedText& text) { bert_normalise(text, options); });
  } else if (type == "NFC") {
    form(NormalForm::kNfc);
  } else if (type == "NFD") {
    form(NormalForm::kNfd);
  } else if (type == "NFKC") {
    form(NormalForm::kNfkc);
  } else if (type == "NFKD") {
    form(NormalForm::kNfkd);
  } else if (type == "Lowercase") {
    out.add([](AlignedText& text) { lower_case(text); });
  } else if (type == "StripAccents") {
    out.add(
        [](AlignedText& text) { filter(text, [](char32_t c) { return !is_combining_mark(c); }); });
  } else if (type == "Strip") {
    const bool left = bool_field(json, "strip_left", source, true);
    const bool right = bool_field(json, "strip_right", source, true);
    out.add([left, right](AlignedText& text) { strip(text, left, right); });
  } else if (type == "Nmt") {
    out.add(clean_nmt);
  } else if (type == "Prepend") {
    const std::u32string prefix = codes_of(string_field(json, "prepend", source));
    out.add([prefix](AlignedText& text) { prepend(text, prefix); });
  } else if (type == "Replace") {
    const auto pattern = std::make_shared<const JsonPattern>(json, source);
    const std::u32string content = codes_of(string_field(json, "content", source));
    out.add([pattern, content](AlignedText& text) {
      replace(text, pattern->find_all(text.codes), content);
    });
  } else if (type == "Precompiled") {
    const auto map = std::make_shared<const CharsMap>(
        decode_base64(string_field(json, "precompiled_charsmap", source), source), source);
    out.add([map](AlignedText& text) { map->apply(text); });
  } else if (type == "ByteLevel") {
    out.add(to_byte_letters);
  } else {
    throw Error(ErrorCode::kBadInput, source + ": a normalizer of type \"" + type + "\"",
                "one that headscope knows: BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, "
                "StripAccents, Strip, Nmt, Prepend, Replace, Precompiled, ByteLevel, Sequence",
                "Give token ids with --ids", "HS-TOKENIZER-01");
  }
}

}  // namespace

void Normalizer::apply(AlignedText& text) const {
  const size_t before = text.size();
  for (const Step& step : steps_) {
    step(text);
    check_growth(before, text.size());
  }
}

BertNormalization read_bert_normalization(const Json& json, const std::string& source) {
  BertNormalization options;
  options.clean = bool_field(json, "clean_text", source, true);
  options.ideographs = bool_field(json, "handle_chinese_chars", source, true);
  options.lower_case = bool_field(json, "lowercase", source, true);
  options.strip_accents = bool_field(json, "strip_accents", source, options.lower_case);
  return options;
}

void bert_normalise(AlignedText& text, const BertNormalization& options) {
  if (options.clean) clean(text);
  if (options.ideographs) blanks_around_ideographs(text);
  if (options.strip_accents) {
    normalise(text, NormalForm::kNfd);
    filter(text, [](char32_t c) { return !is_nonspacing_mark(c); });
  }
  if (options.lower_case) lower_case(text);
}

Normalizer read_normalizer(const Json& json, const std::string& source) {
  Normalizer out;
  if (!json.is_null()) add_steps(out, json, source);
  return out;
}

}  // namespace headscope
