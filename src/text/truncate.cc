#include "text/truncate.h"

#include <algorithm>
#include <string>

#include "headscope/counted.h"
#include "headscope/error.h"

namespace headscope {

namespace {

// tokenizers 0.23, truncate_encodings, TruncationStrategy::LongestFirst.
Lengths longest_first(Lengths have, bool pair, int64_t room) {
  if (!pair) return {room, 0};
  const bool swapped = have.a > have.b;
  int64_t shorter = std::min(have.a, have.b);
  int64_t longer = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = room / 2;
    longer = shorter + room % 2;
  }
  return swapped ? Lengths{longer, shorter} : Lengths{shorter, longer};
}

[[noreturn]] void throw_too_long(int64_t total, int64_t limit) {
  throw Error(ErrorCode::kBadInput, "the text has " + std::to_string(total) + " tokens",
              "at most " + std::to_string(limit) + ", special tokens included",
              "Shorten it by " + counted(total - limit, "token") +
                  ", or choose --truncate longest-first (only-first, only-second)",
              "HS-LEN-01", ErrorNumbers{total, limit});
}

[[noreturn]] void throw_cannot_shorten(Truncation strategy, const std::string& why, int64_t total,
                                       int64_t limit) {
  throw Error(ErrorCode::kBadInput,
              std::string("--truncate ").append(name_of(strategy)) + " cannot shorten " +
                  std::to_string(total) + " tokens to " + std::to_string(limit) + ": " + why,
              "a strategy and a limit that leave tokens",
              "Allow more tokens (--max-tokens) or choose another strategy", "HS-LEN-02",
              ErrorNumbers{total, limit});
}

}  // namespace

Lengths truncated_lengths(Lengths have, bool pair, int64_t added, int64_t limit,
                          Truncation strategy) {
  const int64_t total = have.a + have.b + added;
  if (total <= limit) return have;
  if (strategy == Truncation::kNone) throw_too_long(total, limit);
  const int64_t room = limit - added;
  if (room < 0) {
    throw_cannot_shorten(strategy, std::to_string(added) + " special tokens alone are more", total,
                         limit);
  }
  if (strategy == Truncation::kLongestFirst) return longest_first(have, pair, room);
  const bool first = strategy == Truncation::kOnlyFirst;
  if (!first && !pair) throw_cannot_shorten(strategy, "there is no text B", total, limit);
  const int64_t target = first ? have.a : have.b;
  const int64_t excess = total - limit;
  if (target <= excess) {
    throw_cannot_shorten(strategy,
                         std::string("text ") + (first ? "A" : "B") + " has only " +
                             std::to_string(target) + " tokens, " + std::to_string(excess) +
                             " must go and one must stay",
                         total, limit);
  }
  return first ? Lengths{have.a - excess, have.b} : Lengths{have.a, have.b - excess};
}

}  // namespace headscope
