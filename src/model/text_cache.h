// TextCache: what attention needs of the tokens that a text has had so far, so that further tokens
// are computed without computing those again (causal models).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/buffer.h"
#include "model/spec.h"

namespace headscope {

class TextCache {
 public:
  // One layer, R tokens of room.
  struct Layer {
    Buffer qkv;        // [R, query | key | value] after rotation, as the projection writes them
    Buffer packed;     // the heads' keys and values as attention reads them (kernels/attention.h)
    Buffer logsumexp;  // [H, R]
    Buffer sink;       // [H, R] the sink's shares, where the layer has sinks
  };

  // Room for `room` tokens. `hidden`: keeps hidden states too.
  TextCache(const ModelSpec& spec, int64_t room, bool hidden);

  int64_t room() const { return room_; }
  int64_t size() const { return size_; }              // tokens that are in
  int64_t begun_with() const { return begun_with_; }  // tokens of the first run
  void grow(int64_t tokens) {
    if (size_ == 0) begun_with_ = tokens;
    size_ += tokens;
  }
  Layer& layer(int64_t number) { return layers_[static_cast<size_t>(number)]; }
  // Hidden state `index` of L+1, [R, D]; null where they are not kept.
  float* hidden(int64_t index) { return hidden_.empty() ? nullptr : hidden_[index].data(); }

  static int64_t bytes(const ModelSpec& spec, int64_t room, bool hidden);

 private:
  int64_t room_, size_ = 0, begun_with_ = 0;
  std::vector<Layer> layers_;
  std::vector<Buffer> hidden_;
};

}  // namespace headscope
