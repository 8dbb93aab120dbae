// Another model in the place of the open one: what is listed, in which order memory is let go of,
// and what is left after a failure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "headscope/error.h"
#include "rpc/test_model.h"

namespace headscope::rpc_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class NamedModel : public TestModel {
 public:
  NamedModel(std::string name, int* alive) : alive_(alive) {
    info_ = TestModel::model();
    info_.name = std::move(name);
    ++*alive_;
  }
  ~NamedModel() override { --*alive_; }
  NamedModel(const NamedModel&) = delete;
  NamedModel& operator=(const NamedModel&) = delete;
  const ModelInfo& model() const override { return info_; }

 private:
  ModelInfo info_;
  int* alive_;
};

// "small" is open; "large" can be opened, "broken" fails while it is read, "far" is not here.
struct Shelf {
  Shelf() {
    rpc.set_models(
        {[] {
           ListedModel far{"far", "known", "", "", 0, 0, 9, "Run: headscope pull far"};
           return std::vector<ListedModel>{{"small", "folder", "", "", 0, 0, 0, ""},
                                           {"large", "hub", "gguf", "llama", 2, 4, 8, ""},
                                           {"broken", "cache", "", "", 0, 0, 0, ""},
                                           far};
         },
         [this](const std::string& name, Precision precision, const RunControl& control) {
           RpcModel opened = open(name, control);
           opened.precision = precision;
           return opened;
         },
         Precision::kF32});
    rpc.set_model(open("small", {}));
  }

  RpcModel open(const std::string& name, const RunControl& control) {
    most_alive = std::max(most_alive, alive + 1);
    control.report(1, 8);
    control.cancel.check();
    if (while_reading) while_reading();
    if (name == "broken")
      throw Error(ErrorCode::kBadInput, "broken has no weights", "", "", "HS-MODEL-01");
    auto model = std::make_shared<NamedModel>(name, &alive);
    RpcModel out;
    out.runner = model.get();
    out.predictor = model.get();
    out.source = name;
    out.again = [this, name](const RunControl& anew) { return open(name, anew); };
    out.owner = std::move(model);
    return out;
  }

  Json ask(const std::string& method, const Json& fields = Json::object()) {
    return TestRpc::json_of(rpc.answer(method, TestRpc::body(fields)));
  }
  std::string open_name() { return ask("info")["models"].at(0)["name"]; }

  int alive = 0, most_alive = 0;
  std::function<void()> while_reading;
  Rpc rpc;
};

TEST(RpcModelsList, SaysWhatCanBeOpenedAndWhy) {
  Shelf shelf;
  const Json models = shelf.ask("models")["models"];
  ASSERT_EQ(models.size(), 4u);
  EXPECT_EQ(models[0]["open"], true);
  EXPECT_EQ(models[1], Json::parse(R"({"name": "large", "source": "hub", "kind": "gguf",
      "family": "llama", "layers": 2, "heads": 4, "bytes": 8, "runnable": true, "open": false})"));
  EXPECT_EQ(models[3]["runnable"], "Run: headscope pull far");
  EXPECT_TRUE(models[0]["family"].is_null());
}

TEST(RpcLoad, AnotherPrecisionIsAnotherModel) {
  Shelf shelf;
  EXPECT_EQ(shelf.ask("info")["models"].at(0)["precision"], "f32");
  const Json less = shelf.ask("load", {{"model", "small"}, {"precision", "bf16"}});
  EXPECT_EQ(less["model"]["precision"], "bf16");
  // The open one serves where none is asked for.
  EXPECT_EQ(shelf.ask("load", {{"model", "small"}})["model"]["precision"], "bf16");
  EXPECT_EQ(shelf.ask("load", {{"model", "small"}, {"precision", "f32"}})["model"]["precision"],
            "f32");
  EXPECT_EQ(shelf.ask("load", {{"model", "small"}, {"precision", "int8"}})["error"]["code"],
            "HS-RPC-01");
}

TEST(RpcLoad, ARunNamesItsPrecisionAndGetsNoOther) {
  Shelf shelf;
  Json question = {{"model", ""}, {"a", "x y"}, {"b", nullptr}, {"precision", "f32"}};
  ASSERT_TRUE(shelf.ask("run", question).contains("trace"));
  question["precision"] = "bf16";
  const Json refused = shelf.ask("run", question);
  EXPECT_EQ(refused["error"]["code"], "HS-CAP-01");
  EXPECT_NE(refused["error"]["message"].get<std::string>().find("small in bf16"), std::string::npos)
      << refused;
  shelf.ask("load", {{"model", "small"}, {"precision", "bf16"}});
  EXPECT_TRUE(shelf.ask("run", question).contains("trace"));
}

// Numbers of two precisions are not mixed: what a bf16 run showed is not explained by float32.
TEST(RpcLoad, PredictionsAreOfThePrecisionOfTheTrace) {
  Shelf shelf;
  const Json made =
      shelf.ask("run", {{"model", ""}, {"a", "x [MASK]"}, {"b", nullptr}, {"precision", "f32"}});
  const Json question = {{"trace", made["trace"]["id"]}, {"positions", Json::array()}, {"top", 1}};
  ASSERT_EQ(shelf.ask("predict", question)["predictions"].size(), 1u) << made;
  shelf.ask("load", {{"model", "small"}, {"precision", "bf16"}});
  const Json refused = shelf.ask("predict", question);
  EXPECT_EQ(refused["error"]["code"], "HS-CAP-01") << refused;
  EXPECT_THAT(refused["error"]["message"].get<std::string>(),
              AllOf(HasSubstr("tiny in f32"), HasSubstr("small in bf16 is open")));
  shelf.ask("load", {{"model", "small"}, {"precision", "f32"}});
  EXPECT_EQ(shelf.ask("predict", question)["predictions"].size(), 1u);
}

