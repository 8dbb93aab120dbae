#include "headscope/generation.h"

namespace headscope {

std::string_view name_of(GenerationStop stop) {
  switch (stop) {
    case GenerationStop::kEnd:
      return "end";
    case GenerationStop::kLength:
      return "length";
    case GenerationStop::kStopped:
      return "stopped";
  }
  return "";
}

}  // namespace headscope
