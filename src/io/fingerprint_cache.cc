#include "io/fingerprint_cache.h"

#include <algorithm>
#include <filesystem>

#include "format/atomic_file.h"
#include "format/json.h"
#include "headscope/error.h"
#include "headscope/models.h"
#include "io/cache_paths.h"
#include "io/fingerprint.h"
#include "io/gguf_folder.h"
#include "io/gguf_model.h"
#include "io/model_files.h"
#include "io/sha256.h"
#include "io/weight_store.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

bool is_weight_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") ||
         name.ends_with(".bin") || name.ends_with(".bin.index.json") || is_gguf_path(name) ||
         name.ends_with(".index") || name.find(".data-") != std::string::npos;
}

// [[path, size, time], …] of the weight files, sorted by path.
Json describe_files(const fs::path& directory) {
  std::vector<fs::path> files;
  if (is_gguf_file(directory)) files.push_back(directory);
  for (const fs::path& folder : {directory, directory / "variables"}) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (is_weight_file(it->path()) && it->is_regular_file(error)) files.push_back(it->path());
    }
  }
  std::sort(files.begin(), files.end());
  Json described = Json::array();
  for (const fs::path& file : files) {
    std::error_code error;
    const auto size = static_cast<int64_t>(fs::file_size(file, error));
    const auto time =
        static_cast<int64_t>(fs::last_write_time(file, error).time_since_epoch().count());
    described.push_back({file.string(), size, time});
  }
  return described;
}

fs::path canonical(const std::string& directory) {
  std::error_code error;
  fs::path path = fs::weakly_canonical(directory, error);
  return error ? fs::path(directory) : path;
}

fs::path entry_path(const fs::path& directory) {
  constexpr size_t kDigits = 32;
  return cache_root() / "fingerprints" / (sha256(directory.string()).substr(0, kDigits) + ".json");
}

bool is_fingerprint(const std::string& text) {
  constexpr size_t kDigits = 64;
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::optional<std::string> cached_fingerprint(const std::string& directory) {
  const fs::path path = canonical(directory);
  try {
    const std::string entry = entry_path(path).string();
    const Json kept = parse_json_file(entry);
    std::string fingerprint = string_field(kept, "fingerprint", entry);
    if (!is_fingerprint(fingerprint) || array_field(kept, "files", entry) != describe_files(path)) {
      return std::nullopt;
    }
    return fingerprint;
  } catch (const Error&) {  // absent or damaged: compute it again
    return std::nullopt;
  }
}

bool keep_fingerprint(const std::string& directory, const std::string& fingerprint) {
  const fs::path path = canonical(directory);
  const fs::path entry = entry_path(path);
  std::error_code ignored;
  fs::create_directories(entry.parent_path(), ignored);
  try {
    write_file_atomically(entry.string(), dump_json({{"directory", path.string()},
                                                     {"files", describe_files(path)},
                                                     {"fingerprint", fingerprint}}));
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string source_fingerprint(const ModelSource& source, const std::string& family,
                               const std::map<std::string, std::string>& counted,
                               const RunControl& control) {
  if (auto kept = cached_fingerprint(source.path())) return *kept;
  const WeightStore& weights = *source.weights();
  const std::string computed =
      family == "bert" ? fingerprint(weights, control) : fingerprint_of(weights, counted, control);
  keep_fingerprint(source.path(), computed);
  return computed;
}

std::string model_fingerprint(const std::string& directory, const RunControl& control) {
  const ModelSource source(directory);
  const ModelConfigFile& file = source.config();
  const std::string family = string_field(file.config, "model_type", file.source, "bert");
  // Other families need the opened model: its table says which tensors are hashed.
  if (family != "bert") return cached_fingerprint(directory).value_or("");
  return source_fingerprint(source, family, {}, control);
}

}  // namespace headscope
