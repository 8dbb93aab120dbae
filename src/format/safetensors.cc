#include "headscope/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/half.h"
#include "format/checked_shape.h"
#include "format/json.h"
#include "headscope/error.h"
#include "headscope/file_kind.h"

namespace headscope {
namespace {

constexpr DType kDTypes[] = {DType::kF32, DType::kF16, DType::kBF16, DType::kF64, DType::kI64,
                             DType::kI32, DType::kI16, DType::kI8,   DType::kU8,  DType::kBool};

constexpr int64_t kLengthBytes = 8;
// The reference implementation's own limit.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected, const std::string& action = {}) {
  throw Error(ErrorCode::kBadInput, source + ": " + got, expected, action);
}

// The header's bytes, once its length is known to lie inside the file.
std::string_view header_text(std::span<const std::byte> bytes, const std::string& source) {
  const auto size = static_cast<int64_t>(bytes.size());
  const size_t seen = std::min(bytes.size(), kKindBytes);
  const std::string_view first(reinterpret_cast<const char*>(bytes.data()), seen);
  // A header's length may look like a byte-order mark; its ninth byte is "{" then.
  const bool plausible = size > kLengthBytes && first[kLengthBytes] == '{';
  if (const auto kind = plausible ? std::nullopt : kind_of_magic(first)) {
    refuse(source, "the file " + kind->name, "a safetensors file", kind->action);
  }
  if (size < kLengthBytes) {
    refuse(source, "only " + std::to_string(size) + " bytes",
           "a safetensors file, which starts with an 8-byte header length");
  }
  uint64_t length = 0;
  for (int i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  }
  if (length > kMaxHeaderBytes || static_cast<int64_t>(length) > size - kLengthBytes) {
    refuse(source, "header length " + std::to_string(length),
           "at most " + std::to_string(size - kLengthBytes) + " for a file of " +
               std::to_string(size) + " bytes",
           "The file is cut off or is no safetensors file: fetch it again");
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  if (text.empty() || text.front() != '{') refuse(source, "no JSON header", "a header that is {…}");
  return text;
}

DType parse_dtype(const std::string& name, const std::string& tensor, const std::string& source) {
  std::string known;
  for (const DType type : kDTypes) {
    if (name_of(type) == name) return type;
    known += (known.empty() ? "" : ", ") + std::string(name_of(type));
  }
  refuse(source, "tensor " + tensor + " has dtype " + name, "one of " + known);
}

struct Span {
  int64_t begin = 0, end = 0;
  size_t index = 0;
};

// Data offsets must tile the data exactly: begin where the one before ended, no hole, no overlap.
void check_tiling(const std::vector<Span>& spans, const std::vector<TensorEntry>& tensors,
                  int64_t data_bytes, const std::string& source) {
  // Overlaps first: a tensor that lies on another one usually leaves the hole it came from.
  for (size_t i = 1; i < spans.size(); ++i) {
    const std::string& before = tensors[spans[i - 1].index].name;
    const std::string& name = tensors[spans[i].index].name;
    if (spans[i].begin < spans[i - 1].end) {
      refuse(source,
             "tensors " + before + " and " + name + " overlap (" + name + " starts at byte " +
                 std::to_string(spans[i].begin) + ")",
             "it to start at " + std::to_string(spans[i - 1].end));
    }
  }
  int64_t expected = 0;
  for (const Span& span : spans) {
    const std::string& name = tensors[span.index].name;
    if (span.begin > expected) {
      refuse(source,
             "a hole of " + std::to_string(span.begin - expected) + " bytes before tensor " + name,
             "it to start at byte " + std::to_string(expected));
    }
    expected = span.end;
  }
  if (expected != data_bytes) {
    refuse(source,
           std::to_string(data_bytes) + " bytes of data where its tensors end at byte " +
               std::to_string(expected),
           std::to_string(expected) + " bytes of data",
           expected > data_bytes ? "The file is truncated: fetch it again" : "");
  }
}

TensorEntry parse_entry(const std::string& name, const Json& value, const std::string& source,
                        Span& span) {
  const std::string where = source + ": tensor " + name;
  TensorEntry entry;
  entry.name = name;
  entry.dtype = parse_dtype(string_field(value, "dtype", where), name, source);
  entry.shape = ints_field(value, "shape", where);
  const auto offsets = ints_field(value, "data_offsets", where);
  if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) {
    refuse(source, "tensor " + name + " has data_offsets " + shape_text(offsets),
           "[begin, end] with 0 <= begin <= end");
  }
  span.begin = offsets[0];
  span.end = offsets[1];
  entry.bytes = span.end - span.begin;
  const auto needed = checked_bytes(entry.shape, size_of(entry.dtype));
  if (!needed || *needed != entry.bytes) {
    refuse(source,
           "tensor " + name + " of dtype " + std::string(name_of(entry.dtype)) + " and shape " +
               shape_text(entry.shape) + " spans " + std::to_string(entry.bytes) + " bytes",
           needed ? std::to_string(*needed) + " bytes by dtype and shape"
                  : "a shape whose size can be counted");
  }
  return entry;
}

}  // namespace

