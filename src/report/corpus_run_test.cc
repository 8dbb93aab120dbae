// The whole way of a corpus on a model that computes its maps by a fixed rule.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/parallel.h"
#include "corpus/fake_runner.h"
#include "format/base64.h"
#include "format/json.h"
#include "headscope/corpus_analysis.h"
#include "headscope/error.h"
#include "headscope/report.h"

namespace headscope {
namespace {

namespace fs = std::filesystem;

class CorpusAnalysisTest : public testing::Test {
 protected:
  CorpusAnalysisTest() {
    std::string name = (fs::temp_directory_path() / "headscope-analysis-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    // 200 sentences of 3 to 16 words, some of them alike, ten documents.
    std::ofstream out(folder_ / "c.txt");
    uint32_t random = 7;
    for (int line = 0; line < 200; ++line) {
      random = random * 1664525u + 1013904223u;
      const uint32_t words = 3 + random % 14;
      for (uint32_t w = 0; w < words; ++w) {
        random = random * 1664525u + 1013904223u;
        out << (w ? " " : "") << "word" << (random >> 8) % 40;
      }
      out << (line % 20 == 19 ? "\n\n" : "\n");
    }
  }
  ~CorpusAnalysisTest() override {
    set_max_threads(0);
    fs::remove_all(folder_);
  }

  CorpusSettings settings() const {
    CorpusSettings out;
    out.paths = {(folder_ / "c.txt").string()};
    out.segments.pairs = true;
    out.segments.max_tokens = 40;
    out.sample = 45;
    out.predictive = 12;
    return out;
  }
  CorpusEngine engine() { return {runner_, &runner_, nullptr, std::nullopt}; }
  std::string run(const CorpusSettings& with) {
    CorpusAnalysis analysis(engine(), with);
    analysis.run_segments();
    analysis.run_predictive();
    return report_json(analysis.report());
  }

  fs::path folder_;
  FakeRunner runner_;
};

// Every number of two reports within `tolerance`, everything else equal.
void expect_near(const Json& a, const Json& b, double tolerance, const std::string& path = "") {
  ASSERT_EQ(a.type() == Json::value_t::number_float, b.type() == Json::value_t::number_float)
      << path;
  if (a.is_number_float()) {
    ASSERT_NEAR(a.get<double>(), b.get<double>(), tolerance) << path;
  } else if (a.is_object() || a.is_array()) {
    ASSERT_EQ(a.size(), b.size()) << path;
    const auto flat_a = a.items(), flat_b = b.items();
    auto other = flat_b.begin();
    for (auto item = flat_a.begin(); item != flat_a.end(); ++item, ++other) {
      ASSERT_EQ(item.key(), other.key()) << path;
      expect_near(item.value(), other.value(), tolerance, path + "/" + item.key());
      if (testing::Test::HasFatalFailure()) return;
    }
  } else {
    ASSERT_EQ(a, b) << path;
  }
}

TEST_F(CorpusAnalysisTest, ReportsWhatItRead) {
  const Json report = parse_json(run(settings()), "report");
  EXPECT_EQ(report["segments"], 45);
  EXPECT_EQ(report["heads"].size(), 6u);
  EXPECT_EQ(report["model"], "fake");
  EXPECT_EQ(report["fingerprint"], "f00d");
  EXPECT_EQ(report["settings"]["corpus"]["texts"], 200);
  EXPECT_EQ(report["settings"]["corpus"]["documents"], 10);
  EXPECT_EQ(report["settings"]["segment_ids"], "true");
  EXPECT_TRUE(report["settings"]["shard"].is_null());
  EXPECT_FALSE(report.contains("partial"));
  EXPECT_EQ(report["thresholds"]["next"], .45);
  EXPECT_EQ(report["similarity"]["heads"].size(), 6u);
  EXPECT_FALSE(report["heads"][0]["scores"]["predictive"]["value"].is_null());
  EXPECT_TRUE(report["heads"][0].contains("clark"));
  // Examples carry the text that the model read, so that a reader can run it again.
  bool shown = false;
  for (const Json& head : report["heads"]) {
    for (const Json& detail : head["label_details"]) {
      for (const Json& example : detail["examples"]) {
        shown = true;
        const std::string text =
            example["text"]["a"].get<std::string>() + " " +
            (example["text"]["b"].is_null() ? std::string()
                                            : example["text"]["b"].get<std::string>());
        const std::string query = example["query_token"];
        EXPECT_TRUE(query[0] == '[' || text.find(query) != std::string::npos) << query << text;
      }
    }
  }
  EXPECT_TRUE(shown);
}

// A file that becomes shorter, or another one, while the model runs: the run ends with an error
// that names it, it neither waits for segments that do not come nor mixes two versions.
TEST_F(CorpusAnalysisTest, RefusesAFileThatChangesDuringTheRun) {
  CorpusSettings all = settings();
  all.sample.reset();
  all.segments.pairs = false;  // 200 segments, more than one window
  for (const uintmax_t left : {uintmax_t{0}, uintmax_t{4000}}) {
    const fs::path path = folder_ / "changing.txt";
    fs::copy_file(folder_ / "c.txt", path, fs::copy_options::overwrite_existing);
    all.paths = {path.string()};
    CorpusAnalysis analysis(engine(), all);
    const auto cut = [&] {
      if (fs::file_size(path) != left) fs::resize_file(path, left);
    };
    try {
      analysis.run_segments({}, cut);
      ADD_FAILURE() << "left with " << left << " bytes";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find("changing.txt changed"), std::string::npos)
          << error.what();
    }
    fs::copy_file(folder_ / "c.txt", path, fs::copy_options::overwrite_existing);
    CorpusAnalysis sentences(engine(), all);
    EXPECT_THROW(sentences.run_predictive({}, cut), Error);
  }
}

TEST_F(CorpusAnalysisTest, IsTheSameAtAnyNumberOfThreads) {
  const std::string many = run(settings());
  set_max_threads(1);
  EXPECT_EQ(run(settings()), many);
}

TEST_F(CorpusAnalysisTest, TreebanksGiveGrammarThatShardsAndResumes) {
  const fs::path path = folder_ / "t.conllu";
  {
    std::ofstream out(path);
    for (int sentence = 0; sentence < 12; ++sentence) {
      const int words = 3 + sentence % 5;
      for (int w = 1; w <= words; ++w) {  // each word below the next, the last is the root
        out << w << "\tword" << (w * 7 + sentence) % 11 << "\t_\t_\t_\t_\t"
            << (w == words ? 0 : w + 1) << '\t'
            << (w == words ? "root"
                : w % 2    ? "det"
                           : "amod")
            << "\t_\t_\n";
      }
      out << '\n';
    }
  }
  CorpusSettings with;
  with.paths = {path.string()};
  for (const bool pairs : {false, true}) {
    with.segments.pairs = pairs;
    with.segments.max_tokens = 40;
    with.shards = 1;
    const Json whole = parse_json(run(with), "report");
    int64_t words = 0;
    for (int sentence = 0; sentence < 12; ++sentence) words += 3 + sentence % 5;
    const Json& all = whole["heads"][0]["grammar"][0];
    EXPECT_EQ(all["relation"], "all");
    EXPECT_EQ(all["n"], words);
    EXPECT_EQ(all["offset"], 1);
    EXPECT_NEAR(all["baseline"].get<double>(), 1 - 12.0 / static_cast<double>(words), 1e-12);
    EXPECT_EQ(whole["grammar"]["sentences"], 12);

    std::vector<ReportFile> parts;
    with.shards = 2;
    for (with.shard = 0; with.shard < 2; ++with.shard) {
      parts.push_back({"part " + std::to_string(with.shard), run(with)});
    }
    with.shard = 0;
    const Json merged = parse_json(report_json(merge_reports(parts)), "merged");
    EXPECT_EQ(merged["grammar"], whole["grammar"]);
    EXPECT_EQ(merged["heads"][3]["grammar"], whole["heads"][3]["grammar"]);

    CorpusAnalysis first(engine(), with), second(engine(), with);
    first.run_segments();
    second.restore(first.checkpoint(), "checkpoint");
    EXPECT_EQ(report_json(second.report()), report_json(first.report()));
  }
}

TEST_F(CorpusAnalysisTest, ResumesToTheSameBitsWhereverItStopped) {
  const std::string whole = run(settings());
  const std::string path = (folder_ / "r.json").string();
  // Stops wherever the sums are whole, as a killed run would, and goes on in a new object.
  for (int stop = 1;; ++stop) {
    Checkpoints files(path);
    CorpusAnalysis analysis(engine(), settings());
    EXPECT_EQ(files.resume(analysis), stop > 1);
    const RunControl control;
    const auto stop_here = [&] {
      files.write(analysis);
      control.cancel.cancel();
    };
    try {
      analysis.run_segments(control, stop_here);
      analysis.run_predictive(control, stop_here);
      EXPECT_GT(stop, 12);
      EXPECT_EQ(report_json(analysis.report()), whole);
      files.remove();
      EXPECT_FALSE(fs::exists(files.path()));
      break;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInterrupted);
    }
  }
}

TEST_F(CorpusAnalysisTest, RefusesTheCheckpointOfAnotherRun) {
  CorpusAnalysis first(engine(), settings());
  const std::string checkpoint = first.checkpoint();
  const auto refused = [&](const CorpusSettings& with, FakeRunner& runner, const char* part) {
    CorpusAnalysis other({runner, &runner, nullptr, std::nullopt}, with);
    try {
      other.restore(checkpoint, "r.json.partial");
      ADD_FAILURE() << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("r.json.partial"), std::string::npos);
    }
  };
  auto with = settings();
  with.sample = 44;
  refused(with, runner_, "sample 45");
  with = settings();
  with.zero_segment_ids = true;
  refused(with, runner_, "segment_ids");
  with = settings();
  with.thresholds = Thresholds::parse("{\"next\": 0.4}", "t");
  refused(with, runner_, "thresholds");
  FakeRunner larger(64, 3, 3);
  refused(settings(), larger, "partial sums");
  std::ofstream(folder_ / "c.txt", std::ios::app) << "one more line\n";
  refused(settings(), runner_, "corpus");
  CorpusAnalysis same(engine(), settings());
  for (const char* broken : {"", "{}", "[]", "{\"format\": \"other\", \"version\": 1}"}) {
    EXPECT_THROW(same.restore(broken, "r"), Error) << broken;
  }
  try {
    same.restore("{\"format\":\"headscope-analysis-checkpoint\",\"version\":1}", "r.json.partial");
    ADD_FAILURE() << "an older checkpoint was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("r.json.partial is JSON: the checkpoint of an older"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(CorpusAnalysisTest, ShardsMergeToOneRun) {
  const Json whole = parse_json(run(settings()), "whole");
  std::vector<ReportFile> parts;
  for (const int64_t shard : {2, 0, 1}) {
    auto with = settings();
    with.shard = shard;
    with.shards = 3;
    parts.push_back({"part" + std::to_string(shard), run(with)});
  }
  const Json merged = parse_json(report_json(merge_reports(parts)), "merged");
  expect_near(merged, whole, 1e-9);

  const auto refused = [&](std::vector<ReportFile> files, const char* part) {
    try {
      merge_reports(files);
      ADD_FAILURE() << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused({parts[0], parts[2]}, "missing: 0");
  refused({parts[0], parts[1], parts[2], parts[1]}, "shard 0 twice");
  refused({parts[0], {"whole", whole.dump()}}, "whole holds no partial sums");
  refused({parts[0], {"text", "nothing"}}, "text");
  auto other = settings();
  other.shards = 3;
  other.zero_segment_ids = true;
  refused({parts[0], {"zero", run(other)}, parts[2]}, "zero: other settings: segment_ids");
  other = settings();
  other.shards = 2;
  refused({parts[0], {"halves", run(other)}}, "halves: one of 2 shards");
  Json changed = parse_json(parts[1].json, "changed");
  std::string bytes = from_base64(changed["partial"].get<std::string>(), "partial");
  bytes.replace(bytes.find("f00d"), 4, "beef");
  changed["partial"] = to_base64(bytes);
  refused({parts[0], {"foreign", changed.dump()}, parts[2]}, "foreign: made with another model");
  changed["partial"] = to_base64(bytes.substr(0, bytes.size() / 2));
  refused({parts[0], {"cut", changed.dump()}, parts[2]}, "cut");
  changed["partial"] = "AAA*";
  refused({parts[0], {"letters", changed.dump()}, parts[2]}, "letters: character 4");
  changed["partial"] = {{"version", 1}, {"statistics", Json::object()}};
  refused({parts[0], {"old", changed.dump()}, parts[2]}, "old was written by an older version");
}

TEST_F(CorpusAnalysisTest, RefusesACorpusWithNothingInIt) {
  const std::string path = (folder_ / "e.txt").string();
  struct Case {
    const char* content;
    bool pairs;
    int64_t predictive;
    const char* message;
  };
  const Case cases[] = {
      {"", false, 0, "no text"},
      {"\n \n\n", false, 0, "no text"},
      {"one sentence only\n\nand another\n", true, 0, "two sentences"},
      {"too short for it\n", false, 5, "10 to 20"},
  };
  for (const Case& c : cases) {
    std::ofstream(path) << c.content;
    CorpusSettings with;
    with.paths = {path};
    with.segments.pairs = c.pairs;
    with.predictive = c.predictive;
    try {
      run(with);
      ADD_FAILURE() << c.message;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(std::string(error.what()).find(c.message), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace headscope
