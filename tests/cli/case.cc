#include "case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "program.h"
#include "test_paths.h"

namespace headscope::test {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A key that nobody reads would make a check that never fails.
void refuse_unknown_keys(const Case& test) {
  static const std::set<std::string> known = {
      "name", "needs",  "before", "args",         "stdin", "env",  "write", "interrupt_after_ms",
      "exit", "stdout", "stderr", "stdout_lacks", "json",  "near", "size",  "files",
      "why"};
  for (const auto& [key, value] : test.data.items()) {
    if (!known.contains(key)) throw std::runtime_error(test.name() + ": unknown key " + key);
  }
}

class Checker {
 public:
  explicit Checker(const Case& test) : case_(test), data_(test.data) {
    std::string pattern = (fs::temp_directory_path() / "headscope-cli-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
  }
  ~Checker() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  void check() {
    for (const auto& [path, text] : object("write").items()) {
      fs::create_directories(fs::path(fill(path)).parent_path());
      std::ofstream(fill(path), std::ios::binary) << text.get<std::string>();
    }
    for (const json& args : object("before")) {
      const Outcome outcome = run_program(prepare(args));
      ASSERT_EQ(outcome.exit, 0) << args.dump() << "\n" << outcome.err;
    }
    Invocation run = prepare(data_.at("args"));
    run.stdin_text = fill(data_.value("stdin", ""));
    if (data_.contains("interrupt_after_ms")) {
      run.interrupt_after = std::chrono::milliseconds(data_.at("interrupt_after_ms"));
    }
    outcome_ = run_program(run);
    check_outcome();
    if (data_.contains("json") || data_.contains("near") || data_.contains("size")) check_json();
    check_files();
  }

 private:
  const json& object(const char* key) const {
    static const json none = json::object();
    return data_.contains(key) ? data_.at(key) : none;
  }

  std::string fill(std::string text) const {
    const std::string root = source_dir();
    const std::pair<std::string, std::string> places[] = {
        {"{golden}", root + "/tests/golden"}, {"{data}", root + "/tests/data"}, {"{tmp}", folder_}};
    for (const auto& [mark, value] : places) {
      for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size()) {
        text.replace(at, mark.size(), value);
      }
    }
    return text;
  }

  Invocation prepare(const json& args) const {
    Invocation run;
    for (const json& arg : args) run.args.push_back(fill(arg));
    if (!case_.needs_weights()) {
      // Nothing of this machine's caches decides the result.
      run.environment = {{"HOME", folder_},
                         {"HEADSCOPE_CACHE", folder_ + "/cache"},
                         {"HF_HUB_CACHE", ""},
                         {"HF_HOME", folder_ + "/huggingface"},
                         {"XDG_CACHE_HOME", ""}};
    }
    for (const auto& [name, value] : object("env").items()) {
      run.environment[name] = fill(value);
    }
    return run;
  }

  void contains_all(const std::string& text, const char* key) const {
    for (const json& part : object(key)) {
      EXPECT_NE(text.find(fill(part)), std::string::npos)
          << key << " lacks: " << fill(part) << "\n--- " << key << ":\n"
          << text;
    }
  }

  void check_outcome() const {
    const int expected = data_.value("exit", 0);
    EXPECT_FALSE(outcome_.timed_out);
    EXPECT_EQ(outcome_.exit, expected) << "stderr: " << outcome_.err;
    contains_all(outcome_.out, "stdout");
    contains_all(outcome_.err, "stderr");
    for (const json& part : object("stdout_lacks")) {
      EXPECT_EQ(outcome_.out.find(fill(part)), std::string::npos) << outcome_.out;
    }
    if (expected != 0 && !data_.contains("stdout")) {
      EXPECT_EQ(outcome_.out, "");
    }
    if (expected == 0 && !data_.contains("stderr")) {
      EXPECT_EQ(outcome_.err, "");
    }
    if (expected != 0 && !data_.contains("stderr")) {
      EXPECT_NE(outcome_.err, "") << "a failure says why";
    }
  }

  void check_json() const {
    const json got = json::parse(outcome_.out, nullptr, false);
    ASSERT_FALSE(got.is_discarded()) << "no JSON: " << outcome_.out;
    for (const auto& [pointer, value] : object("json").items()) {
      const json::json_pointer at(pointer);
      ASSERT_TRUE(got.contains(at)) << pointer << " in " << outcome_.out.substr(0, 2000);
      EXPECT_EQ(got.at(at), value.is_string() ? json(fill(value)) : value) << pointer;
    }
    for (const auto& [pointer, value] : object("near").items()) {
      const json::json_pointer at(pointer);
      ASSERT_TRUE(got.contains(at) && got.at(at).is_number()) << pointer;
      EXPECT_NEAR(got.at(at).get<double>(), value.at(0).get<double>(), value.at(1).get<double>())
          << pointer;
    }
    for (const auto& [pointer, value] : object("size").items()) {
      const json::json_pointer at(pointer);
      ASSERT_TRUE(got.contains(at)) << pointer;
      EXPECT_EQ(got.at(at).size(), value.get<size_t>()) << pointer;
    }
  }

  void check_files() const {
    for (const auto& [name, parts] : object("files").items()) {
      const fs::path path = fill(name);
      if (parts.is_null()) {
        EXPECT_FALSE(fs::exists(path)) << path;
        continue;
      }
      ASSERT_TRUE(fs::exists(path)) << path;
      if (parts.empty()) continue;
      const std::string text = read_text(path);
      for (const json& part : parts) {
        EXPECT_NE(text.find(fill(part)), std::string::npos) << path << " lacks " << part << "\n"
                                                            << text.substr(0, 4000);
      }
    }
  }

  const Case& case_;
  const json& data_;
  std::string folder_;
  Outcome outcome_;
};

}  // namespace

std::vector<Case> load_cases(bool needing_weights) {
  std::set<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(source_dir()) / "tests/cli/cases")) {
    if (entry.path().extension() == ".json") paths.insert(entry.path());
  }
  std::vector<Case> cases;
  for (const fs::path& path : paths) {
    for (const json& data : json::parse(read_text(path))) {
      Case test{path.stem().string(), data};
      refuse_unknown_keys(test);
      if (test.needs_weights() == needing_weights) cases.push_back(std::move(test));
    }
  }
  return cases;
}

void check_case(const Case& test) { Checker(test).check(); }

}  // namespace headscope::test
