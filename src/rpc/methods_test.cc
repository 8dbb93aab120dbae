// Questions and their answers as data. Expected numbers are worked out by hand from the maps of
// test_model.h, or from its closed forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rpc/test_model.h"

namespace headscope::rpc_test {
namespace {

// Everything that `expected` holds is in `got`; numbers within 1e-6.
::testing::AssertionResult holds(const Json& got, const Json& expected,
                                 const std::string& at = "") {
  const auto fail = [&] {
    return ::testing::AssertionFailure() << at << ": got " << dump_json(got).substr(0, 400)
                                         << ", expected " << dump_json(expected).substr(0, 400);
  };
  if (expected.is_number()) {
    if (!got.is_number()) return fail();
    const double difference = std::abs(got.get<double>() - expected.get<double>());
    return difference <= 1e-6 ? ::testing::AssertionSuccess() : fail();
  }
  if (expected.is_object()) {
    if (!got.is_object()) return fail();
    for (const auto& item : expected.items()) {
      const auto found = got.find(item.key());
      if (found == got.end()) return fail();
      if (const auto result = holds(*found, item.value(), at + "/" + item.key()); !result) {
        return result;
      }
    }
    return ::testing::AssertionSuccess();
  }
  if (expected.is_array()) {
    if (!got.is_array() || got.size() != expected.size()) return fail();
    for (size_t i = 0; i < got.size(); ++i) {
      if (const auto result = holds(got[i], expected[i], at + "/" + std::to_string(i)); !result) {
        return result;
      }
    }
    return ::testing::AssertionSuccess();
  }
  return got == expected ? ::testing::AssertionSuccess() : fail();
}

Json text(const char* json) { return parse_json(json, "test"); }

struct Case {
  const char* name;
  const char* method;
  const char* question;  // HAND stands for the id of the hand-written trace
  const char* answer;    // a part of it
};

Json question_of(const Case& c, const TestRpc& rpc) {
  std::string question = c.question;
  for (size_t at; (at = question.find("HAND")) != std::string::npos;) {
    question.replace(at, 4, rpc.hand);
  }
  return text(question.c_str());
}

const Case kCases[] = {
    {"info", "info", "{}",
     R"({"rpc": 2, "id": 1, "epoch": 0, "problem": null, "loading": null, "corpus": null,
         "models": [{"name": "tiny", "layers": 2, "heads": 2, "max_tokens": 12, "source": "tiny"}],
         "capabilities": {"run": true, "ablate": true, "predict": true, "figure": true},
         "traces": [{"source": "file", "title": "hand.safetensors"}]})"},
    {"a trace describes itself", "trace", R"({"trace": "HAND"})",
     R"({"trace": {"source": "file", "model": {"name": "hand"}, "vectors": false, "predictive": false,
         "sequences": {"text": {"tokens": ["[CLS]", "x", "[SEP]", "y", "[SEP]"],
                       "sentences": [0, 0, 0, 1, 1], "words": [null, 0, null, 1, null],
                       "offsets": [null, [0, 1], null, [0, 1], null]}},
         "stacks": [{"name": "self", "query": "text", "key": "text",
                     "layers": [{"layer": 0, "heads": 2, "scale": 1, "softcap": null, "head_dim": 2}]}],
         "quantities": {"weight": true},
         "settings": {"ablations": [], "masked": [], "truncation": null, "segment_ids": "true"}}})"},
    {"tokens of texts that nobody runs", "tokens", R"({"model": "", "a": "i went", "b": ""})",
     R"({"tokens": ["[CLS]", "i", "went", "[SEP]", "[SEP]"], "max_tokens": 12})"},

    {"a whole map", "tiles",
     R"({"trace": "HAND", "tiles": [{"stack": "", "heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5,
         "outQ": 0, "outK": 0, "pool": "max", "dtype": "f32"}]})",
     R"({"tiles": [{"rows": 5, "cols": 5, "total": 5}], "tensors": {"0": {"dtype": "F32", "shape": [5, 5],
         "values": [0.5, 0.1, 0.2, 0.1, 0.1, 0.1, 0.2, 0.3, 0.3, 0.1, 0.4, 0, 0.2, 0.2, 0.2,
                    0.05, 0.8, 0.05, 0.05, 0.05, 0.2, 0.2, 0.2, 0.2, 0.2]}}})"},
    {"pooled tiles begin at floor(i * size / out)", "tiles",
     R"({"trace": "HAND", "tiles": [
         {"stack": "self", "heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 2, "outK": 2, "pool": "max", "dtype": "f32"},
         {"stack": "self", "heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5, "outQ": 2, "outK": 2, "pool": "mean", "dtype": "f32"}]})",
     R"({"tensors": {"0": {"shape": [2, 2], "values": [0.5, 0.3, 0.8, 0.2]},
                     "1": {"values": [0.225, 0.18333333, 0.275, 0.15]}}})"},
    {"half floats", "tiles",
     R"({"trace": "HAND", "tiles": [{"stack": "", "heads": ["L0H1"], "q0": 1, "q1": 2, "k0": 0, "k1": 3,
         "outQ": 0, "outK": 0, "pool": "max", "dtype": "f16"}]})",
     R"({"tensors": {"0": {"dtype": "F16", "shape": [1, 3], "values": [0, 1, 0]}}})"},
    {"a preview is evenly spaced rows", "tiles",
     R"({"trace": "HAND", "tiles": [{"stack": "", "heads": ["L0H0"], "q0": 0, "q1": 5, "k0": 0, "k1": 5,
         "outQ": 2, "outK": 1, "pool": "max", "dtype": "f32", "preview": 2}]})",
     R"({"tiles": [{"rows": 2, "cols": 1, "total": null}], "tensors": {"0": {"values": [0.3, 0.8]}}})"},
    {"from A to B, renormalised", "tiles",
     R"({"trace": "HAND", "tiles": [{"stack": "", "heads": ["L0H0"], "q0": 0, "q1": 3, "k0": 0, "k1": 2,
         "outQ": 0, "outK": 0, "pool": "max", "dtype": "f32", "ops": {"quantity": "weight", "combine": "separate",
         "filter": "ab", "special": "show", "renormalise": true, "words": false, "extraSpecial": []}}]})",
     R"({"tensors": {"0": {"values": [0.5, 0.5, 0.75, 0.25, 0.5, 0.5]}}})"},
    {"words only, one of them marked", "tiles",
     R"({"trace": "HAND", "tiles": [{"stack": "", "heads": ["L0H0"], "q0": 0, "q1": 1, "k0": 0, "k1": 1,
         "outQ": 0, "outK": 0, "pool": "max", "dtype": "f32", "ops": {"quantity": "weight", "combine": "separate",
         "filter": "all", "special": "hide", "renormalise": false, "words": true, "extraSpecial": [1]}}]})",
     R"({"tensors": {"0": {"values": [0.05]}}})"},
    {"heads combined", "tiles",
     R"({"trace": "HAND", "tiles": [{"stack": "", "heads": ["L0H0", "L0H1"], "q0": 0, "q1": 1, "k0": 0, "k1": 5,
         "outQ": 0, "outK": 0, "pool": "max", "dtype": "f32", "ops": {"quantity": "weight", "combine": "mean",
         "filter": "all", "special": "show", "renormalise": false, "words": false, "extraSpecial": []}}]})",
     R"({"tensors": {"0": {"values": [0.75, 0.05, 0.1, 0.05, 0.05]}}})"},

    {"a query's row", "row",
     R"({"trace": "HAND", "stack": "", "heads": ["L0H0"], "side": "q", "index": 1, "top": 2})",
     R"({"top": [{"at": 2, "index": 2, "token": "[SEP]", "value": 0.3}, {"at": 3, "index": 3, "token": "y", "value": 0.3}],
         "rest": {"count": 3, "mass": 0.4}, "total": 1, "tokens": [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]],
         "tensors": {"values": {"shape": [5], "values": [0.1, 0.2, 0.3, 0.3, 0.1]}}})"},
    {"a key's column", "row",
     R"({"trace": "HAND", "stack": "", "heads": ["L0H0"], "side": "k", "index": 1, "top": 1})",
     R"({"top": [{"at": 3, "index": 3, "token": "y", "value": 0.8}], "rest": {"count": 4, "mass": 0.5}, "total": 1.3,
         "tensors": {"values": {"values": [0.1, 0.2, 0, 0.8, 0.2]}}})"},
    {"a row among words", "row",
     R"({"trace": "HAND", "stack": "", "heads": ["L0H0"], "side": "q", "index": 3, "top": 64,
         "ops": {"quantity": "weight", "combine": "separate", "filter": "all", "special": "hide-renorm",
                 "renormalise": true, "words": false, "extraSpecial": []}})",
     R"({"tokens": [[1, 2], [3, 4]], "top": [{"index": 1, "value": 0.9411765}, {"index": 3, "value": 0.0588235}],
         "rest": {"count": 0, "mass": 0}})"},

    {"heads of a trace without its model", "heads", R"({"trace": "HAND", "scope": "input"})",
     R"({"scope": "input", "heads": [{"stack": "self", "layer": 0, "head": 0}, {"stack": "self", "layer": 0, "head": 1}]})"},
    {"one head with its evidence", "head", R"({"trace": "HAND", "scope": "input", "head": "L0H1"})",
     R"({"scope": "input", "head": {"layer": 0, "head": 1, "label_details": {}}})"},
    {"heads by one weight", "link", R"({"trace": "HAND", "query": 1, "key": 2})",
     R"({"stack": "self", "query": 1, "key": 2, "heads": [{"layer": 0}, {"layer": 0}]})"},

    {"lines of the picture as CSV", "numbers",
     R"({"trace": "HAND", "state": "#hs=1&h=L0H0&p=q3&t=0.1", "choice": "drawn"})",
     R"({"csv": "layer,head,query_index,query,key_index,key,value,quantity,filter\n0,0,3,y,1,x,0.8,weight,>= 0.1\n",
         "rows": 1, "name": "headscope-L0H0-drawn-filtered.csv"})"},
    {"pinned rows as CSV", "numbers",
     R"({"trace": "HAND", "state": "#hs=1&h=L0H1&p=k1&s=hide", "choice": "pinned"})",
     R"({"csv": "layer,head,query_index,query,key_index,key,value,quantity\n0,1,1,x,1,x,1,weight\n0,1,3,y,1,x,0,weight\n",
         "rows": 2, "name": "headscope-L0H1-pinned.csv"})"},
    {"every head as CSV", "numbers", R"({"trace": "HAND", "state": "#hs=1", "choice": "all"})",
     R"({"rows": 50, "name": "headscope-all.csv"})"},
    {"a table of the heads", "numbers", R"({"trace": "HAND", "state": "#hs=1", "choice": "table"})",
     R"({"rows": 2, "name": "headscope-heads.csv"})"},
    {"heads combined as CSV", "numbers",
     R"({"trace": "HAND", "state": "#hs=1&h=L0H0,L0H1&c=max&s=hide&mk=1&p=q3", "choice": "pinned"})",
     R"({"csv": "layer,head,query_index,query,key_index,key,value,quantity\n,max of L0H0 L0H1,3,y,3,y,1,weight\n"})"},
};

