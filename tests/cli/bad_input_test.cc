// Every case of tests/golden/bad/cases.json, given to every command that reads a model or a text:
// it ends with one of the case's exit codes, the message carries the case's words, nothing is
// printed as if it were a result, and nothing in the files is executed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.h"
#include "test_paths.h"

namespace headscope::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kBad = source_dir() + "/tests/golden/bad/";

json load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return json::parse(file);
}

std::vector<json> load_bad_cases(const std::string& kind) {
  std::vector<json> cases;
  const json all = load(kBad + "cases.json");
  for (const json& test : all.at("cases")) {
    if (test.at("kind") == kind) cases.push_back(test);
  }
  return cases;
}

std::string test_name(const testing::TestParamInfo<json>& info) {
  std::string name = info.param.at("id");
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

// Where the broken pickle would leave its mark if anything ran it.
std::string marker() { return load(kBad + "cases.json").at("marker"); }

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "headscope-bad-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class BadCheckpoint : public testing::TestWithParam<json> {};

TEST_P(BadCheckpoint, IsRefused) {
  const json& test = GetParam();
  const std::vector<int> codes = test.at("exit_code");
  const Folder folder;
  const std::string trace = folder.path() + "/t.safetensors";
  const std::string model = kBad + test.at("path").get<std::string>();
  const std::vector<std::vector<std::string>> commands = {
      {"trace", "a b", "-o", trace},
      {"attention", "a b", "--layer", "0", "--head", "0"},
      {"attention", "a b", "--head", "L0H0", "--json"},
      {"render", "head", "a b", "-o", folder.path() + "/f.svg"},
  };
  for (std::vector<std::string> args : commands) {
    args.insert(args.end(), {"-m", model});
    const Outcome outcome = run_program({.args = args});
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_THAT(codes, testing::Contains(outcome.exit)) << args[0] << ": " << outcome.err;
    for (const std::string part : test.at("must_contain")) {
      EXPECT_THAT(outcome.err, HasSubstr(part)) << args[0];
    }
    EXPECT_EQ(outcome.out, "") << args[0];
  }
  EXPECT_TRUE(fs::is_empty(folder.path())) << "a result was written";
  EXPECT_FALSE(fs::exists(marker())) << "the pickle was executed";
}

INSTANTIATE_TEST_SUITE_P(Cases, BadCheckpoint, testing::ValuesIn(load_bad_cases("checkpoint")),
                         test_name);

// The unbroken twin is taken: the refusals above are the defects'.
TEST(GoodCheckpoint, IsTaken) {
  const Outcome outcome =
      run_program({.args = {"attention", "a b", "--head", "L0H0", "--json", "-m", kBad + "_good"}});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_TRUE(json::accept(outcome.out)) << outcome.out;
}

class BadText : public testing::TestWithParam<json> {};

TEST_P(BadText, IsReplacedAndSaid) {
  const json& test = GetParam();
  const std::vector<int> codes = test.at("exit_code");
  const std::string path = kBad + test.at("path").get<std::string>();
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string model = source_dir() + "/tests/golden/tiny/bert-mlm";
  const std::vector<std::vector<std::string>> commands = {
      {"tokens", "--lines", path, "-m", model},
      {"tokens", text, "--json", "-m", model},
      {"attention", text, "--head", "L0H0", "--json", "-m", model},
  };
  for (const std::vector<std::string>& args : commands) {
    const Outcome outcome = run_program({.args = args});
    EXPECT_THAT(codes, testing::Contains(outcome.exit)) << args[0] << ": " << outcome.err;
    // Where the first bad byte is; every command says it.
    EXPECT_THAT(outcome.err, testing::AllOf(HasSubstr("36"), HasSubstr("line 2"))) << args[0];
    EXPECT_NE(outcome.out, "") << args[0];
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, BadText, testing::ValuesIn(load_bad_cases("text")), test_name);

// A limit of the size of files (ulimit -f) is an error as a full disk is: no file, no half of one.
TEST(FileSizeLimit, IsAnErrorAndLeavesNoFile) {
  const Folder folder;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit little = before;
  little.rlim_cur = 512;
  // The program inherits the limit, not this handler.
  const auto handler = std::signal(SIGXFSZ, [](int) {});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  Invocation run;
  run.args = {"trace",
              "--ids",
              "1,2,3",
              "-m",
              source_dir() + "/tests/golden/tiny/gpt2",
              "-o",
              folder.path() + "/t.safetensors"};
  const Outcome got = run_program(run);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(got.exit, 3) << got.err;
  EXPECT_THAT(got.err, HasSubstr("t.safetensors: File too large"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace headscope::test
