// A run that goes on with the text, over the wire: what is there while it grows, what a cancel
// keeps. The generator stops at its tokens until the test lets it go: nothing depends on time.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "rpc/test_model.h"

namespace headscope::rpc_test {
namespace {

// Goes on with word after word: "next0", "next1", …; each has log p = −k.
class TestGenerator : public Generator, public NextPredictor {
 public:
  explicit TestGenerator(TestModel& model) : model_(model) {}

  Generation generate(const ModelInput& prompt, const GenerationOptions& options,
                      const RunControl& control, const GenerationWatch& watch) override {
    TokenSequence text = prompt.text;
    text.generated_from = static_cast<int32_t>(text.size());
    Generation out;
    const auto trace = [&] { return model_.trace({&text, 1}, options.trace, {}).at(0); };
    for (int64_t k = 0; k < options.tokens; ++k) {
      if (at_token) at_token(k);
      if (control.cancel.cancelled()) {
        out.stopped = GenerationStop::kStopped;
        break;
      }
      text.tokens.push_back("next" + std::to_string(k));
      text.ids.push_back(900 + static_cast<int32_t>(k));
      text.segment_ids.push_back(0);
      text.sentences.push_back(0);
      text.offsets.emplace_back();
      text.special.push_back(0);
      text.words.push_back(static_cast<int32_t>(text.size()));
      out.log_probs.push_back(-static_cast<double>(k));
      out.text += " next" + std::to_string(k);
      control.report(k + 1, options.tokens);
      if (watch) watch({k + 1, trace});
    }
    out.trace = trace();
    return out;
  }
  std::vector<std::vector<TokenProbability>> predict(const ModelInput& input,
                                                     std::span<const int> positions, int top,
                                                     const std::vector<Ablation>& ablations,
                                                     const RunControl&) override {
    const TokenSequence& text = input.text;
    std::vector<std::vector<TokenProbability>> out;
    for (const int position : positions) {
      auto& list = out.emplace_back();
      for (int k = 0; k < top; ++k) {
        list.push_back({k, "after " + text.tokens[static_cast<size_t>(position)],
                        std::ldexp(ablations.empty() ? 0.5f : 0.25f, -k)});
      }
    }
    return out;
  }
  std::vector<std::vector<double>> log_probabilities_under(
      const ModelInput& input, std::span<const std::vector<Ablation>> variants,
      const RunControl&) override {
    const TokenSequence& text = input.target ? *input.target : input.text;
    return {variants.size(), std::vector<double>(text.tokens.size() - 1, -1.0)};
  }

  std::function<void(int64_t token)> at_token;

 private:
  TestModel& model_;
};

// One computing thread, as the server has.
class Generate : public ::testing::Test {
 protected:
  Generate() : generator_(*rpc_.model), queue_(rpc_.rpc) {
    RpcModel wired;
    wired.runner = rpc_.model.get();
    wired.next = &generator_;
    wired.generator = &generator_;
    rpc_.rpc.set_model(std::move(wired));
    worker_ = std::thread([this] { queue_.work(); });
  }
  ~Generate() override {
    queue_.stop();
    worker_.join();
  }
  Json ask(const std::string& method, Json fields, int64_t id = 1) {
    return TestRpc::json_of(queue_.call(method, TestRpc::body(std::move(fields), "tab", id)));
  }
  static Json run(int64_t tokens) {
    return {{"model", ""}, {"a", "x y"}, {"b", nullptr}, {"generate", tokens}};
  }