class Methods : public ::testing::TestWithParam<Case> {};

TEST_P(Methods, Answer) {
  TestRpc rpc;
  EXPECT_TRUE(
      holds(rpc.ask(GetParam().method, question_of(GetParam(), rpc)), text(GetParam().answer)));
}
INSTANTIATE_TEST_SUITE_P(Rpc, Methods, ::testing::ValuesIn(kCases), [](const auto& param) {
  std::string name = param.param.name;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

// Every line of the table that holds an array was put in the cache by its first answer.
TEST(RpcTiles, TheCacheGivesTheSameBytes) {
  TestRpc rpc;
  const Json question = {{"trace", rpc.hand},
                         {"tiles",
                          {{{"stack", ""},
                            {"heads", {"L0H0"}},
                            {"q0", 0},
                            {"q1", 5},
                            {"k0", 0},
                            {"k1", 5},
                            {"outQ", 3},
                            {"outK", 3},
                            {"pool", "mean"},
                            {"dtype", "f16"}}}}};
  const auto first = rpc.rpc.answer("tiles", TestRpc::body(question));
  EXPECT_EQ(rpc.ask("info", Json::object())["cache"]["tiles"], 1);
  const auto second = rpc.rpc.answer("tiles", TestRpc::body(question));
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(rpc.ask("info", Json::object())["cache"]["tiles"], 1);
}

TEST(RpcRun, AnswersATraceAndRunsOnce) {
  TestRpc rpc;
  const Json question = {{"model", ""}, {"a", "i went"}, {"b", "home"}};
  const Json first = rpc.ask("run", question)["trace"];
  EXPECT_TRUE(holds(first, text(R"({"source": "run", "model": {"name": "tiny", "fingerprint": "f1"},
      "sequences": {"text": {"tokens": ["[CLS]", "i", "went", "[SEP]", "home", "[SEP]"],
                    "sentences": [0, 0, 0, 0, 1, 1], "text_a": "i went", "text_b": "home"}},
      "vectors": true, "quantities": {"weight": true, "score": true}})")));
  EXPECT_EQ(rpc.ask("run", question)["trace"]["id"], first["id"]);
  EXPECT_EQ(rpc.model->runs, 1);
  const Json other = {{"model", ""}, {"a", "i went"}, {"b", "away"}};
  EXPECT_NE(rpc.ask("run", other)["trace"]["id"], first["id"]);
  EXPECT_EQ(rpc.model->runs, 2);
  EXPECT_EQ(rpc.ask("trace", {{"trace", first["id"]}})["trace"], first);
}

TEST(RpcRun, PassesAblationsMasksAndSegments) {
  TestRpc rpc;
  const Json trace =
      rpc.ask("run", text(R"({"model": "tiny", "a": "i went", "b": null, "masked": [2, 2],
      "ablations": [{"head": "L1H*", "mode": "mean"}], "zero_segment_ids": true})"))["trace"];
  EXPECT_TRUE(holds(
      trace,
      text(
          R"({"sequences": {"text": {"tokens": ["[CLS]", "i", "[MASK]", "[SEP]"], "ids": [101, 305, 103, 102]}},
      "settings": {"masked": [2], "segment_ids": "zero",
                   "ablations": [{"stack": "self", "layer": 1, "head": 0, "mode": "mean"},
                                 {"stack": "self", "layer": 1, "head": 1, "mode": "mean"}]}})")));
  ASSERT_EQ(rpc.model->last_options.settings.ablations.size(), 2u);
  EXPECT_EQ(rpc.model->last_options.settings.ablations[1].head, (HeadRef{0, {1, 1}}));
  EXPECT_TRUE(rpc.model->last_options.settings.zero_segment_ids);
}

TEST(RpcRun, CutsALongTextWhenItIsAskedTo) {
  TestRpc rpc;
  Json question = {{"model", ""}, {"a", "1 2 3 4 5 6 7 8 9 10 11"}, {"b", nullptr}};
  EXPECT_EQ(
      rpc.ask("run", question)["error"]["message"],
      "The text has 13 tokens; tiny has 12 positions. Nothing was run. Shorten it by 1 token, "
      "or choose Run the first 12 (the cut is marked in every figure).");
  EXPECT_EQ(rpc.model->runs, 0);
  question["truncate"] = true;
  const Json trace = rpc.ask("run", question)["trace"];
  EXPECT_EQ(trace["sequences"]["text"]["tokens"].size(), 12u);
  EXPECT_EQ(trace["settings"]["truncation"]["strategy"], "longest-first");
}

// weight = exp(scale · q·k − lse) from the very parts of the answer.
TEST(RpcNeuron, ThePartsMultiplyOut) {
  TestRpc rpc;
  const Json trace = rpc.ask("run", {{"model", ""}, {"a", "i went"}, {"b", nullptr}})["trace"];
  const Json neuron =
      rpc.ask("neuron", {{"trace", trace["id"]}, {"stack", ""}, {"head", "L1H1"}, {"query", 2}});
  EXPECT_EQ(neuron["dim"], 2);
  EXPECT_FALSE(neuron["tensors"].contains("bias"));
  const auto q = neuron["tensors"]["query"]["values"].get<std::vector<double>>();
  const auto k = neuron["tensors"]["key"]["values"].get<std::vector<double>>();
  const auto weights = neuron["tensors"]["weights"]["values"].get<std::vector<double>>();
  ASSERT_EQ(k.size(), 8u);
  for (size_t j = 0; j < 4; ++j) {
    const double dot = q[0] * k[2 * j] + q[1] * k[2 * j + 1];
    EXPECT_NEAR(std::exp(neuron["scale"].get<double>() * dot - neuron["logsumexp"].get<double>()),
                weights[j], 1e-6);
  }
  EXPECT_NEAR(q[0], std::cos(trace["sequences"]["text"]["ids"][2].get<double>() * 4), 1e-6);
}

TEST(RpcParts, AreOfTheFirstLayerAndOfModelsThatHaveThem) {
  TestRpc rpc;
  const Json trace = rpc.ask("run", {{"model", ""}, {"a", "i went"}, {"b", nullptr}})["trace"];
  const auto message = [&](const char* head) {
    const Json error = rpc.ask(
        "parts", {{"trace", trace["id"]}, {"stack", ""}, {"head", head}, {"query", 1}})["error"];
    EXPECT_EQ(error["code"], "HS-CAP-01") << dump_json(error);
    return error["message"].get<std::string>();
  };
  EXPECT_THAT(message("L1H1"), ::testing::HasSubstr("does not read the embeddings"));
  EXPECT_THAT(message("L0H1"), ::testing::HasSubstr("reads no sum of words and positions"));
}

TEST(RpcPredict, ReadsTheMaskedTokensAndWhatStoodThere) {
  TestRpc rpc;
  const Json trace =
      rpc.ask("run", {{"model", ""}, {"a", "i went"}, {"b", "home"}, {"masked", {2}}})["trace"];
  EXPECT_TRUE(holds(
      rpc.ask("predict", {{"trace", trace["id"]}, {"positions", Json::array()}, {"top", 2}}),
      text(R"({"predictions": [{"position": 2, "token": "[MASK]", "id": 646, "probability": 0.5,
      "predictions": [{"token": "word0", "probability": 0.5}, {"token": "word1", "probability": 0.25}]}],
      "next_sentence": {"is_next": 0.75}})")));
}

TEST(RpcPredict, MasksEachPositionByItselfUnderAblations) {
  TestRpc rpc;
  const Json trace = rpc.ask("run", {{"model", ""}, {"a", "i went"}, {"b", nullptr}})["trace"];
  Json question = {{"trace", trace["id"]}, {"positions", {1, 2}}, {"top", 1}, {"mask", true}};
  EXPECT_TRUE(holds(
      rpc.ask("predict", question),
      text(
          R"({"predictions": [{"position": 1, "token": "i", "probability": 0.25, "predictions": [{"token": "word0"}]},
      {"position": 2, "token": "went", "probability": 0.25}], "next_sentence": null})")));
  question["ablations"] = text(R"([{"head": "L0H0", "mode": "zero"}])");
  question["mask"] = false;
  EXPECT_TRUE(holds(
      rpc.ask("predict", question),
      text(
          R"({"predictions": [{"probability": 0.25, "predictions": [{"token": "same0"}]}, {"probability": 0.25}]})")));
}

TEST(RpcHeads, PatternFiveIsComputedOnceWhenAskedFor) {
  TestRpc rpc;
  const Json trace = rpc.ask("run", {{"model", ""}, {"a", "i went away"}, {"b", nullptr}})["trace"];
  EXPECT_EQ(trace["predictive"], false);
  EXPECT_EQ(rpc.ask("heads", {{"trace", trace["id"]}, {"scope", "input"}})["heads"].size(), 4u);
  const Json with =
      rpc.ask("heads", {{"trace", trace["id"]}, {"scope", "input"}, {"predictive", true}});
  EXPECT_EQ(with["heads"].size(), 4u) << with;
  EXPECT_EQ(rpc.ask("trace", {{"trace", trace["id"]}})["trace"]["predictive"], true);
}

// Every pair of words is a prediction, and one thread computes: a long text is refused with
// numbers.
TEST(RpcHeads, PatternFiveOfALongTextIsRefused) {
  TestRpc rpc;
  for (const int words : {64, 65}) {
    const auto n = static_cast<size_t>(words) + 1;
    TraceInfo info = hand_source()->info();
    info.model = rpc.model->model();
    TokenSequence text;
    for (int i = 0; i <= words; ++i) {
      text.tokens.push_back(i == 0 ? "[CLS]" : std::to_string(i));
      text.ids.push_back(i);
      text.words.push_back(i - 1);
      text.special.push_back(i == 0);
    }
    text.segment_ids.assign(n, 0);
    text.sentences.assign(n, 0);
    text.offsets.resize(n);
    info.set_sequence("text", text);
    const std::vector<float> uniform(2 * n * n, 1.0f / static_cast<float>(n));
    const auto length = static_cast<int64_t>(n);
    const std::string id = rpc.rpc.add_trace(
        make_array_source(info, {Array::from(uniform, {2, length, length})}), TraceOrigin::kFile);
    const Json answer = rpc.ask("heads", {{"trace", id}, {"scope", "input"}, {"predictive", true}});
    if (words == 64) {
      EXPECT_TRUE(answer.contains("heads")) << answer;
    } else {
      EXPECT_EQ(answer["error"]["code"], "HS-LIMIT-01") << answer;
      EXPECT_THAT(answer["error"]["message"].get<std::string>(), ::testing::HasSubstr("65 words"));
    }
  }
  EXPECT_EQ(rpc.ask("info", Json::object())["limits"]["predictive_words"], 64);
}

// model() may read all weights for the fingerprint, and fails where they are gone: it is asked for
// once, by whoever brings the model, and not by questions.
TEST(RpcInfo, QuestionsDoNotAskTheRunnerWhatItIs) {
  TestRpc rpc;
  EXPECT_EQ(rpc.model->asked, 1);
  EXPECT_EQ(rpc.ask("info", Json::object())["models"][0]["fingerprint"], "f1");
  const Json trace = rpc.ask("run", {{"model", "tiny"}, {"a", "i"}, {"b", nullptr}})["trace"];
  rpc.ask("heads", {{"trace", trace["id"]}, {"scope", "input"}});
  rpc.ask("predict", {{"trace", trace["id"]}, {"positions", {1}}, {"top", 1}});
  EXPECT_EQ(rpc.model->asked, 1);
}

TEST(RpcCorpus, GivesTheReportInPieces) {
  TestRpc rpc;
  const char* head =
      R"({"layer": 0, "head": 1, "labels": ["next"], "leaning": [], "label_details": {}, "scores": {},
      "offsets": [], "attended": [], "histogram": {}, "of_a_newer_version": 1})";
  const std::string report =
      std::string(
          R"({"model": "tiny", "fingerprint": "f1", "segments": 7, "settings": {"pairs": true,
      "paths": ["/home/somebody/corpus.txt"]}, "thresholds": {"next": 0.5}, "notes": ["n"], "heads": [)") +
      head + R"(], "similarity": {"heads": ["L0H1"], "js": [[0]], "xy": [[0, 0]]}})";
  rpc.rpc.set_corpus(report, "R.json");
  const Json overview = rpc.ask("corpus", {{"question", "overview"}})["overview"];
  EXPECT_TRUE(
      holds(overview,
            text(R"({"name": "R.json", "model": "tiny", "segments": 7, "settings": {"pairs": true},
      "thresholds": {"next": 0.5}, "notes": ["n"], "has_grammar": false, "has_similarity": true,
      "has_links": false})")));
  EXPECT_EQ(rpc.ask("corpus", {{"question", "links"}})["error"]["code"], "HS-CAP-01");
  EXPECT_FALSE(overview["settings"].contains("paths"));
  EXPECT_EQ(rpc.ask("info", Json::object())["corpus"]["same_model"], true);
  EXPECT_EQ(rpc.ask("corpus", {{"question", "head"}, {"head", "L0H1"}})["head"], text(head));
  EXPECT_EQ(rpc.ask("corpus", {{"question", "head"}, {"head", "L5H1"}})["error"]["code"],
            "HS-LINK-01");
  EXPECT_EQ(rpc.ask("corpus", {{"question", "similarity"}})["similarity"]["heads"],
            text(R"(["L0H1"])"));
  EXPECT_EQ(rpc.ask("heads", {{"trace", rpc.hand}, {"scope", "corpus"}})["heads"], text(R"([
      {"stack": "", "layer": 0, "head": 1, "labels": ["next"], "leaning": [], "too_few": [], "undecided": [],
       "near_line": [], "incl_itself": false, "scores": {}, "entropy": null, "distance": null, "reach": null}])"));
  EXPECT_EQ(rpc.ask("head", {{"trace", rpc.hand}, {"scope", "corpus"}, {"head", "L0H1"}})["head"],
            text(head));
  EXPECT_EQ(rpc.ask("head",
                    {{"trace", rpc.hand}, {"scope", "corpus"}, {"head", "L9H1"}})["error"]["code"],
            "HS-LINK-01");
}

// The same layer and head of another stack is another head.
TEST(RpcCorpus, ListsTheHeadsOfTheStackThatIsAskedFor) {
  const auto report = [](const std::string& first, const std::string& second) {
    const auto head = [](const std::string& stack, const std::string& label) {
      return R"({"stack": ")" + stack + R"(", "layer": 0, "head": 1, "labels": [")" + label +
             R"("], "leaning": [], "label_details": {}, "scores": {}, "offsets": [],
             "attended": [], "histogram": {}})";
    };
    return R"({"model": "tiny", "segments": 7, "heads": [)" + head(first, "next") + "," +
           head(second, "self") + "]}";
  };
  TestRpc rpc;
  const Json question = {{"trace", rpc.hand}, {"scope", "corpus"}};
  rpc.rpc.set_corpus(report("cross", "self"), "R.json");
  const Json listed = rpc.ask("heads", question)["heads"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["labels"], text(R"(["self"])"));
  rpc.rpc.set_corpus(report("cross", "encoder"), "R.json");
  EXPECT_EQ(rpc.ask("heads", question)["heads"], Json::array());
}

