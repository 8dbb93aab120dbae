#include "text/tokenizer_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>

#include "format/read_file.h"
#include "headscope/error.h"
#include "headscope/utf8.h"
#include "io/gguf_folder.h"
#include "io/gguf_model.h"
#include "io/gguf_tokenizer_json.h"
#include "io/model_files.h"

namespace headscope {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kVocabularies = {
    "tokenizer.json", "vocab.txt",       "vocab.json",
    "spiece.model",   "tokenizer.model", "sentencepiece.bpe.model"};

// What a GGUF file says, as the files of a folder.
TokenizerFiles gguf_files_of(const std::string& path, const std::optional<GgufTokenizer>& its) {
  if (!its) {
    throw Error(ErrorCode::kBadInput, path + " holds no tokenizer", "one in its metadata",
                "Give the model's own with --tokenizer DIR, or token ids with --ids",
                "HS-TOKENIZER-01");
  }
  const GgufTokenizerFiles made = gguf_tokenizer_files(*its);
  return {path, [made](const std::string& name) -> std::optional<std::string> {
            if (name == "tokenizer.json") return made.tokenizer;
            if (name == "tokenizer_config.json") return made.config;
            return std::nullopt;
          }};
}

std::optional<std::string> read_if_there(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  return read_file(path.string());
}

TokenizerFiles folder_files_of(const std::string& folder) {
  return {folder,
          [folder](const std::string& name) { return read_if_there(fs::path(folder) / name); }};
}

// One vocabulary file with its settings, and with the merges of a vocab.json. The folder's other
// vocabularies are ignored, since the user named this one.
TokenizerFiles single_file(const std::string& path) {
  const fs::path file(path), folder = file.parent_path().empty() ? "." : file.parent_path();
  std::string its = file.filename().string();
  if (std::find(kVocabularies.begin(), kVocabularies.end(), its) == kVocabularies.end()) {
    if (file.extension() != ".json") {
      std::string known;
      for (const std::string_view name : kVocabularies) {
        known += (known.empty() ? "" : ", ") + std::string(name);
      }
      throw Error(ErrorCode::kBadInput, path + " is no file of a tokenizer",
                  "a folder, a GGUF file, or one of " + known, "", "HS-TOKENIZER-01");
    }
    its = "tokenizer.json";
  }
  return {folder.string(), [=](const std::string& name) -> std::optional<std::string> {
            if (name == its) return read_file(path);
            const bool other =
                std::find(kVocabularies.begin(), kVocabularies.end(), name) != kVocabularies.end();
            return other ? std::nullopt : read_if_there(folder / name);
          }};
}

TokenizerFiles files_at(const std::string& path) {
  if (is_gguf_file(path)) return gguf_files_of(path, open_gguf(path).tokenizer);
  if (fs::is_directory(path)) return folder_files_of(path);
  if (fs::is_regular_file(path)) return single_file(path);
  throw Error(ErrorCode::kNotFound, "no tokenizer at " + path,
              "a folder, a GGUF file or a file of a tokenizer");
}

// The names in a GGUF file are those of its embeddings' rows: another tokenizer whose tokens differ
// would run and show nonsense. WordPiece is left out, since GGUF rewrites its pieces, and so are
// added tokens, which converters rewrite now and then.
void require_same_tokens(const GgufTokenizer& file, const Tokenizer& given,
                         const std::string& place) {
  if (file.model == "bert") return;
  const auto count = std::min<int64_t>(given.base_size(), static_cast<int64_t>(file.tokens.size()));
  for (int32_t id = 0; id < count; ++id) {
    const std::string& its = file.tokens[static_cast<size_t>(id)];
    const std::string& token = given.token(id);
    const bool added =
        !file.types.empty() && file.types[static_cast<size_t>(id)] != GgufTokenType::kNormal;
    if (added || token.empty() || token == its || find_invalid_utf8(its)) continue;
    throw Error(ErrorCode::kBadInput,
                place + " calls token " + std::to_string(id) + " \"" + token + "\", " +
                    file.source + " \"" + its + "\"",
                "the tokenizer of this model", "Give the one that the model was trained with",
                "HS-TOKENIZER-01");
  }
}

}  // namespace

Tokenizer open_tokenizer_of(const ModelSource& model, const std::string& given,
                            std::optional<int64_t> max_positions, bool target) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  const GgufModel* gguf = model.gguf();
  TokenizerOptions options;
  options.target = target;
  const bool has_config = gguf || fs::exists(fs::path(model.path()) / "config.json");
  if (!max_positions || has_config) {
    const ModelConfigFile& file = model.config();
    options.max_positions =
        max_positions ? *max_positions
                      : int_field(file.config, "max_position_embeddings", file.source, 1, kMost,
                                  kMost);  // T5 and BLOOM have no limit
    const int64_t rows = int_field(file.config, "vocab_size", file.source, 0, kMost, 0);
    if (rows > 0) options.rows = rows;
  } else {
    options.max_positions = *max_positions;
  }
  if (!given.empty()) {
    Tokenizer tokenizer = Tokenizer::open(files_at(given), options);
    if (gguf && gguf->tokenizer) require_same_tokens(*gguf->tokenizer, tokenizer, given);
    return tokenizer;
  }
  if (gguf) return Tokenizer::open(gguf_files_of(model.path(), gguf->tokenizer), options);
  return Tokenizer::open(folder_files_of(model.path()), options);
}

}  // namespace headscope
