#include "io/cache_paths.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "io/gguf_folder.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kHubPrefix = "models--";
constexpr std::string_view kGoogle = "google-bert/";

fs::path environment(const char* name, const fs::path& otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? fs::path(value) : otherwise;
}

fs::path user_cache() { return environment("XDG_CACHE_HOME", home_folder() / ".cache"); }

// "google-bert/bert-base-uncased" → "models--google-bert--bert-base-uncased"
std::string hub_folder(std::string name) {
  const size_t slash = name.find('/');
  if (slash != std::string::npos) name.replace(slash, 1, "--");
  return std::string(kHubPrefix) + name;
}

// The folders in `directory`; none where it cannot be read.
std::vector<std::string> folders_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error)) names.push_back(it->path().filename().string());
  }
  return names;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const fs::path inside = path.lexically_relative(folder);
  return !inside.empty() && *inside.begin() != "..";
}

}  // namespace

fs::path home_folder() {
  const passwd* user = std::getenv("HOME") ? nullptr : getpwuid(getuid());
  return environment("HOME", user ? fs::path(user->pw_dir) : fs::path("."));
}

fs::path cache_root() { return environment("HEADSCOPE_CACHE", user_cache() / "headscope"); }
fs::path own_models() { return cache_root() / "models"; }
fs::path hugging_face_hub() {
  return environment("HF_HUB_CACHE", environment("HF_HOME", user_cache() / "huggingface") / "hub");
}

bool is_in_hub(const fs::path& path) { return lies_in(path, hugging_face_hub()); }

fs::path lm_studio_models() {
  const fs::path home = home_folder();
  std::vector<fs::path> places = {home / ".lmstudio", user_cache() / "lm-studio"};
  std::ifstream pointer(home / ".lmstudio-home-pointer");
  if (std::string named; std::getline(pointer, named) && !named.empty()) {
    places.insert(places.begin(), named);
  }
  std::error_code error;
  for (const fs::path& place : places) {
    if (fs::is_directory(place / "models", error)) return place / "models";
  }
  return places.front() / "models";
}

bool is_in_lm_studio(const fs::path& path) { return lies_in(path, lm_studio_models()); }

bool is_model_name(const std::string& name) {
  constexpr size_t kLongest = 128;
  if (name.empty() || name.size() > kLongest) return false;
  int slashes = 0;
  char before = '/';
  for (const char c : name) {
    if (before == '/' && (c == '.' || c == '/')) return false;
    slashes += c == '/';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_' && c != '.' && c != '/') return false;
    before = c;
  }
  return slashes <= 1 && before != '/';
}

std::string plain_model_name(const std::string& name) {
  return name.starts_with(kGoogle) ? name.substr(kGoogle.size()) : name;
}

bool holds_checkpoint(const fs::path& directory) {
  std::error_code error;
  bool weights = false;
  for (const char* name : {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                           "pytorch_model.bin.index.json"}) {
    weights = weights || fs::is_regular_file(directory / name, error);
  }
  return weights && fs::is_regular_file(directory / "config.json", error);
}

bool holds_model(const fs::path& directory) {
  return holds_checkpoint(directory) || !gguf_files(directory).empty();
}

std::vector<fs::path> hugging_face_snapshots(const fs::path& hub, const std::string& folder) {
  std::vector<fs::path> found;
  for (const std::string& commit : folders_in(hub / folder / "snapshots")) {
    const fs::path snapshot = hub / folder / "snapshots" / commit;
    if (holds_model(snapshot)) found.push_back(snapshot);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<fs::path> hugging_face_snapshot(const fs::path& hub, const std::string& folder) {
  const fs::path reference = hub / folder / "refs" / "main";
  std::error_code error;
  if (!fs::exists(reference, error)) {
    // Fetched by its commit or another name: there is no doubt where there is one.
    const auto all = hugging_face_snapshots(hub, folder);
    return all.size() == 1 ? std::optional(all.front()) : std::nullopt;
  }
  std::ifstream in(reference);
  std::string commit;
  if (!(in >> commit) || !is_model_name(commit)) return std::nullopt;
  fs::path snapshot = hub / folder / "snapshots" / commit;
  if (!holds_model(snapshot)) return std::nullopt;
  return snapshot;
}

fs::path folder_in_hub(const std::string& name) { return hugging_face_hub() / hub_folder(name); }

std::optional<fs::path> find_revision(const std::string& name) {
  const size_t at = name.find('@');
  if (at == std::string::npos) return std::nullopt;
  const std::string repository = name.substr(0, at), revision = name.substr(at + 1);
  // A branch may have slashes ("refs/pr/1"); no part of it leads upwards.
  if (!is_model_name(repository) || revision.empty() || revision.front() == '/' ||
      ("/" + revision).find("/.") != std::string::npos) {
    return std::nullopt;
  }
  const fs::path folder = folder_in_hub(repository);
  std::string commit = revision;
  if (std::ifstream in(folder / "refs" / revision); in) in >> commit;
  if (!is_model_name(commit)) return std::nullopt;
  fs::path snapshot = folder / "snapshots" / commit;
  if (!holds_model(snapshot)) return std::nullopt;
  return snapshot;
}

std::vector<fs::path> snapshots_of(const std::string& name) {
  if (!is_model_name(name)) return {};
  return hugging_face_snapshots(hugging_face_hub(), hub_folder(name));
}

std::optional<fs::path> find_cached(const std::string& name) {
  if (!is_model_name(name)) return std::nullopt;
  const std::string plain = plain_model_name(name);
  std::vector<std::string> spellings = {plain};
  if (plain.find('/') == std::string::npos) spellings.push_back(std::string(kGoogle) + plain);
  for (const std::string& spelling : spellings) {
    if (auto found = hugging_face_snapshot(hugging_face_hub(), hub_folder(spelling))) return found;
  }
  if (holds_model(own_models() / plain)) return own_models() / plain;
  const bool owned = name.find('/') != std::string::npos;
  if (owned && holds_model(lm_studio_models() / name)) return lm_studio_models() / name;
  return std::nullopt;
}

std::vector<std::string> cached_names() {
  std::set<std::string> names;
  for (const std::string& folder : folders_in(hugging_face_hub())) {
    if (!folder.starts_with(kHubPrefix)) continue;
    std::string name = folder.substr(kHubPrefix.size());
    const size_t owner = name.find("--");
    if (owner != std::string::npos) name.replace(owner, 2, "/");
    names.insert(plain_model_name(name));
  }
  for (const std::string& folder : folders_in(own_models())) names.insert(folder);
  for (const std::string& owner : folders_in(lm_studio_models())) {
    for (const std::string& name : folders_in(lm_studio_models() / owner)) {
      names.insert(owner + "/" + name);
    }
  }
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (find_cached(name)) found.push_back(name);
  }
  return found;
}

}  // namespace headscope
