// Reads a Python pickle as data and never runs anything: no object is made, no function called.
//
// Understood are the opcodes that numbers, texts, tuples, lists, dictionaries and PyTorch's tensors
// need (a subset of pickletools' protocols 2 to 4); every other one is refused by its number. A
// REDUCE ("call this with that") is kept as a value that names the function and its arguments, and
// only where the caller's allow-list has the function. Values lie in one array and refer to each
// other by index, so nesting and cycles cost no recursion.
//
// Not for: pickles that hold other objects, and for writing.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "io/byte_cursor.h"

namespace headscope {

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,        // integer 0 or 1
    kInt,         // integer
    kLong,        // more than 64 bits: `text` has the little-endian two's complement
    kFloat,       // number
    kText,        // text (UTF-8 as it stands, or a byte string)
    kTuple,       // items
    kList,        // items
    kDict,        // items: key, value, key, value, …, in the order in which they were set
    kGlobal,      // text: the module, name: the class or function in it
    kPersistent,  // items[0]: the persistent id
    kCall         // items[0]: a kGlobal, items[1]: its arguments, a kTuple
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string_view text, name;  // into the bytes that were read
  std::vector<uint32_t> items;  // indexes into Pickle::values
};

struct Pickle {
  std::deque<PickleValue> values;
  uint32_t root = 0;

  const PickleValue& operator[](uint32_t index) const { return values[index]; }
};

// Whether a pickle may name this class or function.
using AllowedGlobal = bool (*)(std::string_view module, std::string_view name);

// Reads to the STOP opcode and leaves the cursor behind it. collections.OrderedDict becomes a
// kDict; its attributes are skipped. Throws Error(kBadInput) naming the cursor's source: cut off,
// an opcode or a global outside the list, damaged, too large.
Pickle read_pickle(ByteCursor& cursor, AllowedGlobal allowed);

}  // namespace headscope
