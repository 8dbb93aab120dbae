// What the tests of this room ask about: a source of hand-written 5 × 5 maps, and a model of six
// lines whose numbers follow from its definition.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "format/json.h"
#include "headscope/rpc.h"
#include "headscope/trace.h"

namespace headscope::rpc_test {

// "[CLS] x [SEP] y [SEP]", layer 0, two heads: rows by hand, and the identity.
inline const std::vector<float> kFirstHead = {.5f,  .1f, .2f,  .1f,  .1f,   //
                                              .1f,  .2f, .3f,  .3f,  .1f,   //
                                              .4f,  0.f, .2f,  .2f,  .2f,   //
                                              .05f, .8f, .05f, .05f, .05f,  //
                                              .2f,  .2f, .2f,  .2f,  .2f};
std::shared_ptr<const AttentionSource> hand_source();

// Tokens are the words between blanks, [CLS] A [SEP] (B [SEP]); 12 positions; 2 layers × 2 heads,
// Dh = 2. Query and key of token i in head h of layer l are (cos a, sin a) with
// a = id·(1 + l + 2h), so every weight has a closed form. Masked words are "word0", "word1", … with
// probabilities ½, ¼, …
class TestModel : public Runner, public MaskedPredictor {
 public:
  TestModel();

  const ModelInfo& model() const override {
    ++asked;
    return info_;
  }
  const std::vector<StackInfo>& stacks() const override { return stacks_; }
  int64_t max_positions() const override { return 12; }
  TokenSequence tokenize(const std::string& a, const std::optional<std::string>& b,
                         const TokenizeOptions& options) const override;
  std::vector<std::shared_ptr<const Trace>> trace(std::span<const TokenSequence> texts,
                                                  const TraceOptions& options,
                                                  const RunControl& control) override;

  std::vector<std::vector<double>> log_probabilities(const TokenSequence& text,
                                                     std::span<const MaskedQuery> queries,
                                                     const std::vector<Ablation>& ablations,
                                                     const RunControl& control) override;
  std::vector<std::vector<TokenProbability>> predict(const TokenSequence& text,
                                                     std::span<const int> positions, int top,
                                                     const std::vector<Ablation>& ablations,
                                                     const RunControl& control) override;
  int32_t mask_id() const override { return 103; }
  std::optional<double> next_sentence(const TokenSequence& text,
                                      const std::vector<Ablation>& ablations) override;

  // Called before each layer of a run; tests wait or look around there.
  std::function<void(int layer)> at_layer;
  // Called with text A when a run begins.
  std::function<void(const std::string& text)> at_text;
  std::atomic<int> runs{0};
  mutable std::atomic<int> asked{0};  // for model()
  TraceOptions last_options;

 private:
  ModelInfo info_;
  std::vector<StackInfo> stacks_;
};

// A Rpc that holds hand_source() as a file "hand.safetensors", and the model where it is given.
struct TestRpc {
  explicit TestRpc(bool with_model = true, const RpcOptions& options = {});
  // Envelope and fields, as bytes.
  static std::string body(Json fields, const std::string& client = "tab", int64_t id = 1,
                          int64_t epoch = 0, int priority = 1);
  // The answer's JSON, out of the safetensors file where it is one.
  static Json json_of(const RpcAnswer& answer);
  Json ask(const std::string& method, Json fields);

  std::shared_ptr<TestModel> model = std::make_shared<TestModel>();
  Rpc rpc;
  std::string hand;  // id of the hand-written source
};

// A body in which HAND stands for the id of the hand-written source.
std::string with_hand(std::string body, const std::string& hand);

}  // namespace headscope::rpc_test
