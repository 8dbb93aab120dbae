#include "figure/caption.h"

#include <algorithm>
#include <cstdio>

#include "figure/svg.h"
#include "format/json.h"
#include "headscope/utf8.h"
#include "headscope/version.h"

namespace headscope {

namespace {

// At most `most` characters, then "…": a caption is no place for a page of text.
std::string shorten(const std::string& text, size_t most) {
  size_t pos = 0;
  for (size_t count = 0; pos < text.size(); ++count) {
    if (count == most) return text.substr(0, pos) + "…";
    pos += read_utf8(text, pos).bytes;
  }
  return text;
}

std::string quoted(const std::string& text) { return "“" + text + "”"; }

std::string special_words(const ViewState& state) {
  if (state.special == SpecialMode::kHideRenormalise) return "hidden, rows renormalised";
  const std::string shown = state.special == SpecialMode::kShow ? "shown" : "hidden";
  if (state.renormalise) return shown + ", rows renormalised";
  return state.special == SpecialMode::kShow ? shown : shown + ", rows not renormalised";
}

std::string account(const PanelAccount& panel, double threshold) {
  char left_out[32];
  const double share =
      panel.set.total > 0 ? std::max(0.0, 100 * (1 - panel.set.drawn / panel.set.total)) : 0;
  std::snprintf(left_out, sizeof left_out, "%.1f", share);
  return (panel.name.empty() ? "" : panel.name + ": ") + std::to_string(panel.set.links.size()) +
         " of " + std::to_string(panel.set.possible) + " weights ≥ " + svg_number(threshold, 6) +
         " drawn, " + left_out + " % of weight not drawn.";
}

// "L8H9:zero,L2H1:mean", as the run's settings have it; "" without.
std::string ablations_of(const TraceInfo& info) {
  const Json settings = parse_json(info.settings, "settings of the trace");
  const auto found = settings.find("ablations");
  if (found == settings.end() || !found->is_array()) return {};
  std::string out;
  for (const Json& one : *found) {
    if (one.is_string()) out += (out.empty() ? "" : ",") + one.get<std::string>();
  }
  return out;
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

std::string list_of(const std::vector<int>& numbers) {
  std::string out;
  for (const int n : numbers) out += (out.empty() ? "" : ",") + std::to_string(n);
  return out;
}

std::string source_words(const ViewState& complete, const FigureOptions& options) {
  if (!options.trace.empty()) return " --trace " + shell_word(options.trace);
  if (complete.text_a.empty() && !complete.text_b) return " --trace FILE";
  std::string out = " " + shell_word(complete.text_a);
  if (complete.text_b) out += " " + shell_word(*complete.text_b);
  out += " -m " + shell_word(complete.model);
  if (options.truncated) out += " --truncate longest-first";
  if (!options.masked.empty()) out += " --masked " + list_of(options.masked);
  if (!complete.ablate.empty()) out += " --ablate " + shell_word(complete.ablate);
  return out;
}

}  // namespace

std::string name_heads(const std::vector<HeadRef>& heads, const TraceInfo& info) {
  const int layer = heads.front().id.layer;
  const bool one_layer = std::all_of(heads.begin(), heads.end(),
                                     [&](const HeadRef& h) { return h.id.layer == layer; });
  std::string names;
  if (!one_layer) {
    for (const HeadRef& h : heads) names += (names.empty() ? "" : ", ") + to_string(h.id);
    return names;
  }
  const StackInfo& stack = info.stacks[static_cast<size_t>(heads.front().stack)];
  const int of = stack.heads[static_cast<size_t>(stack.layer_index(layer))];
  if (heads.size() == 1) {
    names = "head " + std::to_string(heads.front().id.head);
  } else if (static_cast<int>(heads.size()) == of) {
    names = "all " + std::to_string(of) + " heads";
  } else {
    for (const HeadRef& h : heads) {
      names += (names.empty() ? "heads " : ", ") + std::to_string(h.id.head);
    }
  }
  return "Layer " + std::to_string(layer) + ", " + names;
}

std::string figure_caption(const TraceInfo& info, const ViewState& state,
                           const std::vector<HeadRef>& heads,
                           const std::vector<PanelAccount>& panels) {
  constexpr size_t kTextShown = 160;
  std::string out = info.model.name;
  if (!info.model.fingerprint.empty()) {
    out += " (sha256 " + info.model.fingerprint.substr(0, 8) + "…)";
  }
  std::string names = name_heads(heads, info);
  if (names[0] == 'L' && names[1] == 'a') names[0] = 'l';
  out +=
      ", " + names + " (counted from 0). Text A: " + quoted(shorten(info.query.text_a, kTextShown));
  if (info.query.text_b) out += " Text B: " + quoted(shorten(*info.query.text_b, kTextShown));
  out += " Attention: " + option_value(state, "attention").value_or("all") + ". Special tokens " +
         special_words(state) + ". Linear scale;";
  for (const PanelAccount& panel : panels) out += " " + account(panel, state.threshold);
  if (const std::string off = ablations_of(info); !off.empty()) out += " Ablated: " + off + ".";
  return out + " headscope " + version() + ".";
}

std::string figure_description(const TraceInfo& info, const std::string& title,
                               const std::vector<HeadRef>& heads,
                               const std::vector<PanelAccount>& panels) {
  constexpr size_t kNamed = 10;
  std::string out = title + ". Lines join the token being updated with the tokens attended to.";
  const auto name = [](const TokenSequence& tokens, int i) {
    return tokens.tokens[static_cast<size_t>(i)] + " (" + std::to_string(i) + ")";
  };
  for (const PanelAccount& panel : panels) {
    out += panel.name.empty() ? " Heaviest:" : " " + panel.name + ", heaviest:";
    const std::vector<Link>& links = panel.set.links;
    for (size_t i = 0; i < std::min(kNamed, links.size()); ++i) {
      const Link& link = links[links.size() - 1 - i];
      out += (i == 0 ? " " : "; ") + name(info.query, link.query) + " to " +
             name(info.key_tokens(), link.key) + " " + svg_number(link.weight, 4);
      if (heads.size() > 1) out += " in " + to_string(heads[static_cast<size_t>(link.head)].id);
    }
    out += links.empty() ? " none." : ".";
  }
  return out;
}

ViewState complete_state(const TraceInfo& info, const ViewState& state,
                         const FigureOptions& options) {
  ViewState out = state;
  out.model = info.model.name;
  out.text_a = info.query.text_a;
  out.text_b = info.query.text_b;
  out.ablate = ablations_of(info);
  out.unknown.clear();
  // The app's key for masked words (docs/decisions/070-link-keys-of-the-app.md).
  if (!options.masked.empty()) out.unknown = {{"mw", list_of(options.masked)}};
  return out;
}

std::string figure_command(const ViewState& complete, const FigureOptions& options) {
  std::string out = "headscope render " + complete.view;
  out += source_words(complete, options);
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
