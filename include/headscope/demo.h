// The demo trace: the article's pair on the real weights, built into the program, so that the first
// screen and the first figure need neither model nor network. tools/demo-trace makes it; a test
// checks it against a fresh run.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "headscope/trace.h"

namespace headscope {

// The trace file's bytes, as they are in data/demo.
std::span<const std::byte> demo_trace_bytes();
std::shared_ptr<const Trace> demo_trace();

}  // namespace headscope
