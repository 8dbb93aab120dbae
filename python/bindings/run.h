// One run of a model, as `Model.trace` asks for it.
#pragma once

#include "bindings.h"

namespace headscope::python {

// A picture's file (PNG, JPEG), or its pixel values as a .npy file.
struct PictureCall {
  std::string bytes, name;
  bool is_pixels = false;
};

struct TraceCall {
  std::string a;
  std::optional<std::string> b, target;
  std::optional<std::vector<int32_t>> ids, target_ids;  // fed as they are
  std::vector<int32_t> segments;                        // of ids
  std::optional<PictureCall> picture;
  std::optional<int64_t> generate;
  std::string ablate;
  std::vector<int> masked;
  std::string truncate;
  std::optional<int64_t> max_tokens;
  std::vector<int> layers;
  bool attention = false, hidden = false;
};

// Throws what tokenizing, tracing and generating throw.
std::shared_ptr<OpenedTrace> run(const std::shared_ptr<OpenedModel>& self, const TraceCall& call,
                                 const nb::object& progress);

}  // namespace headscope::python
