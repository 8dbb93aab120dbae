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

const TokenSequence& grown_text(const TraceInfo& info) {
  const bool several = info.stacks.size() > 1;
  return info.tokens(several ? info.stack_index("decoder") : 0, Side::kQuery);
}

}  // namespace headscope
