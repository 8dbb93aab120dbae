// The tokenizer of each family with a sentencepiece model, as transformers 5 builds it.
#include <algorithm>
#include <memory>

#include "headscope/error.h"
#include "text/byte_letters.h"
#include "text/characters.h"
#include "text/charsmap.h"
#include "text/marian_model.h"
#include "text/sentencepiece.h"

namespace headscope {
namespace {

using State = Tokenizer::State;

constexpr char32_t kMark = 0x2581;

std::string join(const std::string& folder, const std::string& name) {
  return folder + (folder.empty() || folder.back() == '/' ? "" : "/") + name;
}

std::string text_of(const TokenizerSettings& settings, const char* key, const char* otherwise) {
  const AddedToken* token = settings.name(key);
  return token ? token->content : otherwise;
}

int32_t require(const State& state, const std::string& token) {
  const auto id = state.id_of(token);
  if (!id) {
    throw Error(ErrorCode::kBadInput, state.source + " has no token '" + token + "'",
                "a vocabulary with its special tokens",
                "Check that the vocabulary belongs to the model");
  }
  return *id;
}

void add_special(State& state, const std::vector<std::string>& contents) {
  std::vector<AddedToken> tokens;
  for (const std::string& content : contents) {
    tokens.push_back({.id = -1, .content = content, .special = true});
  }
  state.add_tokens(std::move(tokens), state.source);
}

void add_charsmap(State& state, const SentencePieceModel& model) {
  if (model.charsmap.empty()) return;
  const auto map = std::make_shared<const CharsMap>(model.charsmap, state.source);
  state.normalizer.add([map](AlignedText& text) { map->apply(text); });
}

// Unigram families: texts are split at blanks, each word begins with the mark.
void cut_at_marks(State& state) {
  state.pre_tokenizer.add(split_at_white_space(), true);
  state.pre_tokenizer.add(metaspace(std::u32string(1, kMark), Prepend::kAlways, true), true);
  state.decoding = Decoding::kMetaspace;
}

void set_unigram(State& state, std::vector<std::string> tokens, std::vector<double> scores,
                 int32_t unknown) {
  state.vocabulary = std::make_unique<Vocabulary>(std::move(tokens), state.source, "");
  state.model =
      std::make_unique<UnigramModel>(*state.vocabulary, std::move(scores), unknown, false);
  state.special.unk = unknown;
}

void unpack(const SentencePieceModel& model, std::vector<std::string>& tokens,
            std::vector<double>& scores) {
  for (const SentencePiece& piece : model.pieces) {
    tokens.push_back(piece.text);
    scores.push_back(static_cast<double>(piece.score));
  }
}

int32_t unknown_of(const SentencePieceModel& model, const std::string& source) {
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    if (model.pieces[id].type == SentencePiece::kUnknown) return static_cast<int32_t>(id);
  }
  throw Error(ErrorCode::kBadInput, source + " has no unknown piece", "one of that type");
}

void t5(State& state, const SentencePieceModel& model, const TokenizerSettings& settings) {
  std::vector<std::string> tokens;
  std::vector<double> scores;
  unpack(model, tokens, scores);
  constexpr int64_t kMost = 10'000;
  const int64_t extra = int_field(settings.config, "extra_ids", settings.place, 0, kMost, 100);
  std::vector<std::string> specials = {"<pad>", "</s>", "<unk>"};
  for (int64_t i = extra; i-- > 0;) {
    const std::string name = "<extra_id_" + std::to_string(i) + ">";
    specials.push_back(name);
    if (std::find(tokens.begin(), tokens.end(), name) != tokens.end()) continue;
    tokens.push_back(name);
    scores.push_back(0);
  }
  set_unigram(state, std::move(tokens), std::move(scores), unknown_of(model, state.source));
  add_charsmap(state, model);
  cut_at_marks(state);
  add_special(state, specials);
  const int32_t end = require(state, text_of(settings, "eos_token", "</s>"));
  state.template_.single = {{TemplateItem::kA, 0, 0}, {TemplateItem::kSpecial, end, 0}};
  state.template_.pair = state.template_.single;
  state.template_.pair.push_back({TemplateItem::kB, 0, 0});
  state.template_.pair.push_back({TemplateItem::kSpecial, end, 0});
}

void albert(State& state, const SentencePieceModel& model, const TokenizerSettings& settings) {
  std::vector<std::string> tokens;
  std::vector<double> scores;
  unpack(model, tokens, scores);
  set_unigram(state, std::move(tokens), std::move(scores), unknown_of(model, state.source));
  for (const char* quotes : {"``", "''"}) {
    state.normalizer.add([quotes = codes_of(quotes)](AlignedText& text) {
      replace(text, find_text(text.codes, quotes), U"\"");
    });
  }
  if (!settings.flag("keep_accents", false)) {
    state.normalizer.add([](AlignedText& text) {
      normalise(text, NormalForm::kNfkd);
      filter(text, [](char32_t c) { return !is_combining_mark(c); });
    });
  }
  if (settings.flag("do_lower_case", true)) {
    state.normalizer.add([](AlignedText& text) { lower_case(text); });
  }
  add_charsmap(state, model);
  cut_at_marks(state);
  const std::string cls = text_of(settings, "cls_token", "[CLS]");
  const std::string sep = text_of(settings, "sep_token", "[SEP]");
  add_special(state, {"<pad>", "<unk>", cls, sep, text_of(settings, "mask_token", "[MASK]")});
  state.template_ = TokenTemplate::bert(require(state, cls), require(state, sep));
}

// fairseq's ids: four special tokens come first, so the ids of the pieces from the fourth on are
// one higher, and the mask is last.
void xlm_roberta(State& state, const SentencePieceModel& model, const TokenizerSettings& settings) {
  constexpr size_t kOwn = 3;  // <unk>, <s>, </s> of the file
  std::vector<std::string> tokens = {"<s>", "<pad>", "</s>", "<unk>"};
  std::vector<double> scores(tokens.size(), 0.0);
  for (size_t i = kOwn; i < model.pieces.size(); ++i) {
    tokens.push_back(model.pieces[i].text);
    scores.push_back(static_cast<double>(model.pieces[i].score));
  }
  const std::string mask = text_of(settings, "mask_token", "<mask>");
  tokens.push_back(mask);
  scores.push_back(0);
  constexpr int32_t kUnknown = 3;
  set_unigram(state, std::move(tokens), std::move(scores), kUnknown);
  add_charsmap(state, model);
  cut_at_marks(state);
  add_special(state, {"<s>", "<pad>", "</s>", "<unk>"});
  state.add_tokens({{.id = -1, .content = mask, .lstrip = true, .special = true}}, state.source);
  state.template_ = TokenTemplate::roberta(require(state, "<s>"), require(state, "</s>"));
}

void set_bpe(State& state, const SentencePieceModel& model, bool names_unknown) {
  std::vector<std::string> tokens;
  std::vector<double> scores;
  unpack(model, tokens, scores);
  state.vocabulary = std::make_unique<Vocabulary>(std::move(tokens), state.source, "");
  BpeModel::Options options;
  options.fuse_unknown = true;
  options.byte_fallback = true;
  if (names_unknown) options.unknown = unknown_of(model, state.source);
  state.model = std::make_unique<BpeModel>(
      *state.vocabulary, merges_by_score(model, *state.vocabulary), std::move(options));
  state.special.unk = unknown_of(model, state.source);
  state.decoding = Decoding::kMetaspace;
  std::vector<AddedToken> added;
  for (const SentencePiece& piece : model.pieces) {
    const bool control =
        piece.type == SentencePiece::kControl || piece.type == SentencePiece::kUnknown;
    if (control || piece.type == SentencePiece::kUserDefined) {
      added.push_back({.id = -1, .content = piece.text, .special = control});
    }
  }
  state.add_tokens(std::move(added), state.source);
}

void begin_with(State& state, const TokenizerSettings& settings, const char* otherwise) {
  if (!settings.flag("add_bos_token", true)) return;
  const int32_t begin = require(state, text_of(settings, "bos_token", otherwise));
  state.template_.single = {{TemplateItem::kSpecial, begin, 0}, {TemplateItem::kA, 0, 0}};
  state.template_.pair = {{TemplateItem::kSpecial, begin, 0},
                          {TemplateItem::kA, 0, 0},
                          {TemplateItem::kSpecial, begin, 1},
                          {TemplateItem::kB, 0, 1}};
}

void llama(State& state, const SentencePieceModel& model, const TokenizerSettings& settings) {
  set_bpe(state, model, false);
  state.pre_tokenizer.add(metaspace(std::u32string(1, kMark), Prepend::kFirst, false), false);
  begin_with(state, settings, "<s>");
}

// The Llama tokenizer of transformers 4, which other families keep: the mark stands before every
// part of the text between added tokens.
void mistral(State& state, const SentencePieceModel& model, const TokenizerSettings& settings) {
  set_bpe(state, model, true);
  state.normalizer.add([](AlignedText& text) {
    prepend(text, std::u32string(1, kMark));
    map(text, [](char32_t c) { return c == ' ' ? kMark : c; });
  });
  begin_with(state, settings, "<s>");
}

void gemma(State& state, const SentencePieceModel& model, const TokenizerSettings& settings) {
  set_bpe(state, model, true);
  state.normalizer.add(
      [](AlignedText& text) { map(text, [](char32_t c) { return c == ' ' ? kMark : c; }); });
  begin_with(state, settings, "<bos>");
}

}  // namespace

