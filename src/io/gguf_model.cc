#include "io/gguf_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/half.h"
#include "base/parallel.h"
#include "format/checked_shape.h"
#include "headscope/error.h"
#include "headscope/utf8.h"
#include "io/gguf_architecture.h"
#include "io/gguf_keys.h"
#include "io/tensor_table.h"

namespace headscope {
namespace {

// Numbers in one tensor's row, and rows in it: a vector is one row.
struct Matrix {
  int64_t rows, columns;
};
Matrix matrix_of(const std::vector<int64_t>& shape) {
  const int64_t columns = shape.empty() ? 1 : shape.back();
  return {checked_bytes(shape, 1).value_or(0) / columns, columns};
}

// Hugging Face's index of row `row` of the file: the inverse of the converter's
// reshape(heads, 2, Dh/2, …).swapaxes(1, 2).
int64_t original_row(int64_t row, int64_t head_dim) {
  const int64_t head = row / head_dim, inside = row % head_dim;
  return head * head_dim + inside % 2 * (head_dim / 2) + inside / 2;
}

struct Reading {
  std::string name, source;  // for errors
  const GgmlType* type;
  std::span<const std::byte> bytes;
  Matrix matrix;  // as it lies in the file
  GgufTransform transform;
  int64_t head_dim;  // of the reordered rows
};

bool is_reordered(const Reading& tensor) {
  return tensor.transform == GgufTransform::kQueryRows ||
         tensor.transform == GgufTransform::kKeyRows;
}

// Refuses NaN and infinities: damaged weights must not be shown as attention.
void require_finite(const Reading& tensor, const float* numbers, int64_t row, int64_t count) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t worst = 0;
  for (int64_t i = 0; i < count; ++i) {
    worst = std::max(worst, bits_of_float(numbers[i]) & kExponent);
  }
  if (worst < kExponent) return;
  int64_t at = 0;
  while (std::isfinite(numbers[at])) ++at;
  throw Error(ErrorCode::kBadInput,
              tensor.source + ": tensor " + tensor.name + " is " +
                  (std::isnan(numbers[at]) ? "NaN" : "infinite") + " at " +
                  shape_text(std::array{row, at}),
              "finite numbers", "The file is damaged or training diverged");
}

// Rows [begin, begin + count) as they lie in the file.
void read_rows(const Reading& tensor, int64_t begin, int64_t count, float* out) {
  const int64_t columns = tensor.matrix.columns;
  const int64_t row_bytes = columns / tensor.type->elements * tensor.type->bytes;
  for (int64_t r = begin; r < begin + count; ++r, out += columns) {
    tensor.type->dequantise(tensor.bytes.data() + r * row_bytes, columns, out);
    require_finite(tensor, out, r, columns);
  }
}

void read_tensor(const Reading& tensor, float* out) {
  const auto [rows, columns] = tensor.matrix;
  const int64_t row_bytes = columns / tensor.type->elements * tensor.type->bytes;
  // One tensor has enough rows for all threads.
  constexpr int64_t kTogether = 64;
  parallel_for((rows + kTogether - 1) / kTogether, [&](int64_t group) {
    std::vector<float> row(static_cast<size_t>(columns));
    for (int64_t r = group * kTogether; r < std::min(rows, (group + 1) * kTogether); ++r) {
      const std::byte* blocks = tensor.bytes.data() + r * row_bytes;
      if (tensor.transform == GgufTransform::kTranspose) {
        tensor.type->dequantise(blocks, columns, row.data());
        require_finite(tensor, row.data(), r, columns);
        for (int64_t c = 0; c < columns; ++c) out[c * rows + r] = row[static_cast<size_t>(c)];
        continue;
      }
      float* to = out + (is_reordered(tensor) ? original_row(r, tensor.head_dim) : r) * columns;
      tensor.type->dequantise(blocks, columns, to);
      require_finite(tensor, to, r, columns);
      if (tensor.transform != GgufTransform::kMinusOne) continue;
      for (int64_t c = 0; c < columns; ++c) to[c] -= 1;
    }
  });
}

class Builder {
 public:
  Builder(const std::string& path, std::vector<GgufPart> parts)
      : path_(path), parts_(std::move(parts)) {}

  GgufModel build() {
    const GgufFile& file = parts_[0].content;
    const GgufArchitecture& architecture = find_architecture(file);
    const GgufKeys keys(parts_, std::string(architecture.name));
    GgufModel model;
    model.path = path_;
    model.config = {{"model_type", architecture.model_type},
                    {"architectures", {architecture.class_name}}};
    architecture.configure(keys, model.config);
    model.config["vocab_size"] = vocabulary_size(keys);
    model.tokenizer = read_gguf_tokenizer(file);
    if (model.tokenizer) check_tokenizer(keys, *model.tokenizer, model.config);
    model.name = to_valid_utf8(file.text("general.name").value_or(""));
    head_dim_ = head_dim(model.config);
    auto table = std::make_unique<TensorTable>(path_);
    for (const GgufPart& part : parts_) {
      for (const GgufTensor& tensor : part.content.tensors()) {
        add(architecture, part, tensor, *table);
      }
    }
    model.weights = std::move(table);
    model.quantisation = most_used_type();
    return model;
  }

