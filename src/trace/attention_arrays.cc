#include "headscope/attention_arrays.h"

#include <algorithm>
#include <map>

#include "format/json.h"
#include "format/npy.h"
#include "headscope/error.h"
#include "headscope/file_kind.h"
#include "headscope/safetensors.h"
#include "headscope/token_text.h"
#include "trace/array_layers.h"

namespace headscope {
namespace {

// "tokens.json" may hold a list for all, or one a sequence.
struct Tokens {
  std::optional<std::vector<std::string>> all, source, target;
};

std::vector<std::string> string_list(const Json& list, const std::string& name) {
  if (!list.is_array()) refuse_array(name, "tokens that are no list", "a JSON list of strings");
  std::vector<std::string> out;
  for (const Json& token : list) {
    if (!token.is_string())
      refuse_array(name, "a token that is no string", "a JSON list of strings");
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
      refuse_array(name, "the entry " + key,
                   "a list of tokens, or {\"source\": […], \"target\": […]}");
    }
  }
  return out;
}

NamedArray npy_array(const ArrayFile& file) {
  NpyArray array = read_npy(file.bytes, file.name);
  return {file.name, std::move(array.shape), std::move(array.data)};
}

TokenSequence sequence_of(const std::optional<std::vector<std::string>>& tokens, int64_t count,
                          const std::string& what, const std::string& file) {
  TokenSequence out;
  if (tokens && static_cast<int64_t>(tokens->size()) != count) {
    refuse_array(file, std::to_string(tokens->size()) + " " + what,
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
                 std::vector<ArrayLayer> layers) {
    check_lengths(layers);
    if (query == key && layers.front().queries != layers.front().keys) {
      refuse_array(layers.front().name,
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
      make_weights(layers[l], options_.kind);
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
    info_.model.byte_tokens = has_byte_tokens(info_);
    return make_array_source(std::move(info_), std::move(maps_));
  }

 private:
  void add_sequence(const std::string& name, int64_t count, const std::string& where) {
    if (info_.has_sequence(name)) {
      const int64_t known = counts_.at(name);
      if (known != count) {
        refuse_array(where, std::to_string(count) + " tokens of the " + name,
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
std::vector<ArrayLayer> tensors_of(const SafetensorsView& view, const std::string& file,
                                   const std::string& prefix, const ArrayOptions& options) {
  const auto array_of = [&](const TensorEntry& entry) {
    return NamedArray{file + ", " + entry.name, entry.shape, to_float(entry)};
  };
  if (const TensorEntry* whole = view.find(prefix)) return layers_of_one(array_of(*whole), options);
  std::vector<ArrayLayer> out;
  for (int64_t l = 0;; ++l) {
    const TensorEntry* entry = view.find(prefix + "." + std::to_string(l));
    if (!entry) break;
    out.push_back(layer_of(array_of(*entry), options));
  }
  size_t numbered = 0;
  for (const TensorEntry& entry : view.tensors()) numbered += entry.name.starts_with(prefix + ".");
  if (numbered != out.size()) {
    refuse_array(file,
                 "tensors of " + prefix + " with gaps: " + prefix + "." +
                     std::to_string(out.size()) + " is missing",
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
  std::vector<ArrayLayer> self = tensors_of(view, file.name, "attention", options);
  std::vector<std::vector<ArrayLayer>> others;
  for (const auto& stack : kStacks) {
    others.push_back(tensors_of(view, file.name, stack.key, options));
    known += others.back().size();
  }
  if (self.empty() && known == 0) {
    const std::string first = view.tensors().empty() ? "none" : view.tensors().front().name;
    refuse_array(file.name, "no tensor of attention (the first is " + first + ")",
                 "attention.0, attention.1, …, or encoder_attention.0, decoder_attention.0, "
                 "cross_attention.0, …");
  }
  if (!self.empty() && known > 0) {
    refuse_array(file.name, "attention beside encoder, decoder or cross attention",
                 "one or the other");
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
    refuse_array(file.name, "a file that " + (kind ? kind->name : "is no .npy"),
                 files.size() > 1 ? ".npy files, one a layer" : ".npy or .safetensors",
                 kind ? kind->action : "");
  }
  if (files.size() == 1) {
    out.add_stack("self", "text", "text", layers_of_one(npy_array(files[0]), options));
    return std::move(out).build();
  }
  std::vector<ArrayLayer> layers;
  for (const ArrayFile& file : files) layers.push_back(layer_of(npy_array(file), options));
  out.add_stack("self", "text", "text", std::move(layers));
  return std::move(out).build();
}

}  // namespace headscope
