#include "headscope/attention_arrays.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>

#include "format/json.h"
#include "format/npy.h"
#include "headscope/error.h"
#include "headscope/file_kind.h"
#include "headscope/safetensors.h"

namespace headscope {
namespace {

constexpr double kSumTolerance = 5e-3;  // of rows of half-precision weights

[[noreturn]] void refuse(const std::string& what, const std::string& got,
                         const std::string& expected, const std::string& action = {}) {
  throw Error(ErrorCode::kBadInput, what + ": " + got, expected, action, "HS-ARR-01");
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string out = "[";
  for (const int64_t dim : shape) out += (out.size() > 1 ? "," : "") + std::to_string(dim);
  return out + "]";
}

// One layer's maps [H,N,M], under the name that errors call them by.
struct Layer {
  std::string name;
  int64_t heads = 0, queries = 0, keys = 0;
  std::vector<float> values;
};

struct NamedArray {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// "tokens.json" may hold a list for all, or one a sequence.
struct Tokens {
  std::optional<std::vector<std::string>> all, source, target;
};

std::vector<std::string> string_list(const Json& list, const std::string& name) {
  if (!list.is_array()) refuse(name, "tokens that are no list", "a JSON list of strings");
  std::vector<std::string> out;
  for (const Json& token : list) {
    if (!token.is_string()) refuse(name, "a token that is no string", "a JSON list of strings");
    out.push_back(token.get<std::string>());
  }
  return out;
}

Tokens read_tokens(const ArrayOptions& options) {
  Tokens out;
  if (options.tokens.empty()) return out;
  const std::string& name = options.tokens_name;
  const Json json = parse_json(options.tokens, name);
  if (!json.is_object()) {
    out.all = string_list(json, name);
    return out;
  }
  for (const auto& [key, list] : json.items()) {
    if (key == "source") {
      out.source = string_list(list, name);
    } else if (key == "target") {
      out.target = string_list(list, name);
    } else {
      refuse(name, "the entry " + key, "a list of tokens, or {\"source\": […], \"target\": […]}");
    }
  }
  return out;
}

// The rows of a layer as weights.
void normalise(Layer& layer, ArrayKind kind) {
  const auto width = static_cast<size_t>(layer.keys);
  for (size_t row = 0; row * width < layer.values.size(); ++row) {
    float* values = layer.values.data() + row * width;
    const auto where = [&] {
      const auto head = static_cast<int64_t>(row) / layer.queries;
      return layer.name + ", head " + std::to_string(head) + ", query " +
             std::to_string(static_cast<int64_t>(row) % layer.queries);
    };
    double sum = 0, most = -std::numeric_limits<double>::infinity();
    for (size_t j = 0; j < width; ++j) {
      const auto v = static_cast<double>(values[j]);
      const bool masked =
          kind == ArrayKind::kScores && v == -std::numeric_limits<double>::infinity();
      if (!std::isfinite(v) && !masked) {
        refuse(where(),
               "the value " + std::string(std::isnan(v) ? "NaN" : "infinity") + " at key " +
                   std::to_string(j),
               "finite numbers");
      }
      if (v < 0 && kind != ArrayKind::kScores) {
        refuse(where(), "the negative weight " + std::to_string(v) + " at key " + std::to_string(j),
               "weights of at least 0", "Scores before softmax: --kind scores");
      }
      sum += v;
      most = std::max(most, v);
    }
    if (kind == ArrayKind::kScores) {
      if (!std::isfinite(most)) refuse(where(), "a row that is masked whole", "a key to attend to");
      sum = 0;
      for (size_t j = 0; j < width; ++j) sum += std::exp(static_cast<double>(values[j]) - most);
      for (size_t j = 0; j < width; ++j) {
        values[j] = static_cast<float>(std::exp(static_cast<double>(values[j]) - most) / sum);
      }
    } else if (kind == ArrayKind::kWeights && std::abs(sum - 1) > kSumTolerance) {
      char text[32];
      std::snprintf(text, sizeof text, "%.4f", sum);
      refuse(where(), "a row that sums to " + std::string(text), "1 ± 0.005",
             "Give --kind scores for numbers before softmax, --kind unnormalised for others");
    }
  }
}

// [B,H,N,M] or [H,N,M]: the wanted element of the batch.
Layer layer_of(NamedArray array, const ArrayOptions& options) {
  const std::vector<int64_t>& shape = array.shape;
  if (shape.size() != 3 && shape.size() != 4) {
    refuse(array.name, std::to_string(shape.size()) + " dimensions, " + shape_text(shape),
           "[batch, heads, queries, keys] or [heads, queries, keys]");
  }
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] < 1) {
      refuse(array.name, shape_text(shape) + ", of which dimension " + std::to_string(d) + " is 0",
             "at least 1");
    }
  }
  const bool batched = shape.size() == 4;
  const int64_t batch = batched ? shape[0] : 1;
  if (batch > 1 && !options.batch) {
    refuse(array.name, "a batch of " + std::to_string(batch) + " in " + shape_text(shape),
           "one text", "Choose it with --batch 0 … " + std::to_string(batch - 1));
  }
  const int64_t chosen = options.batch.value_or(0);
  if (chosen < 0 || chosen >= batch) {
    refuse(array.name, "batch " + std::to_string(chosen), "0 to " + std::to_string(batch - 1));
  }
  const size_t first = batched ? 1 : 0;
  Layer out{array.name, shape[first], shape[first + 1], shape[first + 2], {}};
  const int64_t size = out.heads * out.queries * out.keys;
  const auto begin = array.values.begin() + chosen * size;
  out.values.assign(begin, begin + size);
  return out;
}

