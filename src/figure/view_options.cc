#include "figure/view_options.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "headscope/error.h"
#include "headscope/figure.h"

namespace headscope {

void refuse_option(const std::string& name, const std::string& value, const std::string& expected) {
  throw Error(ErrorCode::kUsage, name + " '" + value + "'", expected, "", "HS-LINK-01");
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; (end = text.find(at, begin)) != std::string::npos; begin = end + 1) {
    parts.push_back(text.substr(begin, end - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

// Decimal digits only, at most 9 of them.
std::optional<int> whole_number(const std::string& text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return std::atoi(text.c_str());
}

std::string shortest(double value) {
  char text[40];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

// Every value of an option that is one of a few words.
template <class T>
struct Named {
  const char* name;
  T value;
};
constexpr Named<SentenceFilter> kFilters[] = {{"all", SentenceFilter::kAll},
                                              {"aa", SentenceFilter::kAA},
                                              {"ab", SentenceFilter::kAB},
                                              {"ba", SentenceFilter::kBA},
                                              {"bb", SentenceFilter::kBB}};
constexpr Named<SpecialMode> kSpecials[] = {{"show", SpecialMode::kShow},
                                            {"hide", SpecialMode::kHide},
                                            {"hide-renorm", SpecialMode::kHideRenormalise}};
constexpr Named<Combine> kCombines[] = {{"separate", Combine::kSeparate},
                                        {"mean", Combine::kMean},
                                        {"max", Combine::kMax},
                                        {"sum", Combine::kSum}};
constexpr Named<Quantity> kQuantities[] = {{"weight", Quantity::kWeight},
                                           {"norm", Quantity::kNorm},
                                           {"score", Quantity::kScore},
                                           {"rollout", Quantity::kRollout},
                                           {"flow", Quantity::kFlow}};
constexpr Named<Scale> kScales[] = {
    {"linear", Scale::kLinear}, {"log", Scale::kLog}, {"row", Scale::kRow}};
constexpr Named<Colours> kColours[] = {{"auto", Colours::kAuto},
                                       {"common", Colours::kCommon},
                                       {"own", Colours::kOwn},
                                       {"log", Colours::kLog}};
constexpr Named<Precision> kPrecisions[] = {
    {"f32", Precision::kF32}, {"bf16x3", Precision::kBf16x3}, {"bf16", Precision::kBf16}};
constexpr Named<bool> kPanels[] = {{"one", false}, {"both", true}};
constexpr Named<bool> kRows[] = {{"all", false}, {"linked", true}};
constexpr Named<bool> kSwitch[] = {{"0", false}, {"1", true}};
constexpr Named<Theme> kThemes[] = {
    {"light", Theme::kLight}, {"dark", Theme::kDark}, {"print", Theme::kPrint}};

template <class T, size_t N>
T choose(const Named<T> (&table)[N], const std::string& name, const std::string& value) {
  std::string all;
  for (const auto& entry : table) {
    if (value == entry.name) return entry.value;
    all += std::string(all.empty() ? "" : ", ") + entry.name;
  }
  refuse_option(name, value, "one of " + all);
}

template <class T, size_t N>
std::string spell(const Named<T> (&table)[N], T value) {
  for (const auto& entry : table) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

HeadPattern parse_pattern(const std::string& text) {
  const size_t dot = text.rfind('.');
  const std::string stack = dot == std::string::npos ? "" : text.substr(0, dot);
  const std::string name = dot == std::string::npos ? text : text.substr(dot + 1);
  const size_t h = name.find_first_of("Hh");
  if (h != std::string::npos && (name[0] == 'L' || name[0] == 'l') && (dot != 0)) {
    const auto layer = whole_number(name.substr(1, h - 1));
    const auto head = whole_number(name.substr(h + 1));
    if (layer && name.substr(h + 1) == "*") return {*layer, std::nullopt, stack};
    if (layer && head) return {*layer, head, stack};
  }
  refuse_option("head", text,
                "names like L2H0 or L6H* (all heads of layer 6), separated by commas");
}

std::string name_of(const HeadPattern& pattern) {
  return (pattern.stack.empty() ? "" : pattern.stack + ".") + "L" + std::to_string(pattern.layer) +
         "H" + (pattern.head ? std::to_string(*pattern.head) : "*");
}

std::vector<HeadPattern> parse_heads(const std::string& text) {
  std::vector<HeadPattern> heads;
  for (const std::string& part : split(text, ',')) heads.push_back(parse_pattern(part));
  return heads;
}

std::vector<Pin> parse_pins(const std::string& text) {
  std::vector<Pin> pins;
  if (text.empty()) return pins;
  for (const std::string& part : split(text, ',')) {
    const auto index = part.empty() ? std::nullopt : whole_number(part.substr(1));
    if (!index || (part[0] != 'q' && part[0] != 'k')) {
      refuse_option("pin", part, "q1 (query token 1) or k2 (key token 2), separated by commas");
    }
    const Pin pin{part[0] == 'q' ? PinSide::kQuery : PinSide::kKey, *index};
    if (std::find(pins.begin(), pins.end(), pin) == pins.end()) pins.push_back(pin);
  }
  if (pins.size() > 4) refuse_option("pin", text, "at most 4 tokens");
  return pins;
}

double parse_threshold(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool digits = text.find_first_not_of("0123456789.eE+-") == std::string::npos;
  if (text.empty() || !digits || *end != '\0' || !(value >= 0 && value <= 1)) {
    refuse_option("threshold", text, "a number from 0 to 1");
  }
  return value;
}

std::optional<int> parse_topk(const std::string& text) {
  if (text == "off") return std::nullopt;
  const auto value = whole_number(text);
  if (!value || *value < 1 || *value > 64) refuse_option("topk", text, "off, or 1 to 64");
  return value;
}

std::string parse_view(const std::string& text) {
  std::string known;
  for (const std::string_view view : figure_views()) {
    if (text == view) return text;
    known += std::string(view) + ", ";
  }
  if (text == "corpus") return text;  // of the app alone
  refuse_option("view", text, known + "or corpus");
}

const ViewOption kOptions[] = {
    {"m", "model", [](ViewState& s, const std::string& v) { s.model = v; },
     [](const ViewState& s) { return s.model; }},
    {"a", "a", [](ViewState& s, const std::string& v) { s.text_a = v; },
     [](const ViewState& s) { return s.text_a; }},
    {"b", "b", [](ViewState& s, const std::string& v) { s.text_b = v; },
     [](const ViewState& s) { return s.text_b.value_or(""); }},
    {"v", "view", [](ViewState& s, const std::string& v) { s.view = parse_view(v); },
     [](const ViewState& s) { return s.view; }},
    {"h", "heads", [](ViewState& s, const std::string& v) { s.heads = parse_heads(v); },
     [](const ViewState& s) {
       std::vector<std::string> parts;
       for (const HeadPattern& h : s.heads) {
         parts.push_back(name_of(h));
       }
       return join(parts);
     }},
    {"p", "pin", [](ViewState& s, const std::string& v) { s.pins = parse_pins(v); },
     [](const ViewState& s) {
       std::vector<std::string> parts;
       for (const Pin& p : s.pins) {
         parts.push_back((p.side == PinSide::kQuery ? "q" : "k") + std::to_string(p.index));
       }
       return join(parts);
     }},
    {"f", "attention",
     [](ViewState& s, const std::string& v) { s.filter = choose(kFilters, "attention", v); },
     [](const ViewState& s) { return spell(kFilters, s.filter); }},
    {"st", "stack", [](ViewState& s, const std::string& v) { s.stack = v; },
     [](const ViewState& s) { return s.stack; }},
    {"s", "special",
     [](ViewState& s, const std::string& v) { s.special = choose(kSpecials, "special", v); },
     [](const ViewState& s) { return spell(kSpecials, s.special); }},
    {"r", "renorm",
     [](ViewState& s, const std::string& v) { s.renormalise = choose(kSwitch, "renorm", v); },
     [](const ViewState& s) { return spell(kSwitch, s.renormalise); }},
    {"c", "combine",
     [](ViewState& s, const std::string& v) { s.combine = choose(kCombines, "combine", v); },
     [](const ViewState& s) { return spell(kCombines, s.combine); }},
    {"qy", "quantity",
     [](ViewState& s, const std::string& v) { s.quantity = choose(kQuantities, "quantity", v); },
     [](const ViewState& s) { return spell(kQuantities, s.quantity); }},
    {"t", "threshold", [](ViewState& s, const std::string& v) { s.threshold = parse_threshold(v); },
     [](const ViewState& s) { return shortest(s.threshold); }},
    {"k", "topk", [](ViewState& s, const std::string& v) { s.topk = parse_topk(v); },
     [](const ViewState& s) { return s.topk ? std::to_string(*s.topk) : "off"; }},
    {"sc", "scale",
     [](ViewState& s, const std::string& v) { s.scale = choose(kScales, "scale", v); },
     [](const ViewState& s) { return spell(kScales, s.scale); }},
    {"cs", "colours",
     [](ViewState& s, const std::string& v) { s.colours = choose(kColours, "colours", v); },
     [](const ViewState& s) { return spell(kColours, s.colours); }},
    {"w", "words",
     [](ViewState& s, const std::string& v) { s.words = choose(kSwitch, "words", v); },
     [](const ViewState& s) { return spell(kSwitch, s.words); }},
    {"ab", "ablate", [](ViewState& s, const std::string& v) { s.ablate = v; },
     [](const ViewState& s) { return s.ablate; }},
    {"pr", "precision",
     [](ViewState& s, const std::string& v) { s.precision = choose(kPrecisions, "precision", v); },
     [](const ViewState& s) { return spell(kPrecisions, s.precision); }},
    {"pn", "panels",
     [](ViewState& s, const std::string& v) { s.both_panels = choose(kPanels, "panels", v); },
     [](const ViewState& s) { return spell(kPanels, s.both_panels); }},
    {"wm", "with-model", [](ViewState& s, const std::string& v) { s.with_model = v; },
     [](const ViewState& s) { return s.with_model; }},
    {"wa", "with-a", [](ViewState& s, const std::string& v) { s.with_a = v; },
     [](const ViewState& s) { return s.with_a; }},
    {"wb", "with-b", [](ViewState& s, const std::string& v) { s.with_b = v; },
     [](const ViewState& s) { return s.with_b.value_or(""); }},
    {"wx", "with-ablate", [](ViewState& s, const std::string& v) { s.with_ablate = v; },
     [](const ViewState& s) { return s.with_ablate.value_or(""); }},
    {"ro", "rows",
     [](ViewState& s, const std::string& v) { s.linked_rows = choose(kRows, "rows", v); },
     [](const ViewState& s) { return spell(kRows, s.linked_rows); }},
    {"th", "theme",
     [](ViewState& s, const std::string& v) { s.theme = choose(kThemes, "theme", v); },
     [](const ViewState& s) { return s.theme ? spell(kThemes, *s.theme) : std::string(); }},
};

}  // namespace

std::span<const ViewOption> view_options() { return kOptions; }

bool is_default(const ViewOption& option, const ViewState& state) {
  if (option.key == std::string("b")) return !state.text_b.has_value();
  if (option.key == std::string("wb")) return !state.with_b.has_value();
  if (option.key == std::string("wx")) return !state.with_ablate.has_value();
  return option.write(state) == option.write(ViewState());
}

}  // namespace headscope
