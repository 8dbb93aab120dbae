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
