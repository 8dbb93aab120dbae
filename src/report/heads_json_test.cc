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

}  // namespace
}  // namespace headscope
