// Vectors before their rotary embedding (Su et al. 2021): traces hold them after it.
#pragma once

#include <cstdint>

#include "headscope/trace_info.h"

namespace headscope {

// Undoes the rotation of the vector [Dh] at `position`, in place.
void unrotate(float* vector, int64_t position, const RopeInfo& rope);

}  // namespace headscope
