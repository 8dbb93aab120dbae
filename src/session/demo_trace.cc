#include "headscope/demo.h"

// Put there by headscope_embed (cmake/Headscope.cmake).
extern "C" const unsigned char headscope_demo_trace[];
extern "C" const unsigned long headscope_demo_trace_size;

namespace headscope {

std::span<const std::byte> demo_trace_bytes() {
  return {reinterpret_cast<const std::byte*>(headscope_demo_trace),
          static_cast<size_t>(headscope_demo_trace_size)};
}

std::shared_ptr<const Trace> demo_trace() {
  const std::span<const std::byte> bytes = demo_trace_bytes();
  return parse_trace(bytes.data(), bytes.size());
}

}  // namespace headscope
