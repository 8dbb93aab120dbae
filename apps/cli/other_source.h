// The right-hand side of a comparison: --with-model, --with-text, --with-ablate, --with-trace.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common.h"
#include "headscope/trace.h"

namespace headscope::cli {

struct OtherOptions {
  std::string model, trace;
  std::optional<std::string> ablate;  // "" = every head on
  std::vector<std::string> texts;
  bool given() const {
    return !model.empty() || ablate.has_value() || !trace.empty() || !texts.empty();
  }
};
void add_other(const Command& command, OtherOptions& options);

// What the options leave out is as on the left: `left` says its texts and its model. Throws
// Error(kUsage) where nothing is given, or a trace beside what only a run can give.
std::shared_ptr<const Trace> open_other(const CommonOptions& common, const TextOptions& texts,
                                        const std::string& ablate, const OtherOptions& other,
                                        const TraceInfo& left);

}  // namespace headscope::cli
