#include "figure/caption.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "figure/head_legend.h"
#include "figure/svg.h"
#include "headscope/utf8.h"
#include "headscope/version.h"

namespace headscope {

namespace {

// The app's own link keys that a figure heeds (docs/decisions/070-link-keys-of-the-app.md): words
// marked as special, words masked before the run.
constexpr const char *kMarked = "mk", *kMasked = "mw";

std::string quoted(const std::string& text) { return "“" + text + "”"; }

std::string special_words(const ViewState& state) {
  if (state.quantity == Quantity::kScore) {
    return state.special == SpecialMode::kShow ? "shown" : "hidden";
  }
  if (state.special == SpecialMode::kHideRenormalise) return "hidden, rows renormalised";
  const std::string shown = state.special == SpecialMode::kShow ? "shown" : "hidden";
  if (state.renormalise) return shown + ", rows renormalised";
  return state.special == SpecialMode::kShow ? shown : shown + ", rows not renormalised";
}

std::string account(const PanelAccount& panel, const PictureFacts& facts) {
  const QuantityWords& words = words_of(facts.state.quantity);
  char left_out[32];
  const double share =
      panel.set.total > 0 ? std::max(0.0, 100 * (1 - panel.set.drawn / panel.set.total)) : 0;
  std::snprintf(left_out, sizeof left_out, "%.1f", share);
  const std::string kept =
      facts.topk > 0 ? ", the " + std::to_string(facts.topk) + " heaviest of a query" : "";
  const char* size = facts.state.quantity == Quantity::kScore ? " with |x| ≥ " : " ≥ ";
  return (panel.name.empty() ? "" : panel.name + ": ") + std::to_string(panel.set.links.size()) +
         " of " + std::to_string(panel.set.possible) + " " + std::string(words.many) + size +
         svg_number(facts.state.threshold, 6) + kept + " drawn, " + left_out + " % of " +
         std::string(words.mass) + " not drawn.";
}

std::string scale_words(const PictureFacts& facts) {
  const std::string relative =
      facts.largest == 1 ? "" : " of |x| / " + short_number(facts.largest) + ", the largest shown";
  switch (facts.state.scale) {
    case Scale::kLog:
      return "Logarithmic scale" + relative + ";";
    case Scale::kRow:
      return "Each row drawn against its largest value;";
    case Scale::kLinear:
      break;
  }
  return "Linear scale" + relative + ";";
}

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

std::string list_of(const std::vector<int32_t>& numbers) {
  std::string out;
  for (const int32_t n : numbers) out += (out.empty() ? "" : ",") + std::to_string(n);
  return out;
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

// Words that the reader marked as special have no option of their own: the link holds them.
std::string link_command(const ViewState& complete, const RunSettings& settings,
                         const FigureOptions& options) {
  std::string out = "headscope render --state " + shell_word(to_link(complete));
  if (!options.trace.empty()) out += " --trace " + shell_word(options.trace);
  if (options.trace.empty()) out += truncation_words(settings);
  if (options.width_mm) out += " --width-mm " + svg_number(*options.width_mm);
  return out + " -o " + shell_word(options.output);
}

}  // namespace

std::string shorten(const std::string& text, size_t most) {
  size_t pos = 0;
  for (size_t count = 0; pos < text.size(); ++count) {
    if (count == most) return text.substr(0, pos) + "…";
    pos += read_utf8(text, pos).bytes;
  }
  return text;
}

namespace {

// “ Text A: “…” Text B: “…””; the query's and the key's text where they are two; a picture's name.
std::string texts_of(const TraceInfo& info, int stack) {
  const TokenSequence& query = info.tokens(stack, Side::kQuery);
  if (!query.kinds.empty() && query.kinds.back() == TokenKind::kPatch) {
    return " Picture: " + quoted(shorten(query.text_a, kTextShown));
  }
  const bool square = info.stacks[static_cast<size_t>(stack)].square();
  std::string out =
      (square ? " Text A: " : " Query text: ") + quoted(shorten(query.text_a, kTextShown));
  if (query.text_b) out += " Text B: " + quoted(shorten(*query.text_b, kTextShown));
  if (square) return out;
  const TokenSequence& key = info.tokens(stack, Side::kKey);
  return out + " Key text: " + quoted(shorten(key.text_a, kTextShown));
}

// What was done to the run that the numbers come from.
std::string run_words(const TraceInfo& info) {
  const RunSettings& settings = info.settings;
  std::string out;
  if (!settings.ablations.empty()) {
    out += " Ablated: " + to_string(settings.ablations, info.stacks) + ".";
  }
  if (!settings.masked.empty()) out += " Masked tokens: " + list_of(settings.masked) + ".";
  if (settings.truncated()) {
    out += " The text was shortened (" + std::string(name_of(settings.truncation)) + ").";
  }
  if (settings.zero_segment_ids) out += " Zeros were fed as segment ids.";
  return out;
}

}  // namespace

std::string figure_caption(const PictureFacts& facts, const std::vector<PanelAccount>& panels) {
  const TraceInfo& info = facts.info;
  std::string out = info.model.name;
  if (!info.model.fingerprint.empty()) {
    out += " (sha256 " + info.model.fingerprint.substr(0, 8) + "…)";
  }
  std::string names = name_picture(facts.heads, info, facts.state);
  // "L2H0" stays, "Layer" and "Rollout" are not at a sentence's beginning here.
  const bool head_name =
      names.size() > 1 && std::isdigit(static_cast<unsigned char>(names[1])) != 0;
  if (!head_name) {
    names[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(names[0])));
  }
  out += ", " + names + " (counted from 0)." + texts_of(info, facts.heads.front().stack);
  const std::string_view definition = words_of(facts.state.quantity).definition;
  if (!definition.empty()) out += " " + std::string(definition);
  out += " Attention: " + option_value(facts.state, "attention").value_or("all") +
         ". Special tokens " + special_words(facts.state) + ". " + scale_words(facts);
  for (const PanelAccount& panel : panels) out += " " + account(panel, facts);
  out += run_words(info);
  return out + " headscope " + version() + ".";
}

std::string figure_description(const PictureFacts& facts, const std::string& title,
                               const std::vector<PanelAccount>& panels) {
  constexpr size_t kNamed = 10;
  const TraceInfo& info = facts.info;
  std::string out = title + ". Lines join the token being updated with the tokens attended to.";
  if (facts.largest != 1) {
    out += " The largest value shown is " + short_number(facts.largest) + " in size.";
  }
  const int stack = facts.heads.front().stack;
  const auto name = [](const TokenSequence& tokens, int i) {
    return shorten(tokens.tokens[static_cast<size_t>(i)], kTextShown) + " (" + std::to_string(i) +
           ")";
  };
  for (const PanelAccount& panel : panels) {
    out += panel.name.empty() ? " Heaviest:" : " " + panel.name + ", heaviest:";
    const std::vector<Link>& links = panel.set.links;
    for (size_t i = 0; i < std::min(kNamed, links.size()); ++i) {
      const Link& link = links[links.size() - 1 - i];
      out += (i == 0 ? " " : "; ") + name(info.tokens(stack, Side::kQuery), link.query) + " to " +
             name(info.tokens(stack, Side::kKey), link.key) + " " + svg_number(link.value, 4);
      if (facts.series.size() > 1) {
        out += " in " + facts.series[static_cast<size_t>(link.series)].name;
      }
    }
    out += links.empty() ? " none." : ".";
  }
  return out;
}

ViewState complete_state(const TraceInfo& info, const ViewState& state) {
  ViewState out = state;
  out.model = info.model.name;
  const TokenSequence& text = info.tokens(0, Side::kQuery);
  out.text_a = text.text_a;
  out.text_b = text.text_b;
  out.ablate = to_string(info.settings.ablations, info.stacks);
  std::erase_if(out.unknown, [](const auto& entry) { return entry.first != kMarked; });
  if (!info.settings.masked.empty()) {
    out.unknown.emplace_back(kMasked, list_of(info.settings.masked));
  }
  return out;
}

std::string figure_command(const ViewState& complete, const RunSettings& settings,
                           const FigureOptions& options) {
  const bool marked = std::any_of(complete.unknown.begin(), complete.unknown.end(),
                                  [](const auto& entry) { return entry.first == kMarked; });
  if (marked) return link_command(complete, settings, options);
  std::string out = "headscope render " + complete.view;
  out += source_words(complete, settings, options);
  out += " --heads " + option_value(complete, "heads").value_or("L2H0");
  for (const char* name : {"pin", "panels", "attention", "stack", "special", "renorm", "combine",
                           "quantity", "threshold", "topk", "scale", "words", "theme"}) {
    const auto value = option_value(complete, name);
    if (!value) continue;
    out += std::string(" --") + name;
    if (*value != "1" ||
        (std::string_view(name) != "renorm" && std::string_view(name) != "words")) {
      out += " " + shell_word(*value);
    }
  }
  if (options.width_mm) out += " --width-mm " + svg_number(*options.width_mm);
  return out + " -o " + shell_word(options.output);
}

}  // namespace headscope
