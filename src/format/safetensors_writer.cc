#include "format/safetensors_writer.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "format/checked_shape.h"
#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

int64_t byte_count(const TensorDeclaration& tensor) {
  const auto bytes = checked_bytes(tensor.shape, size_of(tensor.dtype));
  if (!bytes) {
    throw Error(ErrorCode::kInternal,
                "tensor " + tensor.name + " of shape " + shape_text(tensor.shape) + " has no size");
  }
  return *bytes;
}

std::vector<TensorDeclaration> ordered(std::vector<TensorDeclaration> tensors) {
  std::vector<TensorDeclaration> result;
  for (const size_t i : safetensors_order(tensors)) result.push_back(std::move(tensors[i]));
  return result;
}

}  // namespace

std::vector<size_t> safetensors_order(const std::vector<TensorDeclaration>& tensors) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return size_of(tensors[a].dtype) > size_of(tensors[b].dtype);
  });
  return order;
}

std::string safetensors_header(const std::vector<TensorDeclaration>& tensors,
                               const std::map<std::string, std::string>& metadata) {
  // Written by hand because the order of the entries is the order of the data.
  std::string json = "{";
  if (!metadata.empty()) json += "\"__metadata__\":" + dump_json(Json(metadata));
  int64_t offset = 0;
  std::set<std::string> names;
  for (const TensorDeclaration& tensor : tensors) {
    if (tensor.name == "__metadata__" || !names.insert(tensor.name).second) {
      throw Error(ErrorCode::kInternal, "tensor name \"" + tensor.name + "\" cannot be written",
                  "unique names");
    }
    const int64_t bytes = byte_count(tensor);
    const Json entry = {{"dtype", name_of(tensor.dtype)},
                        {"shape", tensor.shape},
                        {"data_offsets", {offset, offset + bytes}}};
    if (json.size() > 1) json += ',';
    json += dump_json(Json(tensor.name)) + ':' + dump_json(entry);
    offset += bytes;
  }
  json += '}';
  while (json.size() % 8 != 0) json += ' ';
  std::string header;
  for (int i = 0; i < 8; ++i) {
    header += static_cast<char>(static_cast<uint64_t>(json.size()) >> (8 * i) & 255);
  }
  return header + json;
}

SafetensorsWriter::SafetensorsWriter(const std::string& path,
                                     std::vector<TensorDeclaration> tensors,
                                     const std::map<std::string, std::string>& metadata)
    : tensors_(ordered(std::move(tensors))), file_(path) {
  file_.write(safetensors_header(tensors_, metadata));
}

void SafetensorsWriter::write_next(const void* data, size_t bytes) {
  if (next_ >= tensors_.size() || static_cast<int64_t>(bytes) != byte_count(tensors_[next_])) {
    throw Error(ErrorCode::kInternal, "tensor " + std::to_string(next_) + " of " +
                                          std::to_string(bytes) + " bytes was not declared so");
  }
  file_.write(data, bytes);
  ++next_;
}

void SafetensorsWriter::commit() {
  if (next_ != tensors_.size()) {
    throw Error(ErrorCode::kInternal, "only " + std::to_string(next_) + " of " +
                                          std::to_string(tensors_.size()) + " tensors written");
  }
  file_.commit();
}

namespace {

std::vector<TensorDeclaration> declarations(const std::vector<TensorToWrite>& tensors) {
  std::vector<TensorDeclaration> result;
  for (const auto& t : tensors) result.push_back({t.name, t.dtype, t.shape});
  return result;
}

}  // namespace

std::string write_safetensors(const std::vector<TensorToWrite>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  const auto declared = declarations(tensors);
  const auto order = safetensors_order(declared);
  std::string bytes = safetensors_header(ordered(declared), metadata);
  size_t total = bytes.size();
  for (const auto& tensor : declared) total += static_cast<size_t>(byte_count(tensor));
  bytes.reserve(total);
  for (const size_t i : order) {
    bytes.append(static_cast<const char*>(tensors[i].data),
                 static_cast<size_t>(byte_count(declared[i])));
  }
  return bytes;
}

void write_safetensors_file(const std::string& path, const std::vector<TensorToWrite>& tensors,
                            const std::map<std::string, std::string>& metadata) {
  const auto declared = declarations(tensors);
  const auto order = safetensors_order(declared);
  SafetensorsWriter writer(path, declared, metadata);
  for (const size_t i : order) {
    writer.write_next(tensors[i].data, static_cast<size_t>(byte_count(declared[i])));
  }
  writer.commit();
}

}  // namespace headscope
