#include "model/families.h"

#include <algorithm>

namespace headscope {

std::span<const Family* const> families() {
  static const Family* const kAll[] = {&kBert,   &kRoberta, &kDistilbert, &kElectra, &kMpnet,
                                       &kAlbert, &kDeberta, &kModernbert, &kLlama,   &kPhi3,
                                       &kGemma,  &kGpt2,    &kGptNeox,    &kOpt,     &kBloom,
                                       &kGptOss, &kT5,      &kBart,       &kMarian,  &kVit};
  return kAll;
}

const Family& family_of(const ConfigReader& config) {
  // Google's configurations and the oldest ones of transformers have no model_type.
  const std::string type = config.text({"model_type"}, "bert");
  std::string known;
  for (const Family* family : families()) {
    for (const std::string_view its : family->model_types) {
      if (its == type) return *family;
      known += (known.empty() ? "" : ", ") + std::string(its);
    }
  }
  config.refuse("model_type is \"" + type + "\"", "one of " + known);
}

}  // namespace headscope
