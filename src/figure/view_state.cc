#include "headscope/view_state.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "headscope/error.h"
#include "headscope/utf8.h"

namespace headscope {

namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& value,
                         const std::string& expected) {
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
  refuse(name, value, "one of " + all);
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
  refuse("head", text, "names like L2H0 or L6H* (all heads of layer 6), separated by commas");
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
      refuse("pin", part, "q1 (query token 1) or k2 (key token 2), separated by commas");
    }
    const Pin pin{part[0] == 'q' ? PinSide::kQuery : PinSide::kKey, *index};
    if (std::find(pins.begin(), pins.end(), pin) == pins.end()) pins.push_back(pin);
  }
  if (pins.size() > 4) refuse("pin", text, "at most 4 tokens");
  return pins;
}

double parse_threshold(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool digits = text.find_first_not_of("0123456789.eE+-") == std::string::npos;
  if (text.empty() || !digits || *end != '\0' || !(value >= 0 && value <= 1)) {
    refuse("threshold", text, "a number from 0 to 1");
  }
  return value;
}

std::optional<int> parse_topk(const std::string& text) {
  if (text == "off") return std::nullopt;
  const auto value = whole_number(text);
  if (!value || *value < 1 || *value > 64) refuse("topk", text, "off, or 1 to 64");
  return value;
}

std::string parse_view(const std::string& text) {
  for (const char* known : {"head", "model", "neuron", "matrix", "compare", "corpus", "map"}) {
    if (text == known) return text;
  }
  refuse("view", text, "head, model, neuron, matrix, map, compare or corpus");
}

// One row an option: link key, long name, reader, writer. The order is the links'.
struct Option {
  const char* key;
  const char* name;
  void (*read)(ViewState&, const std::string&);
  std::string (*write)(const ViewState&);
};

const Option kOptions[] = {
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
    {"w", "words",
     [](ViewState& s, const std::string& v) { s.words = choose(kSwitch, "words", v); },
     [](const ViewState& s) { return spell(kSwitch, s.words); }},
    {"ab", "ablate", [](ViewState& s, const std::string& v) { s.ablate = v; },
     [](const ViewState& s) { return s.ablate; }},
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

bool is_default(const Option& option, const ViewState& state) {
  if (option.key == std::string("b")) return !state.text_b.has_value();
  if (option.key == std::string("wb")) return !state.with_b.has_value();
  if (option.key == std::string("wx")) return !state.with_ablate.has_value();
  return option.write(state) == option.write(ViewState());
}

std::string percent_encode(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~,:*").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    char hex[4];
    std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned>(static_cast<uint8_t>(c)));
    out += hex;
  }
  return out;
}

std::string percent_decode(const std::string& text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) refuse("link", text, "%XX with two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (find_invalid_utf8(out)) refuse("link", text, "UTF-8 text");
  return out;
}

}  // namespace

bool set_option(ViewState& state, const std::string& name, const std::string& value) {
  for (const Option& option : kOptions) {
    if (name == option.key || name == option.name) {
      option.read(state, value);
      return true;
    }
  }
  return false;
}

std::optional<std::string> option_value(const ViewState& state, const std::string& name) {
  for (const Option& option : kOptions) {
    if (name == option.key || name == option.name) {
      if (is_default(option, state)) return std::nullopt;
      return option.write(state);
    }
  }
  return std::nullopt;
}

ViewState parse_link(const std::string& link) {
  const size_t begin = !link.empty() && link[0] == '#' ? 1 : 0;
  const std::vector<std::string> parts = split(link.substr(begin), '&');
  if (parts[0] != "hs=1") refuse("link", link.substr(0, 40), "a link that begins with #hs=1");
  ViewState state;
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string::npos) refuse("link entry", parts[i], "key=value");
    const std::string key = percent_decode(parts[i].substr(0, equals));
    const std::string value = percent_decode(parts[i].substr(equals + 1));
    const auto known = std::find_if(std::begin(kOptions), std::end(kOptions),
                                    [&](const Option& option) { return key == option.key; });
    if (known == std::end(kOptions)) {
      state.unknown.emplace_back(key, value);
    } else {
      known->read(state, value);
    }
  }
  return state;
}

std::string to_link(const ViewState& state) {
  std::string link = "#hs=1";
  const auto add = [&link](const std::string& key, const std::string& value) {
    link += "&" + percent_encode(key) + "=" + percent_encode(value);
  };
  for (const Option& option : kOptions) {
    if (!is_default(option, state)) add(option.key, option.write(state));
  }
  for (const auto& [key, value] : state.unknown) add(key, value);
  return link;
}

std::vector<HeadRef> resolve_heads(const std::vector<HeadPattern>& heads, const TraceInfo& info,
                                   int stack) {
  std::vector<HeadRef> out;
  for (const HeadPattern& pattern : heads) {
    const int of = pattern.stack.empty() ? stack : info.stack_index(pattern.stack);
    const HeadRef first{of, {pattern.layer, pattern.head.value_or(0)}};
    try {
      check_head(info.stacks, first);
    } catch (const Error& error) {
      throw Error(ErrorCode::kUsage, error.got(), error.expected(), error.action(), "HS-LINK-01");
    }
    const int count = info.stacks[static_cast<size_t>(of)].layer(pattern.layer).heads;
    for (int h = first.id.head; h < (pattern.head ? *pattern.head + 1 : count); ++h) {
      const HeadRef head{of, {pattern.layer, h}};
      if (std::find(out.begin(), out.end(), head) == out.end()) out.push_back(head);
    }
  }
  return out;
}

int stack_of(const ViewState& state, const TraceInfo& info) {
  const int otherwise = info.stack_index(state.stack);
  int found = -1;
  for (const HeadPattern& pattern : state.heads) {
    const int of = pattern.stack.empty() ? otherwise : info.stack_index(pattern.stack);
    if (found >= 0 && of != found) {
      refuse("heads", option_value(state, "heads").value_or(""), "heads of one stack");
    }
    found = of;
  }
  return found >= 0 ? found : otherwise;
}

}  // namespace headscope
