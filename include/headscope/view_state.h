// ViewState: what a view or figure shows. One vocabulary for the command line (--heads), the link
// (#hs=1&h=…, ui.md's key in brackets in docs) and Python. Values are validated, never coerced:
// a value that does not parse is an error, 0 and "off" survive; unknown link keys are kept and
// reported. Defaults are left out of links.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headscope/precision.h"
#include "headscope/tile.h"

namespace headscope {

// L2H0, or L6H* = every head of layer 6; encoder.L2H0 in a stack of that name. Resolved against a
// model by resolve_heads.
struct HeadPattern {
  int layer = 0;
  std::optional<int> head;
  std::string stack = {};  // "" = the state's
  friend bool operator==(const HeadPattern&, const HeadPattern&) = default;
};

enum class PinSide { kQuery, kKey };
// q1: query token 1; k2: key token 2.
struct Pin {
  PinSide side = PinSide::kQuery;
  int index = 0;
  friend bool operator==(const Pin&, const Pin&) = default;
};

enum class Scale { kLinear, kLog, kRow };
// Of maps that are coloured. kAuto: the state's scale, logarithmic above 64 tokens where that is
// linear.
enum class Colours { kAuto, kCommon, kOwn, kLog };
enum class Theme { kLight, kDark, kPrint };

struct ViewState {
  std::string view = "head";          // head, model, neuron, matrix, compare, corpus, map
  std::string model;                  // m; empty: whatever is open
  std::string text_a;                 // a
  std::optional<std::string> text_b;  // b; an empty text B is not the same as none
  std::vector<HeadPattern> heads = {{2, 0}};
  std::vector<Pin> pins;  // at most 4
  SentenceFilter filter = SentenceFilter::kAll;
  std::string stack;  // "" = the only or first
  SpecialMode special = SpecialMode::kShow;
  bool renormalise = false;
  Combine combine = Combine::kSeparate;
  Quantity quantity = Quantity::kWeight;
  double threshold = 0.01;  // weights below are not drawn
  std::optional<int> topk;  // per query, 1 to 64; nullopt = off
  Scale scale = Scale::kLinear;
  Colours colours = Colours::kAuto;
  bool words = false;
  bool both_panels = false;               // all words beside the pinned word
  bool linked_rows = false;               // figures: only tokens at the end of a line
  std::string ablate;                     // L8H9:zero, …; as written, parse_ablations knows it
  Precision precision = Precision::kF32;  // of the run
  // The right-hand side of a comparison, where it is another than the left.
  std::string with_model;
  std::string with_a;
  std::optional<std::string> with_b;
  std::optional<std::string> with_ablate;                    // "" = every head on there
  std::optional<Theme> theme;                                // nullopt: the edge's default
  std::vector<std::pair<std::string, std::string>> unknown;  // link keys of a newer headscope

  friend bool operator==(const ViewState&, const ViewState&) = default;
};

// Sets one option by its long name without dashes ("heads", "pin", …) or its link key ("h", "p",
// …). Returns false for a name that is not in the vocabulary. Throws Error(kUsage) for a bad value.
bool set_option(ViewState& state, const std::string& name, const std::string& value);

// '#hs=1&m=…&h=L2H0': percent-decoded, validated. Throws Error(kUsage, "HS-LINK-01").
ViewState parse_link(const std::string& link);
// The inverse; parse_link(to_link(s)) == s for every valid state.
std::string to_link(const ViewState& state);

// The option's value as the command line spells it, e.g. option_value(s, "heads") = "L2H0,L2H6";
// nullopt where it has its default.
std::optional<std::string> option_value(const ViewState& state, const std::string& name);

// The heads in the order given, each once; bare names mean `stack`. Throws
// Error(kUsage, "HS-LINK-01") for a stack, layer or head that is not there.
std::vector<HeadRef> resolve_heads(const std::vector<HeadPattern>& heads, const TraceInfo& info,
                                   int stack);
// The one stack that a state's heads are of: that of its heads' names, else its own, else the
// first. Throws Error(kUsage, "HS-LINK-01") for several.
int stack_of(const ViewState& state, const TraceInfo& info);

}  // namespace headscope
