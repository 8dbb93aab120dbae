// Runs on more than a text: a target beside it, a picture in its place.
#include <gtest/gtest.h>

#include <cstring>

#include "headscope/safetensors.h"
#include "rpc/test_model.h"

namespace headscope::rpc_test {
namespace {

// Its target's tokens are the words between blanks, "<s>" in front. What it is run on is kept.
class TargetModel : public TestModel {
 public:
  bool reads_target() const override { return true; }
  TokenSequence tokenize_target(const std::string& text,
                                const TokenizeOptions& options) const override {
    TokenSequence out = tokenize(text, std::nullopt, options);
    out.tokens[0] = "<s>";
    return out;
  }
  using TestModel::trace;
  std::vector<std::shared_ptr<const Trace>> trace(std::span<const ModelInput> inputs,
                                                  const TraceOptions& options,
                                                  const RunControl& control) override {
    last = inputs[0];
    return trace(std::span<const TokenSequence>(&inputs[0].text, 1), options, control);
  }
  ModelInput last;
};

// Reads "WIDTHxHEIGHT" as a picture of two squares.
class SquaresModel : public TestModel {
 public:
  bool reads_pictures() const override { return true; }
  ModelInput picture(std::string_view bytes, const std::string& name) const override {
    if (bytes != "2x1") {
      throw Error(ErrorCode::kBadInput, name + ": no picture", "one", "", "HS-IMAGE-01");
    }
    ModelInput input(tokenize("p0,0 p0,1", std::nullopt, {}));
    TokenSequence& text = input.text;  // [CLS] and two squares
    for (auto* list : {&text.ids, &text.segment_ids, &text.words, &text.sentences}) list->resize(3);
    text.tokens.resize(3);
    text.offsets.resize(3);
    text.special.resize(3);
    text.kinds = {TokenKind::kText, TokenKind::kPatch, TokenKind::kPatch};
    auto pixels = std::make_shared<Pixels>();
    pixels->values = {1, 2};
    static constexpr uint8_t kBytes[] = {1, 2, 3, 4, 5, 6};
    pixels->image = Array::borrow(DType::kU8, {1, 2, 3}, kBytes, nullptr);
    input.pixels = std::move(pixels);
    return input;
  }
  using TestModel::trace;
  std::vector<std::shared_ptr<const Trace>> trace(std::span<const ModelInput> inputs,
                                                  const TraceOptions& options,
                                                  const RunControl& control) override {
    auto traces = trace(std::span<const TokenSequence>(&inputs[0].text, 1), options, control);
    const auto with_image = std::make_shared<Trace>(*traces[0]);
    with_image->image = inputs[0].pixels->image;
    return {with_image};
  }
};

template <class M>
struct Wired {
  Wired() {
    RpcModel wired;
    wired.runner = model.get();
    rpc.rpc.set_model(std::move(wired));
  }
  RpcAnswer answer(const std::string& method, Json fields, const std::string& file = {}) {
    std::string body = TestRpc::body(std::move(fields));
    if (!file.empty()) body += std::string(1, '\0') + file;
    return rpc.rpc.answer(method, body, {});
  }
  Json ask(const std::string& method, Json fields, const std::string& file = {}) {
    return TestRpc::json_of(answer(method, std::move(fields), file));
  }
  std::shared_ptr<M> model = std::make_shared<M>();
  TestRpc rpc{false};
};

TEST(Target, IsReadBesideTheTextAndDecidesTheRun) {
  Wired<TargetModel> wired;
  const Json info = wired.ask("info", Json::object()).at("models").at(0);
  EXPECT_EQ(info.at("target"), true);
  EXPECT_EQ(info.at("picture"), false);
  Json question = {{"model", ""}, {"a", "x y"}, {"b", nullptr}, {"target", "z"}};
  EXPECT_EQ(wired.ask("tokens", question).at("target").at("tokens"), Json({"<s>", "z", "[SEP]"}));
  const Json one = wired.ask("run", question);
  ASSERT_TRUE(one.contains("trace")) << one;
  ASSERT_TRUE(wired.model->last.target);
  EXPECT_EQ(wired.model->last.target->text_a, "z");
  const int runs = wired.model->runs;
  wired.ask("run", question);
  EXPECT_EQ(wired.model->runs, runs) << "the same question is not run again";
  question["target"] = "w";
  wired.ask("run", question);
  EXPECT_EQ(wired.model->runs, runs + 1) << "another target is another run";
}

TEST(Target, IsRefusedWhereNoneIsRead) {
  Wired<TestModel> wired;
  const Json answer =
      wired.ask("run", {{"model", ""}, {"a", "x"}, {"b", nullptr}, {"target", "z"}});
  EXPECT_NE(answer.at("error").at("message").get<std::string>().find("target"), std::string::npos);
  EXPECT_EQ(wired.model->runs, 0);
}

TEST(Picture, IsRunAndGivenBack) {
  Wired<SquaresModel> wired;
  EXPECT_EQ(wired.ask("info", Json::object()).at("models").at(0).at("picture"), true);
  const Json run = wired.ask("run", {{"model", ""}, {"picture", "cat.png"}}, "2x1");
  ASSERT_TRUE(run.contains("trace")) << run;
  const Json& trace = run.at("trace");
  EXPECT_EQ(trace.at("title"), "cat.png");
  EXPECT_EQ(trace.at("picture"), Json({{"rows", 1}, {"columns", 2}, {"width", 2}, {"height", 1}}));
  const RpcAnswer answer = wired.answer("picture", {{"trace", trace.at("id")}});
  const SafetensorsView file(std::as_bytes(std::span(answer.body)), "answer");
  const TensorEntry* picture = file.find("picture");
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->dtype, DType::kU8);
  EXPECT_EQ(picture->shape, (std::vector<int64_t>{1, 2, 3}));
  const uint8_t expected[] = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(std::memcmp(picture->data, expected, sizeof expected), 0);
}

// A page that lost the file, and one that was opened by a link, have the trace alone.
TEST(Picture, OfATraceIsRunAgainWithHeadsOff) {
  Wired<SquaresModel> wired;
  const Json first = wired.ask("run", {{"model", ""}, {"picture", "cat.png"}}, "2x1").at("trace");
  Json question = {{"model", ""}, {"picture_of", first.at("id")}};
  EXPECT_EQ(wired.ask("run", question).at("trace").at("id"), first.at("id"));
  EXPECT_EQ(wired.model->runs, 1) << "the same question is not run again";
  question["ablations"] = Json::array({{{"head", "L0H0"}, {"mode", "zero"}}});
  const Json off = wired.ask("run", question);
  ASSERT_TRUE(off.contains("trace")) << off;
  EXPECT_EQ(wired.model->runs, 2);
  EXPECT_NE(off.at("trace").at("id"), first.at("id"));
  EXPECT_EQ(off.at("trace").at("title"), "cat.png");
  EXPECT_EQ(off.at("trace").at("settings").at("ablations").size(), 1U);
  // The file goes on with the run that was made from it.
  question["picture_of"] = off.at("trace").at("id");
  question.erase("ablations");
  EXPECT_EQ(wired.ask("run", question).at("trace").at("id"), first.at("id"));
  question["picture_of"] = wired.rpc.hand;
  EXPECT_EQ(wired.ask("run", question).at("error").at("code"), "HS-CAP-01") << "no picture";
}

TEST(Picture, ErrorsSayWhatIsWrong) {
  Wired<SquaresModel> wired;
  const auto code = [](const Json& answer) { return answer.at("error").at("code"); };
  EXPECT_EQ(code(wired.ask("run", {{"model", ""}, {"picture", "cat.png"}}, "GIF")), "HS-IMAGE-01");
  EXPECT_EQ(code(wired.ask("run", {{"model", ""}, {"picture", "cat.png"}})), "HS-RPC-01")
      << "no file";
  EXPECT_EQ(code(wired.ask("picture", {{"trace", wired.rpc.hand}})), "HS-CAP-01");
  const Json hand = wired.ask("trace", {{"trace", wired.rpc.hand}}).at("trace");
  EXPECT_TRUE(hand.at("picture").is_null());
}

}  // namespace
}  // namespace headscope::rpc_test
