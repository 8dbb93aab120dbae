#include "headscope/corpus_ablation.h"

#include <array>

#include "base/text_hash.h"
#include "corpus/file_stamps.h"
#include "corpus/settings.h"
#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr const char* kFormat = "headscope-ablation-checkpoint";

}  // namespace

struct CorpusAblation::State {
  Runner& runner;
  MaskedPredictor& predictor;
  CorpusAblationSettings settings;
  std::string invalid_utf8;
  std::vector<TokenSequence> sample;
  std::unique_ptr<AblationStudy> study;  // from the constructor on
  Json described;

  void read_sample(const RunControl& control);
};

void CorpusAblation::State::read_sample(const RunControl& control) {
  const FileStamps stamps(settings.paths);
  CorpusReader reader(settings.paths, settings.format);
  SegmentStream stream(reader, runner, settings.segments);
  int64_t count = 0;
  for (; stream.next(); ++count) control.cancel.check();
  if (count == 0) {
    throw Error(ErrorCode::kBadInput, "the corpus has no segment to mask words in",
                "a sentence or passage a line");
  }
  stream.rewind();
  Sample chosen(count, settings.sample);
  for (int64_t k = 0; const auto segment = stream.next(); ++k) {
    if (chosen.index_of(k) >= 0) sample.push_back(stream.tokenize(*segment));
  }
  if (static_cast<int64_t>(sample.size()) < chosen.size()) {
    throw_corpus_ended(stamps, static_cast<int64_t>(sample.size()), chosen.size(), "segments");
  }
  stamps.check();
  invalid_utf8 = reader.invalid_utf8();
  TextHash hash;
  for (const TokenSequence& text : sample) {
    hash.add(text.text_a);
    if (text.text_b) hash.add(*text.text_b);
  }
  described = {
      {"files", settings.paths},          {"mode", name_of(settings.kind)},
      {"pairs", settings.segments.pairs}, {"max_tokens", stream.max_tokens()},
      {"sample", settings.sample},        {"corpus", {{"hash", hash.hex()}, {"segments", count}}}};
}

CorpusAblation::CorpusAblation(Runner& runner, MaskedPredictor& predictor,
                               CorpusAblationSettings settings, const RunControl& control)
    : state_(new State{runner, predictor, std::move(settings), {}, {}, {}, {}}) {
  State& s = *state_;
  if (s.settings.sample < 1) {
    throw Error(ErrorCode::kUsage, "--sample " + std::to_string(s.settings.sample), "1 or more");
  }
  s.read_sample(control);
  const StackInfo& stack = runner.stacks().at(0);
  MeanContexts means(stack);
  if (s.settings.kind == AblationKind::kMean) {
    for (const TokenSequence& text : s.sample) {
      const std::array texts{text};
      means.add(*runner.trace(texts, {}, {control.cancel, {}}).at(0));
    }
  }
  s.study = std::make_unique<AblationStudy>(stack, s.settings.kind, &means);
}
CorpusAblation::~CorpusAblation() = default;

int64_t CorpusAblation::segments() const { return static_cast<int64_t>(state_->sample.size()); }
int64_t CorpusAblation::segments_done() const { return state_->study->segments(); }
const std::string& CorpusAblation::invalid_utf8() const { return state_->invalid_utf8; }

void CorpusAblation::run(const RunControl& control, const std::function<void()>& rest) {
  State& s = *state_;
  for (int64_t k = segments_done(); k < segments(); ++k) {
    control.cancel.check();
    RunControl inner{control.cancel, [&](int64_t done, int64_t total) {
                       control.report(k * total + done, segments() * total);
                     }};
    s.study->add(s.predictor, s.sample[static_cast<size_t>(k)], k, inner);
    if (rest) rest();
  }
}

std::vector<HeadEffect> CorpusAblation::effects() const { return state_->study->effects(); }

std::string CorpusAblation::json() const {
  const State& s = *state_;
  Json heads = Json::array();
  for (const HeadEffect& e : effects()) {
    heads.push_back({{"layer", e.id.layer},
                     {"head", e.id.head},
                     {"change", json_number(e.change)},
                     {"se", json_number(e.se)},
                     {"n", e.n}});
  }
  return dump_json({{"model", s.runner.model().name},
                    {"fingerprint", s.runner.model().fingerprint},
                    {"mode", name_of(s.settings.kind)},
                    {"segments", segments_done()},
                    {"settings", s.described},
                    {"heads", heads}});
}

std::string CorpusAblation::checkpoint() const {
  const State& s = *state_;
  return with_field(dump_json({{"format", kFormat},
                               {"version", kReportVersion},
                               {"model", model_json(s.runner.model())},
                               {"settings", s.described}}),
                    "study", s.study->serialize());
}

void CorpusAblation::restore(const std::string& checkpoint, const std::string& source) {
  State& s = *state_;
  const Json json = parse_json(checkpoint, source);
  if (string_field(json, "format", source, "") != kFormat ||
      int_field(json, "version", source) != kReportVersion) {
    throw Error(ErrorCode::kBadInput, source + " is no checkpoint of an ablation",
                "the checkpoint of an earlier run", "Remove it, or write to another file");
  }
  const std::string action =
      "Run the command that began it, or remove it, or write to another file";
  require_same_model(object_field(json, "model", source), model_json(s.runner.model()), source,
                     action);
  require_same_settings(object_field(json, "settings", source), s.described, {}, source, action);
  AblationStudy study = *s.study;
  study.restore(dump_json(object_field(json, "study", source)), source);
  if (study.segments() > segments()) {
    throw Error(ErrorCode::kBadInput,
                source + " holds " + std::to_string(study.segments()) + " segments",
                "at most " + std::to_string(segments()), action);
  }
  *s.study = std::move(study);
}

}  // namespace headscope
