#include "io/gguf_parse.h"

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "format/checked_shape.h"
#include "headscope/error.h"
#include "headscope/utf8.h"
#include "io/byte_cursor.h"

namespace headscope {
namespace {

constexpr uint32_t kOldest = 2, kNewest = 3;  // 3 only adds big-endian files
constexpr uint32_t kMaxDimensions = 4;
constexpr uint64_t kDefaultAlignment = 32;
constexpr std::string_view kAlignment = "general.alignment";

struct TypeInfo {
  std::string_view name;
  size_t size;
};
constexpr std::array<TypeInfo, 13> kTypes = {{{"uint8", 1},
                                              {"int8", 1},
                                              {"uint16", 2},
                                              {"int16", 2},
                                              {"uint32", 4},
                                              {"int32", 4},
                                              {"float32", 4},
                                              {"bool", 1},
                                              {"string", 0},
                                              {"array", 0},
                                              {"uint64", 8},
                                              {"int64", 8},
                                              {"float64", 8}}};

// Where a tensor's bytes begin, counted from the data section.
struct Placed {
  uint64_t begin = 0, end = 0;
  size_t index = 0;
};

class Parser {
 public:
  Parser(std::span<const std::byte> bytes, const std::string& source)
      : bytes_(bytes), source_(source), cursor_(bytes, source) {}

  GgufHeader run() {
    read_start();
    const uint64_t tensors = cursor_.u64(), pairs = cursor_.u64();
    for (uint64_t i = 0; i < pairs; ++i) read_pair();
    for (uint64_t i = 0; i < tensors; ++i) read_tensor();
    place_tensors();
    return std::move(header_);
  }

 private:
  [[noreturn]] void refuse(const std::string& got, const std::string& expected,
                           const std::string& action = {}) const {
    throw Error(ErrorCode::kBadInput, source_ + ": " + got, expected, action);
  }

  void read_start() {
    if (bytes_.size() < 4 || cursor_.take_text(4) != "GGUF") {
      refuse("no GGUF file: it does not begin with the magic bytes GGUF", "a GGUF file",
             "Fetch it again");
    }
    const uint32_t version = cursor_.u32();
    if (version >= kOldest && version <= kNewest) return;
    const uint32_t swapped = __builtin_bswap32(version);
    if (swapped >= kOldest && swapped <= kNewest) {
      refuse("a big-endian GGUF file", "a little-endian one", "Fetch the usual, little-endian one");
    }
    refuse("GGUF version " + std::to_string(version), "version 2 or 3",
           version == 1 ? "Convert the model again: version 1 is of 2023" : "");
  }

  void read_pair() {
    where("a metadata key");
    const std::string key = to_valid_utf8(cursor_.take_text(cursor_.u64()));
    where("metadata key " + key);
    GgufValue value;
    value.type = read_type();
    if (value.type == GgufType::kArray) {
      read_array(value);
    } else if (value.type == GgufType::kString) {
      value.text = cursor_.take_text(cursor_.u64());
    } else {
      value.bytes = cursor_.take(gguf_size_of(value.type));
    }
    if (!header_.metadata.emplace(key, value).second) {
      refuse("metadata key " + key + " occurs twice: duplicate keys have no meaning",
             "each key once");
    }
  }

  GgufType read_type() {
    const uint32_t type = cursor_.u32();
    if (type >= kTypes.size()) cursor_.refuse("has value type " + std::to_string(type));
    return static_cast<GgufType>(type);
  }

  void read_array(GgufValue& value) {
    value.element = read_type();
    value.count = cursor_.u64();
    if (value.element == GgufType::kArray) cursor_.refuse("is an array of arrays (nested arrays)");
    const size_t begin = bytes_.size() - cursor_.left();
    const size_t size = gguf_size_of(value.element);
    // A string takes at least eight bytes, those of its length.
    const size_t least = value.element == GgufType::kString ? sizeof(uint64_t) : size;
    if (value.count > cursor_.left() / least) {
      cursor_.refuse("claims an array length of " + std::to_string(value.count) + " where " +
                     std::to_string(cursor_.left()) + " bytes are left");
    }
    if (value.element == GgufType::kString) {
      for (uint64_t i = 0; i < value.count; ++i) cursor_.take(cursor_.u64());
    } else {
      cursor_.take(value.count * size);
    }
    value.bytes = bytes_.subspan(begin, bytes_.size() - cursor_.left() - begin);
  }

  void read_tensor() {
    where("the tensor list");
    GgufTensor tensor;
    tensor.name = to_valid_utf8(cursor_.take_text(cursor_.u64()));
    where("tensor " + tensor.name);
    const uint32_t dimensions = cursor_.u32();
    if (dimensions > kMaxDimensions) {
      refuse("tensor " + tensor.name + " has " + std::to_string(dimensions) + " dimensions",
             "at most 4");
    }
    std::vector<int64_t> ne;
    for (uint32_t i = 0; i < dimensions; ++i) ne.push_back(static_cast<int64_t>(cursor_.u64()));
    tensor.type = read_tensor_type(tensor.name, cursor_.u32());
    Placed placed{cursor_.u64(), 0, header_.tensors.size()};
    const uint64_t size = tensor_bytes(tensor, ne);
    if (__builtin_add_overflow(placed.begin, size, &placed.end)) {
      refuse("tensor " + tensor.name + " begins at offset " + std::to_string(placed.begin),
             "an offset inside the file");
    }
    tensor.shape.assign(ne.rbegin(), ne.rend());
    if (!names_.insert(tensor.name).second) {
      refuse("tensor " + tensor.name + " is listed twice: a duplicate", "each tensor once");
    }
    header_.tensors.push_back(std::move(tensor));
    placed_.push_back(placed);
  }

