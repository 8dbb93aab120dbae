#include "headscope/corpus_ablation.h"

#include "base/digest.h"
#include "corpus/file_stamps.h"
#include "corpus/settings.h"
#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr const char* kFormat = "headscope-ablation-checkpoint";
constexpr int64_t kVersion = 2;

constexpr std::pair<const char*, double AblationStudy::Sum::*> kSumFields[] = {
    {"change", &AblationStudy::Sum::change},
    {"tokens", &AblationStudy::Sum::tokens},
    {"change_squared", &AblationStudy::Sum::change_squared},
    {"change_tokens", &AblationStudy::Sum::change_tokens},
    {"tokens_squared", &AblationStudy::Sum::tokens_squared}};

}  // namespace

struct CorpusAblation::State {
  Runner& runner;
  WordPredictors predictors;
  CorpusAblationSettings settings;
  std::string invalid_utf8;
  std::vector<ModelInput> sample;
  std::unique_ptr<AblationStudy> study;  // from the constructor on
  Json described;

  void read_sample(const RunControl& control);
  const char* predicts() const { return predictors.masked ? "masked" : "next"; }
};

void CorpusAblation::State::read_sample(const RunControl& control) {
  const FileStamps stamps(settings.paths);
  CorpusReader reader(settings.paths, settings.format);
  SegmentStream stream(reader, runner, settings.segments);
  int64_t count = 0;
  for (; stream.next(); ++count) control.cancel.check();
  if (count == 0) {
    throw Error(ErrorCode::kBadInput, "the corpus has no segment with words to predict",
                "a sentence or passage a line");
  }
  stream.rewind();
  Sample chosen(count, settings.sample);
  for (int64_t k = 0; const auto segment = stream.next(); ++k) {
    if (chosen.index_of(k) >= 0) sample.push_back(stream.input(*segment));
  }
  if (static_cast<int64_t>(sample.size()) < chosen.size()) {
    throw_corpus_ended(stamps, static_cast<int64_t>(sample.size()), chosen.size(), "segments");
  }
  stamps.check();
  invalid_utf8 = reader.invalid_utf8();
  Digest hash;
  for (const auto& [text, target, pixels] : sample) {
    hash.add(text.text_a);
    if (text.text_b) hash.add(*text.text_b);
    if (target) hash.add(target->text_a);
  }
  described = {{"files", settings.paths},
               {"mode", name_of(settings.kind)},
               {"pairs", settings.segments.pairs},
               {"max_tokens", stream.max_tokens()},
               {"sample", settings.sample},
               {"corpus", {{"hash", hash.short_hex()}, {"segments", count}}}};
}

CorpusAblation::CorpusAblation(Runner& runner, WordPredictors predictors,
                               CorpusAblationSettings settings, const RunControl& control)
    : state_(new State{runner, predictors, std::move(settings), {}, {}, {}, {}}) {
  State& s = *state_;
  if (!predictors.masked && !predictors.next) {
    throw Error(ErrorCode::kBadInput, "the weights predict no words",
                "a model with a masked-language-model head, or a causal one", {}, "HS-CAP-02");
  }
  if (s.settings.sample < 1) {
    throw Error(ErrorCode::kUsage, "--sample " + std::to_string(s.settings.sample), "1 or more");
  }
  s.read_sample(control);
  s.described["predicts"] = s.predicts();
  MeanContexts means(runner.stacks());
  if (s.settings.kind == AblationKind::kMean) {
    for (const ModelInput& input : s.sample) {
      means.add(*runner.trace({&input, 1}, {}, {control.cancel, {}}).at(0));
    }
  }
  s.study = std::make_unique<AblationStudy>(runner.stacks(), s.settings.kind, &means);
}
CorpusAblation::~CorpusAblation() = default;

int64_t CorpusAblation::segments() const { return static_cast<int64_t>(state_->sample.size()); }
int64_t CorpusAblation::segments_done() const { return state_->study->segments(); }
const std::string& CorpusAblation::invalid_utf8() const { return state_->invalid_utf8; }

void CorpusAblation::run(const RunControl& control, const std::function<void()>& on_consistent) {
  State& s = *state_;
  for (int64_t k = segments_done(); k < segments(); ++k) {
    control.cancel.check();
    RunControl inner{control.cancel, [&](int64_t done, int64_t total) {
                       control.report(k * total + done, segments() * total);
                     }};
    const ModelInput& input = s.sample[static_cast<size_t>(k)];
    if (s.predictors.masked) {
      s.study->add(*s.predictors.masked, input.text, k, inner);
    } else {
      s.study->add(*s.predictors.next, input, inner);
    }
    if (on_consistent) on_consistent();
  }
}

std::vector<HeadEffect> CorpusAblation::effects() const { return state_->study->effects(); }

std::string CorpusAblation::json() const {
  const State& s = *state_;
  Json heads = Json::array();
  const std::vector<StackInfo>& stacks = s.runner.stacks();
  for (const HeadEffect& e : effects()) {
    Json head = {{"layer", e.head.id.layer},
                 {"head", e.head.id.head},
                 {"change", json_number(e.change)},
                 {"se", json_number(e.se)},
                 {"n", e.n}};
    if (stacks.size() > 1) head["stack"] = stacks[static_cast<size_t>(e.head.stack)].name;
    heads.push_back(std::move(head));
  }
  return dump_json({{"model", s.runner.model().name},
                    {"fingerprint", s.runner.model().fingerprint},
                    {"mode", name_of(s.settings.kind)},
                    {"predicts", s.predicts()},
                    {"segments", segments_done()},
                    {"settings", s.described},
                    {"heads", heads}});
}

std::string CorpusAblation::checkpoint() const {
  const State& s = *state_;
  Json sums = Json::array();
  for (const AblationStudy::Sum& sum : s.study->sums()) {
    Json row = Json::object();
    for (const auto& [name, field] : kSumFields) row[name] = sum.*field;
    sums.push_back(std::move(row));
  }
  return dump_json({{"format", kFormat},
                    {"version", kVersion},
                    {"model", model_json(s.runner.model())},
                    {"settings", s.described},
                    {"segments", s.study->segments()},
                    {"sums", std::move(sums)}});
}

void CorpusAblation::restore(const std::string& checkpoint, const std::string& source) {
  State& s = *state_;
  const Json json = parse_json(checkpoint, source);
  if (string_field(json, "format", source, "") != kFormat ||
      int_field(json, "version", source) != kVersion) {
    throw Error(ErrorCode::kBadInput, source + " is no checkpoint of an ablation, or an older one",
                "the checkpoint of an earlier run", "Remove it, or write to another file");
  }
  constexpr const char* kAction =
      "Run the command that began it, or remove it, or write to another file";
  require_same_model(parse_model(object_field(json, "model", source), source), s.runner.model(),
                     source, kAction);
  require_same_settings(object_field(json, "settings", source), s.described, {}, source, kAction);
  const int64_t done = int_field(json, "segments", source, 0, segments());
  std::vector<AblationStudy::Sum> sums;
  for (const Json& row : array_field(json, "sums", source)) {
    AblationStudy::Sum& sum = sums.emplace_back();
    for (const auto& [name, field] : kSumFields) sum.*field = number_field(row, name, source);
  }
  if (sums.size() != s.study->sums().size()) {
    throw Error(ErrorCode::kBadInput,
                source + ": sums of " + std::to_string(sums.size()) + " heads",
                std::to_string(s.study->sums().size()), kAction);
  }
  s.study->restore(std::move(sums), done);
}

}  // namespace headscope
