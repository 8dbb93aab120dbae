#include "io/pytorch_file.h"

#include <cstring>
#include <optional>
#include <set>

#include "format/checked_shape.h"
#include "headscope/error.h"
#include "io/pytorch_storage.h"

namespace headscope {
namespace {

using Kind = PickleValue::Kind;

// A tensor as its _rebuild_… call describes it: a view of a storage.
struct TensorCall {
  uint32_t storage = 0;  // a kPersistent
  int64_t offset = 0;    // in numbers, as the strides
  std::vector<int64_t> shape, strides;
};

class StateDict {
 public:
  StateDict(std::span<const std::byte> bytes, std::string source,
            std::shared_ptr<const MappedFile> file)
      : source_(std::move(source)),
        file_(std::move(file)),
        content_(read_pytorch_content(bytes, source_)) {}

  std::vector<std::pair<std::string, StoredTensor>> tensors() const {
    const PickleValue& root = at(content_.pickle.root);
    if (root.kind != Kind::kDict) refuse("does not hold a dictionary", "tensors by name");
    std::vector<std::pair<std::string, StoredTensor>> all;
    std::set<std::string_view> names;
    for (size_t i = 0; i < root.items.size(); i += 2) {
      const PickleValue& key = at(root.items[i]);
      if (key.kind != Kind::kText) refuse("has an entry without a name", "tensors by name");
      if (!names.insert(key.text).second) {
        refuse("holds " + std::string(key.text) + " twice", "each tensor once");
      }
      all.emplace_back(key.text, tensor(std::string(key.text), root.items[i + 1]));
    }
    return all;
  }

 private:
  const PickleValue& at(uint32_t index) const { return content_.pickle[index]; }

  [[noreturn]] void refuse(const std::string& got, const std::string& expected) const {
    throw Error(ErrorCode::kBadInput, source_ + " " + got, expected,
                "Save the model's state_dict() by itself, or use its safetensors");
  }

  StoredTensor tensor(const std::string& name, uint32_t value) const {
    const TensorCall call = tensor_call(name, value);
    const StorageId id = storage_id(content_.pickle, at(call.storage), source_);
    check_bounds(name, call, id.count);
    const StorageBytes storage = content_.storage(id);
    const auto needed = checked_bytes({{id.count}}, size_of(id.dtype));
    if (!needed || static_cast<uint64_t>(*needed) != storage.bytes.size()) {
      refuse("has " + std::to_string(storage.bytes.size()) + " bytes in storage " + id.key +
                 " of " + std::to_string(id.count) + " numbers of type " +
                 std::string(name_of(id.dtype)),
             "as many bytes as its type and count say");
    }
    StoredTensor result{call.shape,    std::string(name_of(id.dtype)), file_, {}, {}, {},
                        storage.verify};
    const auto size = static_cast<size_t>(size_of(id.dtype));
    const int64_t count = *checked_bytes(call.shape, 1);
    const bool dense = call.strides == dense_strides(call.shape);
    const auto begin = static_cast<size_t>(call.offset) * size;
    // Only the bytes of this view may be dropped: the others belong to other tensors.
    result.bytes = dense ? storage.bytes.subspan(begin, static_cast<size_t>(count) * size)
                         : storage.bytes.subspan(0, 0);
    if (dense && id.dtype == DType::kF32 && is_float_aligned(result.bytes)) return result;
    TensorEntry entry{name, id.dtype, call.shape, storage.bytes.data() + begin,
                      count * static_cast<int64_t>(size)};
    result.read = [entry, dense, strides = call.strides, where = source_](float* out) {
      read_numbers(entry, dense ? std::optional<std::vector<int64_t>>() : strides, where, out);
    };
    return result;
  }

  TensorCall tensor_call(const std::string& name, uint32_t index) const {
    const PickleValue* call = &at(index);
    // torch.nn.Parameter: (tensor, requires_grad, hooks).
    if (is_call(*call, "_rebuild_parameter", 1)) call = &at(at(call->items[1]).items[0]);
    // (storage, offset, shape, strides), then what only training needs.
    constexpr size_t kFields = 4;
    if (!is_call(*call, "_rebuild_tensor_v2", kFields) &&
        !is_call(*call, "_rebuild_tensor", kFields)) {
      refuse("holds " + name + ", which is no tensor", "a dictionary of tensors and nothing else");
    }
    const std::vector<uint32_t>& arguments = at(call->items[1]).items;
    TensorCall result{arguments[0], at(arguments[1]).integer, ints(arguments[2], name),
                      ints(arguments[3], name)};
    if (at(result.storage).kind != Kind::kPersistent || at(arguments[1]).kind != Kind::kInt ||
        result.shape.size() != result.strides.size()) {
      refuse("describes tensor " + name + " in another way than PyTorch", "a view of a storage");
    }
    // A view that is yet to be negated or conjugated: {'neg': True}, {'conj': True}.
    constexpr size_t kMarks = 6;
    if (arguments.size() > kMarks && !at(arguments[kMarks]).items.empty()) {
      refuse("marks tensor " + name + " (negated, conjugated)", "numbers as they are stored");
    }
    return result;
  }

