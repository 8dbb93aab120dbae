#include "model_shelf.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>

#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/models.h"
#include "headscope/probe.h"
#include "headscope/utf8.h"

namespace headscope::server {
namespace {

namespace fs = std::filesystem;

bool is_path(const std::string& model) {
  std::error_code error;
  return fs::exists(model, error);
}

// A path is named by its last component, so that no path of this machine is sent.
std::string shown_name(const std::string& model) {
  std::error_code error;
  if (!is_path(model)) return model;
  const fs::path path = fs::absolute(model, error).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

std::string without(std::string text, const std::string& path, const std::string& name) {
  if (path.empty()) return text;
  for (size_t at = 0; (at = text.find(path, at)) != std::string::npos; at += name.size()) {
    text.replace(at, path.size(), name);
  }
  return text;
}

ListedModel listed(const KnownModel& known) {
  ListedModel out;
  out.name = to_valid_utf8(known.name);
  out.source = known.source;
  out.kind = known.kind;
  out.family = to_valid_utf8(known.family);
  out.layers = known.layers;
  out.heads = known.heads;
  out.bytes = known.bytes;
  if (!known.problem.empty()) {
    out.problem = to_valid_utf8(without(known.problem, known.path, known.name));
  } else if (!known.cached) {
    out.problem = "It is not on this machine. Run: headscope pull " + known.name;
  } else if (!known.family.empty()) {
    out.problem = why_not_runnable(known.family);
  }
  return out;
}

RpcModel wired(std::shared_ptr<Model> model, const std::string& source) {
  RpcModel out;
  Model* raw = model.get();
  out.runner = &raw->runner();
  out.predictor = raw->masked();
  out.embeddings = raw->embeddings();
  out.parts = raw->input_parts();
  out.next = raw->next();
  out.generator = raw->generator();
  out.probe = probe_text(*raw);
  out.source = source;
  out.bytes_needed = [raw](int64_t tokens) { return raw->bytes_needed(1, tokens, {}); };
  out.bytes_free = [] {  // where the system does not say, nothing is refused
    return available_memory().value_or(std::numeric_limits<int64_t>::max());
  };
  out.tokenizer = raw->tokenizer() != nullptr;
  out.streamed = raw->is_streamed();
  out.precision = raw->precision();
  out.notes = raw->notes();
  out.owner = std::move(model);
  return out;
}

RpcModel read(const std::string& place, const std::string& name, const std::string& tokenizer,
              Precision precision, const RunControl& control) {
  const std::string path = find_model(place);
  ModelOptions named;
  named.name = name;
  named.tokenizer = tokenizer;
  named.precision = precision;
  std::shared_ptr<Model> model = open_model(path, named, control);
  // Computed now, with progress, and not at the first request: this reads all weights unless the
  // user's cache has the fingerprint.
  model_fingerprint(path, control);
  RpcModel out = wired(std::move(model), name);
  out.again = [=](const RunControl& anew) { return read(place, name, tokenizer, precision, anew); };
  return out;
}

}  // namespace

ModelShelf::ModelShelf(const std::string& first, const std::string& tokenizer,
                       const std::vector<std::string>& folders)
    : first_(first), first_name_(shown_name(first)), tokenizer_(tokenizer), folders_(folders) {
  for (const std::string& folder : folders_) list_models_in(folder);
}

std::vector<ModelShelf::Place> ModelShelf::places() const {
  std::vector<Place> out;
  const auto taken = [&](const std::string& name) {
    return std::any_of(out.begin(), out.end(),
                       [&](const Place& p) { return p.model.name == name; });
  };
  if (is_path(first_)) {
    ListedModel first;
    first.name = first_name_;
    first.source = "folder";
    out.push_back({first, first_});
  }
  for (const std::string& folder : folders_) {
    try {
      for (const KnownModel& known : list_models_in(folder)) {
        ListedModel model = listed(known);
        // Two folders with a model of that name: the second name says its folder.
        if (taken(model.name)) model.name = shown_name(folder) + "/" + model.name;
        if (!taken(model.name)) out.push_back({std::move(model), known.path});
      }
    } catch (const Error&) {
      continue;  // a folder that has gone since the start holds none
    }
  }
  for (const KnownModel& known : list_models()) {
    if (!taken(known.name)) out.push_back({listed(known), ""});
  }
  return out;
}

std::vector<ListedModel> ModelShelf::list() const {
  std::vector<ListedModel> out;
  for (Place& place : places()) out.push_back(std::move(place.model));
  return out;
}

RpcModel ModelShelf::open(const std::string& name, Precision precision,
                          const RunControl& control) const {
  if (name == first_name_) return read(first_, first_name_, tokenizer_, precision, control);
  for (const Place& place : places()) {
    if (place.model.name == name) {
      return read(place.path.empty() ? name : place.path, name, "", precision, control);
    }
  }
  throw Error(ErrorCode::kNotFound, "no model " + name + " in the list", "", "", "HS-MODEL-01");
}

}  // namespace headscope::server
