#include "figure/app_keys.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "headscope/error.h"

namespace headscope {
namespace {

constexpr std::string_view kHeeded[] = {"mk", "po", "zm", "tn", "gl", "gh", "no", "nr", "nv"};

[[noreturn]] void refuse(std::string_view key, const std::string& value, const char* expected) {
  throw Error(ErrorCode::kUsage, "the link's entry " + std::string(key) + "=" + value, expected, "",
              "HS-LINK-01");
}

// The digits behind `letter` at the beginning of `text`, which loses both; nothing without them.
std::optional<int> take_token(char letter, std::string_view& text) {
  if (text.empty() || text.front() != letter) return std::nullopt;
  size_t end = 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end == 1 || end > 10) return std::nullopt;
  const int number = std::atoi(std::string(text.substr(1, end - 1)).c_str());
  text.remove_prefix(end);
  return number;
}

// "0-40", or "7" where `one` allows a single number. Parts take it as half-open, lists as closed.
std::optional<Range> read_pair(const std::string& text, bool one) {
  const size_t dash = text.find('-');
  const auto number = [](const std::string& digits) -> int64_t {
    const bool plain = !digits.empty() && digits.size() <= 9 &&
                       digits.find_first_not_of("0123456789") == std::string::npos;
    return plain ? std::atoll(digits.c_str()) : -1;
  };
  const int64_t first = number(text.substr(0, dash));
  const int64_t second =
      dash == std::string::npos ? (one ? first : -1) : number(text.substr(dash + 1));
  if (first < 0 || second < first) return std::nullopt;
  return Range{first, second};
}

}  // namespace

bool figures_heed(std::string_view key) {
  return std::find(std::begin(kHeeded), std::end(kHeeded), key) != std::end(kHeeded);
}

std::string app_entry(const ViewState& state, std::string_view key) {
  for (const auto& [name, value] : state.unknown) {
    if (name == key) return value;
  }
  return {};
}

bool names_number(const ViewState& state, std::string_view key, int number) {
  const std::string value = app_entry(state, key);
  if (value.empty()) return true;
  bool named = false;
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find(',', begin), value.size());
    const auto range = read_pair(value.substr(begin, end - begin), true);
    if (!range) refuse(key, value, "numbers like 0-3,7");
    named = named || (range->begin <= number && number <= range->end);
    begin = end + 1;
  }
  return named;
}

std::optional<AxesPart> matrix_part(const ViewState& state) {
  const std::string value = app_entry(state, "zm");
  if (value.empty()) return std::nullopt;
  const size_t comma = value.find(',');
  const auto rows = read_pair(value.substr(0, comma), false);
  const auto cols =
      comma == std::string::npos ? std::nullopt : read_pair(value.substr(comma + 1), false);
  if (!rows || !cols || rows->size() == 0 || cols->size() == 0) {
    refuse("zm", value, "queries and keys as 0-40,0-40");
  }
  return AxesPart{*rows, *cols};
}

std::vector<Pin> neuron_pins(const ViewState& state) {
  const std::string value = app_entry(state, "at");
  if (value.empty()) return state.pins;
  std::string_view left = value;
  const std::optional<int> query = take_token('q', left), key = take_token('k', left);
  if (!left.empty()) refuse("at", value, "q1, k2 or q1k2 (query token 1, key token 2)");
  std::vector<Pin> out;
  if (query) out.push_back({PinSide::kQuery, *query});
  if (key) out.push_back({PinSide::kKey, *key});
  for (const Pin& pin : state.pins) {
    if (!(pin.side == PinSide::kQuery ? query : key)) out.push_back(pin);
  }
  return out;
}

}  // namespace headscope
