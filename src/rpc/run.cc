// tokens and run: texts → tokens → a trace in the store.
#include <algorithm>

#include "base/digest.h"
#include "headscope/counted.h"
#include "headscope/mask.h"
#include "headscope/trace.h"
#include "rpc/ablations.h"
#include "rpc/service.h"
#include "trace/trace_json.h"

namespace headscope {
namespace {

// A question that names its precision is about numbers of that precision.
void check_precision(Fields& fields, const RpcModel& model) {
  const auto wanted = read_precision(fields);
  if (!wanted || *wanted == model.precision) return;
  throw Error(ErrorCode::kUsage, "a run of " + model.info.name + " in " + name_of(*wanted),
              name_of(model.precision) + ", in which it is open",
              "Open it in that precision, or start headscope serve --precision " + name_of(*wanted),
              "HS-CAP-01");
}

struct RunQuestion {
  std::string a;
  std::optional<std::string> b, target;
  std::string picture;                      // the name of a picture's file; "" = texts
  std::shared_ptr<const std::string> file;  // its bytes
};

// The picture of a trace that was run on one.
void take_picture(const StoredTrace& trace, const TraceStore& traces, RunQuestion& question) {
  const bool run = trace.origin == TraceOrigin::kRun;  // else its title is that of a trace file
  question.picture = run ? trace.title : trace.info().tokens(0, Side::kQuery).text_a;
  question.file = traces.picture_file(trace);
  if (question.file) return;
  throw Error(ErrorCode::kUsage, "the trace " + trace.id + " holds no picture to run again",
              "a trace that was run here on a picture", "Choose the picture's file", "HS-CAP-01");
}

RunQuestion read_texts(Fields& fields) {
  RunQuestion question;
  if (fields.has("picture")) {
    constexpr size_t kMaxName = 255;
    constexpr int64_t kMaxPicture = int64_t{64} << 20;
    question.picture = fields.text("picture", kMaxName);
    question.file = std::make_shared<const std::string>(fields.file(kMaxPicture));
    return question;
  }
  question.a = fields.text("a", kMaxTextBytes);
  question.b = fields.text_or_null("b", kMaxTextBytes);
  if (fields.has("target")) question.target = fields.text_or_null("target", kMaxTextBytes);
  return question;
}

void check_model_name(Fields& fields, const RpcModel& model) {
  const std::string name = fields.text("model", 1024);
  const std::string& open = model.info.name;
  if (name.empty() || name == open) return;
  throw Error(ErrorCode::kUsage, "the model " + describe(Json(name)), open + ", which is open",
              "Start headscope serve -m " + name, "HS-CAP-01");
}

// HS-LEN-01 in the interface's words: both numbers, and what the user can do.
template <class Tokenize>
TokenSequence in_own_words(const RpcModel& model, Tokenize tokenize) {
  try {
    return tokenize();
  } catch (const Error& error) {
    if (error.id() != "HS-LEN-01" || !error.numbers()) throw;
    const auto [tokens, limit] = *error.numbers();
    const std::string most = std::to_string(limit);
    throw Error(ErrorCode::kBadInput,
                "The text has " + std::to_string(tokens) + " tokens; " + model.info.name + " has " +
                    most + " positions. Nothing was run",
                "",
                "Shorten it by " + counted(tokens - limit, "token") + ", or choose Run the first " +
                    most + " (the cut is marked in every figure)",
                "HS-LEN-01", error.numbers());
  }
}

ModelInput tokenize(const RunQuestion& question, const TokenizeOptions& options,
                    const RpcModel& model) {
  if (question.file) return model.runner->picture(*question.file, question.picture);
  ModelInput input;
  input.text =
      in_own_words(model, [&] { return model.runner->tokenize(question.a, question.b, options); });
  if (question.target) {
    input.target = in_own_words(
        model, [&] { return model.runner->tokenize_target(*question.target, options); });
  }
  return input;
}

// The same, but shortens a text that is too long where the question allows it.
ModelInput tokenize_or_cut(const RunQuestion& question, bool truncate, const RpcModel& model,
                           RunSettings& settings) {
  try {
    return tokenize(question, {}, model);
  } catch (const Error& error) {
    if (!truncate || error.id() != "HS-LEN-01") throw;
  }
  TokenizeOptions cut;
  cut.truncation = settings.truncation = Truncation::kLongestFirst;
  return tokenize(question, cut, model);
}

std::string gigabytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / 1e9);
  return text;
}

void check_memory(int64_t tokens, const RpcModel& model) {
  if (!model.bytes_needed || !model.bytes_free) return;
  const int64_t needed = model.bytes_needed(tokens), available = model.bytes_free();
  if (needed <= available) return;
  int64_t fits = tokens;
  while (fits > 1 && model.bytes_needed(fits) > available) fits /= 2;
  throw Error(ErrorCode::kBadInput,
              "This run needs about " + gigabytes(needed) + " GB and " + gigabytes(available) +
                  " GB are free. Nothing was started",
              "", "Use " + std::to_string(fits) + " tokens or fewer", "HS-MEM-01",
              ErrorNumbers{needed, available});
}

