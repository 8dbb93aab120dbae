#include "figure/compare_words.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "figure/svg.h"
#include "headscope/counted.h"
#include "headscope/version.h"

namespace headscope {
namespace {

bool same_text(const TokenSequence& a, const TokenSequence& b) {
  return a.text_a == b.text_a && a.text_b == b.text_b;
}

std::string quoted_text(const TokenSequence& text) {
  return "“" + shorten(text.text_a, 40) + (text.text_b ? " " + shorten(*text.text_b, 40) : "") +
         "”";
}

std::string side_words(const ComparedSide& side, bool with_texts) {
  std::string out = model_words(side.info);
  out += with_texts ? "." + texts_of(side.info, side.stack) : ", the same text.";
  const std::string off = to_string(side.info.settings.ablations, side.info.stacks);
  return off.empty() ? out : out + " Ablated: " + off + ".";
}

std::string matched_words(const Comparison& found) {
  const auto matched = found.matched_words();
  std::string out = counted(matched, "word") +
                    (matched == 1 ? " is matched by its" : " are matched by their") + " characters";
  const size_t left = found.queries.left_only.size(), right = found.queries.right_only.size();
  if (left + right > 0) {
    out += "; alone on the left: " + std::to_string(left) +
           ", on the right: " + std::to_string(right) + " (hatched)";
  }
  return out + ".";
}

}  // namespace

std::string side_name(const ComparedSide& side, const ComparedSide& other) {
  const TraceInfo& info = side.info;
  std::string out;
  const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (info.model.name != other.info.model.name ||
      info.model.fingerprint != other.info.model.fingerprint) {
    add(info.model.name);
  }
  const std::string off = to_string(info.settings.ablations, info.stacks);
  if (off != to_string(other.info.settings.ablations, other.info.stacks)) {
    add(off.empty() ? "every head on" : off + " off");
  }
  const bool square = info.stacks[static_cast<size_t>(side.stack)].square();
  for (const Side axis : {Side::kQuery, Side::kKey}) {
    if (axis == Side::kKey && square) continue;
    const TokenSequence& text = info.tokens(side.stack, axis);
    if (!same_text(text, other.info.tokens(other.stack, axis))) add(quoted_text(text));
  }
  return out;
}

std::string divergence_words(double js) {
  if (!std::isfinite(js)) return "–";
  char text[24];
  std::snprintf(text, sizeof text, js != 0 && js < 0.001 ? "%.6f" : "%.4f", js);
  return text;
}

std::string name_of(const HeadDifference& head, const ComparedSide& left) {
  return head_name(left.info.stacks, {left.stack, head.id});
}

std::string comparison_caption(const ComparisonFacts& facts) {
  const bool another_text =
      texts_of(facts.left.info, facts.left.stack) != texts_of(facts.right.info, facts.right.stack);
  std::string out = "Left: " + side_words(facts.left, true) +
                    " Right: " + side_words(facts.right, another_text) + " " +
                    matched_words(facts.found) + " " + scale_words(facts.state, 1);
  for (const PanelAccount& panel : facts.panels) {
    out += " " + panel.name + ": " + std::to_string(panel.set.links.size()) + " of " +
           std::to_string(panel.set.possible) +
           (facts.state.both_panels ? " weights ≥ " : " differences with |x| ≥ ") +
           svg_number(facts.state.threshold, 6) + " drawn.";
  }
  out += " Map: Jensen–Shannon divergence of each head’s rows over matched keys, mean over " +
         std::to_string(facts.head.queries) + (facts.head.queries == 1 ? " query" : " queries") +
         ", natural logarithm; " + name_of(facts.head, facts.left) + " " +
         divergence_words(facts.head.js) + ".";
  for (const std::string& note : facts.found.notes) out += " " + note + ".";
  return out + " Layers and heads are counted from 0. headscope " + std::string(version()) + ".";
}

std::string comparison_description(const ComparisonFacts& facts, const std::string& title) {
  std::string out = title + ". Heads by divergence:";
  for (size_t i = 0; i < std::min(kListedHeads, facts.found.heads.size()); ++i) {
    const HeadDifference& head = facts.found.heads[i];
    out += (i == 0 ? " " : ", ") + name_of(head, facts.left) + " " + divergence_words(head.js);
  }
  out += ".";
  for (const PanelAccount& panel : facts.panels) {
    out += " " + panel.name + ", largest:";
    const std::vector<Link>& links = panel.set.links;
    for (size_t i = 0; i < std::min<size_t>(5, links.size()); ++i) {
      const Link& link = links[links.size() - 1 - i];
      out += (i == 0 ? " " : "; ") + token_name(facts.axes.queries.items[link.query]) + " to " +
             token_name(facts.axes.keys.items[link.key]) + " " +
             svg_number(static_cast<double>(link.value), 4);
    }
    out += links.empty() ? " none." : ".";
  }
  return out;
}

}  // namespace headscope
