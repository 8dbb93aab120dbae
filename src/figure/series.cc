#include "figure/series.h"

#include <algorithm>

#include "headscope/flow.h"

namespace headscope {
namespace {

// The head's number decides its colour. Heads of several layers may have the same number: then the
// order of selection does.
std::vector<Series> one_a_head(const std::vector<HeadRef>& heads, const TraceInfo& info) {
  const bool one_layer = std::all_of(heads.begin(), heads.end(), [&](const HeadRef& h) {
    return h.id.layer == heads.front().id.layer;
  });
  std::vector<Series> out;
  for (const HeadRef& head : heads) {
    const size_t slot = one_layer ? static_cast<size_t>(head.id.head) : out.size();
    out.push_back({head_name(info.stacks, head), {head}, slot});
  }
  return out;
}

std::vector<int> layers_of(const std::vector<HeadRef>& heads) {
  std::vector<int> out;
  for (const HeadRef& head : heads) {
    if (std::find(out.begin(), out.end(), head.id.layer) == out.end()) {
      out.push_back(head.id.layer);
    }
  }
  return out;
}

std::string_view combined(Combine combine) {
  switch (combine) {
    case Combine::kMean:
      return "mean";
    case Combine::kMax:
      return "maximum";
    case Combine::kSum:
      return "sum";
    case Combine::kSeparate:
      break;
  }
  return "";
}

std::string join(const std::vector<HeadRef>& heads, const TraceInfo& info) {
  std::string names;
  for (const HeadRef& h : heads) names += (names.empty() ? "" : ", ") + head_name(info.stacks, h);
  return names;
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

}  // namespace

std::vector<Series> series_of(const std::vector<HeadRef>& heads, const TraceInfo& info,
                              const ViewState& state) {
  if (is_of_layer(state.quantity)) {
    std::vector<Series> out;
    const std::vector<int> layers = layers_of(heads);
    for (const int layer : layers) {
      const std::string name =
          std::string(name_of(state.quantity)) + " to layer " + std::to_string(layer);
      const std::optional<size_t> slot =
          layers.size() > 1 ? std::optional(out.size()) : std::nullopt;
      out.push_back({name, {{heads.front().stack, {layer, 0}}}, slot});
    }
    return out;
  }
  if (state.combine != Combine::kSeparate && heads.size() > 1) {
    constexpr size_t kNamed = 4;  // more names would not fit the legend
    const std::string of =
        heads.size() > kNamed ? std::to_string(heads.size()) + " heads" : join(heads, info);
    return {{std::string(combined(state.combine)) + " of " + of, heads, std::nullopt}};
  }
  return one_a_head(heads, info);
}

namespace {

const std::string& stack_name(const std::vector<HeadRef>& heads, const TraceInfo& info) {
  return info.stacks[static_cast<size_t>(heads.front().stack)].name;
}
// "Layer ", or "Encoder layer " where there are several stacks.
std::string of_stack(const std::vector<HeadRef>& heads, const TraceInfo& info) {
  return info.stacks.size() > 1 ? capital(stack_name(heads, info)) + " layer " : "Layer ";
}

}  // namespace

std::string name_heads(const std::vector<HeadRef>& heads, const TraceInfo& info) {
  const int layer = heads.front().id.layer;
  if (layers_of(heads).size() > 1) return join(heads, info);
  const StackInfo& stack = info.stacks[static_cast<size_t>(heads.front().stack)];
  const int of = stack.layer(layer).heads;
  std::string names;
  if (heads.size() == 1) {
    names = "head " + std::to_string(heads.front().id.head);
  } else if (static_cast<int>(heads.size()) == of) {
    names = "all " + std::to_string(of) + " heads";
  } else {
    for (const HeadRef& h : heads) {
      names += (names.empty() ? "heads " : ", ") + std::to_string(h.id.head);
    }
  }
  return of_stack(heads, info) + std::to_string(layer) + ", " + names;
}

std::string name_picture(const std::vector<HeadRef>& heads, const TraceInfo& info,
                         const ViewState& state) {
  const QuantityWords& words = words_of(state.quantity);
  if (is_of_layer(state.quantity)) {
    const std::vector<int> layers = layers_of(heads);
    std::string names = info.stacks.size() > 1 ? stack_name(heads, info) + " " : "";
    names += layers.size() == 1 ? "layer " : "layers ";
    for (const int layer : layers) {
      names += (layer == layers.front() ? "" : ", ") + std::to_string(layer);
    }
    return capital(std::string(words.title)) + ", " + names;
  }
  std::string out = name_heads(heads, info);
  if (state.combine != Combine::kSeparate && heads.size() > 1) {
    if (layers_of(heads).size() == 1) out[0] = static_cast<char>(out[0] + 32);
    out = capital(std::string(combined(state.combine))) + " of " + out;
  }
  return words.title.empty() ? out : out + ", " + std::string(words.title);
}

const QuantityWords& words_of(Quantity quantity) {
  static const QuantityWords kWords[] = {
      {"Weight", "weights", "weight", "", ""},
      {"‖a·f(x)‖", "norms", "the summed norms", "norm-weighted attention",
       "Norm-weighted attention ‖a·f(x)‖ (Kobayashi et al. 2020): the weight times the length of "
       "the value vector after the head’s part of the output projection; rows need not sum to 1."},
      {"q·k/√d", "scores", "the summed |scores|", "scores",
       "Scores q·k/√d, from which softmax makes the weights: no shares, so rows have no sum that "
       "means anything; negative ones dotted."},
      {"Rollout", "rollout values", "rollout", "rollout",
       "Attention rollout (Abnar & Zuidema 2020): the product of ½·(mean of the heads) + ½·I over "
       "all layers up to this one; of a layer, not of a head."},
      {"Flow", "flow values", "the summed flow", "flow",
       "Attention flow (Abnar & Zuidema 2020): the maximum flow from a token of this layer to an "
       "input token, where ½·(mean of the heads) + ½·I are the capacities of each layer; of a "
       "layer, not of a head; rows need not sum to 1."},
  };
  return kWords[static_cast<size_t>(quantity)];
}

}  // namespace headscope
