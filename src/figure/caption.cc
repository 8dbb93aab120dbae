#include "figure/caption.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "figure/command.h"
#include "figure/head_legend.h"
#include "figure/svg.h"
#include "headscope/utf8.h"
#include "headscope/version.h"

namespace headscope {

namespace {

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
  const int topk = effective_topk(facts.state, facts.axes);
  const std::string kept = topk > 0 ? ", the " + std::to_string(topk) + " heaviest of a query" : "";
  const char* size = facts.state.quantity == Quantity::kScore ? " with |x| ≥ " : " ≥ ";
  return (panel.name.empty() ? "" : panel.name + ": ") + std::to_string(panel.set.links.size()) +
         " of " + std::to_string(panel.set.possible) + " " + std::string(words.many) + size +
         svg_number(facts.state.threshold, 6) + kept + " drawn, " + left_out + " % of " +
         std::string(words.mass) + " not drawn.";
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

// "Text A: “…”"; tokens that were given as ids have no text.
std::string text_words(const std::string& label, const TokenSequence& tokens) {
  if (given_as_tokens(tokens)) return " " + label + ": given as tokens.";
  std::string out = " " + label + ": " + quoted(shorten(tokens.text_a, kTextShown));
  if (tokens.text_b) out += " Text B: " + quoted(shorten(*tokens.text_b, kTextShown));
  return out;
}

// Float32 is what a reader expects; less is said with what it costs.
std::string precision_words(const TraceInfo& info) {
  if (!info.computed || info.computed->precision == "f32") return {};
  std::string out = " Matrix products in " + info.computed->precision;
  if (info.computed->attention_max) {
    out += ", attention weights within " + short_number(*info.computed->attention_max) +
           " of float32's on a measured text";
  }
  return out + ".";
}

// The settings of the run that the numbers come from.
std::string run_words(const TraceInfo& info) {
  const RunSettings& settings = info.settings;
  std::string out = precision_words(info);
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

std::string texts_of(const TraceInfo& info, int stack) {
  const TokenSequence& query = info.tokens(stack, Side::kQuery);
  if (!query.kinds.empty() && query.kinds.back() == TokenKind::kPatch) {
    return " Picture: " + quoted(shorten(query.text_a, kTextShown));
  }
  if (info.stacks[static_cast<size_t>(stack)].square()) return text_words("Text A", query);
  return text_words("Query text", query) + text_words("Key text", info.tokens(stack, Side::kKey));
}

ViewState of_plain_weights(ViewState state) {
  state.quantity = Quantity::kWeight;
  state.filter = SentenceFilter::kAll;
  state.special = SpecialMode::kShow;
  state.renormalise = state.words = false;
  return state;
}

std::string stack_words(const StackInfo& stack) {
  return stack.name == "cross" ? "cross-attention" : stack.name;
}

std::string scale_words(const ViewState& state, double largest) {
  const std::string relative =
      largest == 1 ? "" : " of |x| / " + short_number(largest) + ", the largest shown";
  switch (state.scale) {
    case Scale::kLog:
      return "Logarithmic scale" + relative + ";";
    case Scale::kRow:
      return "Each row drawn against its largest value;";
    case Scale::kLinear:
      break;
  }
  return "Linear scale" + relative + ";";
}

std::string in_sentence(std::string name) {
  // "Layer" and "Rollout" lose their capital in the middle of a sentence; "L2H0" keeps it.
  const bool head_name = name.size() > 1 && std::isdigit(static_cast<unsigned char>(name[1])) != 0;
  if (!head_name && !name.empty()) {
    name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  }
  return name;
}

std::string model_words(const TraceInfo& info) {
  std::string out = info.model.name;
  std::string file = info.model.file_kind.empty() ? "" : info.model.file_kind + " file";
  if (!info.model.quantisation.empty()) file += ", " + info.model.quantisation;
  if (!info.model.fingerprint.empty()) {
    out += " (sha256 " + info.model.fingerprint.substr(0, 8) + "…";
    out += (file.empty() ? "" : ", " + file) + ")";
  } else if (!file.empty()) {
    out += " (" + file + ")";
  }
  return out;
}

std::string caption_of(const TraceInfo& info, int stack, const ViewState& state,
                       const std::string& what, const std::string& account) {
  std::string out = model_words(info);
  out += ", " + what + " (counted from 0)." + texts_of(info, stack);
  const std::string_view definition = words_of(state.quantity).definition;
  if (!definition.empty()) out += " " + std::string(definition);
  out += " Attention: " + option_value(state, "attention").value_or("all") + ". Special tokens " +
         special_words(state) + ".";
  if (state.words) out += " Pieces are merged to words.";
  if (!account.empty()) out += " " + account;
  return out + run_words(info) + " headscope " + version() + ".";
}

std::string lines_caption(const PictureFacts& facts, const std::vector<PanelAccount>& panels) {
  std::string shown = scale_words(facts.state, facts.largest);
  for (const PanelAccount& panel : panels) shown += " " + account(panel, facts);
  return caption_of(facts.info, facts.heads.front().stack, facts.state,
                    in_sentence(name_picture(facts.heads, facts.info, facts.state)), shown);
}

std::string token_name(const AxisItem& item) {
  if (item.kind == ItemKind::kSink) return "the sink";
  return shorten(item.text, kTextShown) + " (" + std::to_string(item.tokens.begin) + ")";
}

std::string lines_description(const PictureFacts& facts, const std::string& title,
                              const std::vector<PanelAccount>& panels) {
  constexpr size_t kNamed = 10;
  std::string out = title + ". Lines join the token being updated with the tokens attended to.";
  if (facts.largest != 1) {
    out += " The largest value shown is " + short_number(facts.largest) + " in size.";
  }
  for (const PanelAccount& panel : panels) {
    out += panel.name.empty() ? " Heaviest:" : " " + panel.name + ", heaviest:";
    const std::vector<Link>& links = panel.set.links;
    for (size_t i = 0; i < std::min(kNamed, links.size()); ++i) {
      const Link& link = links[links.size() - 1 - i];
      out += (i == 0 ? " " : "; ") + token_name(facts.axes.queries.items[link.query]) + " to " +
             token_name(facts.axes.keys.items[link.key]) + " " + svg_number(link.value, 4);
      if (facts.series.size() > 1) {
        out += " in " + facts.series[static_cast<size_t>(link.series)].name;
      }
    }
    out += links.empty() ? " none." : ".";
  }
  return out;
}

}  // namespace headscope