  bool is_call(const PickleValue& value, std::string_view function, size_t arguments) const {
    return value.kind == Kind::kCall && at(value.items[0]).text == "torch._utils" &&
           at(value.items[0]).name == function && at(value.items[1]).items.size() >= arguments;
  }

  std::vector<int64_t> ints(uint32_t index, const std::string& name) const {
    constexpr size_t kMostDimensions = 16;
    const PickleValue& tuple = at(index);
    if (tuple.kind != Kind::kTuple || tuple.items.size() > kMostDimensions) {
      refuse("gives tensor " + name + " no shape", "a tuple of numbers");
    }
    std::vector<int64_t> numbers;
    for (const uint32_t item : tuple.items) {
      if (at(item).kind != Kind::kInt || at(item).integer < 0) {
        refuse("gives tensor " + name + " a shape or strides that are no counts",
               "numbers from 0 on");
      }
      numbers.push_back(at(item).integer);
    }
    return numbers;
  }

  // Every number of the view must lie in the storage, and the view must not have more numbers than
  // the storage: with a stride of 0 it could have any number of them.
  void check_bounds(const std::string& name, const TensorCall& call, int64_t available) const {
    const auto count = checked_bytes(call.shape, 1);
    bool inside = count && *count <= available && call.offset >= 0;
    int64_t last = call.offset;
    for (size_t axis = 0; inside && *count > 0 && axis < call.shape.size(); ++axis) {
      int64_t step = 0;
      inside = !__builtin_mul_overflow(call.shape[axis] - 1, call.strides[axis], &step) &&
               !__builtin_add_overflow(last, step, &last);
    }
    if (inside && (*count == 0 ? call.offset <= available : last < available)) return;
    refuse("has tensor " + name + " of shape " + shape_text(call.shape) + ", strides " +
               shape_text(call.strides) + ", from number " + std::to_string(call.offset) + " on",
           "a view inside its storage of " + std::to_string(available) + " numbers");
  }

  // Strides of a row-major tensor; where an extent is 1 they do not matter, so they are the given
  // ones' equals only if those are dense too.
  static std::vector<int64_t> dense_strides(const std::vector<int64_t>& shape) {
    std::vector<int64_t> strides(shape.size());
    int64_t step = 1;
    for (size_t axis = shape.size(); axis-- > 0; step *= shape[axis]) strides[axis] = step;
    return strides;
  }

  // `entry.data` is the view's first number. Null `strides`: the numbers lie one after the other.
  static void read_numbers(const TensorEntry& entry,
                           const std::optional<std::vector<int64_t>>& strides,
                           const std::string& where, float* out) {
    TensorEntry dense = entry;
    std::vector<std::byte> gathered;
    if (strides) {
      gathered.resize(static_cast<size_t>(entry.bytes));
      gather(entry, *strides, gathered.data());
      dense.data = gathered.data();
    }
    dense.name = where + ": " + entry.name;
    const std::vector<float> numbers = to_float(dense);
    std::copy(numbers.begin(), numbers.end(), out);
  }

  static void gather(const TensorEntry& entry, const std::vector<int64_t>& strides,
                     std::byte* out) {
    const int64_t size = size_of(entry.dtype);
    std::vector<int64_t> place(entry.shape.size());
    for (int64_t i = 0; i < entry.count(); ++i) {
      int64_t offset = 0;
      for (size_t axis = 0; axis < place.size(); ++axis) offset += place[axis] * strides[axis];
      std::memcpy(out + i * size, entry.data + offset * size, static_cast<size_t>(size));
      for (size_t axis = place.size(); axis-- > 0;) {
        if (++place[axis] < entry.shape[axis]) break;
        place[axis] = 0;
      }
    }
  }

  std::string source_;
  std::shared_ptr<const MappedFile> file_;
  PytorchContent content_;
};

}  // namespace

std::vector<std::pair<std::string, StoredTensor>> read_pytorch_bytes(
    std::span<const std::byte> bytes, const std::string& source,
    const std::shared_ptr<const MappedFile>& file) {
  return StateDict(bytes, source, file).tensors();
}

std::vector<std::pair<std::string, StoredTensor>> read_pytorch_file(
    const std::shared_ptr<const MappedFile>& file) {
  return read_pytorch_bytes(file->bytes(), file->path(), file);
}

}  // namespace headscope