NamedArray npy_array(const ArrayFile& file) {
  NpyArray array = read_npy(file.bytes, file.name);
  return {file.name, std::move(array.shape), std::move(array.data)};
}

// [L,H,N,M] of one file.
std::vector<Layer> layers_of_one(NamedArray array, const ArrayOptions& options) {
  const std::vector<int64_t> shape = array.shape;
  if (shape.size() != 4) {
    refuse(array.name, std::to_string(shape.size()) + " dimensions, " + shape_text(shape),
           "[layers, heads, queries, keys]",
           "One file a layer is [batch, heads, queries, keys] each");
  }
  if (options.batch) {
    refuse(array.name,
           "--batch with one array " + shape_text(shape) +
               ", whose first dimension is "
               "layers",
           "one file a layer for --batch");
  }
  if (std::min({shape[0], shape[1], shape[2], shape[3]}) < 1) {
    refuse(array.name, "the empty array " + shape_text(shape), "at least one of each");
  }
  std::vector<Layer> out;
  const int64_t size = shape[1] * shape[2] * shape[3];
  for (int64_t l = 0; l < shape[0]; ++l) {
    const auto begin = array.values.begin() + l * size;
    out.push_back({array.name + ", layer " + std::to_string(l),
                   shape[1],
                   shape[2],
                   shape[3],
                   {begin, begin + size}});
  }
  return out;
}

// Layers must agree in queries and keys; heads may differ.
void check_lengths(const std::vector<Layer>& layers) {
  for (const Layer& layer : layers) {
    const auto differs = [&](const char* what, int64_t got, int64_t expected) {
      if (got == expected) return;
      refuse(layer.name,
             std::to_string(got) + " " + what + " in [heads, queries, keys] = " +
                 shape_text({layer.heads, layer.queries, layer.keys}),
             std::to_string(expected) + ", as " + layers.front().name + " has");
    };
    differs("queries", layer.queries, layers.front().queries);
    differs("keys", layer.keys, layers.front().keys);
  }
}

TokenSequence sequence_of(const std::optional<std::vector<std::string>>& tokens, int64_t count,
                          const std::string& what, const std::string& file) {
  TokenSequence out;
  if (tokens && static_cast<int64_t>(tokens->size()) != count) {
    refuse(file, std::to_string(tokens->size()) + " " + what,
           std::to_string(count) + ", as the arrays have");
  }
  for (int64_t i = 0; i < count; ++i) {
    out.tokens.push_back(tokens ? (*tokens)[static_cast<size_t>(i)] : std::to_string(i));
    out.words.push_back(static_cast<int32_t>(i));
  }
  const auto n = static_cast<size_t>(count);
  out.ids.assign(n, 0);
  out.segment_ids.assign(n, 0);
  out.sentences.assign(n, 0);
  out.special.assign(n, 0);
  out.offsets.resize(n);
  return out;
}

class Builder {
 public:
  explicit Builder(const ArrayOptions& options) : options_(options), tokens_(read_tokens(options)) {
    info_.origin = {OriginKind::kArrays, {}, {}};
    info_.computed.reset();
    info_.model.name = "arrays";
  }

  // `query`, `key`: names of the sequences.
  void add_stack(const std::string& name, const std::string& query, const std::string& key,
                 std::vector<Layer> layers) {
    check_lengths(layers);
    if (query == key && layers.front().queries != layers.front().keys) {
      refuse(layers.front().name,
             std::to_string(layers.front().queries) + " queries and " +
                 std::to_string(layers.front().keys) + " keys",
             "as many keys as queries in self-attention",
             "Cross-attention is the key cross_attention of a .safetensors file");
    }
    add_sequence(query, layers.front().queries, layers.front().name);
    add_sequence(key, layers.front().keys, layers.front().name);
    StackInfo stack;
    stack.name = name;
    stack.query = query;
    stack.key = key;
    for (size_t l = 0; l < layers.size(); ++l) {
      normalise(layers[l], options_.kind);
      LayerInfo one;
      one.layer = static_cast<int>(l);
      one.holds = Holds::kWeights;
      one.heads = one.kv_heads = static_cast<int>(layers[l].heads);
      stack.layers.push_back(one);
      maps_.push_back(Array::from(std::move(layers[l].values),
                                  {layers[l].heads, layers[l].queries, layers[l].keys}));
    }
    info_.stacks.push_back(std::move(stack));
  }

  std::unique_ptr<AttentionSource> build() && {
    return make_array_source(std::move(info_), std::move(maps_));
  }

