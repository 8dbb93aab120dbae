#include <gtest/gtest.h>

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/report_page.h"

namespace headscope {
namespace {

Json head(int layer, int number) {
  return {{"layer", layer},
          {"head", number},
          {"labels", Json::array()},
          {"label_details", Json::object()},
          {"scores", Json::object()}};
}

// Two heads: L0H0 mixed; L1H2 a next-token head with one example and one exception.
Json report() {
  Json next = head(1, 2);
  next["labels"] = {"next"};
  next["scores"]["next"] = {{"value", .9123}, {"se", .01},     {"chance", .1},
                            {"lift", 9.1},    {"queries", 40}, {"uniform", nullptr}};
  next["label_details"]["next"] = {{"near_line", true},
                                   {"undecided", false},
                                   {"obey", 38},
                                   {"of", 40},
                                   {"examples",
                                    {{{"query", 1},
                                      {"key", 2},
                                      {"weight", .999},
                                      {"start", 0},
                                      {"query_token", "<b>i</b>"},
                                      {"key_token", "went"},
                                      {"tokens", {"[CLS]", "<b>i</b>", "went"}},
                                      {"row", {.0005, .0005, .999}}}}},
                                   {"exceptions", Json::array()}};
  next["histogram"]["next"] = {{"edges", {0, .5, 1}}, {"counts", {1, 7}}};
  next["offsets"] = std::vector<double>(21, .04);
  next["attended"] = {{{"token", "the"}, {"mass", .2}, {"n", 12}}};
  next["grammar"] = {{{"relation", "det"},
                      {"direction", "dependent_to_head"},
                      {"accuracy", .943},
                      {"baseline", .517},
                      {"offset", 1},
                      {"n", 1817}}};
  return {{"model", {{"name", "tiny & <random>"}}},
          {"segments", 1234},
          {"heads", {head(0, 0), next}},
          {"notes", {"Read the share first."}},
          {"similarity",
           {{"heads", {"L0H0", "L1H2"}}, {"js", {{0, .1}, {.1, 0}}}, {"xy", {{.5, 0}, {-.5, 0}}}}}};
}

// Encoder and decoder have heads of the same numbers: each stack has its map, each head its place.
TEST(ReportPage, HasAMapOfEveryStack) {
  Json json = report();
  for (size_t h = 0; h < 2; ++h) json["heads"][h]["stack"] = h == 0 ? "encoder" : "<decoder>";
  json["heads"][1]["layer"] = json["heads"][1]["head"] = 0;
  const std::string page = report_page(json.dump(), "r.json");
  for (const char* part :
       {"<h3>encoder</h3>", "<h3>&lt;decoder&gt;</h3>", "<details id=\"encoder.L0H0\">",
        "<details id=\"&lt;decoder&gt;.L0H0\">"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  json["heads"][1]["stack"] = 7;
  EXPECT_THROW(report_page(json.dump(), "r.json"), Error);
}

// BERT reads segment ids, GPT-2 has none; reports of older programs do not say which model it was.
TEST(ReportPage, SaysHowSegmentIdsWereReadWhereTheModelHasThem) {
  Json json = report();
  const auto page = [&json] { return report_page(json.dump(), "r.json"); };
  json["settings"] = {{"segment_ids", "true"}};
  EXPECT_NE(page().find("; true segment ids"), std::string::npos) << "an older report";
  json["model_info"] = {{"family", "bert"}};
  EXPECT_NE(page().find("; true segment ids"), std::string::npos);
  json["settings"]["segment_ids"] = "zero";
  EXPECT_NE(page().find("; segment ids all zero"), std::string::npos);
  EXPECT_EQ(page().find("true segment ids"), std::string::npos);
  json["model_info"]["family"] = "gpt2";
  EXPECT_EQ(page().find("segment ids"), std::string::npos);
}

TEST(ReportPage, ReadsByteLettersWhereTheModelWritesThem) {
  Json json = report();
  Json& head = json["heads"][1];
  head["attended"][0]["token"] = "\xC4\xA0the";
  head["label_details"]["next"]["examples"][0]["query_token"] = "\xC4\x8A";
  EXPECT_NE(report_page(json.dump(), "r.json").find("\xC4\xA0the"), std::string::npos);
  json["model_info"] = {{"byte_tokens", true}};
  const std::string page = report_page(json.dump(), "r.json");
  EXPECT_NE(page.find("·the"), std::string::npos);
  EXPECT_NE(page.find("“⏎”"), std::string::npos);
  EXPECT_EQ(page.find("\xC4\xA0"), std::string::npos);
  json["model_info"]["byte_tokens"] = "yes";
  EXPECT_THROW(report_page(json.dump(), "r.json"), Error);
}

TEST(ReportPage, HeadsThatCarryLinks) {
  Json json = report();
  EXPECT_EQ(report_page(json.dump(), "r.json").find("<h2>Links</h2>"), std::string::npos);
  json["links"] = {{"of", "rel:<nsubj>:head"},
                   {"n", 1958},
                   {"left_out", 3},
                   {"hidden", 0},
                   {"heads",
                    {{{"layer", 1},
                      {"head", 2},
                      {"mean", .5123},
                      {"se", nullptr},
                      {"rank", 1.5},
                      {"top1", .75},
                      {"chance", .1},
                      {"lift", 5.1},
                      {"n", 1958}}}}};
  const std::string page = report_page(json.dump(), "r.json");
  for (const char* part :
       {"<h2>Links</h2>", "1,958 links: &lt;nsubj&gt;, from the governing word to its dependent",
        "<a href=\"#L1H2\">L1H2</a>", "0.512", "–"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  json["links"]["heads"][0]["mean"] = "much";
  EXPECT_THROW(report_page(json.dump(), "r.json"), Error);
}

TEST(ReportPage, HoldsWhatTheReportSays) {
  const std::string page = report_page(report().dump(), "r.json");
  const char* const expected[] = {
      "Attention heads of tiny &amp; &lt;random&gt;",
      "<b>1,234</b> segments",
      "Read the share first.",
      "L1H2: next token, 0.912",       // map tooltip
      "<td>0.912</td><td>0.010</td>",  // patterns
      "38 of 40",
      "near the line",
      "<td>0.943</td><td>0.517 (+1)</td><td><b>0.426</b></td><td>1,817</td>",
      "class=\"w6\" title=\"0.999\">went</span>",
      "query\" title=\"0.0005\">&lt;b&gt;i&lt;/b&gt;</span>",
      "<details id=\"L0H0\">",
      "mixed: nothing above its threshold",
      "<span class=\"few\">the 0.200</span>",
  };
  for (const char* text : expected) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
  for (const char* text : {"<script", "http://", "https://", "<b>i</b>", "nan"}) {
    EXPECT_EQ(page.find(text), std::string::npos) << text;
  }
}

TEST(ReportPage, LeavesOutWhatTheReportLacks) {
  Json small = report();
  small.erase("similarity");
  small["heads"][1].erase("grammar");
  const std::string page = report_page(small.dump(), "r.json");
  EXPECT_EQ(page.find("id=\"similarity\""), std::string::npos);
  EXPECT_EQ(page.find("id=\"grammar\""), std::string::npos);
}

// One field of the report above replaced by something of another type.
TEST(ReportPage, RefusesFieldsOfAnotherTypeByName) {
  struct Case {
    const char* pointer;
    Json value;
    const char* named;
  };
  const Case cases[] = {
      {"/settings", Json::array(), "settings"},
      {"/settings", {{"pairs", 1}}, "pairs"},
      {"/notes", "text", "notes"},
      {"/similarity", 3, "similarity"},
      {"/similarity/xy", "text", "xy"},
      {"/heads/1/labels", {1}, "label"},
      {"/heads/1/scores/next", 5, "scores next"},
      {"/heads/1/scores/next/queries", "40", "queries"},
      {"/heads/1/histogram", {{"next", Json::object()}}, "counts"},
      {"/heads/1/histogram/next", Json::array(), "histogram next"},
      {"/heads/1/label_details/next", "text", "label_details next"},
      {"/heads/1/label_details/next/near_line", 1, "near_line"},
      {"/heads/1/label_details/next/examples/0", "text", "examples 0"},
      {"/heads/1/label_details/next/examples/0/start", -1, "start"},
      {"/heads/1/label_details/next/examples/0/row", "text", "row"},
      {"/heads/1/attended/0", nullptr, "attended 0"},
      {"/heads/1/attended/0/n", 1.5, "n"},
      {"/heads/1/offsets", 1, "offsets"},
      {"/heads/1/grammar/0/relation", 1, "relation"},
      {"/heads/1/grammar/0/offset", "text", "offset"},
  };
  for (const Case& c : cases) {
    Json broken = report();
    broken[Json::json_pointer(c.pointer)] = c.value;
    try {
      report_page(broken.dump(), "r.json");
      ADD_FAILURE() << c.pointer;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << c.pointer;
      EXPECT_NE(std::string(error.what()).find(c.named), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("r.json"), std::string::npos) << error.what();
    }
  }
}

// Null means absent, wherever it stands.
TEST(ReportPage, TakesNullsForWhatIsAbsent) {
  Json sparse = report();
  for (const char* pointer : {"/settings", "/notes", "/similarity", "/heads/1/histogram",
                              "/heads/1/offsets", "/heads/1/attended", "/heads/1/grammar",
                              "/heads/1/label_details/next", "/heads/1/scores/next"}) {
    sparse[Json::json_pointer(pointer)] = nullptr;
  }
  EXPECT_NE(report_page(sparse.dump(), "r.json").find("L1H2"), std::string::npos);
}

TEST(ReportPage, RefusesWhatIsNoReport) {
  Json negative = report();
  negative["heads"][0]["layer"] = -1;
  Json unlabelled = report();
  unlabelled["heads"][0].erase("labels");
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("{\"heads\": []}"), negative.dump(),
        unlabelled.dump()}) {
    EXPECT_THROW(report_page(text, "r.json"), Error) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace headscope
