// Model: the facade of the engine. Opens weights, tokenizes, runs the forward pass, gives traces,
// and has what else its weights can do: masked-word or next-token predictions, continuing a text,
// embeddings.
//
// Goals: every head of every layer exposed; the same input gives the same bits at any thread count;
// memory O(L·N·D) beside the packed weights.
// Non-goals: training, sampling. One compute thread owns a Model (it owns the OpenMP team).
// Rejected: a model that IS a predictor and throws where it is none; callers would have to ask
// before every call, and some forgot to.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headscope/generation.h"
#include "headscope/input_parts.h"
#include "headscope/precision.h"
#include "headscope/runner.h"
#include "headscope/tokenizer.h"

namespace headscope {

class Model {
 public:
  virtual ~Model() = default;

  // Texts to traces. Without a tokenizer Runner::tokenize throws and says why; sequence() serves.
  virtual Runner& runner() = 0;
  // What the weights can do; null = they cannot. The pointers live as long as the model.
  virtual MaskedPredictor* masked() = 0;
  virtual NextPredictor* next() = 0;
  virtual Generator* generator() = 0;
  virtual const Embeddings* embeddings() const = 0;
  virtual const InputParts* input_parts() const = 0;
  // The weights are not in memory: every run reads them from their file.
  virtual bool is_streamed() const = 0;
  virtual Precision precision() const = 0;
  // What a user should know of how the model was opened, each a sentence: layers that are streamed,
  // weights that were loaded past, the tokenizer's notes.
  virtual const std::vector<std::string>& notes() const = 0;
  // Null where it could not be read.
  virtual const Tokenizer* tokenizer() const = 0;

  // P(B follows A); nullopt where the weights have no next-sentence head.
  virtual std::optional<double> next_sentence(const TokenSequence& text,
                                              const std::vector<Ablation>& ablations = {}) = 0;
  // Given ids as the runner takes them, no template added. Tokens that the tokenizer or the
  // configuration names as begin, end, class, separator or padding are special, others are words of
  // their own; without a tokenizer they read "#ID". segments: one an id, or empty for zeros. Throws
  // Error(kUsage): an id that the model does not have, a wrong number of segments.
  virtual TokenSequence sequence(std::span<const int32_t> ids,
                                 std::span<const int32_t> segments = {}) const = 0;
  // Bytes that a run of `batch` texts of `tokens` tokens needs beside the weights, the planner's
  // estimate (HS-MEM-01).
  virtual int64_t bytes_needed(int64_t batch, int64_t tokens,
                               const TraceOptions& options) const = 0;
};

// Where the weights are while a model is open: all in memory as float32, or in their file, each
// layer read, dequantised, used and dropped in every run while the next one is being read.
enum class WeightPlace {
  kAutomatic,  // in memory where the planner finds room for them and a run
  kResident,
  kStreamed
};

struct ModelOptions {
  std::string name;         // shown in traces and figures; empty = the directory's last component
  bool fingerprint = true;  // false: ModelInfo::fingerprint stays empty (bench, tests)
  std::string tokenizer;    // read from there; empty = the model's own (Tokenizer::from_directory)
  WeightPlace weights = WeightPlace::kAutomatic;
  // Below float32 the error is measured when a model is first opened so, which takes a run of 128
  // tokens in both, and kept beside the fingerprint (ComputedInfo).
  Precision precision = Precision::kF32;
};

// Opens a Hugging Face directory (or a TensorFlow checkpoint or SavedModel directory), checks
// configuration, tensors and shapes, and packs the weights. Throws Error(kBadInput) that names the
// file and field or tensor: HS-MODEL-01 nothing usable there, HS-MODEL-02 an architecture that
// headscope cannot run, NaN or infinite weights, heads that do not divide D, ….
std::unique_ptr<Model> open_model(const std::string& path, const ModelOptions& options = {},
                                  const RunControl& control = {});

// Memory that this process could still take: of the machine, of its control group, of its address
// space limit, the least. nullopt where the system does not say.
std::optional<int64_t> available_memory();

// Why no model of this model_type (of config.json) can be run, with those that can; empty where
// nothing speaks against it.
std::string why_not_runnable(const std::string& model_type);

}  // namespace headscope
