// headscope tokens A [B] | --lines FILE | --jsonl FILE
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "headscope/error.h"
#include "headscope/file_kind.h"
#include "headscope/models.h"
#include "headscope/utf8.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

struct TokensOptions {
  CommonOptions common;
  TextOptions texts;
  std::string lines, jsonl, cased;
};

void print_table(const TokenSequence& s) {
  std::printf("%5s  %-20s %7s  %3s  %5s  %s\n", "index", "token", "id", "seg", "word", "bytes");
  for (size_t i = 0; i < s.tokens.size(); ++i) {
    std::printf("%5zu  %s %7d  %3d  ", i, cell(s.tokens[i], 20).c_str(), s.ids[i],
                s.segment_ids[i]);
    if (s.special[i]) {
      std::printf("%5s  %s\n", "-", "-");
    } else {
      std::printf("%5d  %lld:%lld\n", s.words[i], static_cast<long long>(s.offsets[i].begin),
                  static_cast<long long>(s.offsets[i].end));
    }
  }
}

struct TextPair {
  std::string a;
  std::optional<std::string> b;
  TokenizeOptions options;
};

TokenSequence encode(const Tokenizer& tokenizer, const TextPair& pair) {
  std::optional<std::string_view> b;
  if (pair.b) b = *pair.b;
  return tokenizer.encode(pair.a, b, pair.options);
}

// JSON must be UTF-8. Invalid bytes travel through the parser as MARK + two hex digits, MARK being
// a private-use character that the line does not hold, so that offsets still count original bytes.
class InvalidBytes {
 public:
  explicit InvalidBytes(const std::string& line) {
    char32_t mark = 0xF0000;
    do {
      mark_.clear();
      append_utf8(mark_, mark++);
    } while (line.find(mark_) != std::string::npos);
  }
  std::string hide(const std::string& line) const {
    std::string out;
    for (size_t pos = 0; pos < line.size();) {
      const Utf8Char c = read_utf8(line, pos);
      for (uint32_t i = 0; !c.valid && i < c.bytes; ++i) {
        char hex[3];
        std::snprintf(hex, sizeof hex, "%02x",
                      static_cast<unsigned>(static_cast<uint8_t>(line[pos + i])));
        out += mark_ + hex;
      }
      if (c.valid) out.append(line, pos, c.bytes);
      pos += c.bytes;
    }
    return out;
  }
  std::string restore(std::string text) const {
    for (size_t pos = 0; (pos = text.find(mark_, pos)) != std::string::npos; ++pos) {
      const std::string hex = text.substr(pos + mark_.size(), 2);
      const char byte = static_cast<char>(std::stoi(hex, nullptr, 16));
      text.replace(pos, mark_.size() + 2, 1, byte);
    }
    return text;
  }

 private:
  std::string mark_;
};

[[noreturn]] void refuse_object(const std::string& got) {
  throw Error(
      ErrorCode::kBadInput, got,
      R"("text", or an object {"a": text, "b": text or null, "truncate": …, "max_tokens": …})");
}

TextPair parse_object(const std::string& line, TokenizeOptions options) {
  const bool valid = !find_invalid_utf8(line);
  const InvalidBytes invalid(line);
  const auto json = nlohmann::json::parse(valid ? line : invalid.hide(line), nullptr, false);
  if (json.is_discarded()) refuse_object("a line that is not JSON");
  const auto text = [&](const nlohmann::json& value) {
    const std::string found = value.get<std::string>();
    return valid ? found : invalid.restore(found);
  };
  TextPair pair{"", std::nullopt, options};
  if (json.is_string()) {
    pair.a = text(json);
    return pair;
  }
  if (!json.is_object()) refuse_object(std::string("a JSON ") + json.type_name());
  const char* key = json.contains("a") ? "a" : "text";
  if (!json.contains(key) || !json[key].is_string()) refuse_object("\"a\" missing or no string");
  pair.a = text(json[key]);
  if (json.contains("b") && !json["b"].is_null()) {
    if (!json["b"].is_string()) refuse_object("\"b\" is no string");
    pair.b = text(json["b"]);
  }
  if (json.contains("truncate") && !json["truncate"].is_null()) {
    if (!json["truncate"].is_string()) refuse_object("\"truncate\" is no string");
    pair.options.truncation = truncation_option(json["truncate"]);
  }
  if (json.contains("max_tokens") && !json["max_tokens"].is_null()) {
    if (!json["max_tokens"].is_number_integer()) refuse_object("\"max_tokens\" is no whole number");
    pair.options.max_tokens = json["max_tokens"].get<int64_t>();
  }
  return pair;
}

// One output line for each input line. A line that cannot be read gives {"error": …} in its place,
// a message on stderr, and exit code 3 at the end.
class FileTokenizer {
 public:
  FileTokenizer(const TokensOptions& options, const Tokenizer& tokenizer, TokenizeOptions defaults)
      : options_(options), tokenizer_(tokenizer), defaults_(defaults) {}

