// Which instruction sets the kernels of this room are compiled for. Include before Highway.
//
// Sizes known at compile time let a kernel keep its sums in registers, so the targets whose vectors
// have no fixed size (SVE, RISC-V) use the fixed one below them. SSSE3 and the Ice Lake variant of
// AVX-512 would only repeat the code of SSE4 and AVX-512.
#pragma once

#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
