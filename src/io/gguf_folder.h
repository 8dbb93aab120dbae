// Which GGUF file a folder or a name means.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace headscope {

// The GGUF models in `folder`, sorted: a split model counts once, as its first part; projectors of
// vision models (mmproj-….gguf) are no models. Empty where it cannot be read.
std::vector<std::filesystem::path> gguf_files(const std::filesystem::path& folder);

// The one GGUF model in `folder`, if it has any. Several: throws Error(kUsage, HS-MODEL-01) that
// lists them and says how to name one; `name` is what the user wrote ("ORG/NAME" or a path).
std::optional<std::filesystem::path> only_gguf(const std::filesystem::path& folder,
                                               const std::string& name);

// A file that ends in .gguf, or that begins as GGUF files do (Ollama's have no ending).
bool is_gguf_file(const std::filesystem::path& path);

// "ORG/NAME:FILE.gguf" taken apart; nothing for other names. FILE has no folder in it.
struct GgufInRepository {
  std::string repository, file;
};
std::optional<GgufInRepository> parse_gguf_in_repository(const std::string& name);

}  // namespace headscope
