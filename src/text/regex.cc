#define PCRE2_CODE_UNIT_WIDTH 32
#include "text/regex.h"

#include <pcre2.h>

#include <optional>

#include "headscope/error.h"
#include "headscope/utf8.h"
#include "text/reference_unicode.h"

namespace headscope {
namespace {

constexpr uint32_t kMatchLimit = 10'000'000;
constexpr uint32_t kHeapLimit = 64 * 1024;  // KiB

PCRE2_SPTR32 units(std::u32string_view text) {
  // Both are unsigned, 32 bits.
  return reinterpret_cast<PCRE2_SPTR32>(text.data());
}

struct FreeCode {
  void operator()(pcre2_code_32* code) const { pcre2_code_free_32(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data_32* data) const { pcre2_match_data_free_32(data); }
};
struct FreeContext {
  void operator()(pcre2_match_context_32* context) const { pcre2_match_context_free_32(context); }
};

}  // namespace

struct Regex::State {
  std::unique_ptr<pcre2_code_32, FreeCode> code;
  std::unique_ptr<pcre2_match_context_32, FreeContext> context;
  std::string pattern, source;
};

Regex::Regex(const std::string& pattern, const std::string& source) {
  auto state = std::make_unique<State>();
  state->pattern = pattern;
  state->source = source;
  const std::u32string translated = translate(pattern, source);
  int error = 0;
  PCRE2_SIZE place = 0;
  state->code.reset(pcre2_compile_32(units(translated), translated.size(),
                                     PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK, &error, &place,
                                     nullptr));
  if (!state->code) {
    throw Error(ErrorCode::kBadInput,
                source + ": the regular expression \"" + pattern + "\" is not valid at character " +
                    std::to_string(place),
                "a pattern that Oniguruma and PCRE2 read alike");
  }
  state->context.reset(pcre2_match_context_create_32(nullptr));
  pcre2_set_match_limit_32(state->context.get(), kMatchLimit);
  pcre2_set_heap_limit_32(state->context.get(), kHeapLimit);
  state_ = std::move(state);
}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

std::vector<std::pair<size_t, size_t>> Regex::find_all(std::u32string_view text) const {
  std::u32string shown(text);
  for (char32_t& code : shown) {
    if (code >= 0x80) code = stand_in(code);
  }
  const std::unique_ptr<pcre2_match_data_32, FreeMatch> data(
      pcre2_match_data_create_from_pattern_32(state_->code.get(), nullptr));
  std::vector<std::pair<size_t, size_t>> found;
  if (text.empty()) return found;
  std::optional<size_t> last;  // where the last match ended
  for (size_t at = 0; at <= shown.size();) {
    const int result = pcre2_match_32(state_->code.get(), units(shown), shown.size(), at,
                                      PCRE2_NO_UTF_CHECK, data.get(), state_->context.get());
    if (result == PCRE2_ERROR_NOMATCH) break;
    if (result < 0) {
      throw Error(ErrorCode::kBadInput,
                  state_->source + ": the regular expression \"" + state_->pattern +
                      "\" takes too long on this text (error " + std::to_string(result) + ")",
                  "a pattern that ends within " + std::to_string(kMatchLimit) + " steps",
                  "Give a shorter text");
    }
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer_32(data.get());
    if (ends[1] < ends[0] || ends[1] < at) break;  // \K in a lookaround; translate() refuses it
    if (ends[0] == ends[1] && last == ends[1]) {
      ++at;
      continue;
    }
    found.emplace_back(ends[0], ends[1]);
    last = at = ends[1];
  }
  return found;
}

}  // namespace headscope
