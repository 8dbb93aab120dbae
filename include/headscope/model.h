// Model: the facade of the engine. Opens a directory of weights, tokenizes, runs the forward pass,
// gives traces, masked-word predictions and embeddings.
//
// Goals: every head of every layer exposed; the same input gives the same bits at any thread count;
// memory O(L·N·D) beside the packed weights.
// Non-goals: training, sampling text. One compute thread owns a Model (it owns the OpenMP team).
#pragma once

#include <memory>
#include <string>

#include "headscope/runner.h"
#include "headscope/tokenizer.h"

namespace headscope {

class Model : public Runner, public MaskedPredictor, public Embeddings {
 public:
  // The weights have a masked-language-model head; without one predict() and log_probabilities()
  // throw Error(kBadInput).
  virtual bool has_mlm_head() const = 0;
  virtual bool has_next_sentence_head() const = 0;
  virtual const Tokenizer& tokenizer() const = 0;
  // Bytes that a run of `batch` texts of `tokens` tokens needs beside the weights, the planner's
  // estimate (HS-MEM-01).
  virtual int64_t bytes_needed(int64_t batch, int64_t tokens,
                               const TraceOptions& options) const = 0;
};

struct ModelOptions {
  std::string name;         // shown in traces and figures; empty = the directory's last component
  bool fingerprint = true;  // false: ModelInfo::fingerprint stays empty (bench, tests)
};

// Opens a Hugging Face directory (or a TensorFlow checkpoint or SavedModel directory), checks
// configuration, tensors and shapes, and packs the weights. Throws Error(kBadInput) that names the
// file and field or tensor: HS-MODEL-01 nothing usable there, HS-MODEL-02 an architecture that
// headscope cannot run, NaN or infinite weights, heads that do not divide D, ….
std::unique_ptr<Model> open_model(const std::string& directory, const ModelOptions& options = {},
                                  const RunControl& control = {});

}  // namespace headscope
