#include "headscope/corpus_ablation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "corpus/fake_runner.h"

namespace headscope {
namespace {

class CorpusAblationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() /
             ("headscope-ablate-" + std::to_string(getpid()) + ".txt"))
                .string();
    std::ofstream out(path_);
    for (int line = 0; line < 10; ++line) {
      for (int word = 0; word <= line; ++word) out << "word" << word << ' ';
      out << '\n';
    }
  }
  void TearDown() override { std::filesystem::remove(path_); }

  CorpusAblationSettings settings(int64_t sample, AblationKind kind = AblationKind::kZero) const {
    CorpusAblationSettings s;
    s.paths = {path_};
    s.sample = sample;
    s.kind = kind;
    return s;
  }

  std::string path_;
  FakeRunner runner_;
};

TEST_F(CorpusAblationTest, KilledRunResumesToTheSameNumbers) {
  CorpusAblation whole(runner_, {&runner_, nullptr}, settings(5));
  EXPECT_EQ(whole.segments(), 5);
  whole.run();

  CorpusAblation killed(runner_, {&runner_, nullptr}, settings(5));
  RunControl control;
  EXPECT_THROW(killed.run(control,
                          [&] {
                            if (killed.segments_done() == 2) control.cancel.cancel();
                          }),
               Error);
  EXPECT_EQ(killed.segments_done(), 2);
  CorpusAblation resumed(runner_, {&runner_, nullptr}, settings(5));
  resumed.restore(killed.checkpoint(), "r.json.partial");
  resumed.run();
  EXPECT_EQ(resumed.json(), whole.json());
  EXPECT_EQ(resumed.effects().size(), 6u);
}

TEST_F(CorpusAblationTest, OtherSettingsAreRefused) {
  CorpusAblation one(runner_, {&runner_, nullptr}, settings(5));
  const std::string saved = one.checkpoint();
  for (const auto& other : {settings(4), settings(5, AblationKind::kUniform)}) {
    CorpusAblation two(runner_, {&runner_, nullptr}, other);
    EXPECT_THROW(two.restore(saved, "r.json.partial"), Error);
  }
  // No checkpoint, one of an older version, and sums that do not fit.
  for (const auto& [from, to] :
       {std::pair("\"version\":2", "\"version\":1"), std::pair("\"change\"", "\"chance\""),
        std::pair("\"segments\":0}", "\"segments\":-1}"),
        std::pair("\"sums\":[{", "\"sums\":[{},{")}) {
    std::string broken = saved;
    const size_t at = broken.find(from);
    if (at == std::string::npos) continue;
    broken.replace(at, std::string(from).size(), to);
    EXPECT_THROW(one.restore(broken, "r.json.partial"), Error) << from;
  }
  EXPECT_NE(saved.find("\"version\":2"), std::string::npos);
  EXPECT_NE(saved.find("\"change\""), std::string::npos);
  EXPECT_THROW(one.restore("{}", "r.json.partial"), Error);
  EXPECT_THROW(CorpusAblation(runner_, {&runner_, nullptr}, settings(0)), Error);
}

TEST_F(CorpusAblationTest, EmptyCorpusIsRefused) {
  std::ofstream(path_) << "\n\n";
  EXPECT_THROW(CorpusAblation(runner_, {&runner_, nullptr}, settings(5)), Error);
}

}  // namespace
}  // namespace headscope
