// What the fuzz targets (src/ROOM/NAME_fuzz.cc, run by tools/fuzz) share. Any input may be taken or
// refused; a crash, a hang, much memory, another exception than Error, or an Error that claims a
// bug of ours (kInternal) is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "headscope/error.h"

namespace headscope {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Runs `act`: true where the input is accepted, false where it is refused with an Error.
template <class Act>
bool accepts(Act act) {
  try {
    act();
    return true;
  } catch (const Error& error) {
    require(error.code() != ErrorCode::kInternal, error.what());
    return false;
  }
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
inline std::span<const std::byte> bytes_of(const uint8_t* data, size_t size) {
  return std::as_bytes(std::span(data, size));
}

}  // namespace headscope