int64_t TensorEntry::count() const { return bytes / size_of(dtype); }

SafetensorsView::SafetensorsView(std::span<const std::byte> bytes, const std::string& source) {
  const std::string_view text = header_text(bytes, source);
  const Json header = parse_json(text, source + " (header)");
  const auto data = bytes.subspan(kLengthBytes + text.size());
  std::vector<TensorEntry> parsed;
  std::vector<Span> spans;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, text_value] : value.items()) {
        if (!text_value.is_string()) {
          refuse(source, "__metadata__ " + key + " is " + describe(text_value), "strings only");
        }
        metadata_[key] = text_value.get<std::string>();
      }
      continue;
    }
    spans.push_back({0, 0, parsed.size()});
    parsed.push_back(parse_entry(name, value, source, spans.back()));
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return a.begin != b.begin ? a.begin < b.begin
                              : (a.end != b.end ? a.end < b.end : a.index < b.index);
  });
  check_tiling(spans, parsed, static_cast<int64_t>(data.size()), source);
  for (const Span& span : spans) {
    parsed[span.index].data = data.data() + span.begin;
    index_[parsed[span.index].name] = tensors_.size();
    tensors_.push_back(std::move(parsed[span.index]));
  }
}

const TensorEntry* SafetensorsView::find(std::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &tensors_[it->second];
}

namespace {

// Element by element through memcpy: the data may be unaligned.
template <class Raw, class Convert>
void convert(const std::byte* data, std::vector<float>& out, Convert to) {
  for (size_t i = 0; i < out.size(); ++i) {
    Raw raw;
    std::memcpy(&raw, data + i * sizeof(Raw), sizeof(Raw));
    out[i] = to(raw);
  }
}

}  // namespace

std::vector<float> to_float(const TensorEntry& entry) {
  std::vector<float> out(static_cast<size_t>(entry.count()));
  if (out.empty()) return out;
  switch (entry.dtype) {
    case DType::kF32:
      std::memcpy(out.data(), entry.data, out.size() * sizeof(float));
      break;
    case DType::kF16:
      convert<uint16_t>(entry.data, out, f16_to_float);
      break;
    case DType::kBF16:
      convert<uint16_t>(entry.data, out, bf16_to_float);
      break;
    case DType::kF64:
      convert<double>(entry.data, out, [](double value) { return static_cast<float>(value); });
      break;
    default:
      throw Error(ErrorCode::kBadInput,
                  "tensor " + entry.name + " has dtype " + std::string(name_of(entry.dtype)),
                  "floating point: F32, F16, BF16 or F64");
  }
  return out;
}

}  // namespace headscope
