// headscope models
#include "headscope/models.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "headscope/model.h"
#include "headscope/utf8.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json or_null(int64_t number) {
  return number == 0 ? ordered_json(nullptr) : ordered_json(number);
}

void print_models_json(const std::vector<KnownModel>& models) {
  ordered_json list = ordered_json::array();
  for (const KnownModel& model : models) {
    const ordered_json runnable =
        model.problem.empty() ? ordered_json(true) : ordered_json(to_valid_utf8(model.problem));
    list.push_back({{"name", model.name},
                    {"source", model.source},
                    {"kind", or_null(model.kind)},
                    {"family", or_null(model.family)},
                    {"layers", or_null(model.layers)},
                    {"heads", or_null(model.heads)},
                    {"bytes", or_null(model.bytes)},
                    {"cached", model.cached},
                    {"path", or_null(model.path)},
                    {"runnable", runnable},
                    {"fingerprint", or_null(model.fingerprint)}});
  }
  print_json({{"models", std::move(list)}});
}

void print_table(const std::vector<KnownModel>& models) {
  constexpr size_t kShownDigits = 12;
  int width = 0;
  for (const KnownModel& model : models) width = std::max(width, display_width(model.name));
  for (const KnownModel& model : models) {
    const std::string where = model.cached ? model.path : "headscope pull " + model.name;
    const std::string fingerprint = model.fingerprint.substr(0, kShownDigits);
    std::printf("%s  %-10s  %-12s  %s\n", cell(model.name, width).c_str(),
                model.cached ? "cached" : "not cached",
                fingerprint.empty() ? "-" : fingerprint.c_str(), printable(where).c_str());
  }
}

}  // namespace

void register_models(CommandLine& line) {
  const auto json = std::make_shared<bool>(false);
  const Command command =
      line.add("models", "The models that can be fetched, and those that are cached");
  command.flag("--json", *json, "Print JSON");
  command.runs([json] {
    const std::vector<KnownModel> models = list_models();
    *json ? print_models_json(models) : print_table(models);
  });
}

}  // namespace headscope::cli
