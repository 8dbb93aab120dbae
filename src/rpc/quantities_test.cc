// Rollout and flow over the wire: against matrices multiplied and cuts summed here, in double, from
// the weights that the wire itself gives; against headscope/flow.h; and at their limits.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "headscope/flow.h"
#include "rpc/test_model.h"
#include "trace/trace_examples.h"

namespace headscope::rpc_test {
namespace {

using Map = std::vector<std::vector<double>>;  // [N, N]

Json ops(const std::string& quantity) {
  return {{"quantity", quantity},
          {"combine", "separate"},
          {"filter", "all"},
          {"special", "show"},
          {"renormalise", false},
          {"words", false},
          {"extraSpecial", Json::array()}};
}

Json tile_question(const std::string& trace, const std::string& quantity, const std::string& head,
                   int64_t q0, int64_t q1, int64_t n, int64_t preview = 0) {
  return {{"trace", trace},
          {"tiles",
           {{{"stack", ""},
             {"heads", {head}},
             {"q0", q0},
             {"q1", q1},
             {"k0", 0},
             {"k1", n},
             {"outQ", preview},
             {"outK", 0},
             {"pool", "max"},
             {"dtype", "f32"},
             {"preview", preview},
             {"ops", ops(quantity)}}}}};
}

std::vector<double> values_of(const Json& answer, const char* tensor = "0") {
  return answer.at("tensors").at(tensor).at("values").get<std::vector<double>>();
}

// ½·(mean of the two heads) + ½·I of a layer, from the weights that the wire gives.
Map residual(TestRpc& rpc, const std::string& trace, int layer, int64_t n) {
  Map map(static_cast<size_t>(n), std::vector<double>(static_cast<size_t>(n)));
  for (const char* head : {"H0", "H1"}) {
    const std::string name = "L" + std::to_string(layer) + head;
    const auto weights = values_of(rpc.ask("tiles", tile_question(trace, "weight", name, 0, n, n)));
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) map[i][j] += weights[i * n + j] / 4;
    }
  }
  for (int64_t i = 0; i < n; ++i) map[i][i] += 0.5;
  return map;
}

// Of layer 1: the product of the layers, and through one level of inner nodes k the largest flow
// Σ_k min(in, out).
double expected(const std::string& quantity, const Map& high, const Map& low, int64_t i,
                int64_t j) {
  double sum = 0;
  for (size_t k = 0; k < low.size(); ++k) {
    sum += quantity == "rollout" ? high[i][k] * low[k][j] : std::min(high[i][k], low[k][j]);
  }
  return sum;
}

struct Derived : ::testing::TestWithParam<const char*> {
  TestRpc rpc;
  std::string trace = rpc.ask("run", {{"model", ""}, {"a", "i went home"}, {"b", "to sleep"}})
                          .at("trace")
                          .at("id")
                          .get<std::string>();
  static constexpr int64_t kN = 8;
};

TEST_P(Derived, TilesAreTheReferenceOfTheRawMatrices) {
  const Json answer = rpc.ask("tiles", tile_question(trace, GetParam(), "L1H1", 0, kN, kN));
  const auto values = values_of(answer);
  const Map low = residual(rpc, trace, 0, kN), high = residual(rpc, trace, 1, kN);
  for (int64_t i = 0; i < kN; ++i) {
    for (int64_t j = 0; j < kN; ++j) {
      EXPECT_NEAR(values[i * kN + j], expected(GetParam(), high, low, i, j), 1e-6) << i << " " << j;
    }
  }
  EXPECT_EQ(values_of(rpc.ask("tiles", tile_question(trace, GetParam(), "L1H0", 0, kN, kN))),
            values)
      << "every head of a layer has the layer's";
  EXPECT_GT(rpc.ask("info", Json::object()).at("cache").at("derived_bytes"), 0);
}

