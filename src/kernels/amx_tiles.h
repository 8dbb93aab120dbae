// AmxTiles: the eight tile registers of Intel's AMX, each of 16 rows of 64 bytes, as
// kernels/tile_product-inl.h uses them. Source: Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 2, "Intel AMX instruction set".
//
// Instructions stand as assembly: compilers differ in their intrinsics (GCC 12's _tile_loadconfig
// does not say that it reads memory), and functions need no attributes this way. No compiler keeps
// anything in a tile of its own accord, and a volatile instruction stays behind the one before it.
#pragma once

#if defined(__x86_64__) && defined(__linux__) && \
    (__has_include(<amxbf16intrin.h>) || __has_include(<amxintrin.h>))  // GCC's name, clang's
#define HEADSCOPE_AMX 1
#else
#define HEADSCOPE_AMX 0
#endif

#if HEADSCOPE_AMX
#include <cstdint>

namespace headscope {

class AmxTiles {
 public:
  // All eight tiles of this thread, each 16 × 64 bytes. Only after tiles_work() said true, or
  // while it finds out (kernels/tile_support.h).
  AmxTiles() {
    alignas(64) Configuration all{};
    all.palette = 1;
    for (int tile = 0; tile < 8; ++tile) {
      all.row_bytes[tile] = 64;
      all.rows[tile] = 16;
    }
    asm volatile("ldtilecfg %0" : : "m"(all) : "memory");
  }
  // A thread without tiles costs the system less to switch.
  ~AmxTiles() { asm volatile("tilerelease" : : : "memory"); }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  template <int kTile>
  [[gnu::always_inline]] void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  // 1024 bytes, row after row.
  template <int kTile>
  [[gnu::always_inline]] void load(const void* from) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2"
                 :
                 : "r"(from), "r"(int64_t{64}), "i"(kTile)
                 : "memory");
  }
  // Rows of 16 floats, `stride` bytes apart.
  template <int kTile>
  [[gnu::always_inline]] void store(float* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(kTile) : "memory");
  }
  // sums [16, 16] += a [16, 16 pairs of bfloat16] × b [16 pairs, 16].
  template <int kSums, int kA, int kB>
  [[gnu::always_inline]] void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSums), "i"(kA), "i"(kB));
  }

 private:
  struct Configuration {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  };
  static_assert(sizeof(Configuration) == 64);
};

}  // namespace headscope
#endif