  const GgmlType* read_tensor_type(const std::string& name, uint32_t id) const {
    if (const GgmlType* type = find_ggml_type(id)) return type;
    const auto removed = removed_ggml_type(id);
    refuse("tensor " + name + " has type " + std::to_string(id) +
               (removed ? " (" + std::string(*removed) + ", which ggml removed)" : ""),
           "one of " + readable_ggml_types(), "Use another quantisation of this model");
  }

  uint64_t tensor_bytes(const GgufTensor& tensor, const std::vector<int64_t>& ne) const {
    const GgmlType& type = *tensor.type;
    for (const int64_t extent : ne) {
      if (extent <= 0) {
        refuse("tensor " + tensor.name + " has dimensions " + shape_text(ne),
               "none that is zero or beyond 2^63");
      }
    }
    const auto count = checked_bytes(ne, 1);
    const auto bytes = checked_bytes(ne, type.bytes);  // at least as many as there are
    if (!count || !bytes) {
      refuse("tensor " + tensor.name + " has dimensions " + shape_text(ne) +
                 ": too large, their product overflows",
             "a tensor that fits into the file");
    }
    if (!ne.empty() && ne[0] % type.elements != 0) {
      refuse("tensor " + tensor.name + " of type " + std::string(type.name) + " has row length " +
                 std::to_string(ne[0]),
             "a multiple of its block of " + std::to_string(type.elements));
    }
    return static_cast<uint64_t>(*count / type.elements * type.bytes);
  }

  uint64_t alignment() const {
    const auto found = header_.metadata.find(kAlignment);
    if (found == header_.metadata.end()) return kDefaultAlignment;
    if (found->second.type != GgufType::kU32) {
      refuse(std::string(kAlignment) + " is " + std::string(name_of(found->second.type)), "uint32");
    }
    ByteCursor number(found->second.bytes, source_);
    const uint32_t value = number.u32();
    if (std::has_single_bit(value)) return value;
    refuse(std::string(kAlignment) + " is " + std::to_string(value), "a power of two");
  }

  // Offsets count from the next multiple of the alignment behind the tensor list.
  void place_tensors() {
    const uint64_t align = alignment();
    if (header_.tensors.empty()) return;
    const uint64_t at = bytes_.size() - cursor_.left();
    const uint64_t start = (at + align - 1) / align * align;
    if (start > bytes_.size()) {
      refuse("with " + std::string(kAlignment) + " " + std::to_string(align) +
                 " the data begins beyond the end of the file",
             "at most " + std::to_string(bytes_.size()) + " bytes");
    }
    const auto data = bytes_.subspan(start);
    for (const Placed& placed : placed_) {
      GgufTensor& tensor = header_.tensors[placed.index];
      if (placed.begin % align != 0) {
        refuse("tensor " + tensor.name + " begins at offset " + std::to_string(placed.begin),
               "a multiple of the alignment " + std::to_string(align));
      }
      if (placed.end > data.size()) {
        refuse("tensor " + tensor.name + " ends at byte " + std::to_string(placed.end) +
                   " of the data, beyond the end of the file",
               std::to_string(data.size()) + " bytes of data",
               "The file is cut off or damaged: fetch it again");
      }
      tensor.bytes = data.subspan(placed.begin, placed.end - placed.begin);
    }
    refuse_overlaps();
  }

  void refuse_overlaps() {
    std::sort(placed_.begin(), placed_.end(), [](const Placed& a, const Placed& b) {
      return std::pair(a.begin, a.index) < std::pair(b.begin, b.index);
    });
    for (size_t i = 1; i < placed_.size(); ++i) {
      if (placed_[i].begin >= placed_[i - 1].end) continue;
      refuse("tensors " + header_.tensors[placed_[i - 1].index].name + " and " +
                 header_.tensors[placed_[i].index].name + " overlap at offset " +
                 std::to_string(placed_[i].begin),
             "tensors that lie apart");
    }
  }

  // What the cursor's errors name from here on.
  void where(const std::string& part) {
    cursor_ = ByteCursor(bytes_.last(cursor_.left()), source_ + ": " + part);
  }

  std::span<const std::byte> bytes_;
  const std::string& source_;
  ByteCursor cursor_;
  GgufHeader header_;
  std::vector<Placed> placed_;
  std::set<std::string> names_;
};

}  // namespace

std::string_view name_of(GgufType type) { return kTypes[static_cast<size_t>(type)].name; }
size_t gguf_size_of(GgufType type) { return kTypes[static_cast<size_t>(type)].size; }

GgufHeader parse_gguf(std::span<const std::byte> bytes, const std::string& source) {
  return Parser(bytes, source).run();
}

}  // namespace headscope
