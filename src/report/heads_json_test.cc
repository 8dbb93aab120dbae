#include <gtest/gtest.h>

#include "format/json.h"
#include "headscope/report.h"

namespace headscope {
namespace {

// One head whose "next" was computed and whose "predictive" was not.
TEST(HeadsJson, UndefinedIsNullAndEveryScoreIsThere) {
  HeadReport head;
  head.id = {2, 1};
  head.labels = {"next"};
  head.scores[static_cast<size_t>(Score::kNext)].value = .5;
  head.scores[static_cast<size_t>(Score::kNext)].queries = 7;
  head.details["next"].obey = 6;
  const Json json = parse_json(heads_json({head}, false), "heads");
  ASSERT_EQ(json.size(), 1u);
  const Json& one = json[0];
  EXPECT_EQ(one["layer"], 2);
  EXPECT_EQ(one["head"], 1);
  EXPECT_EQ(one["labels"], Json::array({"next"}));
  EXPECT_EQ(one["scores"].size(), size_t{kScoreCount});
  EXPECT_EQ(one["scores"]["next"]["value"], .5);
  EXPECT_EQ(one["scores"]["next"]["queries"], 7);
  EXPECT_TRUE(one["scores"]["predictive"]["value"].is_null());
  EXPECT_EQ(one["label_details"]["next"]["obey"], 6);
  EXPECT_TRUE(one["label_details"]["next"]["of"].is_null());
  EXPECT_FALSE(one.contains("clark"));
}

// What the page draws its map from: a twentieth of the whole.
TEST(HeadsJson, ABriefHeadHasLabelsAndValuesAndNoEvidence) {
  HeadReport head;
  head.id = {2, 1};
  head.labels = {"same-word", "other-sentence"};
  head.leaning = {"next"};
  head.scores[static_cast<size_t>(Score::kNext)].value = .5;
  head.details["same-word"].incl_itself = true;
  head.details["same-word"].threshold = .35;
  head.details["other-sentence"].undecided = head.details["other-sentence"].near_line = true;
  head.details["next"].near_line = true;  // of a leaning: no label is near its line
  head.entropy = 1.25;
  const auto texts = head_texts({head}, "self");
  ASSERT_EQ(texts.size(), 1u);
  const Json brief = parse_json(texts[0].brief, "brief");
  EXPECT_EQ(brief["stack"], "self");
  EXPECT_EQ(brief["labels"], Json::array({"same-word", "other-sentence"}));
  EXPECT_EQ(brief["undecided"], Json::array({"other-sentence"}));
  EXPECT_EQ(brief["near_line"], Json::array({"other-sentence"}));
  EXPECT_EQ(brief["incl_itself"], true);
  EXPECT_EQ(brief["scores"]["next"], .5);
  EXPECT_TRUE(brief["scores"]["predictive"].is_null());
  EXPECT_EQ(brief["scores"].size(), size_t{kScoreCount});
  EXPECT_EQ(brief["entropy"], 1.25);
  EXPECT_FALSE(brief.contains("label_details"));
  const Json whole = parse_json(texts[0].whole, "whole");
  EXPECT_EQ(whole, parse_json(heads_json({head}, false), "heads")[0]);
  EXPECT_EQ(whole["label_details"]["same-word"]["threshold"], .35);
  EXPECT_TRUE(whole["label_details"]["next"]["threshold"].is_null());
  EXPECT_EQ(texts[0].brief, brief_head(texts[0].whole, "self"));
}

// Heads of a model with several stacks say theirs; with one stack nothing is added.
TEST(HeadsCsv, NamesTheStackWhereThereAreSeveral) {
  HeadReport head;
  head.id = {0, 1};
  EXPECT_EQ(heads_csv({head}, false).substr(0, 11), "layer,head,");
  head.stack = "cross";
  const std::string csv = heads_csv({head}, false);
  EXPECT_EQ(csv.substr(0, 17), "stack,layer,head,");
  EXPECT_NE(csv.find("\ncross,0,1,"), std::string::npos) << csv;
  EXPECT_EQ(parse_json(heads_json({head}, false), "heads")[0]["stack"], "cross");
}

}  // namespace
}  // namespace headscope
