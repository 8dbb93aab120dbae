#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

#include "corpus/conllu.h"
#include "corpus/line_source.h"
#include "format/json.h"
#include "headscope/corpus.h"
#include "headscope/error.h"
#include "headscope/utf8.h"

namespace headscope {
namespace {

constexpr std::array<std::string_view, 3> kFormats = {"text", "jsonl", "conllu"};

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string::npos;
}

// The ten columns of a word of CoNLL-U.
bool is_conllu_word(const std::string& line) {
  return !line.empty() && line[0] >= '0' && line[0] <= '9' &&
         std::count(line.begin(), line.end(), '\t') == 9;
}

// Text whose first line is one of another format, under a name that does not say so: its marks
// would be read as words.
void refuse_other_format(LineSource& lines) {
  std::string line;
  while (lines.next(line) && (is_blank(line) || line.starts_with("# "))) {
  }
  const int64_t number = lines.line();
  lines.rewind();
  const bool json = line.starts_with('{') && Json::parse(line, nullptr, false).is_object();
  if (!json && !is_conllu_word(line)) return;
  throw Error(ErrorCode::kUsage,
              lines.name() + ", line " + std::to_string(number) + " is " +
                  (json ? "a JSON object" : "a word of CoNLL-U"),
              "a sentence or passage a line",
              std::string("Say how it is to be read: --format ") + (json ? "jsonl" : "conllu") +
                  ", or --format text");
}

}  // namespace

std::string_view name_of(CorpusFormat format) { return kFormats[static_cast<size_t>(format)]; }

CorpusFormat parse_corpus_format(const std::string& name) {
  for (size_t f = 0; f < kFormats.size(); ++f) {
    if (kFormats[f] == name) return static_cast<CorpusFormat>(f);
  }
  throw Error(ErrorCode::kUsage, "format \"" + name + "\"", "text, jsonl or conllu");
}

CorpusFormat format_of_path(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
  const size_t dot = file.find_last_of('.');
  if (dot == std::string::npos) return CorpusFormat::kText;
  std::string extension = file.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto among = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), extension) != names.end();
  };
  if (among({"jsonl", "ndjson", "jsonlines"})) return CorpusFormat::kJsonLines;
  if (among({"conllu", "conll"})) return CorpusFormat::kConllu;
  // Structured text whose marks would be read as words.
  if (among({"json", "conllup", "csv", "tsv", "xml", "html", "htm", "tei", "parquet", "arrow"})) {
    throw Error(ErrorCode::kUsage, path + ": ." + extension + " is no format of a corpus",
                "text (.txt), JSONL (.jsonl, .ndjson, .jsonlines) or CoNLL-U (.conllu, .conll)",
                "Convert it, or say how it is to be read: --format text, jsonl or conllu");
  }
  return CorpusFormat::kText;
}

struct CorpusReader::State {
  struct File {
    LineSource lines;
    CorpusFormat format;
  };
  std::vector<File> files;
  size_t file = 0;
  int64_t document = -1;
  bool begins = true;  // the next text begins a document
  std::string invalid;

  std::string place(size_t of, int64_t line) const {
    return files[of].lines.name() + ", line " + std::to_string(line);
  }
  bool read(LineSource& lines, std::string& line) {
    if (!lines.next(line)) return false;
    if (const auto problem = find_invalid_utf8(line)) {
      if (invalid.empty()) {
        invalid = lines.name() + ", byte " +
                  std::to_string(lines.offset() + static_cast<int64_t>(problem->byte)) + ", line " +
                  std::to_string(lines.line());
      }
      line = to_valid_utf8(line);
    }
    return true;
  }
  CorpusText start(int64_t line) {
    if (begins) ++document;
    begins = false;
    CorpusText text;
    text.document = document;
    text.file = file;
    text.line = line;
    return text;
  }

  std::optional<CorpusText> next_line(LineSource& lines);
  std::optional<CorpusText> next_json(LineSource& lines);
  std::optional<CorpusText> next_sentence(LineSource& lines);
};

