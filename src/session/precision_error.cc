#include "session/precision_error.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include "format/atomic_file.h"
#include "format/json.h"
#include "headscope/error.h"
#include "headscope/output.h"
#include "headscope/trace.h"
#include "headscope/version.h"
#include "io/cache_paths.h"

namespace headscope {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kTokens = 128;
constexpr const char* kText =
    "The river had risen in the night, and when the ferryman came down to the landing he found "
    "that his boat was gone. He asked the miller, who had heard nothing; he asked the two sisters "
    "in the white house, who said that a dog had barked before dawn. \"Somebody took it,\" the "
    "older one "
    "told him, \"because the rope was cut, not torn.\" So he walked along the bank, past the "
    "willows and the old bridge, until he saw it: caught between two stones, half full of water, "
    "with one oar left. He bailed it out with his hat, and rowed home slowly against the stream.";

TokenSequence some_text(const TransformerModel& model, int64_t most) {
  TokenizeOptions options;
  options.truncation = Truncation::kOnlyFirst;
  options.max_tokens = most;
  if (const Tokenizer* tokenizer = model.tokenizer()) {
    return tokenizer->encode(kText, std::nullopt, options);
  }
  const int64_t vocab = model.transformer().spec().embedding.vocab;
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < most; ++i) ids.push_back(static_cast<int32_t>((i * 7919 + 17) % vocab));
  return model.sequence(ids, {});
}

}  // namespace

ModelInput precision_input(TransformerModel& model) {
  Runner& runner = model.runner();
  if (runner.reads_pictures()) {
    const PatchSpec& patches = *model.transformer().spec().embedding.patches;
    std::vector<float> waves(
        static_cast<size_t>(patches.channels * patches.height * patches.width));
    for (size_t i = 0; i < waves.size(); ++i) waves[i] = std::sin(static_cast<float>(i) * 0.37f);
    return runner.pixels(write_npy(waves, {patches.channels, patches.height, patches.width}),
                         "waves");
  }
  ModelInput input(some_text(model, std::min(kTokens, runner.max_positions())));
  if (runner.reads_target()) {
    // A decoder reads what it is fed: its start token and the source's words.
    input.target = model.tokenizer() ? runner.tokenize_target(kText, {}) : input.text;
    if (input.target->size() > kTokens) input.target = input.text;
  }
  return input;
}

namespace {

double largest_difference(const Trace& a, const Trace& b) {
  double most = 0;
  for (size_t s = 0; s < a.arrays().size(); ++s) {
    for (size_t l = 0; l < a.arrays()[s].size(); ++l) {
      const auto left = a.arrays()[s][l].attention.floats();
      const auto right = b.arrays()[s][l].attention.floats();
      for (size_t i = 0; i < left.size(); ++i) {
        const double difference = std::abs(double{left[i]} - right[i]);
        if (!std::isfinite(difference)) {  // a maximum would leave it out
          throw Error(ErrorCode::kBadInput,
                      b.info().model.name + " in " + b.info().computed->precision +
                          ": an attention weight that is no number, in layer " + std::to_string(l),
                      "numbers; bfloat16 products overflow or lose this model's values",
                      "Use --precision f32");
        }
        most = std::max(most, difference);
      }
    }
  }
  return most;
}

double relative_error(const Transformer& exact, const Transformer& model, const Trace& run) {
  double error = 0, size = 0;
  for (int64_t l = 0; l < exact.spec().layers(); ++l) {
    const Array& x = run.hidden[static_cast<size_t>(l)];
    const int64_t rows = x.shape()[0];
    const auto held = exact.layer(l, rows), less = model.layer(l, rows);
    const Linear &product = held->attention.qkv, &other = less->attention.qkv;
    std::vector<float> y(static_cast<size_t>(rows * product.out())), z(y.size());
    product.apply(x.floats().data(), rows, y.data());
    other.apply(x.floats().data(), rows, z.data());
    for (size_t i = 0; i < y.size(); ++i) {
      error += (double{z[i]} - y[i]) * (double{z[i]} - y[i]);
      size += double{y[i]} * y[i];
    }
  }
  return size > 0 ? std::sqrt(error / size) : 0;
}

std::optional<PrecisionError> read_entry(const std::string& entry) {
  try {
    const Json kept = parse_json_file(entry);
    return PrecisionError{number_field(kept, "attention_max", entry),
                          number_field(kept, "gemm_rel_l2", entry)};
  } catch (const Error&) {  // absent or damaged: it is measured
    return std::nullopt;
  }
}

fs::path entry_path(const std::string& fingerprint, const ComputedInfo& computed) {
  // Kernels that were changed round otherwise.
  const std::string build = build_id().substr(0, 16);
  return cache_root() / "precision-errors" /
         (fingerprint + "-" + computed.path + "-" + build + ".json");
}

}  // namespace

PrecisionError measure_precision_error(Model& exact, Model& model, const ModelInput& input,
                                       const std::vector<Ablation>& ablations,
                                       const RunControl& control) {
  TraceOptions options;
  options.settings.ablations = ablations;
  options.with_attention = options.with_hidden = true;
  const auto a = exact.runner().trace({&input, 1}, options, control).at(0);
  const auto b = model.runner().trace({&input, 1}, options, control).at(0);
  return {largest_difference(*a, *b),
          relative_error(dynamic_cast<TransformerModel&>(exact).transformer(),
                         dynamic_cast<TransformerModel&>(model).transformer(), *a)};
}

PrecisionError kept_precision_error(const std::string& fingerprint, const ComputedInfo& computed,
                                    const std::function<PrecisionError()>& measure) {
  const std::string entry = entry_path(fingerprint, computed).string();
  if (const auto kept = read_entry(entry)) return *kept;
  const PrecisionError error = measure();
  std::error_code ignored;
  fs::create_directories(fs::path(entry).parent_path(), ignored);
  try {
    write_file_atomically(entry, dump_json({{"attention_max", error.attention_max},
                                            {"gemm_rel_l2", error.gemm_rel_l2}}));
  } catch (const Error&) {
    return error;
  }
  return error;
}

}  // namespace headscope
