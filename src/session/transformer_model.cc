#include "session/transformer_model.h"

#include <algorithm>
#include <tuple>

#include "format/json.h"
#include "io/fingerprint_cache.h"
#include "io/model_files.h"
#include "model/family.h"
#include "model/input_split.h"
#include "model/unused_weights.h"
#include "session/memory_plan.h"
#include "session/precision_error.h"
#include "session/stack_info.h"
#include "text/tokenizer_source.h"

namespace headscope {

namespace {

// A run that the planner leaves room for beside resident weights.
constexpr int64_t kUsualTokens = 512;

// The decoder's start token in front, the template's last token taken off.
TokenSequence as_target(TokenSequence text, int32_t start, const Tokenizer& tokenizer) {
  if (!text.special.empty() && text.special.back()) {
    text.tokens.pop_back();
    text.ids.pop_back();
    text.segment_ids.pop_back();
    text.offsets.pop_back();
    text.special.pop_back();
    text.words.pop_back();
    text.sentences.pop_back();
  }
  text.tokens.insert(text.tokens.begin(), tokenizer.token(start));
  text.ids.insert(text.ids.begin(), start);
  text.segment_ids.insert(text.segment_ids.begin(), 0);
  text.offsets.insert(text.offsets.begin(), Range{});
  text.special.insert(text.special.begin(), 1);
  text.words.insert(text.words.begin(), -1);
  text.sentences.insert(text.sentences.begin(), 0);
  return text;
}

}  // namespace

TransformerModel::TransformerModel(ModelSource source, const ModelOptions& options,
                                   const RunControl& control)
    : source_(std::move(source)), wants_fingerprint_(options.fingerprint) {
  const std::shared_ptr<const WeightStore>& store = source_.weights();
  const ConfigReader config(source_.config());
  const Family& family = family_of(config);
  ModelSpec spec = family.read(config);
  info_.name = options.name.empty() ? source_.name() : options.name;
  info_.family = spec.family;
  info_.file_kind = source_.kind();
  info_.quantisation = source_.quantisation();
  transformer_ = std::make_unique<Transformer>(std::move(spec), family, store, options.precision);
  stacks_ = {stack_of(this->spec())};
  parts_ = headscope::input_parts(this->spec());
  if (family.decoder) {
    decoder_ = std::make_unique<Transformer>(family.decoder->read(config), *family.decoder, store,
                                             options.precision);
    stacks_ = stacks_of(this->spec(), decoder_->spec());
  }
  load_weights(options.weights, control);
  pass_ = std::make_unique<ForwardPass>(*transformer_);
  if (decoder_) decoder_pass_ = std::make_unique<ForwardPass>(*decoder_);
  vocabulary_ = VocabularyHead::load(decoder_ ? *decoder_ : *transformer_);
  next_sentence_ = NextSentenceHead::load(*transformer_);
  for (std::string& note :
       weight_notes(transformer_->table(), decoder_ ? &decoder_->table() : nullptr)) {
    notes_.push_back(std::move(note));
  }
  open_tokenizer(options.tokenizer);
  find_special_ids();
  find_end_ids();
  computed_.precision = name_of(options.precision);
  const ProductKind products = transformer_->products(0);
  computed_.path = product_path(products);
  if (options.precision == Precision::kBf16x3 && !products.tiles) {
    notes_.push_back(
        "bf16x3 is no faster than f32 on this processor: three products stand for one");
  }
  if (options.precision != Precision::kF32) find_error(options, control);
}

void TransformerModel::find_error(const ModelOptions& options, const RunControl& control) {
  const auto measure = [&] {
    ModelOptions exact = options;
    exact.precision = Precision::kF32;
    exact.weights = WeightPlace::kStreamed;  // a layer at a time beside this model's weights
    exact.fingerprint = false;
    TransformerModel reference(ModelSource(source_.path()), exact, control);
    return measure_precision_error(reference, *this, precision_input(reference), {}, control);
  };
  const PrecisionError error = wants_fingerprint_
                                   ? kept_precision_error(model().fingerprint, computed_, measure)
                                   : measure();
  computed_.attention_max = error.attention_max;
  computed_.gemm_rel_l2 = error.gemm_rel_l2;
}

void TransformerModel::load_weights(WeightPlace wanted, const RunControl& control) {
  const WeightStore& store = *source_.weights();
  const WeightTable& table = (decoder_ ? *decoder_ : *transformer_).table();
  const int64_t head = !reads_pictures() && table.has(Role::kDecoder)
                           ? store.float_bytes(table.weight_name(Role::kDecoder))
                           : 0;
  WeightBytes bytes = transformer_->weight_bytes();
  int64_t run = trace_bytes(spec(), 1, std::min(kUsualTokens, spec().positions), {});
  if (decoder_) {
    const WeightBytes more = decoder_->weight_bytes();
    bytes.once += more.once;
    bytes.layers += more.layers;
    bytes.second += more.second;
    bytes.widest_layer = std::max(bytes.widest_layer, more.widest_layer);
    bytes.widest_packed = std::max(bytes.widest_packed, more.widest_packed);
    run += trace_bytes(decoder_->spec(), 1, std::min(kUsualTokens, decoder_->spec().positions), {},
                       std::min(kUsualTokens, spec().positions));
  }
  const WeightPlan plan = weight_plan(bytes, head);
  const auto available = available_memory();
  const Residence residence = choose_residence(plan, wanted, run, available, info_.name);
  if (residence == Residence::kNone && wanted == WeightPlace::kAutomatic) {
    notes_.push_back(info_.name + " needs " + size_text(plan.resident + run) +
                     " of memory as float32, " + size_text(*available) +
                     " are free: each run reads its layers from the file");
  }
  if (residence == Residence::kOfShortTexts) {
    notes_.push_back(info_.name + " needs " + size_text(plan.all + run) +
                     " of memory with the weights of longer texts packed for tiles, " +
                     size_text(*available) +
                     " are free: each run of a longer text reads its layers from the file");
  }
  transformer_->load(residence, control);
  if (decoder_) decoder_->load(residence, control);
}

void TransformerModel::open_tokenizer(const std::string& given) {
  if (reads_pictures()) {
    no_tokenizer_ = Error(ErrorCode::kUsage, "it reads pictures", "no text",
                          "Give a picture with --image", "HS-CAP-01");
    return;
  }
  try {
    tokenizer_ =
        std::make_unique<const Tokenizer>(open_tokenizer_of(source_, given, spec().positions));
    if (decoder_ && info_.family == "marian") {
      target_tokenizer_ = std::make_unique<const Tokenizer>(
          open_tokenizer_of(source_, given, decoder_->spec().positions, true));
    }
    info_.byte_tokens = tokenizer_->byte_letters();
    notes_.insert(notes_.end(), tokenizer_->notes().begin(), tokenizer_->notes().end());
  } catch (const Error& error) {
    if (!given.empty()) throw;
    no_tokenizer_ = error;
  }
}

void TransformerModel::find_special_ids() {
  const ModelConfigFile& file = source_.config();
  for (const char* field : {"bos_token_id", "cls_token_id", "sep_token_id", "pad_token_id"}) {
    const Json* found = find_field(file.config, field, file.source);
    if (!found) continue;
    for (const Json& id : found->is_array() ? *found : Json::array({*found})) {
      if (id.is_number_integer()) special_ids_.insert(id.get<int32_t>());
    }
  }
  if (decoder_) special_ids_.insert(decoder_->spec().start_id);
  if (!tokenizer_) return;
  const SpecialIds& ids = tokenizer_->special();
  special_ids_.insert({ids.cls, ids.sep, ids.pad});
}

const ModelInfo& TransformerModel::model() const {
  if (wants_fingerprint_) {
    std::call_once(fingerprint_once_, [&] {
      auto trunk = transformer_->table().trunk();
      if (decoder_)
        trunk.insert(decoder_->table().trunk().begin(), decoder_->table().trunk().end());
      info_.fingerprint = source_fingerprint(source_, info_.family, trunk);
    });
  }
  return info_;
}

const Tokenizer& TransformerModel::readable_tokenizer() const {
  if (tokenizer_) return *tokenizer_;
  if (reads_pictures()) {
    throw Error(ErrorCode::kUsage, "a text with " + info_.name, "a picture, which this model reads",
                "Give one with --image FILE", "HS-CAP-01");
  }
  throw Error(no_tokenizer_->code(),
              "the tokenizer of " + info_.name + " cannot be read: " + no_tokenizer_->got(),
              no_tokenizer_->expected(), "Give token ids with --ids", no_tokenizer_->id());
}

TokenSequence TransformerModel::tokenize(const std::string& a, const std::optional<std::string>& b,
                                         const TokenizeOptions& options) const {
  if (b && decoder_) {
    throw Error(ErrorCode::kUsage, "a text B with " + info_.name + ", which reads one source text",
                "a source text A and a target", "Give the second text with --target");
  }
  std::optional<std::string_view> second;
  if (b) second = *b;
  return readable_tokenizer().encode(a, second, options);
}

TokenSequence TransformerModel::tokenize_target(const std::string& text,
                                                const TokenizeOptions& options) const {
  if (!decoder_) return Runner::tokenize_target(text, options);
  const Tokenizer& tokenizer = target_tokenizer_ ? *target_tokenizer_ : readable_tokenizer();
  TokenizeOptions any = options;
  any.allow_empty = true;
  return as_target(tokenizer.encode(text, std::nullopt, any), decoder_->spec().start_id, tokenizer);
}

TokenSequence TransformerModel::sequence(std::span<const int32_t> ids,
                                         std::span<const int32_t> segments) const {
  if (!segments.empty() && segments.size() != ids.size()) {
    throw Error(ErrorCode::kUsage, std::to_string(segments.size()) + " segments",
                "one an id, " + std::to_string(ids.size()));
  }
  TokenSequence out;
  int32_t words = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const int32_t id = ids[i];
    check_id(id);
    const bool known = tokenizer_ && id < tokenizer_->vocab_size();
    const bool special = special_ids_.contains(id);
    out.ids.push_back(id);
    out.tokens.push_back(known ? tokenizer_->token(id) : "#" + std::to_string(id));
    out.segment_ids.push_back(segments.empty() ? 0 : segments[i]);
    out.special.push_back(special);
    out.words.push_back(special ? -1 : words++);
  }
  out.sentences = out.segment_ids;
  out.offsets.assign(ids.size(), Range{});
  return out;
}

