// One attention of a pass: what of a text's ablations and kept arrays is its own.
#pragma once

#include "model/forward.h"

namespace headscope {

// Which attention of which layer of a text.
struct Place {
  int64_t layer;
  bool cross;
};

// Calls use(ablation) for those of this layer's attention.
template <class Use>
void for_layer(const PassText& text, Place place, Use use) {
  const std::vector<Ablation>* ablations = place.cross ? text.cross_ablations : text.ablations;
  if (!ablations) return;
  for (const Ablation& ablation : *ablations) {
    if (ablation.head.id.layer == place.layer) use(ablation);
  }
}

inline bool is_uniform(const PassText& text, Place place, int64_t head) {
  bool uniform = false;
  for_layer(text, place, [&](const Ablation& ablation) {
    uniform |= ablation.kind == AblationKind::kUniform && ablation.head.id.head == head;
  });
  return uniform;
}

// What is to be kept of a layer; nothing where the pass keeps nothing.
inline const KeptLayer& kept(const PassText& text, Place place) {
  static constexpr KeptLayer kNothing;
  const std::span<const KeptLayer> layers = place.cross ? text.cross_kept : text.kept;
  return layers.empty() ? kNothing : layers[static_cast<size_t>(place.layer)];
}

// Floats of one head's bias; of slopes one.
inline int64_t bias_row(const AttentionSpec& spec, int64_t tokens) {
  return bias_size(spec, tokens) / spec.heads;
}

}  // namespace headscope
