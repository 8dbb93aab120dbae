// Every way to ask wrongly, as data: code, and words of the message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/message.h"
#include "rpc/test_model.h"

namespace headscope::rpc_test {
namespace {

struct Case {
  std::string name;
  std::string method;
  std::string body;  // HAND stands for the id of the hand-written trace
  std::string code;
  std::string message;  // part of it
};

constexpr const char* kEnvelope = R"({"rpc": 2, "client": "tab", "id": 5, "epoch": 2)";
std::string with(const std::string& fields) { return kEnvelope + (", " + fields + "}"); }
std::string tile(const std::string& fields) {
  return with(R"("trace": "HAND", "tiles": [{"stack": "", "pool": "max", "dtype": "f32", )" +
              fields + "}]");
}
constexpr const char* kOps =
    R"("quantity": "weight", "combine": "separate", "filter": "all", "special": "show", "renormalise": false, "words": false)";

const std::vector<Case> kCases = {
    {"no JSON", "info", "{", "HS-RPC-01", "JSON"},
    {"invalid UTF-8", "info", "{\"rpc\": 1, \"client\": \"\xff\"}", "HS-RPC-01", "JSON"},
    {"nothing", "info", "", "HS-RPC-01", "JSON"},
    {"no object", "info", "[1]", "HS-RPC-01", "an array of 1; expected an object"},
    {"a key twice", "info", R"({"rpc": 2, "rpc": 2})", "HS-RPC-01", "twice"},
    {"too deep", "info", std::string(200, '[') + std::string(200, ']'), "HS-RPC-01",
     "nested deeper"},
    {"too large", "info", std::string(static_cast<size_t>(kMaxRequestBytes) + 1, ' '),
     "HS-LIMIT-01", "4194305 bytes"},
    {"no version", "info", R"({"client": "tab", "id": 5})", "HS-RPC-01", "rpc is missing"},
    {"another version", "info", R"({"rpc": 1, "client": "tab", "id": 5})", "HS-RPC-03",
     "version 2"},
    {"a version of another type", "info", R"({"rpc": "1", "client": "tab", "id": 5})", "HS-RPC-01",
     "rpc is \"1\""},
    {"no client", "info", R"({"rpc": 2, "id": 5})", "HS-RPC-01", "client is missing"},
    {"a client of strange letters", "info", R"({"rpc": 2, "client": "a b", "id": 5})", "HS-RPC-01",
     "a b"},
    {"a client without letters", "info", R"({"rpc": 2, "client": "", "id": 5})", "HS-RPC-01",
     "1 to 64"},
    {"a negative id", "info", R"({"rpc": 2, "client": "tab", "id": -1})", "HS-RPC-01",
     "the number -1"},
    {"an id with a fraction", "info", R"({"rpc": 2, "client": "tab", "id": 1.0})", "HS-RPC-01",
     "a whole number"},
    {"an id that is too large", "info",
     R"({"rpc": 2, "client": "tab", "id": 18446744073709551615})", "HS-RPC-01", "id is"},
    {"a priority out of range", "info", with(R"("priority": 5)"), "HS-RPC-01", "from 0 to 4"},
    {"an unknown field", "info", with(R"("nmae": 1)"), "HS-RPC-01", "nmae"},
    {"an unknown method", "inof", with(R"("a": 1)"), "HS-RPC-02", "one of cancel, compare, corpus"},

    {"a trace that is gone", "trace", with(R"("trace": "t0")"), "HS-TRACE-01",
     "Run the text again"},
    {"no trace", "trace", with(R"("trace": 7)"), "HS-RPC-01", "the number 7; expected a text"},
    {"a head that is none", "row",
     with(R"("trace": "HAND", "stack": "", "heads": ["L0"], "side": "q", "index": 0, "top": 1)"),
     "HS-LINK-01", "L0"},
    {"a head beyond the model", "row",
     with(R"("trace": "HAND", "stack": "", "heads": ["L0H2"], "side": "q", "index": 0, "top": 1)"),
     "HS-LINK-01", "heads 0 to 1"},
    {"a layer beyond the model", "row",
     with(R"("trace": "HAND", "stack": "", "heads": ["L7H0"], "side": "q", "index": 0, "top": 1)"),
     "HS-LINK-01", "Layer 7"},
    {"a stack that is not there", "row",
     with(
         R"("trace": "HAND", "stack": "cross", "heads": ["L0H0"], "side": "q", "index": 0, "top": 1)"),
     "HS-LINK-01", "cross"},
    {"a token beyond the text", "row",
     with(R"("trace": "HAND", "stack": "", "heads": ["L0H0"], "side": "q", "index": 5, "top": 1)"),
     "HS-LINK-01", "below 5"},
    {"a token that is hidden", "row",
     with(std::string(
         R"("trace": "HAND", "stack": "", "heads": ["L0H0"], "side": "k", "index": 0, "top": 1,
        "ops": {"quantity": "weight", "combine": "separate", "filter": "all", "special": "hide", "renormalise": false, "words": false, "extraSpecial": []})")),
     "HS-LINK-01", "filter and special mode"},
    {"a side that is none", "row",
     with(R"("trace": "HAND", "stack": "", "heads": ["L0H0"], "side": "x", "index": 0, "top": 1)"),
     "HS-RPC-01", "one of q, k"},
    {"too many of the heaviest", "row",
     with(R"("trace": "HAND", "stack": "", "heads": ["L0H0"], "side": "q", "index": 0, "top": 65)"),
     "HS-RPC-01", "from 1 to 64"},

    {"no tiles", "tiles", with(R"("trace": "HAND", "tiles": [])"), "HS-RPC-01", "at least 1"},
    {"a tile without a head", "tiles",
     tile(R"("heads": [], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 0, "outK": 0)"), "HS-RPC-01",
     "tiles[0].heads"},
    {"several heads that nothing combines", "tiles",
     tile(R"("heads": ["L0H0", "L0H1"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 0, "outK": 0)"),
     "HS-RPC-01", "several heads"},
    {"rows beyond the text", "tiles",
     tile(R"("heads": ["L0H0"], "q0": 0, "q1": 6, "k0": 0, "k1": 5, "outQ": 0, "outK": 0)"),
     "HS-RPC-01", "6"},
    {"rows the wrong way round", "tiles",
     tile(R"("heads": ["L0H0"], "q0": 3, "q1": 1, "k0": 0, "k1": 5, "outQ": 0, "outK": 0)"),
     "HS-RPC-01", "3:1"},
    {"a side that is too long", "tiles",
     tile(R"("heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 4097, "outK": 1)"),
     "HS-RPC-01", "from 0 to 4096"},
    {"an unpooled tile that is too large", "tiles",
     tile(R"("heads": ["L0H0"], "q0": 0, "q1": 5000, "k0": 0, "k1": 5000, "outQ": 0, "outK": 0)"),
     "HS-LIMIT-01", "5000 × 5000"},
    {"a preview of other rows", "tiles",
     tile(
         R"("heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 3, "outK": 1, "preview": 2)"),
     "HS-RPC-01", "preview"},
    {"a pool that is none", "tiles",
     with(
         R"("trace": "HAND", "tiles": [{"stack": "", "heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 1, "outK": 1, "pool": "min", "dtype": "f32"}])"),
     "HS-RPC-01", "one of max, mean"},
    {"an unknown field of a tile", "tiles",
     tile(
         R"("heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 0, "outK": 0, "out": 1)"),
     "HS-RPC-01", "tiles[0].out"},
    {"a quantity that is none", "tiles",
     tile(
         R"("heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 0, "outK": 0, "ops": {"quantity": "mass"})"),
     "HS-RPC-01", "tiles[0].ops.quantity is \"mass\""},
    {"half of the operations", "tiles",
     tile(
         R"("heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 0, "outK": 0, "ops": {"quantity": "weight"})"),
     "HS-RPC-01", "tiles[0].ops.combine is missing"},
    {"scores of arrays", "tiles",
     tile(
         R"("heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 0, "outK": 0, "ops": {"quantity": "score", "combine": "separate",
        "filter": "all", "special": "show", "renormalise": false, "words": false, "extraSpecial": []})"),
     "HS-CAP-01", "no queries and keys"},
    {"a marked token that is none", "tiles",
     tile(
         std::string(
             R"("heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 0, "outK": 0, "ops": {)") +
         kOps + R"(, "extraSpecial": [-1]})"),
     "HS-RPC-01", "extraSpecial[0]"},

    {"neurons of arrays", "neuron",
     with(R"("trace": "HAND", "stack": "", "head": "L0H0", "query": 0)"), "HS-CAP-01",
     "attention weights only"},
    {"a neuron's query beyond the text", "neuron",
     with(R"("trace": "HAND", "stack": "", "head": "L0H0", "query": 9)"), "HS-LINK-01", "below 5"},
    {"parts without the model", "parts",
     with(R"("trace": "HAND", "stack": "", "head": "L0H0", "query": 0)"), "HS-CAP-01",
     "Splitting queries and keys needs the model"},
    {"parts of a query beyond the text", "parts",
     with(R"("trace": "HAND", "stack": "", "head": "L0H0", "query": 9)"), "HS-LINK-01", "below 5"},
    {"no corpus", "corpus", with(R"("question": "overview")"), "HS-CAP-01",
     "headscope analyze FILE"},
    {"a corpus question that is none", "corpus", with(R"("question": "why")"), "HS-RPC-01",
     "one of overview, head, similarity"},
    {"heads over no corpus", "heads", with(R"("trace": "HAND", "scope": "corpus")"), "HS-CAP-01",
     "headscope analyze FILE"},
    {"pattern 5 without the trace's model", "heads",
     with(R"("trace": "HAND", "scope": "input", "predictive": true)"), "HS-CAP-01",
     "hand; tiny is open"},

    {"a text that is no text", "run", with(R"("model": "", "a": 1, "b": null)"), "HS-RPC-01",
     "a is the number 1"},
    {"no text B", "run", with(R"("model": "", "a": "i")"), "HS-RPC-01", "b is missing"},
    {"an empty text", "run", with(R"("model": "", "a": " ", "b": null)"), "HS-TEXT-01",
     "no tokens"},
    {"a text that is too long", "run",
     with(R"("model": "", "a": "1 2 3 4 5 6 7 8 9 10 11 12", "b": null)"), "HS-LEN-01",
     "Shorten it by 2"},
    {"a text beyond every limit", "run",
     with("\"model\": \"\", \"b\": null, \"a\": \"" + std::string((1 << 20) + 1, 'x') + "\""),
     "HS-LIMIT-01", "1048577 bytes"},
    {"another model", "run", with(R"("model": "gpt", "a": "i", "b": null)"), "HS-CAP-01",
     "serve -m gpt"},
    {"an ablation of no head", "run",
     with(R"("model": "", "a": "i", "b": null, "ablations": [{"head": "L9H0", "mode": "zero"}])"),
     "HS-LINK-01", "9"},
    {"an ablation in another language", "run",
     with(
         R"("model": "", "a": "i", "b": null, "ablations": [{"head": "L0H0:mean,L1H0", "mode": "zero"}])"),
     "HS-RPC-01", "ablations[0].head"},
    {"an ablation without a mode", "run",
     with(R"("model": "", "a": "i", "b": null, "ablations": [{"head": "L0H0"}])"), "HS-RPC-01",
     "ablations[0].mode is missing"},
    {"a masked token beyond the text", "run",
     with(R"("model": "", "a": "i", "b": null, "masked": [3])"), "HS-LINK-01", "below 3"},
    {"a masked special token", "run", with(R"("model": "", "a": "i", "b": null, "masked": [0])"),
     "HS-LINK-01", "[CLS]"},
    {"predictions for another model's trace", "predict",
     with(R"("trace": "HAND", "positions": [], "top": 5)"), "HS-CAP-01", "hand; tiny is open"},

    {"a PDF where nothing prints", "figure",
     with(R"("trace": "HAND", "state": "#hs=1&h=L0H0", "format": "pdf")"), "HS-CAP-01",
     "nothing here makes PDF"},
    {"a figure of another kind", "figure",
     with(R"("trace": "HAND", "state": "#hs=1&h=L0H0", "format": "gif")"), "HS-RPC-01",
     "one of svg"},
    {"a comparison with a trace that is gone", "compare", with(R"("left": "HAND", "right": "t0")"),
     "HS-TRACE-01", "t0"},
    {"a figure of no link", "figure", with(R"("trace": "HAND", "state": "hello", "format": "svg")"),
     "HS-LINK-01", "hello"},
    {"numbers of pinned tokens without a pin", "numbers",
     with(R"("trace": "HAND", "state": "#hs=1&h=L0H0", "choice": "pinned")"), "HS-LINK-01", "pin"},
    {"numbers of a head that is not there", "numbers",
     with(R"("trace": "HAND", "state": "#hs=1&h=L3H3", "choice": "heads")"), "HS-LINK-01",
     "Layer 3"},
    {"progress without a queue", "progress", with(R"("ids": [1])"), "HS-RPC-02", "without a queue"},
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.method << " " << c.body.substr(0, 200); }

class Errors : public ::testing::TestWithParam<Case> {};

TEST_P(Errors, SayWhatWasGotAndWhatWasExpected) {
  TestRpc rpc;
  const std::string body = with_hand(GetParam().body, rpc.hand);
  const RpcAnswer answer = rpc.rpc.answer(GetParam().method, body);
  EXPECT_EQ(answer.type, "application/json");
  const Json json = parse_json(answer.body, "answer");
  ASSERT_TRUE(json.contains("error")) << answer.body.substr(0, 300);
  EXPECT_EQ(json["error"]["code"], GetParam().code);
  EXPECT_THAT(json["error"]["message"].get<std::string>(),
              ::testing::HasSubstr(GetParam().message));
  EXPECT_FALSE(json["error"]["got"].get<std::string>().empty());
}
INSTANTIATE_TEST_SUITE_P(Rpc, Errors, ::testing::ValuesIn(kCases), [](const auto& param) {
  std::string name = param.param.name;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

TEST(RpcErrors, RepeatWhoAsked) {
  TestRpc rpc;
  const Json json = parse_json(rpc.rpc.answer("info", with(R"("nmae": 1)")).body, "answer");
  EXPECT_EQ(json["id"], 5);
  EXPECT_EQ(json["epoch"], 2);
}

TEST(RpcErrors, ANewTraceWithoutAModelSaysWhy) {
  TestRpc rpc(false);
  const Json run = {{"model", ""}, {"a", "i"}, {"b", nullptr}};
  EXPECT_EQ(rpc.ask("run", run)["error"]["code"], "HS-CAP-01");
  rpc.rpc.set_loading("tiny", Precision::kBf16, 3, 8);
  Json info = rpc.ask("info", Json::object());
  EXPECT_EQ(info["loading"],
            parse_json(R"({"model": "tiny", "precision": "bf16", "done": 3, "total": 8})", "test"));
  EXPECT_EQ(info["capabilities"]["run"], "Running a text needs the model. It is being read.");
  rpc.rpc.set_problem(Error(ErrorCode::kNotFound, "no model tiny", "a model",
                            "Run headscope pull tiny", "HS-MODEL-01"));
  info = rpc.ask("info", Json::object());
  EXPECT_EQ(info["loading"], nullptr);
  EXPECT_EQ(info["problem"]["code"], "HS-MODEL-01");
  EXPECT_EQ(rpc.ask("run", run)["error"]["message"],
            "Running a text needs the model. Run headscope pull tiny.");
}

TEST(RpcErrors, ARunThatDoesNotFitInMemoryIsNotStarted) {
  TestRpc rpc;
  RpcModel model;
  model.runner = rpc.model.get();
  model.bytes_needed = [](int64_t tokens) { return tokens * 1'000'000'000; };
  model.bytes_free = [] { return int64_t{3'000'000'000}; };
  rpc.rpc.set_model(std::move(model));
  const Json answer = rpc.ask("run", {{"model", ""}, {"a", "1 2 3 4"}, {"b", nullptr}});
  EXPECT_EQ(answer["error"]["code"], "HS-MEM-01");
  EXPECT_EQ(answer["error"]["message"],
            "This run needs about 6.0 GB and 3.0 GB are free. Nothing was started. Use 3 tokens or "
            "fewer.");
  EXPECT_EQ(rpc.model->runs, 0);
}

TEST(RpcErrors, AReportThatIsNoneIsRefused) {
  TestRpc rpc;
  const char* kBad[] = {"{", "[]", R"({"model": "m"})",
                        R"({"model": "m", "segments": 1, "heads": []})",
                        R"({"model": "m", "segments": 1, "heads": [{"layer": 0, "head": 0}]})"};
  for (const char* report : kBad)
    EXPECT_THROW(rpc.rpc.set_corpus(report, "R.json"), Error) << report;
}

}  // namespace
}  // namespace headscope::rpc_test
