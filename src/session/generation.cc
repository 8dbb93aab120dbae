// TransformerModel as Generator: the prompt in one pass, then a row a token.
#include "headscope/generation.h"

#include <algorithm>
#include <cctype>

#include "headscope/error.h"
#include "kernels/reduce.h"
#include "session/generation_config.h"
#include "session/memory_plan.h"
#include "session/stack_ablations.h"
#include "session/stack_room.h"
#include "session/transformer_model.h"

namespace headscope {

namespace {

bool is_word_byte(char byte) {
  const auto b = static_cast<unsigned char>(byte);
  return b >= 0x80 || std::isalnum(b);
}

// Byte-level BPE marks a leading blank by "Ġ", SentencePiece by "▁".
bool starts_with_blank(std::string_view token) {
  return token.starts_with("\xC4\xA0") || token.starts_with("\xE2\x96\x81");
}

// Throws where the rotary frequencies would be others at the end than at the beginning.
void check_rope(const RopeSpec& rope, int64_t prompt, int64_t total) {
  if (!rope.depends_on_length()) return;
  const bool grows = rope.dynamic_factor > 0;
  if (total <= rope.original || (!grows && prompt > rope.original)) return;
  throw Error(ErrorCode::kBadInput,
              "generation from " + std::to_string(prompt) + " to " + std::to_string(total) +
                  " tokens: this model turns its positions otherwise above " +
                  std::to_string(rope.original) + ", and the rows made before would not hold",
              "at most " + std::to_string(rope.original) + " tokens in all",
              "Generate fewer, or start from a shorter text", "HS-CAP-01");
}

struct Best {
  int32_t id = 0;
  double log_prob = 0;
};

// The most probable token; of equal ones the first.
Best best_of_logits(const float* logits, int64_t count) {
  const float* most = std::max_element(logits, logits + count);
  return {static_cast<int32_t>(most - logits), double{*most} - log_sum_exp(logits, count)};
}

}  // namespace

void TransformerModel::find_end_ids() {
  GenerationConfig config = read_generation_config(source_);
  end_ids_ = std::move(config.end_ids);
  special_ids_.insert(end_ids_.begin(), end_ids_.end());
  if (config.not_applied.empty()) return;
  generation_notes_ = {"generation takes the most probable token each time and leaves out what " +
                       info_.name + " asks for: " + config.not_applied};
}

void TransformerModel::check_generation(const TokenSequence& prompt,
                                        const GenerationOptions& options) const {
  if (options.tokens < 1) {
    throw Error(ErrorCode::kUsage, std::to_string(options.tokens) + " tokens to generate",
                "at least 1");
  }
  if (prompt.size() == 0) {
    throw Error(ErrorCode::kBadInput, "no tokens to continue", "a text of at least one token", {},
                "HS-TEXT-01");
  }
  const ModelSpec& its = decoder_ ? decoder_->spec() : spec();
  const int64_t total = prompt.size() + options.tokens;
  if (total > its.positions) {
    throw Error(ErrorCode::kBadInput,
                std::to_string(prompt.size()) + " tokens and " + std::to_string(options.tokens) +
                    " to generate, " + std::to_string(total) + " in all",
                "at most " + std::to_string(its.positions) + ", the model's positions",
                "Generate fewer, or shorten the text", "HS-LEN-01");
  }
  check(options.trace.settings.ablations);
  for (const Ablation& ablation : options.trace.settings.ablations) {
    if (ablation.kind != AblationKind::kMean || !ablation.mean.empty()) continue;
    throw Error(ErrorCode::kUsage,
                "the ablation mean of " + head_name(stacks_, ablation.head) +
                    " while tokens are generated: the text's mean is not known yet",
                "zero or uniform");
  }
  for (const BlockSpec& block : its.blocks) {
    if (block.attention.rope) check_rope(*block.attention.rope, prompt.size(), total);
  }
}

// Puts a generated token behind the text. It belongs to the word before where letters meet.
void TransformerModel::append_token(int32_t id, TokenSequence& text) const {
  const auto words_of = [&](int32_t token) {
    return tokenizer_ && token < tokenizer_->vocab_size() ? tokenizer_->decode({&token, 1}, false)
                                                          : std::string();
  };
  const bool special = special_ids_.contains(id);
  int32_t last = -1;
  for (const int32_t word : text.words) last = std::max(last, word);
  const std::string before = words_of(text.ids.back()), its = words_of(id);
  const bool continues = text.words.back() >= 0 && !before.empty() && !its.empty() &&
                         is_word_byte(before.back()) && is_word_byte(its.front()) &&
                         !starts_with_blank(tokenizer_->token(id));
  text.tokens.push_back(its.empty() ? "#" + std::to_string(id) : tokenizer_->token(id));
  text.ids.push_back(id);
  if (!text.kinds.empty()) text.kinds.push_back(TokenKind::kText);
  text.segment_ids.push_back(text.segment_ids.back());
  text.sentences.push_back(text.sentences.back());
  text.offsets.emplace_back();
  text.special.push_back(special);
  text.words.push_back(special ? -1 : continues ? last : last + 1);
}

std::shared_ptr<const Trace> TransformerModel::cached_trace(const TokenSequence& text,
                                                            const TraceOptions& options,
                                                            TextCache& cache) {
  const int64_t n = text.size(), d = spec().width;
  const StackInfo stack = keep_layers(stacks_[0], options.layers);
  TraceOptions vectors_only = options;  // maps are made of them below
  vectors_only.with_attention = false;
  StackRoom room(spec(), stack, n, n, vectors_only);
  PassText input;
  input.ablations = &options.settings.ablations;
  input.kept = room.kept();
  input.cache = &cache;
  pass_->keep(input);
  std::vector<StackArrays> stacks = {std::move(room).arrays()};
  const TraceInfo info =
      trace_info(text, options, {stack}, transformer_->products(cache.begun_with()));
  if (options.with_attention) {
    // Maps from what is kept: the same floats as the pass had.
    const Trace vectors(info, stacks);
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      const LayerInfo& layer = stack.layers[l];
      std::vector<float> maps(static_cast<size_t>(layer.heads * n * n));
      for (int h = 0; h < layer.heads; ++h) {
        vectors.weights({0, {layer.layer, h}}, {0, n}, {0, n}, maps.data() + h * n * n);
      }
      stacks[0][l].attention = Array::from(std::move(maps), {layer.heads, n, n});
    }
  }
  auto trace = std::make_shared<Trace>(info, std::move(stacks));
  for (int64_t i = 0; options.with_hidden && i <= spec().layers(); ++i) {
    const float* state = cache.hidden(i);
    trace->hidden.push_back(Array::from(std::vector<float>(state, state + n * d), {n, d}));
  }
  return trace;
}

