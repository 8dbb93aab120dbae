// Split models: NAME-00001-of-0000N.gguf, of which the first part has the metadata.
#include <cstdio>
#include <filesystem>
#include <set>

#include "headscope/error.h"
#include "io/gguf_file.h"

namespace headscope {
namespace {

constexpr std::string_view kNumber = "split.no", kCount = "split.count",
                           kTensors = "split.tensors.count";

// PREFIX of "PREFIX-00002-of-00003.gguf" and its number of parts; nothing for other names.
struct SplitName {
  std::string prefix;
  int64_t parts = 0;
};
std::optional<SplitName> split_name(const std::string& path) {
  constexpr std::string_view kForm = "-00001-of-00001.gguf";
  if (path.size() <= kForm.size()) return std::nullopt;
  const std::string ending = path.substr(path.size() - kForm.size());
  int64_t parts = 0;
  for (size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = kForm[i] == '0' || kForm[i] == '1';
    const bool fits = digit ? ending[i] >= '0' && ending[i] <= '9' : ending[i] == kForm[i];
    if (!fits) return std::nullopt;
    constexpr size_t kOf = 10;  // where the second number begins
    if (digit && i >= kOf) parts = 10 * parts + (ending[i] - '0');
  }
  return SplitName{path.substr(0, path.size() - kForm.size()), parts};
}

std::string part_path(const SplitName& name, int64_t part) {
  constexpr size_t kLongest = 32;
  char text[kLongest];
  std::snprintf(text, sizeof text, "-%05d-of-%05d.gguf", static_cast<int>(part + 1),
                static_cast<int>(name.parts));
  return name.prefix + text;
}

GgufPart open_part(const std::string& path) {
  auto file = std::make_shared<const MappedFile>(path);
  GgufFile content(file->bytes(), path);
  return {std::move(file), std::move(content)};
}

void require(const GgufFile& file, std::string_view key, int64_t expected) {
  const auto found = file.integer(key);
  if (found == expected) return;
  file.refuse(key, found ? std::to_string(*found) : "not there", std::to_string(expected),
              "Fetch all parts of one model again");
}

}  // namespace

std::vector<GgufPart> open_gguf_parts(const std::string& path) {
  std::vector<GgufPart> parts;
  parts.push_back(open_part(path));
  const int64_t count = parts[0].content.integer(kCount).value_or(0);
  if (count <= 1) return parts;
  const auto name = split_name(path);
  if (!name || name->parts != count) {
    parts[0].content.refuse(kCount, std::to_string(count),
                            "a file named …-00001-of-" + std::to_string(count) + ".gguf",
                            "Give the parts of a split model the names they had");
  }
  parts.clear();
  std::set<std::string> names;
  int64_t tensors = 0;
  for (int64_t i = 0; i < count; ++i) {
    const std::string part = part_path(*name, i);
    if (!std::filesystem::exists(part)) {
      throw Error(ErrorCode::kBadInput, part + " is not there",
                  "all " + std::to_string(count) + " parts of the model in one folder");
    }
    parts.push_back(open_part(part));
    const GgufFile& content = parts.back().content;
    require(content, kNumber, i);
    require(content, kCount, count);
    tensors += static_cast<int64_t>(content.tensors().size());
    for (const GgufTensor& tensor : content.tensors()) {
      if (names.insert(tensor.name).second) continue;
      throw Error(ErrorCode::kBadInput, part + " holds " + tensor.name + " a second time",
                  "each tensor in one part");
    }
  }
  require(parts[0].content, kTensors, tensors);
  return parts;
}

}  // namespace headscope
