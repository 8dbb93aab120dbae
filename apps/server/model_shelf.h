// The models that the page may choose from: the one of --model, those of `headscope models`, and
// those of the folders of --models.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "headscope/precision.h"
#include "headscope/rpc.h"

namespace headscope::server {

class ModelShelf {
 public:
  // `tokenizer`: read for the first model in the place of its own; may be empty. Throws where one
  // of `folders` is none.
  ModelShelf(const std::string& first, const std::string& tokenizer,
             const std::vector<std::string>& folders);

  // Any thread. Looks at the caches each time: what was fetched meanwhile is there.
  std::vector<ListedModel> list() const;
  // Reads the weights of a listed model, with its fingerprint; progress in bytes. Throws what
  // open_model() throws; Error(kNotFound) for a name that is not listed.
  RpcModel open(const std::string& name, Precision precision, const RunControl& control) const;

  // The first one's name, as it is listed: a folder is called by its last component.
  const std::string& first_name() const { return first_name_; }

 private:
  struct Place {
    ListedModel model;
    std::string path;  // where it is; empty: to be looked up by name
  };
  std::vector<Place> places() const;

  std::string first_, first_name_, tokenizer_;
  std::vector<std::string> folders_;
};

}  // namespace headscope::server
