// Google's BERT checkpoints and SavedModels, with Hugging Face's names and orientation.
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "format/checked_shape.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "io/stores.h"
#include "io/tensor_bundle.h"
#include "io/tensorflow_names.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

// [in, out] → [out, in], in squares that fit the cache.
std::vector<float> transposed(const float* matrix, int64_t rows, int64_t columns) {
  constexpr int64_t kSquare = 32;
  std::vector<float> result(static_cast<size_t>(rows * columns));
  for (int64_t r0 = 0; r0 < rows; r0 += kSquare) {
    for (int64_t c0 = 0; c0 < columns; c0 += kSquare) {
      const int64_t r1 = std::min(rows, r0 + kSquare), c1 = std::min(columns, c0 + kSquare);
      for (int64_t c = c0; c < c1; ++c) {
        for (int64_t r = r0; r < r1; ++r) {
          result[static_cast<size_t>(c * rows + r)] = matrix[r * columns + c];
        }
      }
    }
  }
  return result;
}

bool is_aligned(const std::byte* data) {
  return reinterpret_cast<uintptr_t>(data) % alignof(float) == 0;
}

class TensorFlowStore : public WeightStore {
 public:
  explicit TensorFlowStore(const std::string& prefix)
      : source_(prefix + ".index"), bundle_(prefix) {
    for (const auto& [name, entry] : bundle_.entries()) {
      auto translated = translate_tensorflow_name(name);
      if (!translated) continue;
      Tensor tensor{name, &entry, entry.shape, translated->transpose, nullptr, {}};
      if (tensor.transpose) {
        if (entry.shape.size() != 2) {
          throw Error(ErrorCode::kBadInput,
                      source_ + ": tensor " + name + " has shape " + shape_text(entry.shape),
                      "a matrix [in, out]");
        }
        std::swap(tensor.shape[0], tensor.shape[1]);
      }
      if (!tensors_.emplace(translated->name, std::move(tensor)).second) {
        throw Error(ErrorCode::kBadInput,
                    source_ + " holds " + translated->name + " a second time as " + name,
                    "one model in a checkpoint");
      }
    }
    if (tensors_.empty()) {
      throw Error(ErrorCode::kBadInput,
                  source_ + " holds no variables below bert/ or module/bert/; found " + found(),
                  "a BERT checkpoint of Google's", "", "HS-MODEL-01");
    }
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    all.reserve(tensors_.size());
    for (const auto& [name, tensor] : tensors_) all.push_back(name);
    return all;
  }

  const std::vector<int64_t>* shape(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second.shape;
  }

  const float* data(std::string_view name) const override {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      throw Error(ErrorCode::kBadInput, source_ + " has no tensor " + std::string(name),
                  "a tensor of that name");
    }
    const Tensor& tensor = found->second;
    if (!tensor.data) load(tensor);
    return tensor.data;
  }

  void drop_pages(std::string_view name) const override {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return;
    const Tensor& tensor = found->second;
    bundle_.drop_pages(*tensor.entry);
    if (tensor.copy.empty()) return;
    tensor.data = nullptr;
    std::vector<float>().swap(tensor.copy);
  }

  const std::string& source() const override { return source_; }

 private:
  struct Tensor {
    std::string own_name;
    const TensorBundle::Entry* entry;
    std::vector<int64_t> shape;  // after transposing
    bool transpose;
    mutable const float* data;  // null until its checksum was verified
    mutable std::vector<float> copy;
  };

  void load(const Tensor& tensor) const {
    const TensorEntry entry = bundle_.read(tensor.own_name, *tensor.entry);
    const float* data = nullptr;
    if (entry.dtype == DType::kF32 && is_aligned(entry.data)) {
      data = reinterpret_cast<const float*>(entry.data);
    } else {
      tensor.copy = to_float(entry);
      data = tensor.copy.data();
    }
    if (tensor.transpose) {
      tensor.copy = transposed(data, entry.shape[0], entry.shape[1]);
      bundle_.drop_pages(*tensor.entry);
      data = tensor.copy.data();
    }
    tensor.data = data;
  }

  std::string found() const {
    std::string text;
    size_t count = 0;
    for (const auto& [name, entry] : bundle_.entries()) {
      if (++count > 4) return text + ", …";
      text += (text.empty() ? "" : ", ") + name;
    }
    return text.empty() ? "nothing" : text;
  }

  std::string source_;
  TensorBundle bundle_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

// The file `checkpoint` that TensorFlow writes beside checkpoints names the newest one. Only the
// last component of that name is used, so that it cannot name a file outside the folder.
std::string newest_checkpoint(const fs::path& directory) {
  const fs::path path = directory / "checkpoint";
  if (!fs::is_regular_file(path)) return {};
  constexpr int64_t kMaxBytes = 1 << 20;
  const std::string text = read_file(path.string(), kMaxBytes);
  constexpr std::string_view kKey = "model_checkpoint_path: \"";
  const size_t begin = text.find(kKey);
  if (begin == std::string::npos) return {};
  const size_t end = text.find('"', begin + kKey.size());
  if (end == std::string::npos) return {};
  return fs::path(text.substr(begin + kKey.size(), end - begin - kKey.size())).filename().string();
}

// DIRECTORY/PREFIX of the only checkpoint in the directory; nothing where there is none.
std::optional<std::string> find_checkpoint(const fs::path& directory) {
  std::vector<std::string> stems;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".index") stems.push_back(entry.path().stem().string());
  }
  if (stems.empty()) return std::nullopt;
  std::sort(stems.begin(), stems.end());
  for (const std::string& wanted : {std::string("bert_model.ckpt"), newest_checkpoint(directory)}) {
    if (std::binary_search(stems.begin(), stems.end(), wanted)) return directory / wanted;
  }
  if (stems.size() == 1) return directory / stems[0];
  std::string all;
  for (size_t i = 0; i < stems.size() && i < 8; ++i) all += (i ? ", " : "") + stems[i];
  throw Error(ErrorCode::kBadInput, directory.string() + " holds several checkpoints (" + all + ")",
              "one, or bert_model.ckpt, or a file `checkpoint` that names one", "", "HS-MODEL-01");
}

}  // namespace

std::unique_ptr<WeightStore> open_tensorflow(const std::string& directory) {
  const fs::path saved_model = fs::path(directory) / "variables" / "variables";
  if (fs::exists(saved_model.string() + ".index")) {
    return std::make_unique<TensorFlowStore>(saved_model.string());
  }
  const auto prefix = find_checkpoint(directory);
  if (!prefix) return nullptr;
  return std::make_unique<TensorFlowStore>(*prefix);
}

}  // namespace headscope
