#include "kernels/tile_product.h"

#include <algorithm>
#include <cstdlib>

#include "kernels/amx_tiles.h"
#include "kernels/buffer.h"
#include "kernels/tile_product-inl.h"

namespace headscope {

namespace {

constexpr int64_t kNumbersOfFloat = sizeof(float) / sizeof(uint16_t);

#if HEADSCOPE_AMX
// Every processor with AMX has these; they speed up what surrounds the tiles.
#define HEADSCOPE_WITH_AVX512 [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]

template <int kParts>
struct Amx {
  HEADSCOPE_WITH_AVX512 static void rows(const float* x, const tile::TileJob& job, int64_t block) {
    tile::pack_rows<kParts>(x, job, block);
  }
  HEADSCOPE_WITH_AVX512 static void panel(const float* weight, int64_t out, int64_t in, int64_t p,
                                          uint16_t* panels) {
    tile::pack_panel<kParts>(weight, out, in, p, panels);
  }
  HEADSCOPE_WITH_AVX512 static void task(const tile::TileJob& job, Range rows, Range panels) {
    tile::multiply_task<kParts, AmxTiles>(job, rows, panels);
  }
};

template <class Use>
void with_parts(Precision precision, Use use) {
  switch (tile::parts_of(precision)) {
    case 1:
      return use(Amx<1>());
    case 2:
      return use(Amx<2>());
    default:
      return use(Amx<3>());
  }
}
#else
// tiles_work() is false in this build, so nobody comes here.
template <class Use>
void with_parts(Precision, Use) {
  std::abort();
}
#endif

}  // namespace

int64_t tile_panels_size(int64_t out, int64_t in, Precision precision) {
  return tile::panels_numbers(out, in, tile::parts_of(precision)) / kNumbersOfFloat;
}

void pack_tile_panels(const float* weight, int64_t out, int64_t in, Precision precision,
                      float* panels) {
  auto* to = reinterpret_cast<uint16_t*>(panels);
  with_parts(precision, [&](auto instance) {
    tile::pack_all_panels<decltype(instance)>(weight, out, in, to);
  });
}

int64_t tile_product_bytes(int64_t rows, int64_t in) {
  return tile::rows_numbers(rows, in, tile::parts_of(Precision::kF32)) *
         static_cast<int64_t>(sizeof(uint16_t));
}

void tile_product(const float* x, int64_t rows, int64_t in, const float* panels, const float* bias,
                  int64_t out, Precision precision, float* y,
                  std::optional<Activation> activation) {
  thread_local Buffer packed;
  const auto size = static_cast<size_t>(tile_product_bytes(rows, in)) / sizeof(float);
  const tile::TileJob job{reinterpret_cast<uint16_t*>(packed.reserve(size)),
                          0,
                          in,
                          reinterpret_cast<const uint16_t*>(panels),
                          bias,
                          out,
                          y,
                          activation};
  with_parts(precision,
             [&](auto instance) { tile::multiply_all<decltype(instance)>(x, rows, job); });
}

}  // namespace headscope
