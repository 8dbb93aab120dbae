#include <algorithm>

#include "headscope/model.h"
#include "model/family.h"

namespace headscope {

std::string why_not_runnable(const std::string& model_type) {
  std::string known;
  for (const Family* family : families()) {
    for (const std::string_view type : family->model_types) {
      if (type == model_type) return {};
      known += (known.empty() ? "" : ", ") + std::string(type);
    }
  }
  return "headscope has no family for model_type '" + model_type + "'; it runs " + known;
}

}  // namespace headscope
