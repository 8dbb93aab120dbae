#include "model/packed_layers.h"

#include <utility>

#include "headscope/threads.h"

namespace headscope {

PackedLayers::PackedLayers(int64_t count, bool streamed, Read read)
    : read_(std::move(read)), streamed_(streamed), kept_(static_cast<size_t>(count)) {}

std::shared_ptr<const LayerWeights> PackedLayers::layer(int64_t number) {
  if (!streamed_) {
    auto& kept = kept_[static_cast<size_t>(number)];
    if (!kept) {
      kept = read_(number, scratch_);
      if (number + 1 == std::ssize(kept_)) scratch_ = Buffer();
    }
    return kept;
  }
  if (number == given_) {
    if (auto still = last_.lock()) return still;
  }
  ahead(number);
  auto weights = std::exchange(coming_, {}).weights.get();
  given_ = number;
  last_ = weights;
  return weights;
}

void PackedLayers::ahead(int64_t number) {
  if (!streamed_ || coming_.layer == number) return;
  if (number == given_ && !last_.expired()) return;
  settle();
  coming_.layer = number;
  coming_.weights = std::async(std::launch::async, [read = read_, number] {
    set_max_threads(1);  // of this thread: the others are at work on the layer before
    Buffer scratch;
    return read(number, scratch);
  });
}

}  // namespace headscope
