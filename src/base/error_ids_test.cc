// The table of error ids against the sources and the documentation of the wire.
#include "headscope/error_ids.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "test_paths.h"

namespace headscope {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every "HS-NAME-NN" of the library and the programs, and a file that has it.
std::map<std::string, std::string> ids_in_sources() {
  const std::regex id("\"(HS-[A-Z]+-[0-9][0-9])\"");
  std::map<std::string, std::string> out;
  for (const char* folder : {"/src", "/apps"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source_dir() + folder)) {
      const std::string name = entry.path().filename().string();
      const bool source = name.ends_with(".cc") || name.ends_with(".h");
      if (!source || name.ends_with("_test.cc")) continue;
      const std::string text = text_of(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), id), end; at != end; ++at) {
        out.emplace((*at)[1].str(), entry.path().string());
      }
    }
  }
  return out;
}

TEST(ErrorIds, TableHasWhatTheSourcesUse) {
  const std::map<std::string, std::string> used = ids_in_sources();
  EXPECT_GT(used.size(), 15u);  // the search finds ids at all
  const std::string wire = text_of(source_dir() + "/docs/wire.md");
  std::set<std::string> known;
  for (const ErrorMeaning& row : kErrorIds) {
    const std::string id(row.id);
    EXPECT_TRUE(known.insert(id).second) << id << " twice";
    EXPECT_FALSE(row.meaning.empty()) << id;
    EXPECT_TRUE(used.contains(id)) << id << " is used nowhere";
    EXPECT_NE(wire.find(id), std::string::npos) << id << " is not in docs/wire.md";
  }
  for (const auto& [id, file] : used) {
    EXPECT_TRUE(known.contains(id)) << file << ": " << id << " is not in headscope/error_ids.h";
  }
}

}  // namespace
}  // namespace headscope
