#include "headscope/corpus_analysis.h"

#include <algorithm>
#include <array>

#include "base/text_hash.h"
#include "corpus/batches.h"
#include "corpus/file_stamps.h"
#include "corpus/settings.h"
#include "format/json.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr size_t kWindow = 64;  // segments sorted by length at a time

RunControl without_progress(const RunControl& control) {
  RunControl quiet;
  quiet.cancel = control.cancel;
  return quiet;
}

// The sentence's words as tokens of the segment.
DependencyTree tree_of(const SegmentSentence& sentence, const Annotation& annotation,
                       const TokenSequence& tokens) {
  std::vector<Range> words = annotation.words;
  for (Range& word : words) word = {word.begin + sentence.offset, word.end + sentence.offset};
  return {annotation.head, annotation.relation, pieces_of_words(tokens, words, sentence.in_b)};
}

}  // namespace

struct CorpusAnalysis::State {
  CorpusEngine engine;
  CorpusSettings settings;
  FileStamps stamps;  // of before the scan
  CorpusReader reader;
  SegmentStream stream;
  CorpusScan scan;
  std::shared_ptr<Statistics> statistics;
  std::shared_ptr<Grammar> grammar;  // null where no file is a treebank
  bool probe_done = false;
  int64_t segments_done = 0, sentences_done = 0;  // of this shard

  State(CorpusEngine e, CorpusSettings s)
      : engine(std::move(e)),
        settings(std::move(s)),
        stamps(settings.paths),
        reader(settings.paths, settings.format),
        stream(reader, engine.runner, settings.segments) {}

  bool mine(int64_t index) const { return index % settings.shards == settings.shard; }
  int64_t share_of(int64_t count) const {
    return (count - settings.shard + settings.shards - 1) / settings.shards;
  }
  int64_t similarity_rows() const;
  void scan_corpus(const RunControl& control);
  std::vector<Work> next_window(Sample& sample, int64_t& k);
  void add_batch(const std::vector<Work>& batch, const RunControl& control);
};

// Divergences of all pairs of heads would take a quarter of the time if every row counted: about
// 2,048 rows in all, at least 8 of a segment (docs/decisions/050-similarity-rows.md).
int64_t CorpusAnalysis::State::similarity_rows() const {
  constexpr int64_t kRows = 2048, kLeast = 8;
  return std::max(kLeast, (kRows + scan.sampled_segments - 1) / scan.sampled_segments);
}

void CorpusAnalysis::State::scan_corpus(const RunControl& control) {
  // Ctrl-C while a pipe was read ends it early, as if the corpus were over.
  control.cancel.check();
  TextHash hash;
  int64_t document = -1;
  while (const auto text = reader.next()) {
    control.cancel.check();
    ++scan.texts;
    if (text->document != document) hash.add("");
    document = text->document;
    hash.add(text->a);
    if (text->b) hash.add(*text->b);
    if (!text->annotation) {
      scan.without_heads += reader.format(text->file) == CorpusFormat::kConllu;
      continue;
    }
    for (size_t w = 0; w < text->annotation->head.size(); ++w) {
      hash.add(std::to_string(text->annotation->head[w]));
      hash.add(text->annotation->relation[w]);
    }
  }
  scan.documents = document + 1;
  scan.hash = hash.hex();
  scan.invalid_utf8 = reader.invalid_utf8();
  stream.rewind();
  while (stream.next()) {
    control.cancel.check();
    if (++scan.segments % 256 == 0) control.report(scan.segments, 0);
  }
  scan.skipped = stream.skipped();
  scan.sampled_segments = Sample(scan.segments, settings.sample).size();
  if (settings.predictive > 0) {
    SentenceStream sentences(reader, engine.runner);
    while (sentences.next()) {
      control.cancel.check();
      ++scan.sentences;
    }
    scan.sampled_sentences = Sample(scan.sentences, settings.predictive).size();
  }
}

