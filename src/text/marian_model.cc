#include "text/marian_model.h"

#include "headscope/error.h"
#include "headscope/utf8.h"
#include "text/charsmap.h"

namespace headscope {
namespace {

std::string join(const std::string& folder, const std::string& name) {
  return folder + (folder.empty() || folder.back() == '/' ? "" : "/") + name;
}

// The pieces of sentencepiece's own segmentation as ids of another vocabulary.
class MarianModel : public TokenModel {
 public:
  MarianModel(const SentencePieceModel& model, const Vocabulary& names, int32_t unknown,
              const std::string& source)
      : pieces_(texts(model), source, ""),
        unigram_(pieces_, scores(model), piece_unknown(model), false),
        names_(names),
        unknown_(unknown) {}

  void tokens(std::string_view part, std::vector<Piece>& out) const override {
    unigram_.tokens(part, out);
    for (Piece& piece : out) {
      const auto id = names_.id_of(part.substr(piece.begin, piece.end - piece.begin));
      piece.id = id.value_or(unknown_);
    }
  }

 private:
  static std::vector<std::string> texts(const SentencePieceModel& model) {
    std::vector<std::string> out;
    for (const SentencePiece& piece : model.pieces) {
      const bool plain =
          piece.type == SentencePiece::kNormal || piece.type == SentencePiece::kUserDefined;
      out.push_back(plain ? piece.text : std::string());
    }
    return out;
  }
  static std::vector<double> scores(const SentencePieceModel& model) {
    std::vector<double> out;
    for (const SentencePiece& piece : model.pieces) {
      out.push_back(static_cast<double>(piece.score));
    }
    return out;
  }
  static std::optional<int32_t> piece_unknown(const SentencePieceModel& model) {
    for (size_t id = 0; id < model.pieces.size(); ++id) {
      if (model.pieces[id].type == SentencePiece::kUnknown) return static_cast<int32_t>(id);
    }
    return std::nullopt;
  }

  Vocabulary pieces_;
  UnigramModel unigram_;
  const Vocabulary& names_;
  int32_t unknown_;
};

std::vector<std::string> read_names(const std::string& text, const std::string& source) {
  const Json json = parse_json(text, source);
  std::vector<std::string> names;
  // An id is never taken as a length unchecked: it could be any number.
  const int64_t most = static_cast<int64_t>(json.size()) * 2 + 1000;
  for (const auto& [token, id] : json.items()) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > most) {
      throw Error(ErrorCode::kBadInput, source + ": the id of \"" + token + "\" is " + id.dump(),
                  "whole numbers up to the number of tokens");
    }
    const auto at = id.get<size_t>();
    if (at >= names.size()) names.resize(at + 1);
    names[at] = token;
  }
  return names;
}

// sentencepiece's own normalisation: the longest match of the map at every place. Runs of blanks
// become one, blanks at the ends are removed, and one is put in front.
void normalise_natively(AlignedText& text, const CharsMap* map, const SentencePieceModel& model) {
  if (map) map->apply_longest(text);
  AlignedText out;
  out.begin = text.begin;
  constexpr char32_t kMark = 0x2581;
  bool blank_before = model.removes_extra_blanks;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool blank = text.codes[i] == ' ';
    if (blank && blank_before) continue;
    out.codes.push_back(blank ? kMark : text.codes[i]);
    out.sources.push_back(text.sources[i]);
    blank_before = blank && model.removes_extra_blanks;
  }
  if (model.removes_extra_blanks && !out.empty() && out.codes.back() == kMark) {
    out.codes.pop_back();
    out.sources.pop_back();
  }
  if (model.dummy_prefix) prepend(out, std::u32string(1, kMark));
  text = std::move(out);
}

}  // namespace

std::unique_ptr<Tokenizer::State> open_marian(const TokenizerFiles& files,
                                              const TokenizerSettings& settings) {
  const std::string name = settings.target ? "target.spm" : "source.spm";
  const std::string spm = join(files.source, name);
  const auto bytes = files.read(name), vocab = files.read("vocab.json");
  if (!bytes) throw Error(ErrorCode::kBadInput, "no " + spm, "the cutting of the target language");
  if (!vocab) {
    throw Error(ErrorCode::kBadInput, spm + " without a vocab.json", "both of them");
  }
  const auto model = std::make_shared<const SentencePieceModel>(read_sentencepiece(*bytes, spm));
  auto state = std::make_unique<Tokenizer::State>();
  state->source = join(files.source, "vocab.json");
  state->vocabulary =
      std::make_unique<Vocabulary>(read_names(*vocab, state->source), state->source, "");
  const auto unknown = state->vocabulary->id_of("<unk>"), end = state->vocabulary->id_of("</s>");
  if (!unknown || !end) {
    throw Error(ErrorCode::kBadInput, state->source + " lacks <unk> or </s>", "both of them");
  }
  state->model = std::make_unique<MarianModel>(*model, *state->vocabulary, *unknown, spm);
  std::shared_ptr<const CharsMap> map;
  if (!model->charsmap.empty()) map = std::make_shared<const CharsMap>(model->charsmap, spm);
  state->normalizer.add(
      [map, model](AlignedText& text) { normalise_natively(text, map.get(), *model); });
  state->decoding = Decoding::kMetaspace;
  state->special.unk = *unknown;
  state->special.eos = *end;
  state->add_tokens(settings.added, settings.place);
  state->template_.single = {{TemplateItem::kA, 0, 0}, {TemplateItem::kSpecial, *end, 0}};
  state->template_.pair = {
      {TemplateItem::kA, 0, 0}, {TemplateItem::kB, 0, 0}, {TemplateItem::kSpecial, *end, 0}};
  return state;
}

}  // namespace headscope