Generation TransformerModel::generate(const ModelInput& prompt, const GenerationOptions& options,
                                      const RunControl& control, const GenerationWatch& watch) {
  check(prompt);
  const TokenSequence& begun = decoder_ ? *prompt.target : prompt.text;
  check_generation(begun, options);
  const TraceOptions& kept = options.trace;
  const ModelSpec& its = decoder_ ? decoder_->spec() : spec();
  const bool with_hidden = kept.with_hidden && !decoder_;
  const int64_t room = begun.size() + options.tokens, d = its.width;
  const int64_t longest = std::max(room, prompt.text.size());
  check_memory(bytes_needed(1, longest, kept) + TextCache::bytes(its, room, with_hidden),
               available_memory(), "generation up to " + std::to_string(room) + " tokens",
               "Generate fewer tokens, or keep fewer layers");
  const AblationsByStack ablations(kept.settings.ablations);
  Buffer source_rows;
  std::vector<Memory> memories;
  if (decoder_) {
    const PassText source{
        prompt.text.ids, prompt.text.segment_ids, &ablations.encoder(), {}, nullptr};
    memories = encode({&source, 1}, source_rows, {control.cancel, {}});
  }
  TextCache cache(its, room, with_hidden);
  // What was fed; `chosen` comes next.
  TokenSequence text = begun;
  text.generated_from = static_cast<int32_t>(begun.size());
  Generation out;
  out.notes = generation_notes_;
  const auto generated = [&] { return static_cast<int64_t>(out.log_probs.size()); };
  const auto feed = [&](std::span<const int32_t> ids, bool predicts) {
    const std::vector<int32_t> segments(ids.size(), 0);
    PassText input{ids, segments, &ablations.encoder(), {}, nullptr, &cache};
    if (decoder_) {
      input.ablations = &ablations.decoder();
      input.memory = &memories[0];
      input.cross_ablations = &ablations.cross();
    }
    if (cache.size() == 0 && !kept.settings.zero_segment_ids) input.segments = begun.segment_ids;
    PassOptions pass;
    const auto last = static_cast<int64_t>(ids.size()) - 1;
    if (!with_hidden) pass.asked = {last};
    const RunControl step{control.cancel,
                          [&](int64_t, int64_t) { control.report(generated(), options.tokens); }};
    const float* rows = (decoder_ ? *decoder_pass_ : *pass_).run({&input, 1}, pass, step);
    if (!predicts) return Best();
    const float* logits = vocabulary_->logits(rows + (with_hidden ? last * d : 0), 1);
    return best_of_logits(logits, its.embedding.vocab);
  };
  // Of an encoder–decoder model one pass over what there is: its cross-attention is not cached.
  const auto trace_so_far = [&] {
    if (!decoder_) return cached_trace(text, kept, cache);
    ModelInput input = prompt;
    input.target = text;
    return trace(std::span<const ModelInput>(&input, 1), kept, {}).at(0);
  };
  Best chosen = feed(begun.ids, true);
  while (true) {
    const bool ends = end_ids_.contains(chosen.id);
    const bool last = ends || generated() + 1 == options.tokens;
    const Best now = chosen;
    try {
      chosen = feed({&now.id, 1}, !last);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInterrupted) throw;
      out.stopped = GenerationStop::kStopped;
      break;
    }
    append_token(now.id, text);
    out.log_probs.push_back(now.log_prob);
    control.report(generated(), options.tokens);
    if (last) {
      out.stopped = ends ? GenerationStop::kEnd : GenerationStop::kLength;
      break;
    }
    if (watch) watch({generated(), trace_so_far});
  }
  out.trace = trace_so_far();
  if (tokenizer_) {
    out.text = tokenizer_->decode(
        std::span<const int32_t>(text.ids).subspan(static_cast<size_t>(begun.size())));
  }
  return out;
}

}  // namespace headscope
