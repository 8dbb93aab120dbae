// Reads protocol-buffer messages field by field (the wire format alone, no schema): enough for the
// few flat messages of a checkpoint's index, without the protobuf library.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/byte_cursor.h"

namespace headscope {

struct ProtoField {
  uint64_t number = 0;
  // The value of a varint, fixed32 or fixed64 field.
  uint64_t value = 0;
  // The content of a length-delimited field.
  std::span<const std::byte> content;
  bool is_message = false;  // length-delimited
};

class ProtoReader {
 public:
  ProtoReader(std::span<const std::byte> bytes, std::string source)
      : cursor_(bytes, std::move(source)) {}

  // Fills `field` with the next one; false at the end. Throws Error(kBadInput) for what is no
  // message.
  bool next(ProtoField& field) {
    if (cursor_.done()) return false;
    const uint64_t key = cursor_.varint();
    field = {.number = key >> 3, .value = 0, .content = {}, .is_message = false};
    switch (key & 7) {
      case 0:
        field.value = cursor_.varint();
        return true;
      case 1:
        field.value = cursor_.u64();
        return true;
      case 2:
        field.is_message = true;
        field.content = cursor_.take(cursor_.varint());
        return true;
      case 5:
        field.value = cursor_.u32();
        return true;
      default:
        cursor_.refuse("holds a field of wire type " + std::to_string(key & 7));
    }
  }
  const std::string& source() const { return cursor_.source(); }

 private:
  ByteCursor cursor_;
};

}  // namespace headscope
