// Every method of the wire on the trace files of tests/data/traces: three stacks of two texts, and
// grouped heads with a window, ALiBi, a soft cap, a sink and a layer without attention. Numbers are
// compared with the source's own; tests/cli/cases/traces.json compares those with independent ones.
#include <gtest/gtest.h>

#include <cmath>

#include "headscope/flow.h"
#include "headscope/trace.h"
#include "rpc/test_model.h"
#include "test_paths.h"

namespace headscope::rpc_test {
namespace {

class Fixture : public testing::TestWithParam<const char*> {
 protected:
  Fixture() { id_ = rpc_.rpc.add_trace(trace_, TraceOrigin::kFile, GetParam()); }

  // The answer of a question about this trace, which must be no error.
  Json ask(const std::string& method, Json fields) {
    fields["trace"] = id_;
    Json answer = rpc_.ask(method, fields);
    EXPECT_FALSE(answer.contains("error")) << method << " " << fields << ": " << answer["error"];
    return answer;
  }
  const TraceInfo& info() const { return trace_->info(); }
  int64_t tokens(HeadRef head, Side side) const { return info().tokens(head.stack, side).size(); }
  std::string name(HeadRef head) const { return head_name(info().stacks, head); }

  TestRpc rpc_;
  std::shared_ptr<const Trace> trace_ =
      read_trace(source_dir() + "/tests/data/traces/" + GetParam() + ".safetensors");
  std::string id_;
};

Json values_of(const Json& answer, const char* tensor) {
  return answer.at("tensors").at(tensor).at("values");
}

TEST_P(Fixture, SaysTheRuleOfEveryLayer) {
  const Json trace = ask("trace", Json::object()).at("trace");
  ASSERT_EQ(trace["stacks"].size(), info().stacks.size());
  for (size_t s = 0; s < info().stacks.size(); ++s) {
    const StackInfo& stack = info().stacks[s];
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      const Json& layer = trace["stacks"][s]["layers"][l];
      const LayerInfo& of = stack.layers[l];
      EXPECT_EQ(layer["layer"], of.layer);
      if (of.kind == LayerKind::kNone) {
        EXPECT_EQ(layer["kind"], "none");
        continue;
      }
      EXPECT_EQ(layer["heads"], of.heads);
      EXPECT_EQ(layer["kv_heads"], of.kv_heads);
      EXPECT_EQ(layer["sinks"], of.rule.sinks);
      EXPECT_NEAR(layer["scale"].get<double>(), double{of.rule.scale}, 1e-9);
      EXPECT_EQ(layer["softcap"].is_null(), !of.rule.softcap.has_value());
      EXPECT_EQ(layer["mask"]["kind"] == "causal", of.rule.mask.kind == MaskKind::kCausal);
    }
  }
}

TEST_P(Fixture, TilesRowsAndColumnsAreTheWeights) {
  for (const HeadRef head : trace_->all_heads()) {
    const int64_t n = tokens(head, Side::kQuery), m = tokens(head, Side::kKey);
    std::vector<float> map(static_cast<size_t>(n * m));
    trace_->weights(head, {0, n}, {0, m}, map.data());
    const Json tile = {{"stack", ""},   {"heads", {name(head)}},
                       {"q0", 0},       {"q1", n},
                       {"k0", 0},       {"k1", m},
                       {"outQ", 0},     {"outK", 0},
                       {"pool", "max"}, {"dtype", "f32"}};
    const Json values = values_of(ask("tiles", {{"tiles", Json::array({tile})}}), "0");
    ASSERT_EQ(values.size(), map.size());
    for (size_t k = 0; k < map.size(); ++k) EXPECT_EQ(values[k].get<float>(), map[k]) << name(head);
    const Json question = {{"stack", ""}, {"heads", {name(head)}}, {"top", 3}};
    for (int64_t i = 0; i < n; ++i) {
      Json row = question;
      row["side"] = "q";
      row["index"] = i;
      const Json answer = ask("row", row);
      double total = answer.at("total").get<double>();
      const TensorView<const float> sink = trace_->sink(head);
      EXPECT_EQ(answer.at("sink").is_null(), sink.empty()) << name(head);
      if (!sink.empty()) {
        EXPECT_NEAR(answer["sink"].get<double>(), double{sink(i)}, 1e-7);
        total += answer["sink"].get<double>();
      }
      EXPECT_NEAR(total, 1, 1e-5) << name(head) << " row " << i;
    }
    for (int64_t j = 0; j < m; ++j) {
      Json column = question;
      column["side"] = "k";
      column["index"] = j;
      const Json answer = ask("row", column);
      EXPECT_TRUE(answer.at("sink").is_null());
      const Json entries = values_of(answer, "values");
      ASSERT_EQ(entries.size(), static_cast<size_t>(n));
      for (int64_t i = 0; i < n; ++i) {
        EXPECT_EQ(entries[static_cast<size_t>(i)].get<float>(),
                  map[static_cast<size_t>(i * m + j)]);
      }
    }
  }
}

// q·k · scale is the score, and the neuron view's key vectors are those of the key's own text.
TEST_P(Fixture, NeuronsHaveTheVectorsOfTheirTexts) {
  for (const HeadRef head : trace_->all_heads()) {
    if (!trace_->has_vectors(head)) continue;
    const Json answer = ask("neuron", {{"head", name(head)}, {"stack", ""}, {"query", 1}});
    const auto& layer = info().stacks[static_cast<size_t>(head.stack)].layer(head.id.layer);
    const auto dims = static_cast<size_t>(layer.head_dim);
    const Json keys = values_of(answer, "key"), query = values_of(answer, "query");
    ASSERT_EQ(keys.size(), static_cast<size_t>(tokens(head, Side::kKey)) * dims) << name(head);
    ASSERT_EQ(query.size(), dims);
    const HeadVectors q = trace_->query(head), k = trace_->key(head);
    for (size_t d = 0; d < dims; ++d) {
      EXPECT_EQ(query[d].get<float>(), q(1, static_cast<int64_t>(d)));
      EXPECT_EQ(keys[d].get<float>(), k(0, static_cast<int64_t>(d)));
    }
  }
}

TEST_P(Fixture, HeadsLinksNumbersAndFiguresOfEveryStack) {
  for (size_t s = 0; s < info().stacks.size(); ++s) {
    const StackInfo& stack = info().stacks[s];
    const std::vector<HeadRef> own = all_heads(info().stacks, static_cast<int>(s));
    const Json heads = ask("heads", {{"scope", "input"}, {"stack", stack.name}});
    ASSERT_EQ(heads["heads"].size(), own.size()) << stack.name;
    EXPECT_EQ(heads["heads"][0]["stack"], stack.name);
    const Json one = ask("head", {{"scope", "input"}, {"head", name(own.back())}});
    EXPECT_EQ(one["head"]["layer"], own.back().id.layer);
    EXPECT_EQ(one["head"]["offsets"].size(), stack.square() ? 21u : 0u);
    const Json link = ask("link", {{"stack", stack.name}, {"query", 1}, {"key", 0}});
    EXPECT_EQ(link["heads"].size(), own.size());
    const std::string state = "#hs=1&st=" + stack.name + "&h=" + to_string(own[0].id);
    const Json numbers = ask("numbers", {{"state", state}, {"choice", "table"}});
    EXPECT_EQ(numbers["rows"], own.size());
    EXPECT_EQ(numbers["csv"].get<std::string>().starts_with("stack,"), info().stacks.size() > 1);
    ask("numbers", {{"state", state}, {"choice", "all"}});
    const Json figure = ask("figure", {{"state", state}, {"format", "svg"}, {"output", "f.svg"}});
    EXPECT_NE(figure["svg"].get<std::string>().find("<svg"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Rpc, Fixture, testing::Values("stacks", "grouped"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace headscope::rpc_test
