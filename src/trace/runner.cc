#include "headscope/runner.h"

#include "headscope/error.h"

namespace headscope {

TokenSequence Runner::tokenize_target(const std::string&, const TokenizeOptions&) const {
  throw Error(ErrorCode::kUsage, "a target text with " + model().name,
              "a text A and optionally B: only encoder–decoder models read a target");
}

ModelInput Runner::picture(std::string_view, const std::string& name) const {
  throw Error(ErrorCode::kUsage, "the picture " + name + " with " + model().name, "a text",
              "Pictures need a model such as vit-base-patch16-224");
}

ModelInput Runner::pixels(std::string_view bytes, const std::string& name) const {
  return picture(bytes, name);
}

std::vector<std::shared_ptr<const Trace>> Runner::trace(std::span<const ModelInput> inputs,
                                                        const TraceOptions& options,
                                                        const RunControl& control) {
  std::vector<TokenSequence> texts;
  for (const ModelInput& input : inputs) {
    if (input.target) (void)tokenize_target({}, {});
    if (input.pixels) (void)picture({}, {});
    texts.push_back(input.text);
  }
  return trace(texts, options, control);
}

}  // namespace headscope