 private:
  void add_sequence(const std::string& name, int64_t count, const std::string& where) {
    if (info_.has_sequence(name)) {
      const int64_t known = counts_.at(name);
      if (known != count) {
        refuse(where, std::to_string(count) + " tokens of the " + name,
               std::to_string(known) + ", as other stacks have");
      }
      return;
    }
    const auto& tokens = name == "source"   ? tokens_.source
                         : name == "target" ? tokens_.target
                                            : tokens_.all;
    counts_[name] = count;
    info_.set_sequence(name, sequence_of(tokens ? tokens : tokens_.all, count,
                                         name == "text" ? "tokens" : "tokens of the " + name,
                                         options_.tokens_name));
  }

  const ArrayOptions& options_;
  Tokens tokens_;
  TraceInfo info_;
  std::map<std::string, int64_t> counts_;
  std::vector<Array> maps_;
};

// Tensors of `prefix`, or `prefix`.0, `prefix`.1, …
std::vector<Layer> tensors_of(const SafetensorsView& view, const std::string& file,
                              const std::string& prefix, const ArrayOptions& options) {
  const auto array_of = [&](const TensorEntry& entry) {
    return NamedArray{file + ", " + entry.name, entry.shape, to_float(entry)};
  };
  if (const TensorEntry* whole = view.find(prefix)) return layers_of_one(array_of(*whole), options);
  std::vector<Layer> out;
  for (int64_t l = 0;; ++l) {
    const TensorEntry* entry = view.find(prefix + "." + std::to_string(l));
    if (!entry) break;
    out.push_back(layer_of(array_of(*entry), options));
  }
  size_t numbered = 0;
  for (const TensorEntry& entry : view.tensors()) numbered += entry.name.starts_with(prefix + ".");
  if (numbered != out.size()) {
    refuse(file,
           "tensors of " + prefix + " with gaps: " + prefix + "." + std::to_string(out.size()) +
               " is missing",
           prefix + ".0, " + prefix + ".1, … without a gap");
  }
  return out;
}

void add_safetensors(const ArrayFile& file, const ArrayOptions& options, Builder& out) {
  const SafetensorsView view(file.bytes, file.name);
  static constexpr struct {
    const char *key, *stack, *query, *sequence;
  } kStacks[] = {{"encoder_attention", "encoder", "source", "source"},
                 {"decoder_attention", "decoder", "target", "target"},
                 {"cross_attention", "cross", "target", "source"}};
  size_t known = 0;
  std::vector<Layer> self = tensors_of(view, file.name, "attention", options);
  std::vector<std::vector<Layer>> others;
  for (const auto& stack : kStacks) {
    others.push_back(tensors_of(view, file.name, stack.key, options));
    known += others.back().size();
  }
  if (self.empty() && known == 0) {
    const std::string first = view.tensors().empty() ? "none" : view.tensors().front().name;
    refuse(file.name, "no tensor of attention (the first is " + first + ")",
           "attention.0, attention.1, …, or encoder_attention.0, decoder_attention.0, "
           "cross_attention.0, …");
  }
  if (!self.empty() && known > 0) {
    refuse(file.name, "attention beside encoder, decoder or cross attention", "one or the other");
  }
  if (!self.empty()) out.add_stack("self", "text", "text", std::move(self));
  for (size_t s = 0; s < others.size(); ++s) {
    if (others[s].empty()) continue;
    out.add_stack(kStacks[s].stack, kStacks[s].query, kStacks[s].sequence, std::move(others[s]));
  }
}

bool ends_with(const std::string& name, const char* ending) {
  std::string low = name;
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return low.ends_with(ending);
}

}  // namespace

ArrayKind parse_array_kind(const std::string& name) {
  if (name == "weights") return ArrayKind::kWeights;
  if (name == "scores") return ArrayKind::kScores;
  if (name == "unnormalised") return ArrayKind::kUnnormalised;
  throw Error(ErrorCode::kUsage, "the kind of numbers '" + name + "'",
              "weights, scores or unnormalised");
}

std::unique_ptr<AttentionSource> read_attention_arrays(std::span<const ArrayFile> files,
                                                       const ArrayOptions& options) {
  Builder out(options);
  if (files.size() == 1 && ends_with(files[0].name, ".safetensors")) {
    add_safetensors(files[0], options, out);
    return std::move(out).build();
  }
  for (const ArrayFile& file : files) {
    if (ends_with(file.name, ".npy")) continue;
    const auto kind =
        kind_of_magic({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
    refuse(file.name, "a file that " + (kind ? kind->name : "is no .npy"),
           files.size() > 1 ? ".npy files, one a layer" : ".npy or .safetensors",
           kind ? kind->action : "");
  }
  if (files.size() == 1) {
    out.add_stack("self", "text", "text", layers_of_one(npy_array(files[0]), options));
    return std::move(out).build();
  }
  std::vector<Layer> layers;
  for (const ArrayFile& file : files) layers.push_back(layer_of(npy_array(file), options));
  out.add_stack("self", "text", "text", std::move(layers));
  return std::move(out).build();
}

}  // namespace headscope
