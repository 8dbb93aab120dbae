#include "kernels/tile_support.h"

#include <atomic>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/amx_tiles.h"
#include "kernels/buffer.h"
#include "kernels/tile_product.h"

#if HEADSCOPE_AMX
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace headscope {

namespace {

#if HEADSCOPE_AMX
constexpr unsigned bit(int n) { return 1u << n; }

// CPUID as of Intel's manual, volume 2, CPUID: leaf 7 EDX 22 AMX-BF16 and 24 AMX-TILE; leaf 1DH,
// palette 1: EBX bytes of a row, low half, and tiles, high half; ECX rows.
bool processor_has_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit(27))) return false;  // OSXSAVE: XGETBV runs
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  // The system saves vectors (1, 2, 5 to 7) and tiles (17, 18) when it switches threads.
  constexpr unsigned kSaved = bit(1) | bit(2) | bit(5) | bit(6) | bit(7) | bit(17) | bit(18);
  if ((low & kSaved) != kSaved) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  constexpr unsigned kAvx512 = bit(16) | bit(17) | bit(30) | bit(31);  // F, DQ, BW, VL
  if ((b & kAvx512) != kAvx512 || !(d & bit(22)) || !(d & bit(24))) return false;
  if (!__get_cpuid_count(0x1d, 1, &a, &b, &c, &d)) return false;
  return (b & 0xffff) == 64 && (b >> 16) == 8 && (c & 0xffff) == 16;
}

// A process asks before it uses tiles; a system older than Linux 5.16, a sandbox or a signal stack
// that is too small refuses.
bool system_lets_us() {
  constexpr int kRequest = 0x1023, kGranted = 0x1022, kTileData = 18;  // asm/prctl.h
  if (syscall(SYS_arch_prctl, kRequest, kTileData) != 0) return false;
  uint64_t granted = 0;
  return syscall(SYS_arch_prctl, kGranted, &granted) == 0 && (granted >> kTileData & 1) != 0;
}
#endif

bool find_out() {
#if HEADSCOPE_AMX
  return processor_has_tiles() && system_lets_us() && tiles_multiply_right();
#else
  return false;
#endif
}

// More than a block of rows, a panel and a chain of sums, and a multiple of none.
constexpr int64_t kRows = 35, kOut = 41, kIn = 803;

// A generator of its own: [-1, 1).
class Numbers {
 public:
  float next() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<float>(static_cast<int32_t>(state_)) * 0x1p-31f;
  }

 private:
  uint32_t state_ = 1;
};

// Whether the product of x and w is that of double precision: to the last bit where `bound` is 0,
// else within this share of the sum of the products' sizes.
bool product_is_right(const std::vector<float>& x, const std::vector<float>& w, Precision precision,
                      double bound) {
  Buffer panels(static_cast<size_t>(tile_panels_size(kOut, kIn, precision)));
  pack_tile_panels(w.data(), kOut, kIn, precision, panels.data());
  std::vector<float> y(static_cast<size_t>(kRows * kOut));
  tile_product(x.data(), kRows, kIn, panels.data(), nullptr, kOut, precision, y.data());
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t o = 0; o < kOut; ++o) {
      double sum = 0, size = 0;
      for (int64_t i = 0; i < kIn; ++i) {
        const double product =
            double{x[static_cast<size_t>(r * kIn + i)]} * w[static_cast<size_t>(o * kIn + i)];
        sum += product;
        size += std::abs(product);
      }
      const double error = std::abs(y[static_cast<size_t>(r * kOut + o)] - sum);
      if (!(error <= bound * size)) return false;
    }
  }
  return true;
}

// assume_tiles(): kSays, and kYes where they work.
constexpr int kSays = 1, kYes = 2;
std::atomic<int> assumed = 0;

}  // namespace

bool tiles_multiply_right() {
  Numbers numbers;
  std::vector<float> x(static_cast<size_t>(kRows * kIn)), w(static_cast<size_t>(kOut * kIn));
  for (float& value : x) value = std::floor(numbers.next() * 64);
  for (float& value : w) value = std::floor(numbers.next() * 64);
  for (const Precision precision : {Precision::kBf16, Precision::kBf16x3, Precision::kF32}) {
    if (!product_is_right(x, w, precision, 0)) return false;
  }
  for (float& value : x) value = numbers.next();
  for (float& value : w) value = numbers.next();
  // What factors lose (2⁻⁸ or 2⁻¹⁶ each, and the products left out), and the sums' rounding.
  return product_is_right(x, w, Precision::kBf16, 0x1p-7 + 0x1p-20) &&
         product_is_right(x, w, Precision::kBf16x3, 3 * 0x1p-16 + 0x1p-20) &&
         product_is_right(x, w, Precision::kF32, 0x1p-20);
}

bool tiles_work() {
  if (const int says = assumed; says & kSays) return (says & kYes) != 0;
  static const bool found = find_out();
  return found;
}

std::optional<bool> assume_tiles(std::optional<bool> work) {
  const int before = assumed.exchange(work ? kSays | (*work ? kYes : 0) : 0);
  if (!(before & kSays)) return std::nullopt;
  return (before & kYes) != 0;
}

}  // namespace headscope