// Replaces the tokens by the mask token, and remembers what stood there.
void mask_tokens(TokenSequence& text, const std::vector<int64_t>& masked, const RpcModel& model,
                 RunSettings& settings) {
  if (masked.empty()) return;
  if (!model.predictor) {
    throw Error(ErrorCode::kUsage, model.info.name + " has no masked-language-model head", "",
                "Type [MASK] in the text instead", "HS-CAP-01");
  }
  const int32_t id = model.predictor->mask_id();
  for (const int64_t token : masked) {
    settings.masked.push_back(static_cast<int32_t>(token));
    settings.masked_ids.push_back(mask_token(text, token, id));
  }
}

// Everything that decides the numbers.
std::string run_key(const ModelInput& input, const RunSettings& settings, const RpcModel& model) {
  const TokenSequence& text = input.text;
  const ModelInfo& info = model.info;
  std::string key = info.name + " " + info.fingerprint + " " + name_of(model.precision) + " " +
                    to_string(settings.ablations, model.runner->stacks());
  key += settings.zero_segment_ids ? " zero " : " true ";
  key += name_of(settings.truncation);
  for (const int32_t token : settings.masked) key += " m" + std::to_string(token);
  for (const int32_t id : text.ids) key += "," + std::to_string(id);
  for (const int32_t segment : text.segment_ids) key += segment == 0 ? 'a' : 'b';
  if (input.target) {
    key += " target";
    for (const int32_t id : input.target->ids) key += "," + std::to_string(id);
    key += "\n" + input.target->text_a;
  }
  if (input.pixels) {
    const auto& values = input.pixels->values;
    Digest digest;
    digest.add(values.data(), values.size() * sizeof(float));
    key += " pixels " + digest.hex();
  }
  // The texts count too: other spaces give other offsets, so another picture of equal numbers.
  return key + "\n" + text.text_a + "\n" + text.text_b.value_or("\n");
}

}  // namespace

Reply Rpc::Service::tokens(Fields& fields, const RunControl&) {
  const auto open = model("Counting tokens");
  check_model_name(fields, *open);
  const RunQuestion question = read_texts(fields);
  fields.done();
  TokenizeOptions options;
  options.allow_empty = true;
  const ModelInput input = tokenize(question, options, *open);
  Reply reply;
  reply.json = describe_tokens(input.text);
  if (input.target) reply.json["target"] = describe_tokens(*input.target);
  reply.json["max_tokens"] = open->runner->max_positions();
  return reply;
}

Reply Rpc::Service::run(Fields& fields, const RunControl& control) {
  const auto open = model("Running a text");
  check_model_name(fields, *open);
  check_precision(fields, *open);
  RunQuestion question;
  if (fields.has("picture_of")) {
    take_picture(*trace_of(fields, "picture_of"), traces_, question);
  } else {
    question = read_texts(fields);
  }
  RunSettings settings;
  settings.ablations = read_ablations(fields, open->runner->stacks());
  std::vector<int64_t> masked;
  if (fields.has("masked")) masked = fields.integers("masked", kMaxPositions, 0, int64_t{1} << 24);
  std::sort(masked.begin(), masked.end());
  masked.erase(std::unique(masked.begin(), masked.end()), masked.end());
  const bool truncate = fields.flag("truncate", false);
  settings.zero_segment_ids = fields.flag("zero_segment_ids", false);
  const int64_t generated =
      fields.has("generate") ? fields.integer("generate", 1, kMaxPositions) : 0;
  const Asker asker = asker_of(fields);
  fields.done();

  ModelInput input = tokenize_or_cut(question, truncate, *open, settings);
  if (generated > 0 && !input.target && open->runner->reads_target()) {
    input.target = open->runner->tokenize_target("");  // begins with the decoder's start token
  }
  check_memory(std::max(input.text.size(), input.target ? input.target->size() : 0), *open);
  mask_tokens(input.text, masked, *open, settings);
  if (generated > 0) return generate(asker, *open, input, settings, generated, control);

  Reply reply;
  const std::string key = run_key(input, settings, *open);
  if (const auto id = runs_.find(key)) {
    if (const StoredTracePtr kept = traces_.peek(*id)) {  // it may have been dropped to make room
      reply.json["trace"] = describe_trace(*kept);
      return reply;
    }
  }
  TraceOptions options;
  options.settings = settings;
  auto traces = open->runner->trace({&input, 1}, options, control);
  const auto stored =
      traces_.add(std::move(traces.at(0)), TraceOrigin::kRun, question.picture, question.file);
  derived_.trim();  // of traces that were dropped
  runs_.put(key, stored->id, static_cast<int64_t>(stored->id.size()));
  reply.json["trace"] = describe_trace(*stored);
  return reply;
}

}  // namespace headscope
