#include "io/gguf_folder.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "headscope/error.h"
#include "io/gguf_model.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

// "…-00002-of-00003.gguf" and every later part.
bool is_later_part(const std::string& name) {
  constexpr std::string_view kForm = "-00001-of-00001.gguf";
  if (name.size() <= kForm.size()) return false;
  const std::string ending = name.substr(name.size() - kForm.size());
  for (size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = kForm[i] == '0' || kForm[i] == '1';
    if (digit ? ending[i] < '0' || ending[i] > '9' : ending[i] != kForm[i]) return false;
  }
  return ending.substr(1, 5) != "00001";
}

}  // namespace

std::vector<fs::path> gguf_files(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!is_gguf_path(name) || name.starts_with("mmproj") || is_later_part(name)) continue;
    std::error_code unreadable;
    if (it->is_regular_file(unreadable)) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<fs::path> only_gguf(const fs::path& folder, const std::string& name) {
  const std::vector<fs::path> files = gguf_files(folder);
  if (files.empty()) return std::nullopt;
  if (files.size() == 1) return files.front();
  std::string list;
  for (const fs::path& file : files) {
    list += (list.empty() ? "" : ", ") + file.filename().string();
  }
  std::error_code error;
  const bool is_path = fs::is_directory(name, error);
  const std::string example = name + (is_path ? "/" : ":") + files.front().filename().string();
  throw Error(ErrorCode::kUsage, name + " holds several GGUF models: " + list, "one of them",
              "Name it, for example -m " + example, "HS-MODEL-01");
}

bool is_gguf_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  if (is_gguf_path(path.string())) return true;
  constexpr std::string_view kMagic = "GGUF";
  std::array<char, kMagic.size()> begin{};
  std::ifstream file(path, std::ios::binary);
  return file.read(begin.data(), begin.size()) &&
         std::string_view(begin.data(), begin.size()) == kMagic;
}

std::optional<GgufInRepository> parse_gguf_in_repository(const std::string& name) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return std::nullopt;
  GgufInRepository parsed{name.substr(0, colon), name.substr(colon + 1)};
  if (!is_gguf_path(parsed.file) || parsed.file.find_first_of("/\\") != std::string::npos ||
      parsed.file.starts_with(".")) {
    return std::nullopt;
  }
  return parsed;
}

}  // namespace headscope
