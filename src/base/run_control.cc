#include "headscope/run_control.h"

#include "headscope/error.h"

namespace headscope {

void CancellationToken::check() const {
  if (cancelled()) throw Error(ErrorCode::kInterrupted, "the work was cancelled");
}

}  // namespace headscope