 private:
  static const GgufArchitecture& find_architecture(const GgufFile& file) {
    constexpr std::string_view kKey = "general.architecture";
    std::string known;
    for (const GgufArchitecture& row : gguf_architectures()) {
      known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    const auto name = file.text(kKey);
    if (!name) file.refuse(kKey, "not there", "one of " + known);
    const GgufArchitecture* found = find_gguf_architecture(*name);
    if (found) return *found;
    throw Error(ErrorCode::kBadInput,
                file.source() + ": " + std::string(kKey) + " is " + to_valid_utf8(*name),
                "one of " + known,
                "If the model's own Hugging Face files are of a family that headscope runs, use "
                "those",
                "HS-MODEL-01");
  }

  static int64_t vocabulary_size(const GgufKeys& keys) {
    const GgufTensor* words = keys.tensor("token_embd.weight");
    if (!words || words->shape.size() != 2) {
      keys.file().refuse("tensor token_embd.weight", words ? "no matrix" : "not there",
                         "the embeddings");
    }
    const int64_t rows = words->shape[0];
    const auto said = keys.find_count("vocab_size");
    if (said && *said != rows) {
      keys.refuse("vocab_size", std::to_string(*said),
                  "the rows of token_embd.weight: " + std::to_string(rows));
    }
    return rows;
  }

  static void check_tokenizer(const GgufKeys& keys, const GgufTokenizer& tokenizer, Json& config) {
    const int64_t rows = config["vocab_size"].get<int64_t>();
    if (static_cast<int64_t>(tokenizer.tokens.size()) != rows) {
      keys.file().refuse("tokenizer.ggml.tokens",
                         "an array of " + std::to_string(tokenizer.tokens.size()),
                         "one token a row of token_embd.weight: " + std::to_string(rows));
    }
    for (const auto& [id, field] : {std::pair{tokenizer.bos, "bos_token_id"},
                                    {tokenizer.eos, "eos_token_id"},
                                    {tokenizer.padding, "pad_token_id"}}) {
      config[field] = id ? Json(*id) : Json();
    }
  }

  static int64_t head_dim(const Json& config) {
    return config.contains("head_dim") ? config["head_dim"].get<int64_t>() : 0;
  }

  void add(const GgufArchitecture& architecture, const GgufPart& part, const GgufTensor& tensor,
           TensorTable& table) {
    const std::string& source = part.content.source();
    const auto translated = translate_gguf_name(architecture, tensor.name);
    if (!translated) {
      if (is_gguf_extra(tensor.name)) return;
      part.content.refuse("tensor " + tensor.name, "there",
                          "only tensors that the architecture " + std::string(architecture.name) +
                              " has a place for");
    }
    if (!tensor.type->dequantise) {
      part.content.refuse("tensor " + tensor.name, "of type " + std::string(tensor.type->name),
                          "one of " + readable_ggml_types(),
                          "Use another quantisation of this model");
    }
    StoredTensor stored{
        tensor.shape, std::string(tensor.type->name), part.file, tensor.bytes, {}, {}, {}};
    Reading reading{
        tensor.name,           source,   tensor.type, tensor.bytes, matrix_of(tensor.shape),
        translated->transform, head_dim_};
    // A bias is a column: each of its numbers is a row.
    if (is_reordered(reading) && tensor.shape.size() == 1) reading.matrix = {tensor.shape[0], 1};
    check_shape(part.content, tensor, reading);
    if (reading.transform == GgufTransform::kTranspose) {
      std::swap(stored.shape[0], stored.shape[1]);
    }
    const bool as_it_lies = reading.transform == GgufTransform::kNone &&
                            tensor.type->name == "F32" && is_float_aligned(tensor.bytes);
    if (as_it_lies) {
      stored.verify = [reading] {
        const auto [rows, columns] = reading.matrix;
        const auto* numbers = reinterpret_cast<const float*>(reading.bytes.data());
        for (int64_t r = 0; r < rows; ++r) {
          require_finite(reading, numbers + r * columns, r, columns);
        }
      };
    } else {
      stored.read = [reading](float* out) { read_tensor(reading, out); };
      if (reading.transform == GgufTransform::kNone) {
        stored.read_rows = [reading](int64_t begin, int64_t count, float* out) {
          read_rows(reading, begin, count, out);
        };
      }
    }
    if (tensor.shape.size() == 2) {
      types_[std::string(tensor.type->name)] += reading.matrix.rows * reading.matrix.columns;
    }
    table.add(translated->name, std::move(stored), source);
  }

  // The shapes that the transforms need; the others are checked where the weights are used.
  void check_shape(const GgufFile& file, const GgufTensor& tensor, const Reading& reading) const {
    if (reading.transform == GgufTransform::kTranspose && tensor.shape.size() != 2) {
      file.refuse("tensor " + tensor.name, "of shape " + shape_text(tensor.shape), "a matrix");
    }
    if (!is_reordered(reading)) return;
    if (tensor.shape.empty() || tensor.shape.size() > 2 || tensor.shape[0] % head_dim_ != 0 ||
        head_dim_ % 2 != 0 || reading.matrix.columns % tensor.type->elements != 0) {
      file.refuse("tensor " + tensor.name, "of shape " + shape_text(tensor.shape),
                  "rows for whole heads of " + std::to_string(head_dim_));
    }
  }

  std::string most_used_type() const {
    const auto most =
        std::max_element(types_.begin(), types_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == types_.end() ? "F32" : most->first;
  }

  std::string path_;
  std::vector<GgufPart> parts_;
  int64_t head_dim_ = 0;
  std::map<std::string, int64_t> types_;  // numbers in matrices, by type
};

}  // namespace

GgufModel open_gguf(const std::string& path) {
  return Builder(path, open_gguf_parts(path)).build();
}

bool is_gguf_path(const std::string& path) { return path.ends_with(".gguf"); }

}  // namespace headscope