  TestRpc rpc_{false};
  TestGenerator generator_;
  RpcQueue queue_;
  std::thread worker_;
};

TEST_F(Generate, AnswersTheWholeTraceAndWhatWasGenerated) {
  const Json answer = ask("run", run(3));
  const Json& text = answer.at("trace").at("sequences").at("text");
  EXPECT_EQ(text.at("tokens"), Json({"[CLS]", "x", "y", "[SEP]", "next0", "next1", "next2"}));
  EXPECT_EQ(text.at("generated_from"), 4);
  EXPECT_EQ(answer.at("generated"), Json({{"from", 4},
                                          {"ids", {900, 901, 902}},
                                          {"tokens", {"next0", "next1", "next2"}},
                                          {"text", " next0 next1 next2"},
                                          {"log_probs", {0.0, -1.0, -2.0}},
                                          {"stopped", "length"}}));
  EXPECT_EQ(ask("info", {}).at("capabilities").at("generate"), true);
}

TEST_F(Generate, WhatIsThereCanBeLookedAtWhileItGrows) {
  std::promise<void> reached, go;
  generator_.at_token = [&](int64_t token) {
    if (token != 1) return;
    reached.set_value();
    go.get_future().wait();
  };
  auto answer = std::async(std::launch::async, [&] { return ask("run", run(3), 7); });
  reached.get_future().wait();
  const Json progress = ask("progress", {{"ids", {7}}}, 8).at("progress").at(0);
  EXPECT_EQ(progress.at("state"), "running");
  EXPECT_EQ(progress.at("tokens"), 5);
  const Json part = ask("trace", {{"trace", progress.at("trace")}}, 9).at("trace");
  EXPECT_EQ(part.at("sequences").at("text").at("tokens"),
            Json({"[CLS]", "x", "y", "[SEP]", "next0"}));
  EXPECT_EQ(part.at("sequences").at("text").at("generated_from"), 4);
  go.set_value();
  EXPECT_EQ(answer.get().at("generated").at("tokens").size(), 3u);
  EXPECT_FALSE(ask("progress", {{"ids", {7}}}, 10).at("progress").at(0).contains("trace"));
}

TEST_F(Generate, CancelStopsAndKeepsWhatThereIs) {
  generator_.at_token = [&](int64_t token) {
    if (token == 2) ask("cancel", {{"ids", {7}}}, 8);
  };
  const Json answer = ask("run", run(5), 7);
  EXPECT_EQ(answer.at("generated").at("stopped"), "stopped");
  EXPECT_EQ(answer.at("generated").at("tokens"), Json({"next0", "next1"}));
  EXPECT_EQ(answer.at("trace").at("sequences").at("text").at("tokens").size(), 6u);
}

TEST_F(Generate, RefusesWhatItCannot) {
  EXPECT_EQ(ask("run", run(0)).at("error").at("code"), "HS-RPC-01");
  RpcModel wired;
  wired.runner = rpc_.model.get();
  rpc_.rpc.set_model(std::move(wired));
  EXPECT_EQ(ask("run", run(3)).at("error").at("code"), "HS-CAP-01");
  EXPECT_TRUE(ask("info", {}).at("capabilities").at("generate").is_string());
}

TEST_F(Generate, PredictSaysWhatComesNext) {
  const std::string id = ask("run", run(1)).at("trace").at("id");
  const auto predict = [&](Json positions, Json more = Json::object()) {
    more.update({{"trace", id}, {"positions", positions}, {"top", 2}});
    return ask("predict", more);
  };
  const Json last = predict(Json::array());
  EXPECT_EQ(last.at("predictions"), Json::array());
  EXPECT_EQ(last.at("next"),
            Json::array({{{"position", 4},
                          {"token", "next0"},
                          {"predictions",
                           {{{"token", "after next0"}, {"id", 0}, {"probability", 0.5}},
                            {{"token", "after next0"}, {"id", 1}, {"probability", 0.25}}}}}}));
  EXPECT_EQ(predict({1, 2}).at("next").at(1).at("token"), "y");
  const Json off = predict({1}, {{"ablations", {{{"head", "L0H1"}, {"mode", "zero"}}}}});
  EXPECT_EQ(off.at("next").at(0).at("predictions").at(0).at("probability"), 0.25);
  EXPECT_EQ(predict({1}, {{"mask", true}}).at("error").at("code"), "HS-CAP-01");
  EXPECT_EQ(predict({12}).at("error").at("code"), "HS-LINK-01");
}

}  // namespace
}  // namespace headscope::rpc_test