TEST(RpcCorpus, GivesTheLinksOfTheReport) {
  const auto report = [](const std::string& mean) {
    return R"({"model": "tiny", "segments": 7, "heads": [{"layer": 0, "head": 1, "labels": [],
        "leaning": [], "label_details": {}, "scores": {}, "offsets": [], "attended": [],
        "histogram": {}}], "links": {"of": "file", "n": 2, "left_out": 1, "hidden": 0,
        "heads": [{"layer": 0, "head": 1, "mean": )" +
           mean + R"(, "se": null, "rank": 2, "top1": 0.5, "chance": 0.125, "lift": 2, "n": 2}]}})";
  };
  TestRpc rpc;
  rpc.rpc.set_corpus(report("0.25"), "R.json");
  EXPECT_EQ(rpc.ask("corpus", {{"question", "overview"}})["overview"]["has_links"], true);
  EXPECT_EQ(rpc.ask("corpus", {{"question", "links"}})["links"],
            parse_json(report("0.25"), "test")["links"]);
  EXPECT_THROW(rpc.rpc.set_corpus(report("\"much\""), "R.json"), Error);
}

TEST(RpcFigure, DrawsTheLinkAsTheCommandLineDoes) {
  TestRpc rpc;
  const Json answer = rpc.ask("figure", {{"trace", rpc.hand},
                                         {"state", "#hs=1&h=L0H0&p=q3"},
                                         {"format", "svg"},
                                         {"output", "own.svg"}});
  ASSERT_TRUE(answer.contains("svg")) << answer;
  EXPECT_THAT(answer["svg"].get<std::string>(), ::testing::HasSubstr("<svg xmlns="));
  EXPECT_THAT(answer["caption"].get<std::string>(), ::testing::HasSubstr("hand"));
}

}  // namespace
}  // namespace headscope::rpc_test