CorpusAnalysis::CorpusAnalysis(CorpusEngine engine, CorpusSettings settings,
                               const RunControl& control) {
  if (settings.shards < 1 || settings.shard < 0 || settings.shard >= settings.shards) {
    throw Error(ErrorCode::kUsage,
                "--shard " + std::to_string(settings.shard) + "/" + std::to_string(settings.shards),
                "i/n with 0 ≤ i < n");
  }
  if (settings.sample && *settings.sample < 1) {
    throw Error(ErrorCode::kUsage, "--sample " + std::to_string(*settings.sample), "1 or more");
  }
  if (settings.predictive < 0 || (settings.predictive > 0 && !engine.predictor)) {
    throw Error(ErrorCode::kUsage, "--predictive " + std::to_string(settings.predictive),
                "0 or more, with a model that has a masked-language-model head");
  }
  state_ = std::make_unique<State>(std::move(engine), std::move(settings));
  State& s = *state_;
  s.scan_corpus(control);
  if (s.scan.segments == 0) {
    const bool pairs = s.settings.segments.pairs && s.scan.texts > s.scan.skipped;
    throw Error(ErrorCode::kBadInput,
                pairs ? "no document with two sentences that fit together"
                      : "the corpus has no text with a word in it",
                pairs ? "documents of several sentences, blank lines between documents"
                      : "a sentence or passage a line");
  }
  if (s.settings.predictive > 0 && s.scan.sentences == 0) {
    throw Error(ErrorCode::kBadInput, "no sentence of 10 to 20 word pieces for --predictive",
                "some", "Leave --predictive out");
  }
  StatisticsOptions options;
  options.embeddings = s.engine.embeddings;
  options.similarity_rows = s.similarity_rows();
  s.statistics = std::make_shared<Statistics>(s.engine.runner.stacks().at(0), options);
  for (size_t file = 0; file < s.settings.paths.size(); ++file) {
    if (s.reader.format(file) == CorpusFormat::kConllu && !s.grammar) {
      s.grammar = std::make_shared<Grammar>(s.statistics->heads());
    }
  }
}
CorpusAnalysis::~CorpusAnalysis() = default;

const CorpusScan& CorpusAnalysis::scan() const { return state_->scan; }
int64_t CorpusAnalysis::segments() const { return state_->share_of(state_->scan.sampled_segments); }
int64_t CorpusAnalysis::segments_done() const { return state_->segments_done; }
int64_t CorpusAnalysis::sentences() const {
  return state_->share_of(state_->scan.sampled_sentences);
}
int64_t CorpusAnalysis::sentences_done() const { return state_->sentences_done; }

// The next segments of this shard; `k` counts the corpus's segments.
std::vector<Work> CorpusAnalysis::State::next_window(Sample& sample, int64_t& k) {
  std::vector<Work> window;
  while (window.size() < kWindow) {
    const std::optional<Segment> segment = stream.next();
    if (!segment) break;
    const int64_t index = sample.index_of(k++);
    if (index >= 0 && mine(index)) {
      window.push_back({stream.tokenize(*segment), index, segment->sentences});
    }
  }
  return window;
}

// Not cancelled between its segments, so that the sums are whole between batches.
void CorpusAnalysis::State::add_batch(const std::vector<Work>& batch, const RunControl& control) {
  std::vector<TokenSequence> texts;
  for (const Work& work : batch) texts.push_back(work.tokens);
  TraceOptions options;
  options.zero_segment_ids = settings.zero_segment_ids;
  const auto traces = engine.runner.trace(texts, options, without_progress(control));
  for (size_t t = 0; t < traces.size(); ++t) {
    statistics->add(*traces[t], batch[t].index);
    for (const SegmentSentence& sentence : batch[t].sentences) {
      if (grammar && sentence.annotation) {
        grammar->add(*traces[t], 0, tree_of(sentence, *sentence.annotation, batch[t].tokens));
      }
    }
  }
  segments_done += static_cast<int64_t>(batch.size());
}

void CorpusAnalysis::run_segments(const RunControl& control, const std::function<void()>& rest) {
  State& s = *state_;
  const int64_t total = segments();
  control.report(s.segments_done, total);
  if (!s.probe_done && s.settings.shard == 0 && s.engine.probe) {
    const std::array texts{*s.engine.probe};
    s.statistics->add_probe(*s.engine.runner.trace(texts, {}, without_progress(control)).at(0));
    s.probe_done = true;
  }
  s.stream.rewind();
  Sample sample(s.scan.segments, s.settings.sample);
  const int64_t already = s.segments_done;
  int64_t k = 0, passed = 0;
  while (passed < total) {
    std::vector<Work> window = s.next_window(sample, k);
    if (window.empty()) throw_corpus_ended(s.stamps, passed, total, "segments");
    for (const std::vector<Work>& batch : batches(std::move(window))) {
      passed += static_cast<int64_t>(batch.size());
      if (passed <= already) continue;
      control.cancel.check();
      s.add_batch(batch, control);
      control.report(s.segments_done, total);
      if (rest) rest();
    }
  }
  s.stamps.check();
}

