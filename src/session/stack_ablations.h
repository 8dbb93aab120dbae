// Ablations as passes take them: those of one stack each.
#pragma once

#include <array>
#include <vector>

#include "headscope/run_settings.h"

namespace headscope {

// The stacks of an encoder–decoder model, in order; a model of one stack has the first.
constexpr size_t kEncoder = 0, kDecoder = 1, kCross = 2;

class AblationsByStack {
 public:
  explicit AblationsByStack(const std::vector<Ablation>& all) {
    for (const Ablation& ablation : all) {
      stacks_.at(static_cast<size_t>(ablation.head.stack)).push_back(ablation);
    }
  }
  const std::vector<Ablation>& encoder() const { return stacks_[kEncoder]; }  // or the only stack's
  const std::vector<Ablation>& decoder() const { return stacks_[kDecoder]; }
  const std::vector<Ablation>& cross() const { return stacks_[kCross]; }

 private:
  std::array<std::vector<Ablation>, 3> stacks_;
};

}  // namespace headscope
