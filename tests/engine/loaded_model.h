// For tests of the forward pass: a model without tokenizer and facade, run on ids.
#pragma once

#include <vector>

#include "io/model_source.h"
#include "model/family.h"
#include "model/forward.h"

namespace headscope {

// A model at the level of its forward pass, and passes over texts given as ids.
class LoadedModel {
 public:
  explicit LoadedModel(const ModelSource& source)
      : config_(source.config()),
        family_(family_of(config_)),
        model_(family_.read(config_), family_, source.weights()),
        pass_(model_) {
    model_.load(false);
  }

  struct Text {
    std::vector<int32_t> ids, segments;
    std::vector<std::vector<float>> maps;  // [L] of [H, N, N]
    std::vector<float> hidden;             // [L+1, N, D]
  };

  void run(std::vector<Text>& texts) {
    std::vector<PassText> inputs;
    std::vector<std::vector<KeptLayer>> kept(texts.size());
    for (size_t t = 0; t < texts.size(); ++t) {
      Text& text = texts[t];
      const size_t n = text.ids.size();
      for (const BlockSpec& block : spec().blocks) {
        text.maps.emplace_back(static_cast<size_t>(block.attention.heads) * n * n);
        kept[t].emplace_back();
        kept[t].back().attention = text.maps.back().data();
      }
      text.hidden.resize((spec().blocks.size() + 1) * n * static_cast<size_t>(spec().width));
      inputs.push_back({text.ids, text.segments, nullptr, kept[t], text.hidden.data()});
    }
    pass_.run(inputs, {}, {});
  }

  const ModelSpec& spec() const { return model_.spec(); }
  const Transformer& model() const { return model_; }

 private:
  ConfigReader config_;
  const Family& family_;
  Transformer model_;
  ForwardPass pass_;
};

}  // namespace headscope
