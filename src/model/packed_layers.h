// PackedLayers: the layers of a model, packed for one kind of product. Each is read at first need
// and kept; or, streamed, by a thread of its own while the one before it is at work, and freed
// after its use (docs/decisions/200-layers-that-are-streamed.md).
//
// One thread uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "kernels/buffer.h"
#include "model/layer_weights.h"

namespace headscope {

class PackedLayers {
 public:
  // Reads and packs a layer; `scratch` is room to join matrices in. Called by a thread at a time.
  using Read = std::function<std::shared_ptr<const LayerWeights>(int64_t number, Buffer& scratch)>;

  // Layers 0 to `count` − 1, asked for in this order at first.
  PackedLayers(int64_t count, bool streamed, Read read);

  // A streamed layer lives as long as it is held; it is waited for, or read now where ahead() did
  // not ask for it. Throws what `read` throws.
  std::shared_ptr<const LayerWeights> layer(int64_t number);
  // Begins to read a streamed layer; returns at once. One at a time.
  void ahead(int64_t number);
  // Gives up what is being read ahead, when that is over.
  void settle() { coming_ = {}; }

 private:
  struct Coming {
    int64_t layer = -1;
    std::future<std::shared_ptr<const LayerWeights>> weights;
  };

  Read read_;
  bool streamed_;
  std::vector<std::shared_ptr<const LayerWeights>> kept_;  // [count], null before first need
  Buffer scratch_;                                         // until all are kept
  // Of streamed layers: the one that was given last, and the one that is being read.
  int64_t given_ = -1;
  std::weak_ptr<const LayerWeights> last_;
  Coming coming_;
};

}  // namespace headscope
