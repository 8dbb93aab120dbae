#include "headscope/trace_info.h"

#include <algorithm>
#include <utility>

#include "headscope/error.h"

namespace headscope {
namespace {

std::string stack_names(std::span<const StackInfo> stacks) {
  std::string names;
  for (const StackInfo& stack : stacks) names += (names.empty() ? "" : ", ") + stack.name;
  return names;
}

[[noreturn]] void no_stack(const std::string& name, std::span<const StackInfo> stacks) {
  throw Error(ErrorCode::kUsage, "stack '" + name + "'", "one of " + stack_names(stacks));
}

int index_of(std::span<const StackInfo> stacks, std::string_view name) {
  for (size_t s = 0; s < stacks.size(); ++s) {
    if (stacks[s].name == name) return static_cast<int>(s);
  }
  no_stack(std::string(name), stacks);
}

void check_stack(std::span<const StackInfo> stacks, int stack) {
  if (stack >= 0 && stack < static_cast<int>(stacks.size())) return;
  throw Error(ErrorCode::kUsage, "stack " + std::to_string(stack),
              "less than " + std::to_string(stacks.size()));
}

// Layers that shared a tensor of one that is not kept share that of the first of them.
void rehome(std::vector<LayerInfo>& layers, std::optional<int> LayerInfo::* of) {
  std::map<int, int> home;  // a layer that was left out → the first kept one that used its tensor
  for (LayerInfo& layer : layers) {
    std::optional<int>& source = layer.*of;
    if (!source) continue;
    const bool kept = std::any_of(layers.begin(), layers.end(),
                                  [&](const LayerInfo& one) { return one.layer == *source; });
    if (kept) continue;
    const auto [at, first] = home.try_emplace(*source, layer.layer);
    source = first ? std::nullopt : std::optional<int>(at->second);
  }
}

}  // namespace

int StackInfo::layer_index(int number) const {
  for (size_t l = 0; l < layers.size(); ++l) {
    if (layers[l].layer == number) return static_cast<int>(l);
  }
  std::string kept = layers.empty() ? "none" : std::to_string(layers.front().layer);
  if (layers.size() > 1) kept += " to " + std::to_string(layers.back().layer);
  throw Error(ErrorCode::kUsage, "layer " + std::to_string(number), "one of the layers " + kept);
}

bool StackInfo::causal() const {
  bool any = false;
  for (const LayerInfo& layer : layers) {
    if (layer.kind == LayerKind::kNone) continue;
    if (!first_key_rests(layer.rule.mask)) return false;
    any = true;
  }
  return any;
}

std::vector<LayerInfo> uniform_layers(int count, LayerInfo layer) {
  if (layer.kv_heads == 0) layer.kv_heads = layer.heads;
  if (layer.value_dim == 0) layer.value_dim = layer.head_dim;
  std::vector<LayerInfo> layers(static_cast<size_t>(count), layer);
  for (int l = 0; l < count; ++l) layers[static_cast<size_t>(l)].layer = l;
  return layers;
}

StackInfo keep_layers(const StackInfo& stack, const std::vector<int>& layers) {
  if (layers.empty()) return stack;
  std::vector<int> numbers = layers;
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  StackInfo kept = stack;
  kept.layers.clear();
  for (const int number : numbers) kept.layers.push_back(stack.layer(number));
  rehome(kept.layers, &LayerInfo::mask_of);
  rehome(kept.layers, &LayerInfo::bias_of);
  return kept;
}

const TokenSequence& TraceInfo::tokens(int stack, Side side) const {
  check_stack(stacks, stack);
  const StackInfo& of = stacks[static_cast<size_t>(stack)];
  const std::string& name = side == Side::kQuery ? of.query : of.key;
  const auto found = sequences_.find(name);
  if (found != sequences_.end()) return *found->second;
  throw Error(ErrorCode::kUsage, "the tokens '" + name + "' of the stack " + of.name,
              "a sequence of that name");
}

void TraceInfo::set_sequence(const std::string& name, TokenSequence tokens) {
  sequences_[name] = std::make_shared<const TokenSequence>(std::move(tokens));
}

int TraceInfo::stack_index(const std::string& name) const {
  if (name.empty() && !stacks.empty()) return 0;
  return index_of(stacks, name);
}

std::string head_name(std::span<const StackInfo> stacks, HeadRef head) {
  const auto at = static_cast<size_t>(head.stack);
  return head_name(stacks.size() > 1 && at < stacks.size() ? stacks[at].name : "", head.id);
}

std::string head_name(const std::string& stack, HeadId head) {
  return stack.empty() ? to_string(head) : stack + "." + to_string(head);
}

StackHeads heads_of(std::span<const StackInfo> stacks, int stack) {
  StackHeads out;
  for (const HeadRef head : all_heads(stacks, stack)) out.heads.push_back(head.id);
  out.stack = stack;
  out.square = stacks[static_cast<size_t>(stack)].square();
  if (stacks.size() > 1) out.name = stacks[static_cast<size_t>(stack)].name;
  return out;
}

HeadRef parse_head(const std::string& text, std::span<const StackInfo> stacks, int stack) {
  const size_t dot = text.find('.');
  HeadRef head{stack, {}};
  if (dot != std::string::npos) {
    head.stack = index_of(stacks, std::string_view(text).substr(0, dot));
  }
  head.id = parse_head_id(dot == std::string::npos ? text : text.substr(dot + 1));
  check_head(stacks, head);
  return head;
}

void check_head(std::span<const StackInfo> stacks, HeadRef head) {
  check_stack(stacks, head.stack);
  const LayerInfo& layer = stacks[static_cast<size_t>(head.stack)].layer(head.id.layer);
  if (layer.kind == LayerKind::kNone) {
    throw Error(
        ErrorCode::kUsage, "head " + head_name(stacks, head),
        "a head of another layer: layer " + std::to_string(layer.layer) + " has no attention");
  }
  if (head.id.head < 0 || head.id.head >= layer.heads) {
    throw Error(ErrorCode::kUsage, "head " + head_name(stacks, head),
                "heads 0 to " + std::to_string(layer.heads - 1) + " in layer " +
                    std::to_string(layer.layer));
  }
}

std::vector<HeadRef> all_heads(std::span<const StackInfo> stacks, int stack) {
  check_stack(stacks, stack);
  std::vector<HeadRef> all;
  for (const LayerInfo& layer : stacks[static_cast<size_t>(stack)].layers) {
    for (int h = 0; h < layer.heads; ++h) all.push_back({stack, {layer.layer, h}});
  }
  return all;
}

std::vector<HeadRef> all_heads(std::span<const StackInfo> stacks) {
  std::vector<HeadRef> all;
  for (size_t s = 0; s < stacks.size(); ++s) {
    const auto own = all_heads(stacks, static_cast<int>(s));
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

}  // namespace headscope
