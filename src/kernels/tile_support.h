// Whether products run in the processor's tiles (kernels/tile_product.h).
#pragma once

#include <optional>

namespace headscope {

// The processor has AMX's tiles, bfloat16 products and AVX-512, the system lets this process use
// them, and a product came out right. The first call finds out; later ones repeat what it found.
// Thread-safe. Threads that run already may use tiles, too: Linux grants them to a process
// (Documentation/arch/x86/xstate.rst).
bool tiles_work();

// The last of those checks: products of whole numbers, exact in any order of sums, and of others
// within their precision's bound. Needs tiles.
bool tiles_multiply_right();

// For tests: what tiles_work() says from now on; null: what is so. Returns what was assumed before.
std::optional<bool> assume_tiles(std::optional<bool> work);

}  // namespace headscope
