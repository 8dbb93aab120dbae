// Order, fairness, cancellation and progress of RpcQueue. The model stops at its layers until the
// test lets it go, so nothing here depends on time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "headscope/threads.h"
#include "rpc/test_model.h"
#include "trace/trace_examples.h"

namespace headscope::rpc_test {
namespace {

using namespace std::chrono_literals;

// Opens once; what waits at it goes on.
class Gate {
 public:
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class Queue : public ::testing::Test {
 protected:
  explicit Queue(std::chrono::milliseconds interlude = 10ms) : queue_{rpc_.rpc, interlude} {}
  void SetUp() override {
    worker_ = std::thread([this] { queue_.work(); });
  }
  void TearDown() override {
    queue_.stop();
    worker_.join();
  }

  std::future<Json> ask(const std::string& method, Json fields, const std::string& client = "tab",
                        int64_t id = 1, int64_t epoch = 0, int priority = 1) {
    return std::async(std::launch::async, [=, this] {
      return TestRpc::json_of(
          queue_.call(method, TestRpc::body(fields, client, id, epoch, priority)));
    });
  }
  std::future<Json> run(const std::string& a, const std::string& client = "tab", int64_t id = 1,
                        int64_t epoch = 0, int priority = 1) {
    return ask("run", {{"model", ""}, {"a", a}, {"b", nullptr}}, client, id, epoch, priority);
  }
  Json state_of(int64_t id, const std::string& client = "tab") {
    return ask("progress", {{"ids", {id}}}, client, 999).get()["progress"][0];
  }
  void wait_for_state(int64_t id, const std::string& state, const std::string& client = "tab") {
    while (state_of(id, client)["state"] != state) std::this_thread::sleep_for(1ms);
  }
  Json row() const {
    return {{"trace", rpc_.hand}, {"stack", ""}, {"heads", {"L0H0"}},
            {"side", "q"},        {"index", 0},  {"top", 1}};
  }
  Json tiles(const char* head) const {
    return {{"trace", rpc_.hand},
            {"tiles",
             {{{"stack", ""},
               {"heads", {head}},
               {"q0", 0},
               {"q1", 5},
               {"k0", 0},
               {"k1", 5},
               {"outQ", 0},
               {"outK", 0},
               {"pool", "max"},
               {"dtype", "f32"}}}}};
  }

  TestRpc rpc_;
  RpcQueue queue_;
  std::thread worker_;
};

TEST_F(Queue, AnswersWhatAskingDirectlyAnswers) {
  EXPECT_EQ(ask("row", row()).get(), rpc_.ask("row", row()));
  EXPECT_EQ(ask("info", Json::object()).get()["version"],
            rpc_.ask("info", Json::object())["version"]);
}

TEST_F(Queue, SmallQuestionsAreAnsweredBetweenTheLayersOfARun) {
  std::promise<void> inside;
  Gate gate;
  rpc_.model->at_layer = [&](int layer) {
    if (layer == 0) {
      inside.set_value();
      gate.wait();
    }
  };
  auto run_answer = run("a long text", "other");
  inside.get_future().wait();
  auto row_answer = ask("row", row(), "tab", 7, 0, 0);
  wait_for_state(7, "waiting");
  gate.open();
  // The model reports before layer 1, and the row is answered there: layer 1 sees it done.
  EXPECT_NEAR(row_answer.get()["total"].get<double>(), 1.0, 1e-6);
  EXPECT_TRUE(run_answer.get().contains("trace"));
}

// Without any time for questions that are as urgent.
class StrictQueue : public Queue {
 protected:
  StrictQueue() : Queue(0ms) {}
};

TEST_F(StrictQueue, MoreUrgentSmallQuestionsAlwaysGoFirst) {
  std::promise<void> inside;
  Gate gate;
  rpc_.model->at_layer = [&](int layer) {
    if (layer == 0) {
      inside.set_value();
      gate.wait();
    } else {
      EXPECT_NE(state_of(7)["state"], "waiting") << "answered before layer 1";
      EXPECT_EQ(state_of(8)["state"], "waiting") << "its turn is after the run";
    }
  };
  auto held = run("a long text", "other", 1, 0, 1);
  inside.get_future().wait();
  auto urgent = ask("row", row(), "tab", 7, 0, 0);
  auto equal = ask("row", row(), "tab", 8, 0, 1);
  wait_for_state(7, "waiting");
  wait_for_state(8, "waiting");
  gate.open();
  EXPECT_TRUE(held.get().contains("trace"));
  EXPECT_TRUE(urgent.get().contains("total"));
  EXPECT_TRUE(equal.get().contains("total"));
}

// A text so long that its labels come in slices of heads; each slice waits for its gate.
class LongText : public AttentionSource {
 public:
  LongText() : slice_(static_cast<int>(std::max<int64_t>(4, max_threads()))) {
    info_.model = {"long", "hand", "", "", ""};
    info_.stacks = {stack_of_maps({0}, 2 * slice_)};
    TokenSequence t;
    for (int i = 0; i < kTokens; ++i) {
      t.tokens.push_back(std::to_string(i));
      t.ids.push_back(i);
      t.words.push_back(i);
    }
    t.segment_ids = t.sentences = std::vector<int32_t>(kTokens, 0);
    t.special.assign(kTokens, 0);
    t.offsets.resize(kTokens);
    info_.set_sequence("text", t);
  }
  int64_t bytes() const override { return 0; }
  // Its maps are no reason to wait: this source is named by its tokens.
  std::string content_id() const override { return std::string(64, '1'); }

