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

std::string option(const char* name, const std::vector<int32_t>& numbers) {
  return std::string(" --") + name + " " + list_of(numbers);
}

// The ids of tokens that no text was cut into, with their segments.
std::string ids_words(const TokenSequence& tokens) {
  std::string out = option("ids", tokens.ids);
  const bool segments = std::any_of(tokens.segment_ids.begin(), tokens.segment_ids.end(),
                                    [](int32_t segment) { return segment != 0; });
  return segments ? out + option("segments", tokens.segment_ids) : out;
}

// What the decoder of an encoder–decoder model reads, and how far a causal model goes on.
std::string further_input(const TraceInfo& info) {
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    if (info.stacks[s].query != "target") continue;
    const TokenSequence& target = info.tokens(static_cast<int>(s), Side::kQuery);
    return given_as_tokens(target) ? option("target-ids", target.ids)
                                   : " --target " + shell_word(target.text_a);
  }
  const TokenSequence& text = info.tokens(0, Side::kQuery);
  if (!text.generated_from) return {};
  return " --generate " + std::to_string(text.size() - *text.generated_from);
}

bool is_picture(const TokenSequence& text) {
  return !text.kinds.empty() && text.kinds.back() == TokenKind::kPatch;
}

std::string source_words(const ViewState& complete, const TraceInfo& info,
                         const FigureOptions& options) {
  if (!options.trace.empty()) return " --trace " + shell_word(options.trace);
  const TokenSequence& text = info.tokens(0, Side::kQuery);
  if (info.origin.kind != OriginKind::kNative) return " --trace FILE";
  std::string out;
  if (is_picture(text)) {
    out = " --image " + shell_word(complete.text_a);
  } else if (given_as_tokens(text)) {
    out = ids_words(text);
  } else {
    out = " " + shell_word(complete.text_a);
    if (complete.text_b) out += " " + shell_word(*complete.text_b);
  }
  out += further_input(info) + " -m " + shell_word(complete.model);
  out += truncation_words(info.settings);
  if (!info.settings.masked.empty()) out += option("masked", info.settings.masked);
  if (!complete.ablate.empty()) out += " --ablate " + shell_word(complete.ablate);
  if (const auto less = option_value(complete, "precision")) out += " --precision " + *less;
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

// The options outside the state: width, caption, background, name of the file.
std::string page_words(const FigureOptions& options) {
  std::string out;
  if (options.width_mm) out += " --width-mm " + svg_number(*options.width_mm);
  if (!options.caption) out += " --no-caption";
  if (options.transparent) out += " --transparent";
  return out + " -o " + shell_word(options.output);
}

// A state with settings that only a link can say: the command takes the link.
std::string link_command(const ViewState& complete, const TraceInfo& info,
                         const FigureOptions& options) {
  std::string out = "headscope render --state " + shell_word(to_link(complete));
  if (!options.trace.empty()) out += " --trace " + shell_word(options.trace);
  if (options.trace.empty()) {
    const TokenSequence& text = info.tokens(0, Side::kQuery);
    if (is_picture(text)) out += " --image " + shell_word(complete.text_a);
    if (given_as_tokens(text)) out += ids_words(text);
    out += further_input(info) + truncation_words(info.settings);
  }
  if (!options.with_trace.empty()) out += " --with-trace " + shell_word(options.with_trace);
  return out + page_words(options);
}

}  // namespace

bool given_as_tokens(const TokenSequence& tokens) {
  return tokens.text_a.empty() && !tokens.text_b &&
         std::find(tokens.special.begin(), tokens.special.end(), uint8_t{0}) !=
             tokens.special.end();
}

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
  out.precision = Precision::kF32;
  if (info.computed)
    out.precision = parse_precision(info.computed->precision).value_or(out.precision);
  if (out.view == "neuron") out.pins = neuron_pins(out);
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

std::string figure_command(const ViewState& complete, const TraceInfo& info,
                           const FigureOptions& options) {
  if (std::any_of(complete.unknown.begin(), complete.unknown.end(), heeded)) {
    return link_command(complete, info, options);
  }
  std::string out = "headscope render " + complete.view;
  out += source_words(complete, info, options) + right_words(complete, options);
  out += " --heads " + option_value(complete, "heads").value_or("L2H0");
  for (const char* name :
       {"pin", "panels", "rows", "attention", "stack", "special", "renorm", "combine", "quantity",
        "threshold", "topk", "scale", "colours", "words", "theme"}) {
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
