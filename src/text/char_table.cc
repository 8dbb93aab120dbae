#include "text/char_table.h"

#include "bert_tables.inc"

namespace headscope {

namespace {

constexpr uint32_t kBlock = 128;

uint16_t look_up(char32_t code, const uint16_t* blocks, const uint16_t* values) {
  return values[blocks[code / kBlock] * kBlock + code % kBlock];
}

}  // namespace

CharAction char_action(char32_t code, bool lower_case) {
  const uint16_t value = lower_case ? look_up(code, kUncasedBlocks, kUncasedValues)
                                    : look_up(code, kCasedBlocks, kCasedValues);
  constexpr uint16_t kFirstMap = static_cast<uint16_t>(CharClass::kMap);
  if (value < kFirstMap) return {static_cast<CharClass>(value), {}, false};
  // Entry 0 of the strings is unused: an array must not be empty.
  const size_t entry = value - kFirstMap + 1u;
  std::string_view mapped = lower_case ? kUncasedMaps[entry] : kCasedMaps[entry];
  const bool alone = mapped.front() == '|';
  if (alone) mapped.remove_prefix(1);
  return {CharClass::kMap, mapped, alone};
}

}  // namespace headscope
