#include "common.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "headscope/error.h"
#include "headscope/threads.h"
#include "headscope/utf8.h"

namespace headscope::cli {

namespace fs = std::filesystem;

// More threads are never faster, and the system may refuse to start them.
constexpr int kMaxThreads = 256;

void add_printing(const Command& command, CommonOptions& options) {
  command.flag("--quiet", options.quiet, "No warnings, no progress");
  command.flag("--json", options.json, "Print JSON");
}

void add_common(const Command& command, CommonOptions& options) {
  command.option("-m,--model", options.model, "Name or directory of the model")
      .type_name("NAME|DIR")
      .show_default();
  command
      .option("--tokenizer", options.tokenizer,
              "Tokenizer in the place of the model's own: a folder, a GGUF file or a "
              "tokenizer's file")
      .type_name("DIR|FILE");
  command.option("--threads", options.threads, "Threads; 0 = all processors")
      .type_name("N")
      .range(0, kMaxThreads)
      .each([](const std::string& value) { set_max_threads(std::atoi(value.c_str())); });
  add_printing(command, options);
  command
      .option("--precision", options.precision,
              "Numbers of the matrix products: f32, bf16x3 or bf16")
      .one_of({"f32", "bf16x3", "bf16"})
      .show_default();
}

void add_texts(const Command& command, TextOptions& options) {
  command.option("texts", options.texts, "Text A, and optionally text B")
      .type_name("A [B]")
      .expected(0, 2);
  command.option("--ids", options.ids, "Token ids instead of texts, fed as they are")
      .type_name("I,J,…")
      .delimiter(',');
  command.option("--segments", options.segments, "Segments of the ids (default: all 0)")
      .type_name("S,T,…")
      .delimiter(',');
  command
      .option("--target", options.target,
              "Encoder–decoder models: the text that the decoder reads; A is the source")
      .type_name("TEXT");
  command.option("--target-ids", options.target_ids, "Its token ids instead, fed as they are")
      .type_name("I,J,…")
      .delimiter(',');
  command.option("--image", options.image, "A PNG or JPEG picture instead of texts (ViT)")
      .type_name("FILE");
  command
      .option("--pixels", options.pixels,
              "Pixel values instead: .npy, [channels, height, width], already normalised")
      .type_name("FILE");
  command
      .option("--truncate", options.truncate,
              "Shorten a longer text: longest-first, only-first or only-second")
      .type_name("HOW");
  command
      .option("--max-tokens", options.max_tokens,
              "Limit, special tokens included (default: the model's positions)")
      .type_name("N");
}

void add_trace(const Command& command, TextOptions& options) {
  options.takes_trace = true;
  command
      .option("--trace", options.trace,
              "Use this trace file instead of texts; demo: the built-in one")
      .type_name("FILE");
}

void add_generate(const Command& command, TextOptions& options) {
  command
      .option("--generate", options.generate,
              "Causal models: go on with N tokens, always the most probable, and show all")
      .type_name("N")
      .range(int64_t{1}, int64_t{1} << 20);
}

void check_texts(const TextOptions& options) {
  std::vector<std::string> given;
  for (const auto& [name, there] :
       {std::pair("texts", !options.texts.empty()), std::pair("--ids", !options.ids.empty()),
        std::pair("--image", !options.image.empty()),
        std::pair("--pixels", !options.pixels.empty()),
        std::pair("--trace", !options.trace.empty())}) {
    if (there) given.emplace_back(name);
  }
  if (given.size() != 1) {
    throw Error(ErrorCode::kUsage,
                given.empty() ? "no text" : "both " + given[0] + " and " + given[1] + " are given",
                "a text A and optionally B, --ids I,J,…" +
                    std::string(options.takes_trace ? ", --image FILE or --trace FILE"
                                                    : " or --image FILE"));
  }
  if (options.target && !options.target_ids.empty()) {
    throw Error(ErrorCode::kUsage, "--target and --target-ids", "one of them");
  }
  if (!options.trace.empty() && (options.target || !options.target_ids.empty())) {
    throw Error(ErrorCode::kUsage, "--target with --trace", "texts, which a model can run");
  }
  if (!options.segments.empty() && options.ids.empty()) {
    throw Error(ErrorCode::kUsage, "--segments without --ids", "--ids I,J,…");
  }
  if (!options.ids.empty() && (!options.truncate.empty() || options.max_tokens)) {
    throw Error(ErrorCode::kUsage, "--truncate or --max-tokens with --ids", "texts, or fewer ids");
  }
  if (options.texts.size() > 2) {
    throw Error(ErrorCode::kUsage, std::to_string(options.texts.size()) + " texts", "one or two",
                "Put each text in quotes");
  }
}

Truncation truncation_option(const std::string& name) {
  if (name.empty()) return Truncation::kNone;
  std::string spelled = name;
  std::replace(spelled.begin(), spelled.end(), '_', '-');
  const auto strategy = parse_truncation(spelled);
  if (strategy && strategy != Truncation::kNone) return *strategy;
  throw Error(ErrorCode::kUsage, "truncate '" + name + "'",
              "longest-first, only-first or only-second");
}

TokenizeOptions tokenize_options(const TextOptions& options) {
  TokenizeOptions out;
  out.truncation = truncation_option(options.truncate);
  out.max_tokens = options.max_tokens;
  return out;
}

void add_ablate(const Command& command, std::string& ablate) {
  command
      .option("--ablate", ablate,
              "Switch heads off: L8H9[:zero|mean|uniform], L5H* for all of a layer")
      .type_name("HEADS");
}

void add_stack(const Command& command, std::string& stack) {
  command
      .option("--stack", stack,
              "What L2H0 means where a trace has several stacks: encoder, decoder, cross "
              "(default: the first)")
      .type_name("NAME");
}

void check_output(const std::string& path) {
  if (fs::is_directory(path)) {
    throw Error(ErrorCode::kBadInput, path + " is a directory", "a file to write");
  }
  const fs::path parent = fs::path(path).parent_path();
  const fs::path folder = parent.empty() ? "." : parent;
  if (!fs::is_directory(folder)) {
    throw Error(ErrorCode::kNotFound, "cannot write " + path + ": no folder " + folder.string(),
                "an existing folder");
  }
  if (access(fs::exists(path) ? path.c_str() : folder.c_str(), W_OK) != 0) {
    throw Error(ErrorCode::kBadInput, "cannot write " + path + ": " + std::strerror(errno),
                "permission to write there");
  }
}

std::string extension_of(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

void warn(const CommonOptions& options, const std::string& message) {
  if (!options.quiet) {
    std::fprintf(stderr, "headscope: warning: %s\n", printable(message).c_str());
  }
}

void warn_invalid_utf8(const CommonOptions& options, const std::string& text,
                       const std::string& name) {
  if (const auto problem = find_invalid_utf8(text)) {
    warn(options, name + " is not valid UTF-8 (byte offset " + std::to_string(problem->byte) +
                      ", line " + std::to_string(problem->line) +
                      "); each invalid sequence reads as U+FFFD");
  }
}

void print_json(const nlohmann::ordered_json& value) {
  const std::string text =
      value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

nlohmann::ordered_json json_of(const TokenSequence& sequence) {
  using nlohmann::ordered_json;
  ordered_json offsets = ordered_json::array(), words = ordered_json::array();
  for (size_t i = 0; i < sequence.tokens.size(); ++i) {
    const Range range = sequence.offsets[i];
    const bool word = sequence.special[i] == 0;
    offsets.push_back(word ? ordered_json{range.begin, range.end} : ordered_json(nullptr));
    words.push_back(word ? ordered_json(sequence.words[i]) : ordered_json(nullptr));
  }
  return {{"tokens", sequence.tokens},           {"ids", sequence.ids},
          {"segment_ids", sequence.segment_ids}, {"offsets", std::move(offsets)},
          {"special", sequence.special},         {"words", std::move(words)}};
}

}  // namespace headscope::cli
