#include "text/older_files.h"

#include <algorithm>

#include "headscope/error.h"
#include "io/model_files.h"
#include "text/bert_settings.h"
#include "text/sentencepiece.h"
#include "text/template_settings.h"
#include "text/tokenizer_json.h"

namespace headscope {
namespace {

int32_t require(const Tokenizer::State& state, const std::string& token,
                const std::string& source) {
  const auto id = state.vocabulary->id_of(token);
  if (!id) {
    throw Error(ErrorCode::kBadInput, source + " has no token '" + token + "'",
                "a BERT vocabulary with its special tokens",
                "Check that the vocabulary belongs to the model");
  }
  return *id;
}

std::string join(const std::string& folder, const std::string& name) {
  return folder + (folder.empty() || folder.back() == '/' ? "" : "/") + name;
}

// Ids of the special tokens that the files name, and those tokens among the ones found in a text.
void name_special_tokens(Tokenizer::State& state, const TokenizerSettings& settings) {
  std::vector<AddedToken> missing;
  const auto is_there = [&](const std::string& content) {
    const auto& all = state.added.tokens();
    return std::any_of(all.begin(), all.end(),
                       [&](const AddedToken& token) { return token.content == content; });
  };
  for (const auto& [key, token] : settings.names) {
    if (!is_there(token.content)) missing.push_back(token);
  }
  state.add_tokens(std::move(missing), settings.place);
  const auto set = [&](const char* key, int32_t& id) {
    if (const AddedToken* token = settings.name(key)) {
      id = state.id_of(token->content).value_or(-1);
    }
  };
  set("unk_token", state.special.unk);
  set("cls_token", state.special.cls);
  set("sep_token", state.special.sep);
  set("pad_token", state.special.pad);
  set("mask_token", state.special.mask);
  set("bos_token", state.special.bos);
  set("eos_token", state.special.eos);
}

// Where no file names them: the usual names, if they are special tokens of the vocabulary.
void guess_special_tokens(Tokenizer::State& state) {
  const auto guess = [&](int32_t& id, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (id >= 0) return;
      for (const AddedToken& token : state.added.tokens()) {
        if (token.special && token.content == name) id = token.id;
      }
    }
  };
  guess(state.special.unk, {"[UNK]", "<unk>"});
  guess(state.special.cls, {"[CLS]"});
  guess(state.special.sep, {"[SEP]"});
  guess(state.special.pad, {"[PAD]", "<pad>"});
  guess(state.special.mask, {"[MASK]", "<mask>"});
}

std::unique_ptr<Tokenizer::State> open_json(const std::string& text,
                                            const TokenizerSettings& settings,
                                            const std::string& folder) {
  const std::string place = join(folder, "tokenizer.json");
  Json json = parse_json(text, place);
  std::string note = apply_prefix_space(json, settings);
  auto state = tokenizer_of(json, place);
  if (!note.empty()) state->notes.push_back(std::move(note));
  apply_bert_settings(*state, settings);
  note_parts_unlike_bert(*state, json, settings);
  std::vector<AddedToken> more;
  for (const AddedToken& token : settings.added) {
    const auto& all = state->added.tokens();
    const bool known = std::any_of(all.begin(), all.end(), [&](const AddedToken& other) {
      return other.content == token.content;
    });
    if (!known) more.push_back(token);
  }
  state->add_tokens(std::move(more), settings.place);
  name_special_tokens(*state, settings);
  guess_special_tokens(*state);
  if (state->bert) state->config.lower_case = state->bert->lower_case;
  return state;
}

// Whether texts are lower-cased where no tokenizer_config.json says it.
bool default_lower_case(const TokenizerFiles& files, const std::string& vocab,
                        std::vector<std::string>& notes) {
  if (const auto saved_model = files.read("assets/model.json")) {
    const Json json = parse_json(*saved_model, join(files.source, "assets/model.json"));
    if (json.is_object() && json.contains("doLowerCase") && json["doLowerCase"].is_boolean()) {
      return json["doLowerCase"].get<bool>();
    }
  }
  if (mostly_lower_case(vocab)) return true;
  // Google's own checkpoints have cased vocabularies and say nothing; a Hugging Face folder without
  // the setting has the default.
  const bool hugging_face = files.read("config.json").has_value();
  notes.push_back(
      "no tokenizer_config.json says whether texts are lower-cased, and the vocabulary "
      "has words with capitals: " +
      std::string(hugging_face ? "they are, which is BERT's default (--cased true: not)"
                               : "they are not (--cased false: they are)"));
  return hugging_face;
}

std::unique_ptr<Tokenizer::State> open_vocab_txt(const TokenizerFiles& files,
                                                 const std::string& vocab, const std::string& name,
                                                 const TokenizerSettings& settings) {
  const bool mpnet = settings.is_class({"MPNetTokenizer"}) || settings.model_type == "mpnet";
  const bool known = settings.is_class(
      {"", "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer",
       "MobileBertTokenizer", "ConvBertTokenizer", "LayoutLMTokenizer", "LxmertTokenizer",
       "SqueezeBertTokenizer", "RetriBertTokenizer", "RealmTokenizer",
       "DPRQuestionEncoderTokenizer", "DPRContextEncoderTokenizer", "DPRReaderTokenizer",
       "PreTrainedTokenizer", "TokenizersBackend", "BertTokenizerLegacy"});
  if (!known) {
    throw Error(ErrorCode::kBadInput,
                settings.place + ": tokenizer_class is \"" + settings.class_name + "\"",
                "one that reads vocab.txt as BertTokenizer does", "Give token ids with --ids",
                "HS-TOKENIZER-01");
  }
  TokenizerConfig config;
  std::vector<std::string> notes;
  config.lower_case = settings.lower_case
                          ? *settings.lower_case
                          : settings.has_config || default_lower_case(files, vocab, notes);
  config.strip_accents = settings.strip_accents;
  config.blanks_around_ideographs = settings.blanks_around_ideographs.value_or(true);
  if (mpnet) {
    config.cls = "<s>", config.sep = "</s>", config.pad = "<pad>", config.mask = "<mask>";
  }
  const auto set = [&](const char* key, std::string& content) {
    if (const AddedToken* token = settings.name(key)) content = token->content;
  };
  set("unk_token", config.unk);
  set("cls_token", config.cls);
  set("sep_token", config.sep);
  set("pad_token", config.pad);
  set("mask_token", config.mask);
  auto state = wordpiece_tokenizer(vocab, config, join(files.source, name));
  state->notes = std::move(notes);
  state->add_tokens(settings.added, settings.place);
  name_special_tokens(*state, settings);
  if (mpnet) state->template_ = TokenTemplate::roberta(state->special.cls, state->special.sep);
  return state;
}

std::unique_ptr<Tokenizer::State> open_any(const TokenizerFiles& files,
                                           const TokenizerSettings& settings) {
  if (const auto json = files.read("tokenizer.json")) {
    return open_json(*json, settings, files.source);
  }
  for (const char* name : {"vocab.txt", "assets/vocab.txt"}) {
    if (const auto vocab = files.read(name)) return open_vocab_txt(files, *vocab, name, settings);
  }
  // What the settings say beside a vocabulary of pieces.
  const auto complete = [&](Tokenizer::State& state) {
    state.add_tokens(settings.added, settings.place);
    name_special_tokens(state, settings);
    apply_begin_and_end(state, settings);
  };
  if (auto state = open_sentencepiece(files, settings)) {
    complete(*state);
    return state;
  }
  const auto vocab = files.read("vocab.json"), merges = files.read("merges.txt");
  if (vocab && merges) {
    auto state = read_byte_level(*vocab, *merges, settings, files.source);
    complete(*state);
    return state;
  }
  throw Error(ErrorCode::kBadInput, files.source + " has no vocab.txt and no tokenizer.json",
              "a model directory with its tokenizer: tokenizer.json, vocab.txt, vocab.json and "
              "merges.txt, spiece.model, tokenizer.model or sentencepiece.bpe.model",
              "", "HS-MODEL-01");
}

}  // namespace

