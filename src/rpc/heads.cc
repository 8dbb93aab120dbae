// heads: labels, scores and evidence of every head, of a trace or of the corpus report.
#include <algorithm>

#include "format/json.h"
#include "headscope/report.h"
#include "headscope/trace.h"
#include "rpc/corpus_data.h"
#include "rpc/service.h"
#include "rpc/tile_spec.h"

namespace headscope {

namespace {

const StackInfo& stack_of(const StoredTrace& trace, int stack) {
  return trace.info().stacks[static_cast<size_t>(stack)];
}

}  // namespace

// Induction and duplicate are read off a repeated random text, the same for every question.
std::shared_ptr<const Trace> Rpc::Service::probe_trace(const RpcModel& model) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (probe_) return probe_;
  }
  if (!model.probe) return nullptr;
  auto trace = model.runner->trace({&*model.probe, 1}).at(0);
  const std::lock_guard<std::mutex> lock(mutex_);
  return probe_ = std::move(trace);
}

void Rpc::Service::know_contribution(const StoredTrace& trace, const RunControl& control) {
  if (trace.has_contribution()) return;
  const auto open = model_of(trace, "Pattern 5");
  if (!open->predictor) {
    throw Error(ErrorCode::kUsage, "Pattern 5 needs masked-word predictions",
                "a model with a masked-language-model head", "", "HS-CAP-01");
  }
  const TokenSequence& text = trace.info().tokens(0, Side::kQuery);
  const auto words = std::count(text.special.begin(), text.special.end(), uint8_t{0});
  if (words > kMaxPredictiveWords) {
    throw Error(ErrorCode::kUsage,
                "pattern 5 of " + std::to_string(words) + " words (a prediction for each pair)",
                "at most " + std::to_string(kMaxPredictiveWords) + " words",
                "Run: headscope patterns --predictive, or choose a shorter text", "HS-LIMIT-01",
                ErrorNumbers{words, kMaxPredictiveWords});
  }
  trace.set_contribution(predictive_contribution(*open->predictor, text, control));
}

HeadsText Rpc::Service::heads_of(const StoredTrace& trace, int stack, bool predictive,
                                 const RunControl& control) {
  if (predictive) know_contribution(trace, control);
  const auto open = maker_of(trace);  // without it, what needs the model stays undefined
  StatisticsOptions options;
  options.single_text = true;
  options.similarity = false;
  options.embeddings = open ? open->embeddings : nullptr;
  Statistics statistics(headscope::heads_of(trace.info().stacks, stack), options);
  statistics.add(*trace.source, 0, control);
  if (const auto probe = open && stack == 0 ? probe_trace(*open) : nullptr) {
    statistics.set_probe(*probe);
  }
  if (const auto contribution = trace.contribution(); !contribution.empty()) {
    statistics.add_predictive(*trace.source, contribution, 0);
  }
  const auto heads = statistics.report(Thresholds());
  HeadsText out;
  for (HeadText& head : head_texts(heads, stack_of(trace, stack).name)) {
    out.heads += (out.heads.empty() ? "[" : ",") + head.brief;
    out.whole.emplace(head.id, std::move(head.whole));
  }
  out.heads += out.heads.empty() ? "[]" : "]";
  const TraceInfo& info = trace.info();
  out.notes = dump_json(
      Json(reading_notes(statistics, heads, info.model.family, info.settings.zero_segment_ids)));
  out.csv = heads_csv(heads, false);
  return out;
}

std::shared_ptr<const HeadsText> Rpc::Service::known_heads(const StoredTrace& trace, int stack,
                                                           bool predictive,
                                                           const RunControl& control) {
  const bool known = trace.has_contribution();
  const std::string key = trace.id + " " + std::to_string(stack) +
                          (predictive || known ? " predictive" : "") +
                          (why_no_model().empty() ? " model" : "");
  auto text = heads_.find(key);
  if (!text) {
    text = std::make_shared<const HeadsText>(heads_of(trace, stack, predictive, control));
    heads_.put(key, *text, (*text)->bytes());
  }
  return *text;
}

namespace {

// What heads and head ask alike.
struct HeadsQuestion {
  bool corpus;
  int stack;
  bool predictive;
};

HeadsQuestion read_question(Fields& fields, const StoredTrace& trace) {
  HeadsQuestion out{};
  out.corpus = fields.choice("scope", {"input", "corpus"}) == "corpus";
  out.stack = fields.has("stack") ? read_stack(fields, *trace.source) : 0;
  out.predictive = fields.flag("predictive", false);
  return out;
}

std::shared_ptr<const CorpusData> needed(std::shared_ptr<const CorpusData> data) {
  if (data) return data;
  throw Error(ErrorCode::kUsage, "no corpus statistics here", "",
              "Run: headscope analyze FILE -o R.json, then: headscope serve --corpus R.json",
              "HS-CAP-01");
}

}  // namespace

int64_t HeadsText::bytes() const {
  size_t sum = heads.size() + notes.size() + csv.size();
  for (const auto& [id, text] : whole) sum += text.size();
  return static_cast<int64_t>(sum);
}

Reply Rpc::Service::heads(Fields& fields, const RunControl& control) {
  const auto stored = trace_of(fields);
  const HeadsQuestion question = read_question(fields, *stored);
  fields.done();
  Reply reply;
  reply.json["scope"] = question.corpus ? "corpus" : "input";
  if (question.corpus) {
    const auto data = needed(corpus_data());
    auto known = data->heads.find(stack_of(*stored, question.stack).name);
    if (known == data->heads.end()) known = data->heads.find("");
    reply.raw.emplace_back("heads", known == data->heads.end() ? "[]" : known->second);
    reply.raw.emplace_back("notes", data->notes);
    return reply;
  }
  const auto text = known_heads(*stored, question.stack, question.predictive, control);
  reply.raw.emplace_back("heads", text->heads);
  reply.raw.emplace_back("notes", text->notes);
  return reply;
}

Reply Rpc::Service::head(Fields& fields, const RunControl& control) {
  const auto stored = trace_of(fields);
  const HeadsQuestion question = read_question(fields, *stored);
  const std::string name = fields.text("head", kMaxHeadName);
  fields.done();
  Reply reply;
  reply.json["scope"] = question.corpus ? "corpus" : "input";
  if (question.corpus) {
    const auto data = needed(corpus_data());
    auto known = data->head.find(name);
    if (known == data->head.end()) {  // a bare name means the stack that was asked for
      known = data->head.find(stack_of(*stored, question.stack).name + "." + name);
    }
    if (known == data->head.end()) {
      throw Error(ErrorCode::kUsage, "no head " + name + " in " + data->name,
                  "one of the report's heads", "", "HS-LINK-01");
    }
    reply.raw.emplace_back("head", known->second);
    return reply;
  }
  const HeadRef head = read_head(name, *stored->source, question.stack);
  const auto text = known_heads(*stored, head.stack, question.predictive, control);
  reply.raw.emplace_back("head", text->whole.at(head.id));
  return reply;
}

}  // namespace headscope