std::optional<CorpusText> CorpusReader::State::next_line(LineSource& lines) {
  std::string line;
  while (read(lines, line)) {
    if (is_blank(line)) {
      begins = true;
      continue;
    }
    CorpusText text = start(lines.line());
    text.a = std::move(line);
    return text;
  }
  return std::nullopt;
}

std::optional<CorpusText> CorpusReader::State::next_json(LineSource& lines) {
  std::string line;
  while (read(lines, line)) {
    if (is_blank(line)) {
      begins = true;
      continue;
    }
    const std::string where = place(file, lines.line());
    const Json json = parse_json(line, where);
    CorpusText text = start(lines.line());
    if (json.is_string()) {
      text.a = json.get<std::string>();
      return text;
    }
    if (!json.is_object()) {
      throw Error(ErrorCode::kBadInput, where + ": " + describe(json),
                  R"("text" or {"a": text, "b": text or null})");
    }
    for (const char* key : {"truncate", "max_tokens"}) {
      if (find_field(json, key, where)) {
        throw Error(ErrorCode::kBadInput, where + ": \"" + key + "\" of a single text",
                    "one setting for the whole corpus", "Use --truncate and --max-tokens");
      }
    }
    text.a = string_field(json, json.contains("a") ? "a" : "text", where);
    if (find_field(json, "b", where)) text.b = string_field(json, "b", where);
    return text;
  }
  return std::nullopt;
}

std::optional<CorpusText> CorpusReader::State::next_sentence(LineSource& lines) {
  std::optional<ConlluSentence> sentence;
  CorpusText text;
  std::string line;
  while (read(lines, line)) {
    if (is_blank(line)) {
      if (sentence) break;
      continue;
    }
    const std::string where = place(file, lines.line());
    if (line[0] == '#') {
      if (line.starts_with("# newdoc") || line.starts_with("#newdoc")) begins = true;
      continue;
    }
    if (!sentence) {
      sentence.emplace(where);
      text = start(lines.line());
    }
    sentence->add(line, where);
  }
  if (!sentence) return std::nullopt;
  if (sentence->empty()) {
    throw Error(ErrorCode::kBadInput, place(file, text.line) + ": a sentence without words",
                "words");
  }
  sentence->finish(text.a, text.annotation);
  return text;
}

CorpusReader::CorpusReader(std::vector<std::string> paths, std::optional<CorpusFormat> format)
    : state_(std::make_unique<State>()) {
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    throw Error(ErrorCode::kUsage, "'-' more than once", "standard input once");
  }
  for (const std::string& path : paths) {
    state_->files.push_back({LineSource(path), format ? *format : format_of_path(path)});
    State::File& file = state_->files.back();
    if (!format && file.format == CorpusFormat::kText) refuse_other_format(file.lines);
  }
}
CorpusReader::~CorpusReader() = default;
CorpusReader::CorpusReader(CorpusReader&&) noexcept = default;

std::optional<CorpusText> CorpusReader::next() {
  State& s = *state_;
  for (; s.file < s.files.size(); ++s.file, s.begins = true) {
    State::File& file = s.files[s.file];
    std::optional<CorpusText> text = file.format == CorpusFormat::kText ? s.next_line(file.lines)
                                     : file.format == CorpusFormat::kJsonLines
                                         ? s.next_json(file.lines)
                                         : s.next_sentence(file.lines);
    if (text) return text;
  }
  return std::nullopt;
}

void CorpusReader::rewind() {
  for (State::File& file : state_->files) file.lines.rewind();
  state_->file = 0;
  state_->document = -1;
  state_->begins = true;
}

CorpusFormat CorpusReader::format(size_t file) const { return state_->files.at(file).format; }

const std::string& CorpusReader::invalid_utf8() const { return state_->invalid; }

std::string CorpusReader::place(const CorpusText& text) const {
  return state_->place(text.file, text.line);
}

}  // namespace headscope
