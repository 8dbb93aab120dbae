// docs/stable-symbols.md against the public headers: every symbol of a row stands in one of its
// headers, or in one that they include.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "test_paths.h"

namespace headscope {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A header and the public headers that it includes.
std::string with_includes(const std::string& name, std::set<std::string>& seen) {
  if (!seen.insert(name).second) return {};
  std::string text = text_of(source_dir() + "/include/headscope/" + name);
  const std::regex include("#include \"headscope/([a-z_0-9]+\\.h)\"");
  std::string more;
  for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) {
    more += with_includes((*at)[1], seen);
  }
  return text + more;
}

TEST(StableSymbols, AreInTheHeadersThatThePageNames) {
  std::ifstream page(source_dir() + "/docs/stable-symbols.md");
  const std::regex quoted("`([^`]+)`");
  int rows = 0, symbols = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    ++rows;
    const size_t second = line.find('|', 1);
    const std::string headers = line.substr(0, second);
    const std::string names = line.substr(second, line.find('|', second + 1) - second);
    std::string text;
    std::set<std::string> seen;
    for (std::sregex_iterator at(headers.begin(), headers.end(), quoted), end; at != end; ++at) {
      const std::string header = (*at)[1];
      ASSERT_TRUE(std::filesystem::exists(source_dir() + "/include/headscope/" + header)) << header;
      text += with_includes(header, seen);
    }
    for (std::sregex_iterator at(names.begin(), names.end(), quoted), end; at != end; ++at) {
      ++symbols;
      const std::string name = (*at)[1];
      const std::regex declared("(class|struct|enum class) " + name + "\\b|\\b" + name + "\\(");
      EXPECT_TRUE(std::regex_search(text, declared)) << name << " in" << headers;
    }
  }
  EXPECT_GT(rows, 15);
  EXPECT_GT(symbols, 50);
}

}  // namespace
}  // namespace headscope
