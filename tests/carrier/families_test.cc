// Runs, predictions and every picture's numbers over the wire, of models with several stacks and
// with grouped heads, as `headscope serve` opens them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "headscope/safetensors.h"
#include "server/model_shelf.h"
#include "test_paths.h"

namespace headscope::server {
namespace {

using nlohmann::json;

struct Row {
  const char* model;
  const char* target;  // null: none is read
  std::set<std::string> stacks;
};

class Family : public testing::TestWithParam<Row> {
 protected:
  Family() {
    const ModelShelf shelf(source_dir() + "/tests/golden/tiny/" + GetParam().model, "", {});
    rpc_.set_model(shelf.open(shelf.first_name(), Precision::kF32, {}));
  }
  json ask(const std::string& method, json fields) {
    fields.update({{"rpc", 2}, {"client", "c"}, {"id", 1}, {"epoch", 0}, {"priority", 1}});
    const RpcAnswer answer = rpc_.answer(method, fields.dump());
    if (answer.type == "application/json") return json::parse(answer.body);
    const SafetensorsView file(std::as_bytes(std::span(answer.body)), "answer");
    return json::parse(file.metadata().at("json"));
  }
  // The answer, which must be no error.
  json answer(const std::string& method, json fields) {
    json out = ask(method, std::move(fields));
    EXPECT_FALSE(out.contains("error")) << method << ": " << out["error"];
    return out;
  }
  Rpc rpc_;
};

TEST_P(Family, RunsPredictsAndDrawsEveryStack) {
  json question = {{"model", ""}, {"a", "I went to the store."}, {"b", nullptr}};
  if (GetParam().target) question["target"] = GetParam().target;
  const json trace = answer("run", question).at("trace");
  std::set<std::string> names;
  for (const json& stack : trace.at("stacks")) {
    const std::string name = stack.at("name");
    names.insert(name);
    const std::string state = "#hs=1&st=" + name + "&h=L0H1&v=";
    for (const char* view : {"head", "matrix", "model", "neuron", "map"}) {
      const json figure = ask("figure", {{"trace", trace["id"]},
                                         {"state", state + view},
                                         {"format", "svg"},
                                         {"output", "f.svg"}});
      if (std::string(view) == "map" && name == "cross") {
        EXPECT_EQ(figure.at("error").at("code"), "HS-CAP-01");
      } else {
        EXPECT_TRUE(figure.contains("svg")) << name << " " << view << figure;
      }
    }
    for (const char* choice : {"all", "heads", "neuron"}) {
      answer("numbers", {{"trace", trace["id"]}, {"state", state + "head"}, {"choice", choice}});
    }
    answer("compare", {{"left", trace["id"]}, {"right", trace["id"]}, {"stack", name}});
  }
  EXPECT_EQ(names, GetParam().stacks);
  const json predicted =
      answer("predict", {{"trace", trace["id"]}, {"positions", {0}}, {"top", 3}, {"mask", false}});
  const json& position = predicted.at("next").at(0);
  EXPECT_EQ(position.at("position"), 0);
  EXPECT_EQ(position.at("predictions").size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(
    Models, Family,
    testing::Values(Row{"bart", "At the store", {"encoder", "decoder", "cross"}},
                    Row{"t5", "At the store", {"encoder", "decoder", "cross"}},
                    Row{"llama", nullptr, {"self"}}),
    [](const auto& one) { return std::string(one.param.model); });

}  // namespace
}  // namespace headscope::server
