// For tests of the forward pass: a model without tokenizer and facade, run on ids.
#pragma once

#include <optional>
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
    model_.load();
    if (!family_.decoder) return;
    decoder_.emplace(family_.decoder->read(config_), *family_.decoder, source.weights());
    decoder_->load();
    decoder_pass_.emplace(*decoder_);
  }

  struct Text {
    std::vector<int32_t> ids, segments;
    std::vector<std::vector<float>> maps;        // [L] of [H, N, N]
    std::vector<std::vector<float>> cross_maps;  // of a decoder: [L] of [H, N, M]
    std::vector<float> hidden;                   // [L+1, N, D]
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

  // An encoder–decoder model on sources and targets, one target a source.
  void run(std::vector<Text>& sources, std::vector<Text>& targets) {
    run(sources);
    std::vector<PassText> inputs;
    std::vector<Memory> memories(sources.size());
    std::vector<std::vector<KeptLayer>> kept(targets.size()), cross(targets.size());
    const ModelSpec& spec = decoder_->spec();
    for (size_t t = 0; t < targets.size(); ++t) {
      Text& text = targets[t];
      const size_t n = text.ids.size(), m = sources[t].ids.size();
      const size_t d = static_cast<size_t>(spec.memory_width);
      memories[t].tokens = static_cast<int64_t>(m);
      memories[t].rows = sources[t].hidden.data() + sources[t].hidden.size() - m * d;
      for (const BlockSpec& block : spec.blocks) {
        text.maps.emplace_back(static_cast<size_t>(block.attention.heads) * n * n);
        text.cross_maps.emplace_back(static_cast<size_t>(block.cross->heads) * n * m);
        kept[t].emplace_back();
        kept[t].back().attention = text.maps.back().data();
        cross[t].emplace_back();
        cross[t].back().attention = text.cross_maps.back().data();
      }
      text.hidden.resize((spec.blocks.size() + 1) * n * static_cast<size_t>(spec.width));
      PassText input{text.ids, {}, nullptr, kept[t], text.hidden.data()};
      input.memory = &memories[t];
      input.cross_kept = cross[t];
      inputs.push_back(input);
    }
    decoder_pass_->run(inputs, {}, {});
  }

  const ModelSpec& spec() const { return model_.spec(); }
  const Transformer& model() const { return model_; }
  const Transformer& decoder() const { return *decoder_; }

 private:
  ConfigReader config_;
  const Family& family_;
  Transformer model_;
  ForwardPass pass_;
  std::optional<Transformer> decoder_;
  std::optional<ForwardPass> decoder_pass_;
};

}  // namespace headscope
