// Files that a page sends: JSON, a NUL, the bytes of a trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headscope/safetensors.h"
#include "headscope/trace.h"
#include "rpc/test_model.h"

namespace headscope::rpc_test {
namespace {

std::string file_of(const std::string& text) {
  TestModel model;
  const TokenSequence tokens = model.tokenize(text, std::nullopt, {});
  return serialize_trace(*model.trace({&tokens, 1}, {}, {}).at(0));
}

Json send(Rpc& rpc, const std::string& file, const std::string& name = "fig.safetensors") {
  const std::string question = TestRpc::body({{"name", name}}) + '\0' + file;
  return TestRpc::json_of(rpc.answer("open", question));
}

TEST(RpcOpen, AFileIsATraceLikeAnyOther) {
  TestRpc rpc(false);
  const Json trace = send(rpc.rpc, file_of("i went"))["trace"];
  EXPECT_EQ(trace["source"], "file");
  EXPECT_EQ(trace["title"], "fig.safetensors");
  EXPECT_EQ(trace["sequences"]["text"]["text_a"], "i went");
  const Json row = rpc.ask("row", {{"trace", trace["id"]},
                                   {"stack", ""},
                                   {"heads", {"L0H0"}},
                                   {"side", "q"},
                                   {"index", 1},
                                   {"top", 1}});
  EXPECT_EQ(row["top"].size(), 1u) << dump_json(row);
  // Of the page that sent it: it does not join those that the server was started with.
  EXPECT_EQ(rpc.ask("info", Json::object())["traces"].size(), 1u);
  EXPECT_EQ(send(rpc.rpc, file_of("i went"), "other")["trace"]["id"], trace["id"]);
}

TEST(RpcOpen, TheOldestGoesWhereThereIsNoMoreRoom) {
  // As much room as the largest file takes, which is more than its arrays: many traces fit, not
  // all.
  std::vector<std::string> texts;
  RpcOptions options;
  options.trace_bytes = 0;
  for (int k = 0; k < 60; ++k) {
    texts.push_back(std::to_string(k) + " went");
    options.trace_bytes =
        std::max(options.trace_bytes, static_cast<int64_t>(file_of(texts.back()).size()));
  }
  Rpc rpc(options);
  std::vector<std::string> ids;
  for (const std::string& text : texts) ids.push_back(send(rpc, file_of(text))["trace"]["id"]);
  const auto ask = [&](const std::string& id) {
    return TestRpc::json_of(rpc.answer("trace", TestRpc::body({{"trace", id}})));
  };
  EXPECT_EQ(ask(ids.front())["error"]["code"], "HS-TRACE-01");
  EXPECT_TRUE(ask(ids.back()).contains("trace"));
}

TEST(RpcOpen, WhatCannotBeOpenedIsTold) {
  TestRpc rpc(false);
  const std::string good = file_of("i went");
  std::string newer = good;
  newer.replace(newer.find("\"format_version\":\"2\""), 20, "\"format_version\":\"3\"");
  struct Case {
    const char* name;
    std::string question, code, message;
  };
  const std::string ask = TestRpc::body({{"name", "fig.safetensors"}});
  const Case cases[] = {
      {"a newer format", ask + '\0' + newer, "HS-FILE-01",
       "fig.safetensors is a trace of format 3; this headscope reads formats up to 2. Open it "
       "with a newer headscope. The file was not changed."},
      {"no trace", ask + '\0' + "PNG", "HS-FILE-02", "fig.safetensors: "},
      {"half a trace", ask + '\0' + good.substr(0, good.size() / 2), "HS-FILE-02",
       "fig.safetensors: "},
      {"no file", ask, "HS-RPC-01", "the file is missing"},
      {"an empty file", ask + '\0', "HS-FILE-02", "fig.safetensors: "},
      {"no name", TestRpc::body(Json::object()) + '\0' + good, "HS-RPC-01", "name is missing"},
      {"a long name", TestRpc::body({{"name", std::string(256, 'x')}}) + '\0' + good, "HS-LIMIT-01",
       "at most 255"},
      {"a large question", std::string(size_t{5} << 20, ' ') + '\0' + good, "HS-LIMIT-01",
       "at most 4194304"},
  };
  for (const Case& c : cases) {
    const Json error = TestRpc::json_of(rpc.rpc.answer("open", c.question))["error"];
    EXPECT_EQ(error["code"], c.code) << c.name;
    EXPECT_THAT(error["message"].get<std::string>(), testing::HasSubstr(c.message)) << c.name;
  }
  const Json other =
      TestRpc::json_of(rpc.rpc.answer("info", TestRpc::body(Json::object()) + '\0' + "file"));
  EXPECT_THAT(other["error"]["message"].get<std::string>(),
              testing::HasSubstr("no file with this method"));

  RpcOptions small;
  small.trace_bytes = 100;
  Rpc narrow(small);
  EXPECT_EQ(send(narrow, good)["error"]["code"], "HS-LIMIT-01");
}

}  // namespace
}  // namespace headscope::rpc_test
