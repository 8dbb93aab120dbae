// AmxTrap: runs AMX instructions on an x86-64 processor without them, for tests of the compiled
// kernels. Such a processor refuses each with an invalid-opcode fault; while an AmxTrap lives, the
// fault's signal handler reads the refused instruction's bytes, does to PlainTiles what they say,
// and goes on behind it. An instruction that a processor with AMX would refuse as well (tiles that
// are not set up, other shapes than 16 × 64 bytes) ends the program. Source of the encodings:
// Intel's Software Developer's Manual, volume 2, the pages of LDTILECFG, TILELOADD, TILERELEASE,
// TILESTORED, TILEZERO and TDPBF16PS.
#pragma once

#include "kernels/amx_tiles.h"

#if HEADSCOPE_AMX

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "kernels/test_plain_tiles.h"
#include "kernels/tile_support.h"

namespace headscope {

class AmxTrap {
 public:
  // `loses_products`: tdpbf16ps does nothing, as of a processor that cannot be trusted.
  explicit AmxTrap(bool loses_products = false) {
    loses = loses_products;
    struct sigaction action = {};
    action.sa_sigaction = [](int, siginfo_t*, void* context) {
      refused(static_cast<ucontext_t*>(context)->uc_mcontext.gregs);
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, &before_);
  }
  ~AmxTrap() { sigaction(SIGILL, &before_, nullptr); }
  AmxTrap(const AmxTrap&) = delete;
  AmxTrap& operator=(const AmxTrap&) = delete;

  // Instructions that were run this way so far.
  static int64_t count() { return instructions; }

 private:
  struct Thread {
    PlainTiles tiles;
    bool set_up;
  };
  static inline thread_local Thread thread{.tiles = {}, .set_up = false};
  static inline std::atomic<int64_t> instructions = 0;
  static inline std::atomic<bool> loses = false;

  [[noreturn]] static void stop(const char* why) {
    const char start[] = "AmxTrap: ";
    if (write(2, start, sizeof start - 1) < 0 || write(2, why, std::strlen(why)) < 0 ||
        write(2, "\n", 1) < 0) {
      _exit(98);
    }
    _exit(99);
  }
  static void require(bool holds, const char* why) {
    if (!holds) stop(why);
  }

  // Registers by their number in an instruction.
  static uint64_t value(const gregset_t& registers, int number) {
    static constexpr int kNames[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                     REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                     REG_R12, REG_R13, REG_R14, REG_R15};
    return static_cast<uint64_t>(registers[kNames[number]]);
  }

  struct Address {
    uint64_t base = 0, index = 0;
    bool has_sib = false;
  };
  // What follows a ModRM byte that names memory; `at` moves behind it.
  static Address address(const gregset_t& registers, const uint8_t*& at, uint8_t modrm,
                         int index_high, int base_high) {
    Address address;
    const int mod = modrm >> 6, rm = modrm & 7;
    bool relative = false, bare = false;
    if (rm == 4) {
      const uint8_t sib = *at++;
      address.has_sib = true;
      const int index = (sib >> 3 & 7) + index_high, base = (sib & 7) + base_high;
      if (index != 4) address.index = value(registers, index) << (sib >> 6);
      bare = mod == 0 && (sib & 7) == 5;
      if (!bare) address.base = value(registers, base);
    } else if (mod == 0 && rm == 5) {
      relative = true;
    } else {
      address.base = value(registers, rm + base_high);
    }
    if (mod == 1) {
      address.base += static_cast<uint64_t>(int64_t{static_cast<int8_t>(*at++)});
    } else if (mod == 2 || relative || bare) {
      int32_t offset = 0;
      std::memcpy(&offset, at, 4);
      at += 4;
      address.base += static_cast<uint64_t>(int64_t{offset});
      if (relative) address.base += reinterpret_cast<uint64_t>(at);  // none has a constant behind
    }
    return address;
  }