// It takes ids and no texts: the page is told why no text can be run, and what can be.
TEST(RpcInfo, AModelWithoutATokenizerSaysWhatItCannot) {
  TestRpc with, without(false);
  RpcModel model;
  model.runner = without.model.get();
  model.predictor = without.model.get();
  model.tokenizer = false;
  without.rpc.set_model(std::move(model));
  EXPECT_EQ(with.ask("info", Json::object())["capabilities"]["run"], true);
  const Json able = without.ask("info", Json::object())["capabilities"];
  ASSERT_TRUE(able["run"].is_string()) << able;
  EXPECT_THAT(able["run"].get<std::string>(),
              AllOf(HasSubstr("tiny has no tokenizer here"), HasSubstr("--tokenizer FILE"),
                    HasSubstr("headscope trace --ids")));
  for (const char* still : {"predict", "ablate", "figure"}) EXPECT_EQ(able[still], true) << still;
}

TEST(RpcLoad, TheOldModelIsLetGoOfBeforeTheNextIsRead) {
  Shelf shelf;
  const Json answer = shelf.ask("load", {{"model", "large"}});
  EXPECT_EQ(answer["model"]["name"], "large") << dump_json(answer);
  EXPECT_EQ(shelf.open_name(), "large");
  EXPECT_EQ(shelf.most_alive, 1) << "two models were in memory at once";
  EXPECT_EQ(shelf.alive, 1);
  // Runs are of the new one, and the old one's name is refused.
  Json text = {{"model", "large"}, {"a", "i went"}, {"b", nullptr}};
  EXPECT_TRUE(shelf.ask("run", text).contains("trace"));
  text["model"] = "small";
  EXPECT_EQ(shelf.ask("run", text)["error"]["code"], "HS-CAP-01");
  // What is open is not read again.
  shelf.while_reading = [] { ADD_FAILURE() << "read again"; };
  EXPECT_EQ(shelf.ask("load", {{"model", "large"}})["model"]["name"], "large");
}

TEST(RpcLoad, WhileItIsReadTheRestSaysSo) {
  Shelf shelf;
  shelf.while_reading = [&] {
    const Json info = shelf.ask("info");
    EXPECT_EQ(info["loading"],
              Json::parse(R"({"model": "large", "precision": "f32", "done": 1, "total": 8})"));
    EXPECT_EQ(info["models"].size(), 0u);
    EXPECT_THAT(info["capabilities"]["run"].get<std::string>(), HasSubstr("being read"));
  };
  shelf.ask("load", {{"model", "large"}});
  shelf.while_reading = nullptr;
  EXPECT_TRUE(shelf.ask("info")["loading"].is_null());
}

TEST(RpcLoad, AFailureLeavesTheOldModelOpen) {
  Shelf shelf;
  for (const auto& [name, code, message] :
       {std::tuple("broken", "HS-MODEL-01", "Broken has no weights"),
        std::tuple("far", "HS-MODEL-01", "headscope pull far"),
        std::tuple("../../etc", "HS-MODEL-01", "No model \"../../etc\" in the list")}) {
    const Json error = shelf.ask("load", {{"model", name}})["error"];
    EXPECT_EQ(error["code"], code) << name;
    EXPECT_THAT(error["message"].get<std::string>(), HasSubstr(message));
    EXPECT_EQ(shelf.open_name(), "small") << name;
    EXPECT_TRUE(shelf.ask("info")["problem"].is_null());
  }
  EXPECT_EQ(shelf.most_alive, 1);
}

TEST(RpcLoad, ACancelledOneLeavesTheOldModelOpen) {
  Shelf shelf;
  RpcQueue queue(shelf.rpc);
  std::thread worker([&] { queue.work(); });
  bool first = true;
  shelf.while_reading = [&] {
    if (!std::exchange(first, false)) return;
    queue.call("cancel", TestRpc::body({{"ids", {7}}}, "tab", 8));
    throw Error(ErrorCode::kInterrupted, "cancelled", "", "", "HS-CANCEL-01");
  };
  const Json answer =
      TestRpc::json_of(queue.call("load", TestRpc::body({{"model", "large"}}, "tab", 7)));
  EXPECT_EQ(answer["error"]["code"], "HS-CANCEL-01");
  EXPECT_EQ(shelf.open_name(), "small");
  queue.stop();
  worker.join();
}

TEST(RpcLoad, WaitsForAModelThatTheEdgeReads) {
  Shelf shelf;
  shelf.rpc.set_loading("small", Precision::kF32, 1, 2);
  EXPECT_EQ(shelf.ask("load", {{"model", "large"}})["error"]["code"], "HS-BUSY-01");
}

TEST(RpcLoad, WithoutAListThereIsNone) {
  TestRpc rpc;
  for (const char* method : {"models", "load"}) {
    const Json fields = std::string(method) == "load" ? Json{{"model", "x"}} : Json::object();
    EXPECT_EQ(rpc.ask(method, fields)["error"]["code"], "HS-CAP-01") << method;
  }
}

}  // namespace
}  // namespace headscope::rpc_test