TEST_P(Derived, RowsAndTheTableAreThoseOfFlowH) {
  const Quantity quantity =
      std::string(GetParam()) == "rollout" ? Quantity::kRollout : Quantity::kFlow;
  const auto text = rpc.model->tokenize("i went home", "to sleep", {});
  const auto source =
      quantity_source(rpc.model->trace(std::span(&text, 1), {}, {}).at(0), quantity);
  std::vector<float> row(kN), map(kN * kN);
  source->weights({0, {1, 0}}, {2, 3}, {0, kN}, row.data());
  source->weights({0, {1, 0}}, {0, kN}, {0, kN}, map.data());

  Json question = {{"trace", trace}, {"stack", ""}, {"heads", {"L1H0"}},     {"side", "q"},
                   {"index", 2},     {"top", 3},    {"ops", ops(GetParam())}};
  const auto got = values_of(rpc.ask("row", question), "values");
  question["side"] = "k";
  const auto column = values_of(rpc.ask("row", question), "values");
  for (int64_t j = 0; j < kN; ++j) {
    EXPECT_EQ(static_cast<float>(got[j]), row[j]) << j;
    EXPECT_EQ(static_cast<float>(column[j]), map[j * kN + 2]) << j;
  }

  const std::string state = "#hs=1&h=L1H0,L1H1&p=q2&t=0&qy=" + std::string(GetParam());
  const Json numbers =
      rpc.ask("numbers", {{"trace", trace}, {"state", state}, {"choice", "pinned"}});
  EXPECT_EQ(numbers.at("rows"), kN) << "one matrix a layer, whatever heads are selected";
  const auto csv = numbers.at("csv").get<std::string>();
  EXPECT_NE(csv.find("\n1,,2,went,0,[CLS],"), std::string::npos) << csv;
  EXPECT_NE(csv.find("," + std::string(GetParam()) + "\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Quantities, Derived, ::testing::Values("rollout", "flow"));

// Uniform attention among n tokens of `layers`, one head each.
std::shared_ptr<const AttentionSource> uniform(int n, const std::vector<int>& layers) {
  const Array map = Array::from(
      std::vector<float>(static_cast<size_t>(n) * n, 1.0f / static_cast<float>(n)), {1, n, n});
  TraceInfo info = hand_source()->info();
  TokenSequence t = info.tokens(0, Side::kQuery);
  const auto size = static_cast<size_t>(n);
  t.tokens.resize(size, "w");
  t.ids.resize(size, 7);
  t.segment_ids.resize(size, 1);
  t.sentences.resize(size, 1);
  t.offsets.resize(size, {0, 1});
  t.special.resize(size, false);
  t.words.resize(size, 1);
  info.set_sequence("text", t);
  info.stacks = {stack_of_maps(layers, 1)};
  return make_array_source(info, std::vector<Array>(layers.size(), map));
}

TEST(QuantitiesOfATrace, AreTrueOrTheReason) {
  Rpc rpc;
  const auto quantities = [&](int n, const std::vector<int>& layers) {
    const std::string id = rpc.add_trace(uniform(n, layers), TraceOrigin::kFile);
    const Json json = TestRpc::json_of(rpc.answer("trace", TestRpc::body({{"trace", id}})));
    return json.at("trace");
  };
  const Json small = quantities(64, {0, 1});
  EXPECT_EQ(small["quantities"]["rollout"], true);
  EXPECT_EQ(small["quantities"]["flow"], true);
  EXPECT_EQ(small["pinned_quantities"], Json::array());
  const Json longer = quantities(65, {0, 1});
  EXPECT_EQ(longer["quantities"]["rollout"], true);
  EXPECT_EQ(
      longer["quantities"]["flow"],
      "Flow of all queries takes at most 64 tokens; this text has 65. Pin a query in the head "
      "view: it is computed for that one.");
  EXPECT_EQ(longer["pinned_quantities"], Json({"flow"}));
  const Json longest = quantities(1025, {0});
  EXPECT_TRUE(longest["quantities"]["rollout"].is_string());
  EXPECT_EQ(longest["pinned_quantities"], Json({"rollout", "flow"}));
  const Json gap = quantities(8, {0, 2});
  EXPECT_TRUE(gap["quantities"]["rollout"].is_string());
  EXPECT_TRUE(gap["quantities"]["flow"].is_string());
  EXPECT_EQ(gap["pinned_quantities"], Json::array());
}

TEST(QuantitiesOfATrace, FlowOfALongTextIsForOneQuery) {
  constexpr int64_t kTokens = 80;
  Rpc rpc;
  const std::string id = rpc.add_trace(uniform(kTokens, {0, 1}), TraceOrigin::kFile);
  const auto ask = [&](const Json& question) {
    return TestRpc::json_of(rpc.answer("tiles", TestRpc::body(question)));
  };
  const auto row = values_of(ask(tile_question(id, "flow", "L1H0", 5, 6, kTokens)));
  // Ã is ½/n + ½ on the diagonal, ½/n elsewhere: through n inner nodes always the smaller, ½/n;
  // from a token to itself the diagonal on both levels.
  EXPECT_NEAR(row[9], 0.5, 1e-6);
  EXPECT_NEAR(row[5], 1.0, 1e-6);
  for (const Json& question : {tile_question(id, "flow", "L1H0", 5, 7, kTokens),
                               tile_question(id, "flow", "L1H0", 0, kTokens, kTokens),
                               tile_question(id, "flow", "L1H0", 0, kTokens, kTokens, 8)}) {
    EXPECT_EQ(ask(question)["error"]["code"], "HS-CAP-01") << question.dump();
  }
  const Json numbers = TestRpc::json_of(rpc.answer(
      "numbers",
      TestRpc::body(
          {{"trace", id}, {"state", "#hs=1&h=L1H0&p=q5&t=0&k=2&qy=flow"}, {"choice", "drawn"}})));
  EXPECT_EQ(numbers["rows"], kTokens) << "ties with the second stay";
}

// Another source, with somebody who looks on.
class Held : public AttentionSource {
 public:
  explicit Held(std::shared_ptr<const AttentionSource> source) : source_(std::move(source)) {}
  const TraceInfo& info() const override { return source_->info(); }
  int64_t bytes() const override { return source_->bytes(); }
  std::string content_id() const override { return source_->content_id(); }
  void weights(HeadRef head, Range rows, Range cols, float* out) const override {
    if (at_weights) at_weights(head, rows);
    source_->weights(head, rows, cols, out);
  }
  std::function<void(HeadRef, Range)> at_weights;

 private:
  std::shared_ptr<const AttentionSource> source_;
};

struct HeldFlow : ::testing::Test {
  HeldFlow() {
    id = rpc.add_trace(source, TraceOrigin::kFile);  // reads all maps, for its hash
    source->at_weights = [this](HeadRef head, Range rows) {
      if (rows.size() == 1) return at_small(head);
      if (head.id.layer == 0 && !held.exchange(true)) {
        inside.set_value();
        gate.get_future().wait();
      }
    };
    worker = std::thread([this] { queue.work(); });
  }
  ~HeldFlow() override {
    queue.stop();
    worker.join();
  }
  std::future<Json> ask(const std::string& method, const Json& fields, int64_t number) {
    return std::async(std::launch::async, [=, this] {
      return TestRpc::json_of(queue.call(method, TestRpc::body(fields, "tab", number)));
    });
  }
  std::string state_of(int64_t number) {
    return ask("progress", {{"ids", {number}}}, 999).get()["progress"][0]["state"];
  }

  static constexpr int64_t kTokens = 30;
  std::shared_ptr<Held> source = std::make_shared<Held>(uniform(kTokens, {0, 1}));
  std::function<void(HeadRef)> at_small = [](HeadRef) {};
  std::promise<void> inside, gate;
  std::atomic<bool> held = false;
  Rpc rpc;
  RpcQueue queue{rpc};
  std::string id;
  std::thread worker;
};

TEST_F(HeldFlow, SmallQuestionsAreAnsweredWhileItIsComputed) {
  std::string seen;
  at_small = [&](HeadRef) { seen = state_of(1); };
  auto flow = ask("tiles", tile_question(id, "flow", "L1H0", 0, kTokens, kTokens), 1);
  inside.get_future().wait();
  auto small = ask("tiles", tile_question(id, "weight", "L0H0", 3, 4, kTokens), 2);
  while (state_of(2) != "waiting") std::this_thread::yield();
  gate.set_value();
  EXPECT_TRUE(small.get().contains("tensors"));
  EXPECT_EQ(seen, "running");
  EXPECT_EQ(values_of(flow.get()).size(), static_cast<size_t>(kTokens * kTokens));
}

TEST_F(HeldFlow, CancelStopsIt) {
  auto flow = ask("tiles", tile_question(id, "flow", "L1H0", 0, kTokens, kTokens), 1);
  inside.get_future().wait();
  EXPECT_EQ(ask("cancel", {{"ids", {1}}}, 3).get()["cancelled"], Json({1}));
  gate.set_value();
  EXPECT_EQ(flow.get()["error"]["code"], "HS-CANCEL-01");
}

TEST(DerivedSources, GoWithTheirTraceAndWhenThereAreTooMany) {
  RpcOptions options;
  options.tile_bytes = 2 * 3 * 20 * 20 * 4;  // one and a half rollouts of two layers of 20 tokens
  Rpc rpc(options);
  const auto kept = [&] {
    return TestRpc::json_of(
        rpc.answer("info", TestRpc::body(Json::object())))["cache"]["derived_bytes"];
  };
  const auto ask = [&](int n) {
    const std::string id = rpc.add_trace(uniform(n, {0, 1}), TraceOrigin::kFile);
    rpc.answer("tiles", TestRpc::body(tile_question(id, "rollout", "L1H0", 0, n, n)));
  };
  ask(20);
  EXPECT_EQ(kept(), 2 * 20 * 20 * 4);
  ask(19);
  ask(5);
  EXPECT_EQ(kept(), 2 * (19 * 19 + 5 * 5) * 4) << "the first had to go";
}

}  // namespace
}  // namespace headscope::rpc_test
