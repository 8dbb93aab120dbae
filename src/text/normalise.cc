#include "text/normalise.h"

#include "headscope/utf8.h"
#include "text/char_table.h"

namespace headscope {

namespace {

class WordCutter {
 public:
  explicit WordCutter(const std::function<void(const Word&)>& emit) : emit_(emit) {}

  void append(char32_t code, Range source) {
    word_.starts.push_back(static_cast<uint32_t>(word_.text.size()));
    word_.sources.push_back(source);
    append_utf8(word_.text, code);
  }
  void append(std::string_view characters, Range source) {
    for (size_t pos = 0; pos < characters.size();) {
      const Utf8Char c = read_utf8(characters, pos);
      append(c.code, source);
      pos += c.bytes;
    }
  }
  // Unicode 15, 3.12: arithmetic decomposition of a Hangul syllable.
  void append_hangul(char32_t code, Range source) {
    constexpr char32_t kSyllable = 0xAC00, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7;
    const char32_t index = code - kSyllable;
    append(kLead + index / (21 * 28), source);
    append(kVowel + index % (21 * 28) / 28, source);
    if (index % 28 != 0) append(kTail + index % 28, source);
  }
  void finish() {
    if (word_.text.empty()) return;
    emit_(word_);
    word_.clear();
  }

 private:
  const std::function<void(const Word&)>& emit_;
  Word word_;
};

}  // namespace

void for_each_word(std::string_view text, Range range, bool lower_case,
                   const std::function<void(const Word&)>& emit) {
  WordCutter cutter(emit);
  const std::string_view part = text.substr(0, static_cast<size_t>(range.end));
  for (size_t pos = static_cast<size_t>(range.begin); pos < part.size();) {
    const Utf8Char c = read_utf8(part, pos);
    const Range source{static_cast<int64_t>(pos), static_cast<int64_t>(pos + c.bytes)};
    pos += c.bytes;
    const CharAction action = char_action(c.code, lower_case);
    const bool alone = action.kind == CharClass::kSplit || action.alone;
    if (alone || action.kind == CharClass::kSpace) cutter.finish();
    switch (action.kind) {
      case CharClass::kKeep:
      case CharClass::kSplit:
        cutter.append(c.code, source);
        break;
      case CharClass::kMap:
        cutter.append(action.mapped, source);
        break;
      case CharClass::kHangul:
        cutter.append_hangul(c.code, source);
        break;
      case CharClass::kDrop:
      case CharClass::kSpace:
        break;
    }
    if (alone) cutter.finish();
  }
  cutter.finish();
}

}  // namespace headscope