  void run(std::istream& in, const std::string& name) {
    std::string line;
    size_t bytes = 0;
    for (line_ = 1; std::getline(in, line); ++line_) {
      const size_t length = line.size() + 1;
      const size_t mark = line_ == 1 ? begin(line, name) : 0;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      warn_once(line, name, bytes + mark);
      bytes += length;
      if (options_.lines.empty() && line.find_first_not_of(" \t\r") == std::string::npos) continue;
      take(line, name);
    }
    if (in.bad()) throw Error(ErrorCode::kBadInput, name + " cannot be read", "a readable file");
    if (failed_ > 0) {
      throw Error(ErrorCode::kBadInput,
                  std::to_string(failed_) + " of the lines of " + name + " could not be taken");
    }
  }

 private:
  // The first line says what the file is, and loses a byte-order mark; returns that mark's bytes.
  static size_t begin(std::string& line, const std::string& name) {
    require_text(line, name);
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (!line.starts_with(kMark)) return 0;
    line.erase(0, kMark.size());
    return kMark.size();
  }
  void take(const std::string& line, const std::string& name) {
    try {
      print_json(json_of(encode(tokenizer_, options_.lines.empty()
                                                ? parse_object(line, defaults_)
                                                : TextPair{line, std::nullopt, defaults_})));
    } catch (const Error& error) {
      ++failed_;
      std::fprintf(stderr, "headscope: %s, line %zu: %s\n", name.c_str(), line_, error.what());
      print_json({{"error",
                   {{"code", error.id().text()},
                    {"got", error.got()},
                    {"expected", error.expected()},
                    {"action", error.action()}}},
                  {"line", line_}});
    }
  }
  void warn_once(const std::string& line, const std::string& name, size_t line_start) {
    if (warned_) return;
    const auto problem = find_invalid_utf8(line);
    if (!problem) return;
    warned_ = true;
    warn(options_.common, name + " is not valid UTF-8 (first at byte offset " +
                              std::to_string(line_start + problem->byte) + ", line " +
                              std::to_string(line_) + "); each invalid sequence reads as U+FFFD");
  }

  const TokensOptions& options_;
  const Tokenizer& tokenizer_;
  TokenizeOptions defaults_;
  size_t line_ = 0;
  size_t failed_ = 0;
  bool warned_ = false;
};

void run_file(const TokensOptions& options, const Tokenizer& tokenizer,
              const TokenizeOptions& defaults) {
  const std::string path = options.lines.empty() ? options.jsonl : options.lines;
  FileTokenizer files(options, tokenizer, defaults);
  if (path == "-") return files.run(std::cin, "standard input");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorCode::kNotFound, "no file '" + path + "'", "a readable file");
  files.run(in, path);
}

// What encoder and decoder read; the decoder's first token is the model's, so the model is opened.
void run_with_target(const TokensOptions& options) {
  const std::unique_ptr<Model> model = open_model_of(options.common);
  const ModelInput input = tokenize_texts(options.common, options.texts, *model);
  if (options.common.json) {
    return print_json({{"source", json_of(input.text)}, {"target", json_of(*input.target)}});
  }
  std::printf("source\n");
  print_table(input.text);
  std::printf("\ntarget\n");
  print_table(*input.target);
}

void run(const TokensOptions& options) {
  const int sources =
      !options.texts.texts.empty() + !options.lines.empty() + !options.jsonl.empty();
  if (sources != 1) {
    throw Error(ErrorCode::kUsage, std::to_string(sources) + " sources of text",
                "exactly one: A [B], --lines FILE or --jsonl FILE");
  }
  const bool target = options.texts.target || !options.texts.target_ids.empty();
  if (options.texts.texts.empty() && (target || !options.texts.segments.empty())) {
    throw Error(ErrorCode::kUsage, "--target or --segments with --lines or --jsonl",
                "a text: headscope tokens A --target TEXT");
  }
  if (target) return run_with_target(options);
  TokenizeOptions defaults = tokenize_options(options.texts);
  defaults.allow_empty = sources == 1 && options.texts.texts.empty();
  if (!options.cased.empty()) defaults.lower_case = options.cased == "false";
  const Tokenizer tokenizer = Tokenizer::from_directory(find_model(options.common.model),
                                                        std::nullopt, options.common.tokenizer);
  for (const std::string& note : tokenizer.notes()) warn(options.common, note);
  if (options.texts.texts.empty()) return run_file(options, tokenizer, defaults);
  check_texts(options.texts);
  TextPair pair{options.texts.texts[0], std::nullopt, defaults};
  if (options.texts.texts.size() == 2) pair.b = options.texts.texts[1];
  warn_invalid_utf8(options.common, pair.a, "text A");
  if (pair.b) warn_invalid_utf8(options.common, *pair.b, "text B");
  const TokenSequence sequence = encode(tokenizer, pair);
  if (options.common.json) return print_json(json_of(sequence));
  print_table(sequence);
}

}  // namespace

void register_tokens(CommandLine& line) {
  const auto options = std::make_shared<TokensOptions>();
  const Command command = line.add("tokens", "Tokens, ids, segments and byte offsets");
  add_common(command, options->common);
  add_texts(command, options->texts);
  command.option("--lines", options->lines, "One text a line; '-' = standard input");
  command.option("--jsonl", options->jsonl, R"(Objects {"a": …, "b": …}, one a line)");
  command.option("--cased", options->cased, "Overrides the model's setting")
      .one_of({"true", "false"});
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
