#include "figure/command.h"

#include <algorithm>
#include <cctype>

#include "figure/app_keys.h"
#include "figure/svg.h"

namespace headscope {
namespace {

constexpr const char* kMasked = "mw";  // the app's key of words masked before the run

bool heeded(const std::pair<std::string, std::string>& entry) { return figures_heed(entry.first); }

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._~,:/=@%+").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  // Double quotes read better; within them these characters are the shell's.
  if (text.find_first_of("$`\\\"!") == std::string::npos) return "\"" + text + "\"";
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The longer texts were shortened: " --truncate longest-first --max-tokens 64".
std::string truncation_words(const RunSettings& settings) {
  if (!settings.truncated()) return {};
  std::string out = " --truncate " + std::string(name_of(settings.truncation));
  if (settings.max_tokens) out += " --max-tokens " + std::to_string(*settings.max_tokens);
  return out;
}

std::string source_words(const ViewState& complete, const RunSettings& settings,
                         const FigureOptions& options) {
  if (!options.trace.empty()) return " --trace " + shell_word(options.trace);
  if (complete.text_a.empty() && !complete.text_b) return " --trace FILE";
  std::string out = " " + shell_word(complete.text_a);
  if (complete.text_b) out += " " + shell_word(*complete.text_b);
  out += " -m " + shell_word(complete.model);
  out += truncation_words(settings);
  if (!settings.masked.empty()) out += " --masked " + list_of(settings.masked);
  if (!complete.ablate.empty()) out += " --ablate " + shell_word(complete.ablate);
  return out;
}

// The right-hand side of a comparison.
std::string right_words(const ViewState& complete, const FigureOptions& options) {
  if (!options.with_trace.empty()) return " --with-trace " + shell_word(options.with_trace);
  std::string out;
  if (!complete.with_model.empty()) out += " --with-model " + shell_word(complete.with_model);
  if (!complete.with_a.empty() || complete.with_b) {
    out += " --with-text " + shell_word(complete.with_a);
    if (complete.with_b) out += " " + shell_word(*complete.with_b);
  }
  if (complete.with_ablate) out += " --with-ablate " + shell_word(*complete.with_ablate);
  return out;
}

// What is not of the state: width, caption, background, name.
std::string page_words(const FigureOptions& options) {
  std::string out;
  if (options.width_mm) out += " --width-mm " + svg_number(*options.width_mm);
  if (!options.caption) out += " --no-caption";
  if (options.transparent) out += " --transparent";
  return out + " -o " + shell_word(options.output);
}

// What only the page's link says has no option of its own.
std::string link_command(const ViewState& complete, const RunSettings& settings,
                         const FigureOptions& options) {
  std::string out = "headscope render --state " + shell_word(to_link(complete));
  if (!options.trace.empty()) out += " --trace " + shell_word(options.trace);
  if (options.trace.empty()) out += truncation_words(settings);
  if (!options.with_trace.empty()) out += " --with-trace " + shell_word(options.with_trace);
  return out + page_words(options);
}

}  // namespace

std::string list_of(const std::vector<int32_t>& numbers) {
  std::string out;
  for (const int32_t n : numbers) out += (out.empty() ? "" : ",") + std::to_string(n);
  return out;
}

ViewState complete_state(const TraceInfo& info, const ViewState& state) {
  ViewState out = state;
  out.model = info.model.name;
  const TokenSequence& text = info.tokens(0, Side::kQuery);
  out.text_a = text.text_a;
  out.text_b = text.text_b;
  out.ablate = to_string(info.settings.ablations, info.stacks);
  std::erase_if(out.unknown, [](const auto& entry) { return !heeded(entry); });
  if (!info.settings.masked.empty()) {
    out.unknown.emplace_back(kMasked, list_of(info.settings.masked));
  }
  return out;
}

ViewState complete_comparison(const TraceInfo& left, const TraceInfo& right,
                              const ViewState& state) {
  ViewState out = complete_state(left, state);
  const ViewState other = complete_state(right, state);
  out.with_model = other.model == out.model ? "" : other.model;
  const bool same_text = other.text_a == out.text_a && other.text_b == out.text_b;
  out.with_a = same_text ? "" : other.text_a;
  out.with_b = same_text ? std::nullopt : other.text_b;
  out.with_ablate.reset();
  if (other.ablate != out.ablate) out.with_ablate = other.ablate;
  return out;
}

std::string figure_command(const ViewState& complete, const RunSettings& settings,
                           const FigureOptions& options) {
  if (std::any_of(complete.unknown.begin(), complete.unknown.end(), heeded)) {
    return link_command(complete, settings, options);
  }
  std::string out = "headscope render " + complete.view;
  out += source_words(complete, settings, options) + right_words(complete, options);
  out += " --heads " + option_value(complete, "heads").value_or("L2H0");
  for (const char* name : {"pin", "panels", "rows", "attention", "stack", "special", "renorm",
                           "combine", "quantity", "threshold", "topk", "scale", "words", "theme"}) {
    const auto value = option_value(complete, name);
    if (!value) continue;
    out += std::string(" --") + name;
    if (*value != "1" ||
        (std::string_view(name) != "renorm" && std::string_view(name) != "words")) {
      out += " " + shell_word(*value);
    }
  }
  return out + page_words(options);
}

}  // namespace headscope
