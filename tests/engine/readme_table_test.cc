// README.md's table of families is what the code's own tables say.
#include <gtest/gtest.h>

#include <algorithm>

#include "format/read_file.h"
#include "io/gguf_architecture.h"
#include "model/family.h"
#include "test_paths.h"

namespace headscope {
namespace {

bool plays(const Family& family, Role role) {
  return std::any_of(family.rows.begin(), family.rows.end(),
                     [&](const Row& row) { return row.role == role; });
}

std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "`" : ", `") + name + "`";
  return text;
}

std::string files(const Family& family) {
  std::vector<std::string> gguf;
  for (const GgufArchitecture& architecture : gguf_architectures()) {
    if (std::find(family.model_types.begin(), family.model_types.end(), architecture.model_type) !=
        family.model_types.end()) {
      gguf.emplace_back(architecture.name);
    }
  }
  std::string text = "safetensors, PyTorch";
  if (family.name == "bert") text += ", TensorFlow";
  if (!gguf.empty()) text += ", GGUF (" + quoted(gguf) + ")";
  return text;
}

std::string predictions(const Family& whole) {
  const Family& family = whole.decoder ? *whole.decoder : whole;
  if (!plays(family, Role::kDecoder)) return "none";
  if (!plays(family, Role::kHeadTransform)) return "next token";
  return plays(family, Role::kNextSentence) ? "masked words, next sentence" : "masked words";
}

std::string table() {
  std::string text =
      "| family | `model_type` | files | of every head | predictions, where the weights have "
      "the head |\n|---|---|---|---|---|\n";
  for (const Family* family : families()) {
    const std::vector<std::string> types(family->model_types.begin(), family->model_types.end());
    text += "| " + std::string(family->name) + " | " + quoted(types) + " | " + files(*family) +
            " | attention, query, key, value" +
            (family->decoder ? " of encoder, decoder and cross" : "") + " | " +
            predictions(*family) + " |\n";
  }
  return text;
}

TEST(Readme, ListsTheFamiliesOfTheCode) {
  constexpr std::string_view kBegin = "<!-- families: generated -->\n",
                             kEnd = "<!-- families: end -->";
  const std::string readme = read_file(source_dir() + "/README.md");
  const size_t begin = readme.find(kBegin), end = readme.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(readme.substr(begin + kBegin.size(), end - begin - kBegin.size()), table());
}

}  // namespace
}  // namespace headscope