void TransformerModel::check_id(int32_t id) const {
  if (reads_pictures()) (void)readable_tokenizer();
  const int64_t vocab = spec().embedding.vocab;
  if (id < 0 || id >= vocab) {
    throw Error(ErrorCode::kUsage, "token id " + std::to_string(id),
                "0 to " + std::to_string(vocab - 1));
  }
}

void TransformerModel::check(const std::vector<Ablation>& ablations) const {
  for (const Ablation& ablation : ablations) {
    check_head(stacks_, ablation.head);
    const auto stack = static_cast<size_t>(ablation.head.stack);
    const int64_t width = stacks_[stack].layer(ablation.head.id.layer).value_dim;
    const auto given = static_cast<int64_t>(ablation.mean.size());
    if (given != 0 && given != width) {
      throw Error(ErrorCode::kUsage, "a mean of " + std::to_string(given) + " numbers",
                  std::to_string(width) + ", the head's width");
    }
  }
}

int64_t TransformerModel::bytes_needed(int64_t batch, int64_t tokens,
                                       const TraceOptions& options) const {
  const int64_t first = trace_bytes(spec(), batch, tokens, options);
  return decoder_ ? first + trace_bytes(decoder_->spec(), batch, tokens, options, tokens) : first;
}

void TransformerModel::check(const ModelInput& input) const {
  if (input.target && !decoder_) (void)Runner::tokenize_target({}, {});
  if (input.pixels && !reads_pictures()) (void)Runner::picture({}, {});
  if (reads_pictures() && !input.pixels) (void)readable_tokenizer();
  if (decoder_ && !input.target) {
    throw Error(ErrorCode::kUsage, "no target for " + info_.name,
                "a source text and a target: it is an encoder–decoder model",
                "Give the target text with --target");
  }
  for (const auto& [text, what, most] :
       {std::tuple(&input.text, "a text of ", spec().positions),
        std::tuple(input.target ? &*input.target : &input.text, "a target of ",
                   decoder_ ? decoder_->spec().positions : spec().positions)}) {
    if (text->size() <= most) continue;
    throw Error(ErrorCode::kBadInput, what + std::to_string(text->size()) + " tokens",
                "at most " + std::to_string(most) + ", the model's positions",
                "Shorten it, or use --truncate", "HS-LEN-01", ErrorNumbers{text->size(), most});
  }
}