void CorpusAnalysis::run_predictive(const RunControl& control, const std::function<void()>& rest) {
  State& s = *state_;
  const int64_t total = sentences();
  if (s.sentences_done >= total) return;
  control.report(s.sentences_done, total);
  SentenceStream stream(s.reader, s.engine.runner);
  Sample sample(s.scan.sentences, s.settings.predictive);
  int64_t k = 0, passed = 0;
  while (const std::optional<TokenSequence> text = stream.next()) {
    const int64_t index = sample.index_of(k++);
    if (index < 0 || !s.mine(index) || ++passed <= s.sentences_done) continue;
    control.cancel.check();
    const RunControl quiet = without_progress(control);
    const auto c = predictive_contribution(*s.engine.predictor, *text, quiet);
    TraceOptions options;
    options.zero_segment_ids = s.settings.zero_segment_ids;
    const std::array texts{*text};
    s.statistics->add_predictive(*s.engine.runner.trace(texts, options, quiet).at(0), c, index);
    ++s.sentences_done;
    control.report(s.sentences_done, total);
    if (rest) rest();
  }
  if (s.sentences_done < total) {
    throw_corpus_ended(s.stamps, s.sentences_done, total, "sentences");
  }
  s.stamps.check();
}

std::string CorpusAnalysis::checkpoint() const {
  const State& s = *state_;
  const Json head = {
      {"format", kCheckpointFormat},
      {"version", kReportVersion},
      {"model", model_json(s.engine.runner.model())},
      {"settings", settings_json(s.settings, s.stream.max_tokens(), s.scan, s.similarity_rows())},
      {"done",
       {{"probe", s.probe_done}, {"segments", s.segments_done}, {"sentences", s.sentences_done}}}};
  std::string out = with_field(dump_json(head), "statistics", s.statistics->serialize());
  return s.grammar ? with_field(std::move(out), "grammar", s.grammar->serialize()) : out;
}

void CorpusAnalysis::restore(const std::string& checkpoint, const std::string& source) {
  State& s = *state_;
  const Json json = parse_json(checkpoint, source);
  if (string_field(json, "format", source, "") != kCheckpointFormat ||
      int_field(json, "version", source) != kReportVersion) {
    throw Error(ErrorCode::kBadInput, source + " is no checkpoint of this version",
                "the checkpoint of an earlier run", "Remove it, or write to another file");
  }
  const std::string action =
      "Run the command that began it, or remove it, or write to another file";
  require_same_model(object_field(json, "model", source), model_json(s.engine.runner.model()),
                     source, action);
  require_same_settings(
      object_field(json, "settings", source),
      settings_json(s.settings, s.stream.max_tokens(), s.scan, s.similarity_rows()), {}, source,
      action);
  const Json& done = object_field(json, "done", source);
  const int64_t segments_done = int_field(done, "segments", source, 0, segments());
  const int64_t sentences_done = int_field(done, "sentences", source, 0, sentences());
  const bool probe_done = bool_field(done, "probe", source);
  if (s.grammar) s.grammar->restore(dump_json(object_field(json, "grammar", source)), source);
  s.statistics->restore(dump_json(object_field(json, "statistics", source)), source);
  s.segments_done = segments_done;
  s.sentences_done = sentences_done;
  s.probe_done = probe_done;
}

CorpusReport CorpusAnalysis::report() const {
  const State& s = *state_;
  CorpusReport out;
  out.model = s.engine.runner.model();
  out.settings =
      dump_json(settings_json(s.settings, s.stream.max_tokens(), s.scan, s.similarity_rows()));
  out.zero_segment_ids = s.settings.zero_segment_ids;
  out.thresholds = s.settings.thresholds;
  out.statistics = s.statistics;
  out.grammar = s.grammar;
  out.partial = s.settings.shards > 1;
  return out;
}

std::vector<HeadReport> CorpusReport::heads() const {
  std::vector<HeadReport> out = statistics->report(thresholds);
  for (size_t h = 0; grammar && h < out.size(); ++h) out[h].grammar = grammar->relations(h);
  return out;
}

}  // namespace headscope
