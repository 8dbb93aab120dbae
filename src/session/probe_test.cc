#include "headscope/probe.h"

#include <gtest/gtest.h>

#include <set>

#include "test_paths.h"

namespace headscope {
namespace {

std::string golden(const char* path) { return source_dir() + "/tests/golden/" + path; }

TEST(Probe, RepeatsTwentyFiveWholeWordsFourTimes) {
  const Tokenizer tokenizer = Tokenizer::from_directory(golden("tokenizers"), 512);
  const auto text = probe_text(tokenizer);
  ASSERT_TRUE(text);
  ASSERT_EQ(text->size(), 102);
  EXPECT_EQ(std::set<int32_t>(text->ids.begin() + 1, text->ids.end() - 1).size(), 25u);
  for (int64_t i = 1; i < 101; ++i) {
    EXPECT_FALSE(text->special[static_cast<size_t>(i)]);
    EXPECT_FALSE(text->tokens[static_cast<size_t>(i)].starts_with("##"));
    if (i > 25) {
      EXPECT_EQ(text->ids[static_cast<size_t>(i)], text->ids[static_cast<size_t>(i - 25)]);
    }
  }
  EXPECT_EQ(probe_text(tokenizer)->ids, text->ids);
}

TEST(Probe, TakesFewerWordsWhereThereIsLessRoom) {
  const auto text = probe_text(Tokenizer::from_directory(golden("tokenizers"), 32));
  ASSERT_TRUE(text);
  EXPECT_EQ(text->size(), 2 + 4 * 7);
  EXPECT_FALSE(probe_text(Tokenizer::from_directory(golden("tokenizers"), 16)));
  EXPECT_FALSE(probe_text(Tokenizer("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nstore\nfresh\n", {})));
}

// Tokens that carry a blank are whole words only behind one; a text that would not give the words
// back, or not fit, is no probe.
TEST(Probe, RepeatsWholeWordsOfTokenizersThatMarkBlanks) {
  for (const char* model : {"tiny/roberta", "tiny/bart", "tiny/xlm-roberta", "tiny/modernbert"}) {
    SCOPED_TRACE(model);
    const Tokenizer tokenizer = Tokenizer::from_directory(golden(model), 128);
    const auto text = probe_text(tokenizer);
    ASSERT_TRUE(text);
    std::vector<int32_t> ids;
    for (size_t i = 0; i < text->ids.size(); ++i) {
      if (!text->special[i]) ids.push_back(text->ids[i]);
    }
    const std::set<int32_t> words(ids.begin(), ids.end());
    EXPECT_GE(words.size(), 5u);
    ASSERT_EQ(ids.size(), 4 * words.size());
    for (size_t i = words.size(); i < ids.size(); ++i) EXPECT_EQ(ids[i], ids[i - words.size()]);
  }
}

}  // namespace
}  // namespace headscope