std::optional<double> TransformerModel::next_sentence(const TokenSequence& text,
                                                      const std::vector<Ablation>& ablations) {
  if (!next_sentence_) return std::nullopt;
  check(ablations);
  const PassText input{text.ids, text.segment_ids, &ablations, {}, nullptr};
  PassOptions options;
  options.asked = {0};
  return next_sentence_->probability(pass_->run({&input, 1}, options, {}));
}

TransformerModel::Split TransformerModel::split(const TokenSequence& text, int head,
                                                int64_t query) const {
  const int64_t heads = spec().block(0).attention.heads;
  if (head < 0 || head >= heads || query < 0 || query >= text.size()) {
    throw Error(ErrorCode::kUsage,
                "head " + std::to_string(head) + ", query " + std::to_string(query),
                std::to_string(heads) + " heads and " + std::to_string(text.size()) + " tokens");
  }
  InputSplit out = split_input(*transformer_, text.ids, text.segment_ids, head, query);
  return {std::move(out.query), std::move(out.key)};
}

void TransformerModel::centred(int32_t id, float* out) const {
  const int64_t d = width(), v = spec().embedding.vocab;
  check_id(id);
  std::call_once(mean_once_, [&] {
    std::vector<double> sum(static_cast<size_t>(d), 0.0);
    std::vector<float> word(static_cast<size_t>(d));
    for (int64_t row = 0; row < v; ++row) {
      transformer_->word_row(row, word.data());
      for (int64_t c = 0; c < d; ++c) {
        sum[static_cast<size_t>(c)] += word[static_cast<size_t>(c)];
      }
    }
    for (const double s : sum) mean_.push_back(static_cast<float>(s / static_cast<double>(v)));
  });
  transformer_->word_row(id, out);
  for (int64_t c = 0; c < d; ++c) out[c] -= mean_[static_cast<size_t>(c)];
}

std::unique_ptr<Model> open_model(const std::string& path, const ModelOptions& options,
                                  const RunControl& control) {
  return std::make_unique<TransformerModel>(ModelSource(path), options, control);
}

}  // namespace headscope
