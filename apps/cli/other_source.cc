#include "other_source.h"

#include "headscope/error.h"

namespace headscope::cli {

void add_other(const Command& command, OtherOptions& options) {
  command.option("--with-model", options.model, "Compare with this model").type_name("NAME|DIR");
  command.option("--with-text", options.texts, "Compare with this text, or pair of texts")
      .type_name("A [B]")
      .expected(1, 2);
  command
      .option("--with-ablate", options.ablate,
              "Compare with these heads switched off; \"\" = every head on")
      .type_name("HEADS");
  command
      .option("--with-trace", options.trace, "Compare with this trace file; demo: the built-in one")
      .type_name("FILE");
}

std::shared_ptr<const Trace> open_other(const CommonOptions& common, const TextOptions& texts,
                                        const std::string& ablate, const OtherOptions& other,
                                        const TraceInfo& left) {
  if (!other.given()) {
    throw Error(ErrorCode::kUsage, "nothing to compare with",
                "--with-model M, --with-text A [B], --with-ablate HEADS or --with-trace FILE");
  }
  if (!other.trace.empty()) {
    if (!other.model.empty() || other.ablate || !other.texts.empty()) {
      throw Error(ErrorCode::kUsage, "--with-trace and another --with", "one of them",
                  "A trace holds what was run");
    }
    TextOptions file;
    file.trace = other.trace;
    return open_source(common, file);
  }
  CommonOptions run = common;
  if (!other.model.empty()) {
    run.model = other.model;
  } else if (!texts.trace.empty()) {
    run.model = left.model.name;
  }
  TextOptions read = texts;
  if (!other.texts.empty() || !texts.trace.empty()) {
    read.trace.clear();
    read.ids.clear();
    read.segments.clear();
    read.texts = other.texts;
  }
  if (read.texts.empty() && read.ids.empty()) {
    const TokenSequence& text = left.tokens(0, Side::kQuery);
    read.texts = {text.text_a};
    if (text.text_b) read.texts.push_back(*text.text_b);
  }
  return open_source(run, read, other.ablate.value_or(ablate));
}

}  // namespace headscope::cli