  const TraceInfo& info() const override { return info_; }
  // The first head whose weights wait for `rest`.
  std::string late_head() const { return "L0H" + std::to_string(slice_); }
  Json whole(const std::string& head) const {
    return {{"stack", ""},   {"heads", {head}}, {"q0", 0},    {"q1", kTokens}, {"k0", 0},
            {"k1", kTokens}, {"outQ", 64},      {"outK", 64}, {"pool", "max"}, {"dtype", "f16"}};
  }
  void weights(HeadRef head, Range rows, Range cols, float* out) const override {
    if (armed && head.id.head == 0 && rows.begin == 0 && cols.begin == 0) {
      begun.set_value();
      first.wait();
    }
    if (armed && head.id.head >= slice_) rest.wait();
    std::fill_n(out, rows.size() * cols.size(), 1.0f / kTokens);
  }

  mutable std::promise<void> begun;
  mutable Gate first, rest;
  std::atomic<bool> armed{false};

 private:
  static constexpr int kTokens = 2048;
  int slice_;
  TraceInfo info_;
};

TEST_F(StrictQueue, LabelsOfALongTextLetMoreUrgentTilesThrough) {
  const auto text = std::make_shared<LongText>();
  const std::string id = rpc_.rpc.add_trace(text, TraceOrigin::kFile);
  text->armed = true;
  auto labels = ask("heads", {{"trace", id}, {"scope", "input"}}, "tab", 1, 0, 4);
  text->begun.get_future().wait();
  auto selected = ask("tiles", tiles("L0H0"), "tab", 7, 0, 0);
  auto refined = ask("tiles", tiles("L0H1"), "tab", 8, 0, 3);
  wait_for_state(7, "waiting");
  wait_for_state(8, "waiting");
  text->first.open();
  EXPECT_EQ(selected.wait_for(30s), std::future_status::ready) << "waits for all labels";
  EXPECT_EQ(refined.wait_for(30s), std::future_status::ready) << "waits for all labels";
  EXPECT_EQ(state_of(1)["state"], "running");
  text->rest.open();
  EXPECT_TRUE(selected.get().contains("tiles"));
  EXPECT_TRUE(refined.get().contains("tiles"));
  EXPECT_TRUE(labels.get().contains("heads"));
}

TEST_F(StrictQueue, WholeMapsOfALongTextLetMoreUrgentTilesThrough) {
  const auto text = std::make_shared<LongText>();
  const std::string id = rpc_.rpc.add_trace(text, TraceOrigin::kFile);
  text->armed = true;
  auto exact = ask(
      "tiles", {{"trace", id}, {"tiles", {text->whole("L0H0"), text->whole(text->late_head())}}},
      "tab", 1, 0, 3);
  text->begun.get_future().wait();
  auto clicked = ask("tiles", tiles("L0H0"), "tab", 7, 0, 0);
  wait_for_state(7, "waiting");
  text->first.open();
  EXPECT_EQ(clicked.wait_for(30s), std::future_status::ready) << "waits for both maps";
  EXPECT_EQ(state_of(1)["state"], "running");
  text->rest.open();
  EXPECT_TRUE(clicked.get().contains("tiles"));
  EXPECT_EQ(exact.get()["tiles"].size(), 2U);
}

TEST_F(Queue, LightQuestionsDoNotWaitForARun) {
  std::promise<void> inside;
  Gate gate;
  rpc_.model->at_layer = [&](int layer) {
    if (layer == 0) inside.set_value();
    gate.wait();
  };
  auto run_answer = run("a", "tab", 3);
  inside.get_future().wait();
  EXPECT_TRUE(ask("info", Json::object()).get().contains("version"));
  EXPECT_EQ(ask("tokens", {{"model", ""}, {"a", "b c"}, {"b", nullptr}}).get()["tokens"].size(),
            4u);
  EXPECT_EQ(state_of(3),
            parse_json(R"({"id": 3, "state": "running", "done": 0, "total": 2})", "test"));
  EXPECT_EQ(state_of(3, "another")["state"], "unknown");
  gate.open();
  run_answer.get();
}

TEST_F(Queue, CancelStopsWhatRunsAndWhatWaits) {
  std::promise<void> inside;
  Gate gate;
  rpc_.model->at_layer = [&](int layer) {
    if (layer == 0 && rpc_.model->runs == 1) {
      inside.set_value();
      gate.wait();
    }
  };
  auto running = run("a", "tab", 1);
  inside.get_future().wait();
  auto waiting = run("b", "tab", 2);
  auto foreign = run("c", "another", 2);
  wait_for_state(2, "waiting");
  wait_for_state(2, "waiting", "another");
  const Json cancelled = ask("cancel", {{"ids", {1, 2, 77}}}, "tab", 5).get();
  EXPECT_EQ(cancelled["cancelled"], parse_json("[1, 2]", "test"));
  EXPECT_EQ(waiting.get()["error"]["code"], "HS-CANCEL-01");  // although the worker is held up
  gate.open();
  EXPECT_EQ(running.get()["error"]["code"], "HS-CANCEL-01");
  EXPECT_TRUE(foreign.get().contains("trace"));
  EXPECT_EQ(ask("row", row(), "tab", 77).get()["error"]["code"], "HS-CANCEL-01")
      << "cancelled before it came";
  EXPECT_TRUE(ask("row", row(), "tab", 77).get().contains("total")) << "once only";
  EXPECT_EQ(rpc_.model->runs, 2);
}

TEST_F(Queue, ANewerRunOfTheSameClientTakesThePlaceOfOlderOnes) {
  std::promise<void> inside;
  Gate gate;
  rpc_.model->at_layer = [&](int layer) {
    if (layer == 0 && rpc_.model->runs == 1) {
      inside.set_value();
      gate.wait();
    }
  };
  auto first = run("a", "tab", 1, 1);
  inside.get_future().wait();
  auto second = run("ab", "tab", 2, 2);
  wait_for_state(2, "waiting");
  auto other = run("x", "another", 1, 1);
  wait_for_state(1, "waiting", "another");
  auto third = run("abc", "tab", 3, 3);
  EXPECT_EQ(second.get()["error"]["code"], "HS-CANCEL-01");
  gate.open();
  EXPECT_EQ(first.get()["error"]["code"], "HS-CANCEL-01");
  EXPECT_EQ(third.get()["trace"]["sequences"]["text"]["text_a"], "abc");
  EXPECT_EQ(other.get()["trace"]["sequences"]["text"]["text_a"], "x");
}

TEST_F(Queue, UrgentFirstAndClientsInTurn) {
  std::promise<void> inside;
  Gate gate;
  std::vector<std::string> order;
  rpc_.model->at_layer = [&](int layer) {
    if (rpc_.model->runs == 1 && layer == 0) {
      inside.set_value();
      gate.wait();
    }
  };
  auto held = run("held", "tab", 1);
  inside.get_future().wait();
  // Runs: none of them is answered between layers.
  std::vector<std::future<Json>> answers;
  const auto later = [&](const std::string& client, int64_t id, int priority) {
    answers.push_back(std::async(std::launch::async, [=, this] {
      const std::string name = client + std::to_string(id);
      const Json fields = {{"model", ""}, {"a", name}, {"b", nullptr}};
      return TestRpc::json_of(queue_.call("run", TestRpc::body(fields, client, id, 0, priority)));
    }));
    wait_for_state(id, "waiting", client);
  };
  rpc_.model->at_text = [&](const std::string& text) { order.push_back(text); };
  later("greedy", 10, 2);
  later("greedy", 11, 2);
  later("greedy", 12, 2);
  later("modest", 20, 2);
  later("greedy", 13, 1);
  gate.open();
  for (auto& answer : answers) answer.get();
  held.get();
  EXPECT_THAT(order,
              ::testing::ElementsAre("greedy13", "modest20", "greedy10", "greedy11", "greedy12"));
}

TEST_F(Queue, StopAnswersEverybody) {
  std::promise<void> inside;
  Gate gate;
  rpc_.model->at_layer = [&](int layer) {
    if (layer == 0) {
      inside.set_value();
      gate.wait();
    }
  };
  auto running = run("a", "tab", 1);
  inside.get_future().wait();
  auto waiting = ask("row", row(), "tab", 2, 0, 3);
  wait_for_state(2, "waiting");
  queue_.stop();
  EXPECT_EQ(waiting.get()["error"]["code"], "HS-CANCEL-01");
  gate.open();
  EXPECT_EQ(running.get()["error"]["code"], "HS-CANCEL-01");
  EXPECT_EQ(ask("row", row()).get()["error"]["code"], "HS-CANCEL-01");
}

TEST_F(Queue, ManyClientsAtOnceAllGetTheirOwnAnswers) {
  std::vector<std::future<void>> clients;
  for (int c = 0; c < 8; ++c) {
    clients.push_back(std::async(std::launch::async, [this, c] {
      const std::string client = "client" + std::to_string(c);
      for (int64_t k = 0; k < 40; ++k) {
        const std::string a = client + " " + std::to_string(k % 5);
        const Json answer = run(a, client, 2 * k, k).get();
        ASSERT_EQ(answer["trace"]["sequences"]["text"]["text_a"], a);
        ASSERT_EQ(answer["id"], 2 * k);
        const Json tile = ask("tiles", tiles(k % 2 ? "L0H0" : "L0H1"), client, 2 * k + 1).get();
        ASSERT_EQ(tile["tensors"]["0"]["values"][0], k % 2 ? 0.5 : 1.0);
      }
    }));
  }
  for (auto& client : clients) client.get();
  EXPECT_EQ(rpc_.model->runs, 8 * 5);
}

}  // namespace
}  // namespace headscope::rpc_test