std::unique_ptr<Tokenizer::State> wordpiece_tokenizer(std::string_view vocab,
                                                      TokenizerConfig config,
                                                      const std::string& source) {
  auto state = std::make_unique<Tokenizer::State>();
  state->source = source;
  state->vocabulary = std::make_unique<Vocabulary>(vocabulary_lines(vocab, source), source);
  state->special.unk = require(*state, config.unk, source);
  state->special.cls = require(*state, config.cls, source);
  state->special.sep = require(*state, config.sep, source);
  state->special.pad = require(*state, config.pad, source);
  state->special.mask = require(*state, config.mask, source);
  state->model =
      std::make_unique<WordPieceModel>(*state->vocabulary, state->special.unk, kMaxWordCharacters);
  const BertNormalization bert{.clean = true,
                               .ideographs = config.blanks_around_ideographs,
                               .strip_accents = config.strip_accents.value_or(config.lower_case),
                               .lower_case = config.lower_case};
  state->bert = bert;
  state->bert_words = true;
  state->normalizer.add([bert](AlignedText& text) { bert_normalise(text, bert); });
  state->pre_tokenizer = read_pre_tokenizer({{"type", "BertPreTokenizer"}}, source);
  state->template_ = TokenTemplate::bert(state->special.cls, state->special.sep);
  state->decoding = Decoding::kWordPiece;
  std::vector<AddedToken> added;
  for (const std::string& content : {config.unk, config.cls, config.sep, config.pad, config.mask}) {
    added.push_back({.id = -1, .content = content, .special = true});
  }
  state->config = std::move(config);
  state->add_tokens(std::move(added), source);
  state->finish();
  return state;
}

std::unique_ptr<Tokenizer::State> open_tokenizer(const TokenizerFiles& files,
                                                 const TokenizerOptions& options) {
  TokenizerSettings settings = read_settings(files);
  settings.target = options.target;
  refuse_python_tokenizers(settings);
  auto state = open_any(files, settings);
  state->config.max_positions = options.max_positions;
  state->rows = options.rows;
  state->segments = settings.segments;
  const std::string side = string_field(settings.config, "truncation_side", settings.place, "");
  if (!side.empty()) state->truncates_left = side == "left";
  if (settings.flag("split_special_tokens", false)) state->added.split_special();
  state->finish();
  return state;
}

}  // namespace headscope
