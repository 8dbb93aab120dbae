#include "headscope/view_state.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "headscope/error.h"
#include "test_paths.h"

namespace headscope {
namespace {

TEST(ViewState, ReadsTheLinkOfTheSpecification) {
  const ViewState s = parse_link(
      "#hs=1&m=bert-base-uncased&a=I%20went&b=&v=head&h=L2H0,L6H*&p=q1&f=ab&s=hide&r=1&c=mean&"
      "qy=norm&t=0&k=8&sc=log&w=1&ab=L8H9:zero&pn=both&th=dark&zz=new");
  EXPECT_EQ(s.model, "bert-base-uncased");
  EXPECT_EQ(s.text_a, "I went");
  EXPECT_EQ(s.text_b, "");
  EXPECT_EQ(s.heads, (std::vector<HeadPattern>{{2, 0}, {6, std::nullopt}}));
  EXPECT_EQ(s.pins, (std::vector<Pin>{{PinSide::kQuery, 1}}));
  EXPECT_EQ(s.filter, SentenceFilter::kAB);
  EXPECT_EQ(s.special, SpecialMode::kHide);
  EXPECT_TRUE(s.renormalise && s.words && s.both_panels);
  EXPECT_EQ(s.threshold, 0.0);
  EXPECT_EQ(s.topk, 8);
  EXPECT_EQ(s.theme, Theme::kDark);
  EXPECT_EQ(s.unknown.at(0), std::make_pair(std::string("zz"), std::string("new")));
  EXPECT_EQ(parse_link(to_link(s)), s);
}

TEST(ViewState, DefaultsAreLeftOut) { EXPECT_EQ(to_link(ViewState()), "#hs=1"); }

TEST(ViewState, RandomStatesRoundTrip) {
  std::mt19937 random(7);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const std::vector<std::string> texts = {"", "a", "0", "off", "&=#%", "caf\xC3\xA9 +", "\n\t"};
  for (int i = 0; i < 500; ++i) {
    ViewState s;
    s.text_a = texts[static_cast<size_t>(pick(7))];
    if (pick(2)) s.text_b = texts[static_cast<size_t>(pick(7))];
    s.heads = {{pick(12), pick(2) ? std::optional<int>(pick(12)) : std::nullopt}};
    if (pick(2)) s.pins = {{pick(2) ? PinSide::kQuery : PinSide::kKey, pick(20)}};
    s.filter = static_cast<SentenceFilter>(pick(5));
    s.special = static_cast<SpecialMode>(pick(3));
    s.renormalise = pick(2);
    s.combine = static_cast<Combine>(pick(4));
    s.quantity = static_cast<Quantity>(pick(5));
    s.threshold = pick(3) ? pick(1000) / 1000.0 : std::uniform_real_distribution<>(0, 1)(random);
    if (pick(2)) s.topk = 1 + pick(64);
    s.scale = static_cast<Scale>(pick(3));
    s.words = pick(2);
    s.colours = static_cast<Colours>(pick(4));
    s.both_panels = pick(2);
    if (pick(2)) s.theme = static_cast<Theme>(pick(3));
    EXPECT_EQ(parse_link(to_link(s)), s) << to_link(s);
  }
}

// The app reads the same file (web/src/base/link.test.ts): the twins must agree.
nlohmann::json shared_links() {
  std::ifstream file(source_dir() + "/tests/data/view_links.json");
  return nlohmann::json::parse(file);
}

TEST(ViewState, ReadsAndWritesAsTheAppDoes) {
  const nlohmann::json links = shared_links();
  ASSERT_GT(links["accepted"].size(), 10U);
  for (const auto& entry : links["accepted"]) {
    const ViewState state = parse_link(entry[0].get<std::string>());
    EXPECT_EQ(to_link(state), entry[1].get<std::string>());
    EXPECT_EQ(parse_link(entry[1].get<std::string>()), state);
  }
}

TEST(ViewState, RefusesWhatItDoesNotKnow) {
  const nlohmann::json links = shared_links();
  ASSERT_GT(links["refused"].size(), 10U);
  for (const auto& link : links["refused"]) {
    EXPECT_THROW(parse_link(link.get<std::string>()), Error) << link;
  }
  EXPECT_THROW(parse_link(""), Error);
  ViewState s;
  EXPECT_FALSE(set_option(s, "zoom", "1"));
}

}  // namespace
}  // namespace headscope
