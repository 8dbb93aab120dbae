// What all commands share: the common options, texts or a trace, the model and what it gives,
// warnings, JSON output. The terminal itself (progress, Ctrl-C, columns) is terminal.h's.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "headscope/model.h"
#include "headscope/runner.h"
#include "headscope/tokenizer.h"
#include "terminal.h"

namespace headscope::cli {

struct CommonOptions {
  std::string model = "bert-base-uncased";
  std::string tokenizer;  // in the place of the model's own
  int threads = 0;        // 0: all processors
  bool quiet = false;
  bool json = false;
  std::string precision = "f32";

  Precision products() const { return *parse_precision(precision); }
};
// -m/--model, --tokenizer, --threads (set as it is parsed), --quiet, --precision, --json.
void add_common(const Command& command, CommonOptions& options);
// --quiet and --json alone: of a command that opens no model.
void add_printing(const Command& command, CommonOptions& options);

// A [B], --ids, --image, --pixels or --trace; --target, --target-ids; --truncate, --max-tokens.
struct TextOptions {
  std::vector<std::string> texts;
  std::vector<int32_t> ids;       // fed as they are, no template
  std::vector<int32_t> segments;  // of the ids; empty: all 0
  // What the decoder of an encoder–decoder model reads: a text, or ids as they are.
  std::optional<std::string> target;
  std::vector<int32_t> target_ids;
  std::string image, pixels;  // files of a picture, or of its pixel values
  std::string trace;
  bool takes_trace = false;  // the command has --trace
  std::string truncate;
  std::optional<int64_t> max_tokens;
  std::vector<int> masked;          // tokens replaced by the mask token before the run
  std::optional<int64_t> generate;  // tokens that the model goes on with
};
// All of them but --trace.
void add_texts(const Command& command, TextOptions& options);
// --trace FILE, where a command can take a trace in the place of a run.
void add_trace(const Command& command, TextOptions& options);
// --generate N, where a command shows the trace of a run.
void add_generate(const Command& command, TextOptions& options);
// Exactly one of texts, --ids, --image, --pixels and --trace is given, at most two texts; throws
// Error(kUsage) otherwise.
void check_texts(const TextOptions& options);
// longest-first, only-first, only-second (also with underscores), "" = none.
Truncation truncation_option(const std::string& name);
TokenizeOptions tokenize_options(const TextOptions& options);

// The model that --model names, opened with progress; Ctrl-C stops it. Throws what find_model and
// open_model throw: Error(kNotFound) names `headscope pull`.
std::unique_ptr<Model> open_model_of(const CommonOptions& options);
// The texts, or the ids, as the model sees them; warns where a text is not UTF-8. `settings`: notes
// there that a text had to be shortened; may be null.
ModelInput tokenize_texts(const CommonOptions& options, const TextOptions& texts, Model& model,
                          RunSettings* settings = nullptr);
// What a run gives: the trace, and with --generate what was generated (Generation::trace is the
// same).
struct Run {
  std::shared_ptr<const Trace> trace;
  std::optional<Generation> generated;
};
// Runs the model on the texts, with progress; Ctrl-C stops it.
Run run_texts(const CommonOptions& options, const TextOptions& texts, Model& model,
              TraceOptions trace = {});
// `A [B]` run by the model, or the trace of `--trace FILE`; the file "demo" is the trace that is
// built in. With a file, what only a run can give
// (ablations, --truncate, …) throws Error(kUsage).
std::shared_ptr<const Trace> open_source(const CommonOptions& options, const TextOptions& texts,
                                         const std::string& ablate = {});

// --ablate L8H9[:zero|mean|uniform],L5H*; parse with parse_ablations(text, runner.stacks()).
void add_ablate(const Command& command, std::string& ablate);
// --stack NAME: what names like L2H0 mean where a trace has several stacks.
void add_stack(const Command& command, std::string& stack);

// Throws what writing to `path` would throw: before minutes of work, not after them.
void check_output(const std::string& path);
// ".svg" of "a/F.SVG", lower-cased; "" where there is none.
std::string extension_of(const std::string& path);

// To stderr unless --quiet.
void warn(const CommonOptions& options, const std::string& message);
// Warns once where `text` is not UTF-8; `name` is "text A".
void warn_invalid_utf8(const CommonOptions& options, const std::string& text,
                       const std::string& name);
// One line of JSON to stdout; invalid UTF-8 in strings becomes U+FFFD.
void print_json(const nlohmann::ordered_json& value);

// tokens, ids, segment_ids, offsets, special, words as design says (null for special tokens).
nlohmann::ordered_json json_of(const TokenSequence& sequence);

}  // namespace headscope::cli
