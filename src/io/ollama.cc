#include "io/ollama.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "format/json.h"
#include "headscope/error.h"
#include "io/cache_paths.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kHost = "registry.ollama.ai", kUser = "library", kTag = "latest";
constexpr std::string_view kModelLayer = "application/vnd.ollama.image.model";

// HOST/USER/NAME/TAG below manifests/.
struct Reference {
  std::string host{kHost}, user{kUser}, name, tag{kTag};
};

bool is_part(const std::string& part) {
  if (part.empty() || part.front() == '.') return false;
  return std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Reference parse(const std::string& full) {
  std::string rest = full.substr(kOllamaPrefix.size());
  Reference reference;
  const size_t colon = rest.rfind(':');
  if (colon != std::string::npos) {
    reference.tag = rest.substr(colon + 1);
    rest.resize(colon);
  }
  std::vector<std::string> parts;
  for (size_t slash; (slash = rest.find('/')) != std::string::npos; rest.erase(0, slash + 1)) {
    parts.push_back(rest.substr(0, slash));
  }
  reference.name = rest;
  if (!parts.empty()) reference.user = parts.back();
  if (parts.size() > 1) reference.host = parts.front();
  constexpr size_t kMost = 2;
  const bool fits = parts.size() <= kMost && is_part(reference.host) && is_part(reference.user) &&
                    is_part(reference.name) && is_part(reference.tag);
  if (!fits) {
    throw Error(ErrorCode::kNotFound, "'" + full + "' is no name of Ollama's",
                "ollama:NAME or ollama:NAME:TAG", "", "HS-MODEL-01");
  }
  return reference;
}

fs::path blob_of(const fs::path& folder, const fs::path& manifest) {
  const std::string path = manifest.string();
  const Json json = parse_json_file(path);
  for (const Json& layer : array_field(json, "layers", path)) {
    if (string_field(layer, "mediaType", path) != kModelLayer) continue;
    std::string digest = string_field(layer, "digest", path);
    constexpr std::string_view kSha256 = "sha256:";
    const bool plain =
        digest.starts_with(kSha256) &&
        digest.find_first_not_of("0123456789abcdef", kSha256.size()) == std::string::npos;
    if (!plain) {
      throw Error(ErrorCode::kBadInput, path + " names the model " + digest, "sha256:…");
    }
    digest[kSha256.size() - 1] = '-';
    const fs::path blob = folder / "blobs" / digest;
    std::error_code error;
    if (fs::is_regular_file(blob, error)) return blob;
    throw Error(ErrorCode::kBadInput, path + " names " + blob.string() + ", which is not there",
                "the model's file", "Run `ollama pull` again");
  }
  throw Error(ErrorCode::kBadInput, path + " names no model file",
              "a manifest of Ollama with a model layer");
}

}  // namespace

std::vector<fs::path> ollama_folders() {
  std::vector<fs::path> candidates;
  if (const char* set = std::getenv("OLLAMA_MODELS"); set && *set) {
    candidates = {set};
  } else {
    candidates = {home_folder() / ".ollama" / "models", "/usr/share/ollama/.ollama/models"};
  }
  std::vector<fs::path> found;
  for (const fs::path& folder : candidates) {
    std::error_code error;
    if (fs::is_directory(folder / "manifests", error)) found.push_back(folder);
  }
  return found;
}

fs::path find_ollama_model(const std::string& name) {
  const Reference at = parse(name);
  std::string places;
  for (const fs::path& folder : ollama_folders()) {
    const fs::path manifest = folder / "manifests" / at.host / at.user / at.name / at.tag;
    std::error_code error;
    if (fs::is_regular_file(manifest, error)) return blob_of(folder, manifest);
    places += (places.empty() ? "" : " and ") + folder.string();
  }
  std::string known;
  for (const std::string& each : ollama_names()) known += (known.empty() ? "" : ", ") + each;
  throw Error(ErrorCode::kNotFound,
              "no model '" + name + "' in " +
                  (places.empty() ? "Ollama's folders, of which none is there" : places),
              known.empty() ? "a model that Ollama has fetched" : "one of " + known,
              "Run `ollama pull " + name.substr(kOllamaPrefix.size()) +
                  "`, or set OLLAMA_MODELS to its folder",
              "HS-MODEL-01");
}

std::vector<std::string> ollama_names() {
  std::set<std::string> names;
  for (const fs::path& folder : ollama_folders()) {
    const fs::path root = folder / "manifests";
    std::error_code error;
    for (fs::recursive_directory_iterator it(root, error), end; !error && it != end;
         it.increment(error)) {
      constexpr int kDepthOfTag = 3;
      std::error_code unreadable;
      if (it.depth() != kDepthOfTag || !it->is_regular_file(unreadable)) continue;
      const fs::path tag = it->path().lexically_relative(root);
      auto part = tag.begin();
      const std::string host = *part++, user = *part++, name = *part++, version = *part;
      std::string full(kOllamaPrefix);
      if (host != kHost) full += host + "/";
      if (host != kHost || user != kUser) full += user + "/";
      names.insert(full + name + ":" + version);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace headscope