  static void configure(const uint8_t* bytes) {
    require(bytes[0] == 1 && bytes[1] == 0, "ldtilecfg: another palette, or a start row");
    for (int i = 2; i < 16; ++i) require(bytes[i] == 0, "ldtilecfg: a reserved byte");
    for (int tile = 0; tile < 8; ++tile) {
      const int row_bytes = bytes[16 + 2 * tile] + 256 * bytes[17 + 2 * tile];
      require(row_bytes == 64 && bytes[48 + tile] == 16, "ldtilecfg: a tile that is not whole");
      thread.tiles.zero(tile);
    }
    for (int i = 32; i < 48; ++i) require(bytes[i] == 0, "ldtilecfg: a ninth tile");
    for (int i = 56; i < 64; ++i) require(bytes[i] == 0, "ldtilecfg: a ninth tile's rows");
    thread.set_up = true;
  }

  static void refused(gregset_t& registers) {
    const auto* at = reinterpret_cast<const uint8_t*>(registers[REG_RIP]);
    // Three-byte VEX, opcode map 0F38, W0, 128 bits.
    require(at[0] == 0xc4 && (at[1] & 0x1f) == 2 && (at[2] & 0x84) == 0, "no AMX instruction");
    const int r_high = at[1] & 0x80 ? 0 : 8, x_high = at[1] & 0x40 ? 0 : 8,
              b_high = at[1] & 0x20 ? 0 : 8;
    const int third = ~(at[2] >> 3) & 15, prefix = at[2] & 3;  // none, 66, F3, F2
    const uint8_t opcode = at[3], modrm = at[4];
    const int reg = (modrm >> 3 & 7) + r_high, rm = modrm & 7;
    const bool memory = modrm >> 6 != 3;
    at += 5;
    require(reg < 8, "a tile above 7");
    const bool configures = opcode == 0x49 && prefix == 0 && memory;
    require(thread.set_up || configures, "no tiles are set up");
    PlainTiles& tiles = thread.tiles;
    if (configures) {
      require(reg == 0 && third == 0, "no ldtilecfg");
      const Address where = address(registers, at, modrm, x_high, b_high);
      configure(reinterpret_cast<const uint8_t*>(where.base + where.index));
    } else if (opcode == 0x49 && prefix == 0) {
      require(modrm == 0xc0 && third == 0, "no tilerelease");
      thread.set_up = false;
    } else if (opcode == 0x49 && prefix == 3 && !memory) {
      require(rm == 0 && third == 0, "no tilezero");
      tiles.zero(reg);
    } else if (opcode == 0x4b && (prefix == 3 || prefix == 2) && memory) {
      require(third == 0, "no tileloadd or tilestored");
      const Address where = address(registers, at, modrm, x_high, b_high);
      require(where.has_sib, "tileloadd or tilestored without a stride");
      auto* start = reinterpret_cast<char*>(where.base);
      const auto stride = static_cast<int64_t>(where.index);
      if (prefix == 3) {
        tiles.load(reg, start, stride);
      } else {
        tiles.store(reg, start, stride);
      }
    } else if (opcode == 0x5c && prefix == 2 && !memory) {
      const int a = rm + b_high, b = third;
      require(a < 8 && b < 8 && reg != a && reg != b && a != b, "tdpbf16ps: equal tiles");
      if (!loses) tiles.dot(reg, a, b);
    } else {
      stop("no instruction that AmxTrap knows");
    }
    registers[REG_RIP] = reinterpret_cast<greg_t>(at);
    ++instructions;
  }

  struct sigaction before_ = {};
};

// While it lives, models and products take tiles for there, or not; in an AmxTrap where the
// processor has none.
class AssumedTiles {
 public:
  explicit AssumedTiles(bool work) : before_(assume_tiles(work)) {}
  ~AssumedTiles() { assume_tiles(before_); }
  AssumedTiles(const AssumedTiles&) = delete;
  AssumedTiles& operator=(const AssumedTiles&) = delete;

 private:
  AmxTrap trap_;
  std::optional<bool> before_;
};

}  // namespace headscope
#endif