std::unique_ptr<State> open_sentencepiece(const TokenizerFiles& files,
                                          const TokenizerSettings& settings) {
  if (files.read("source.spm")) return open_marian(files, settings);
  for (const char* name :
       {"spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "spm.model"}) {
    const auto bytes = files.read(name);
    if (!bytes) continue;
    const SentencePieceModel model = read_sentencepiece(*bytes, join(files.source, name));
    auto state = std::make_unique<State>();
    state->source = join(files.source, name);
    const auto is = [&](std::initializer_list<std::string_view> classes, std::string_view type) {
      const bool any = settings.is_class({"", "TokenizersBackend", "PreTrainedTokenizer"});
      return any ? settings.model_type.starts_with(type) : settings.is_class(classes);
    };
    const bool bpe = model.algorithm == SentencePieceModel::kBpe;
    if (!bpe && is({"T5Tokenizer"}, "t5")) {
      t5(*state, model, settings);
    } else if (!bpe && is({"AlbertTokenizer"}, "albert")) {
      albert(*state, model, settings);
    } else if (!bpe && is({"XLMRobertaTokenizer"}, "xlm-roberta")) {
      xlm_roberta(*state, model, settings);
    } else if (bpe && is({"LlamaTokenizer"}, "llama")) {
      llama(*state, model, settings);
    } else if (bpe && is({}, "mistral")) {
      mistral(*state, model, settings);
    } else if (bpe && is({"GemmaTokenizer"}, "gemma")) {
      gemma(*state, model, settings);
    } else {
      throw Error(ErrorCode::kBadInput,
                  state->source + (bpe ? " (BPE)" : " (unigram)") + " of tokenizer_class \"" +
                      settings.class_name + "\", model_type \"" + settings.model_type + "\"",
                  "that of T5, ALBERT, XLM-RoBERTa, Llama, Mistral or Gemma, or a tokenizer.json",
                  "Give token ids with --ids", "HS-TOKENIZER-01");
    }
    return state;
  }
  return nullptr;
}

}  // namespace headscope
