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

}  // namespace headscope
