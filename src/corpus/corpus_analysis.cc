#include "headscope/corpus_analysis.h"

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "corpus/batches.h"
#include "corpus/file_stamps.h"
#include "corpus/settings.h"
#include "corpus/text_links.h"
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

// Traces of which only the weights are asked.
TraceOptions only_weights(const CorpusSettings& settings) {
  TraceOptions options;
  options.with_values = false;
  options.settings.zero_segment_ids = settings.zero_segment_ids;
  return options;
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
  FileStamps stamps;  // taken before the scan
  CorpusReader reader;
  SegmentStream stream;
  CorpusScan scan;
  std::shared_ptr<Partial> partial;  // of this shard; from the constructor on

  State(CorpusEngine e, CorpusSettings s)
      : engine(std::move(e)),
        settings(std::move(s)),
        stamps(settings.paths),
        reader(settings.paths, settings.format, settings.links && settings.links->relation.empty()),
        stream(reader, engine.runner, settings.segments) {}

  bool in_shard(int64_t index) const { return index % settings.shards == settings.shard; }
  int64_t share_of(int64_t count) const {
    return (count - settings.shard + settings.shards - 1) / settings.shards;
  }
  int64_t similarity_rows() const;
  CorpusRecord record() const { return {settings, scan, stream.max_tokens(), similarity_rows()}; }
  void scan_corpus(const RunControl& control);
  void scan_links(const CorpusText& text, Digest& hash);
  std::vector<TextLink> links_of(const SegmentToRun& work) const;
  std::vector<SegmentToRun> next_window(Sample& sample, int64_t& k);
  void add_batch(const std::vector<SegmentToRun>& batch, const RunControl& control);
};

// Divergences of all pairs of heads would take a quarter of the time if every row counted: about
// 2,048 rows in all, at least 8 of a segment (docs/decisions/050-similarity-rows.md).
int64_t CorpusAnalysis::State::similarity_rows() const {
  constexpr int64_t kRows = 2048, kLeast = 8;
  return std::max(kLeast, (kRows + scan.sampled_segments - 1) / scan.sampled_segments);
}

// Those that the line names, or of the relation in its sentences.
std::vector<TextLink> CorpusAnalysis::State::links_of(const SegmentToRun& work) const {
  if (!settings.links || settings.links->relation.empty()) return work.links;
  std::vector<TextLink> out;
  for (const SegmentSentence& sentence : work.sentences) {
    if (!sentence.annotation) continue;
    const auto its =
        links_of_relation(*sentence.annotation, settings.links->relation,
                          settings.links->to_dependent, sentence.in_b, sentence.offset);
    out.insert(out.end(), its.begin(), its.end());
  }
  return out;
}

void CorpusAnalysis::State::scan_links(const CorpusText& text, Digest& hash) {
  if (!settings.links->relation.empty()) {
    if (!text.annotation) return;
    scan.links += std::ssize(links_of_relation(*text.annotation, settings.links->relation,
                                               settings.links->to_dependent, false, 0));
    return;
  }
  scan.links += std::ssize(text.links);
  for (const TextLink& link : text.links) {
    if (engine.runner.reads_target() && !has_stack(link)) {
      throw Error(ErrorCode::kBadInput,
                  reader.place(text) + ": a link from the source to the target",
                  "aa, bb or ba: the encoder does not see the target");
    }
    for (const int64_t number : {link.query.begin, link.query.end, link.key.begin, link.key.end,
                                 int64_t{link.query_in_b}, int64_t{link.key_in_b}}) {
      hash.add(std::to_string(number));
    }
  }
}

void CorpusAnalysis::State::scan_corpus(const RunControl& control) {
  // Ctrl-C while a pipe was read ends it early, as if the corpus were over.
  control.cancel.check();
  Digest hash;
  int64_t document = -1;
  while (const auto text = reader.next()) {
    control.cancel.check();
    ++scan.texts;
    if (text->document != document) hash.add("");
    document = text->document;
    hash.add(text->a);
    if (text->b) hash.add(*text->b);
    if (settings.links) scan_links(*text, hash);
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
  scan.hash = hash.short_hex();
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
  if (s.settings.links && s.scan.links == 0) {
    const std::string& relation = s.settings.links->relation;
    throw Error(ErrorCode::kBadInput,
                relation.empty() ? "no line of the corpus names a link"
                                 : "no word of the corpus has the relation " + relation,
                relation.empty() ? "links" : "CoNLL-U with words of this relation");
  }
  bool treebank = false;
  for (size_t file = 0; file < s.settings.paths.size(); ++file) {
    treebank |= s.reader.format(file) == CorpusFormat::kConllu;
  }
  std::vector<StackHeads> stacks;
  for (size_t at = 0; at < s.engine.runner.stacks().size(); ++at) {
    stacks.push_back(heads_of(s.engine.runner.stacks(), static_cast<int>(at)));
  }
  s.partial = std::make_shared<Partial>(s.engine.runner.model(), s.record(), std::move(stacks),
                                        treebank, s.engine.embeddings);
}
CorpusAnalysis::~CorpusAnalysis() = default;

const CorpusScan& CorpusAnalysis::scan() const { return state_->scan; }
int64_t CorpusAnalysis::segments() const { return state_->share_of(state_->scan.sampled_segments); }
int64_t CorpusAnalysis::segments_done() const { return state_->partial->segments().size(); }
int64_t CorpusAnalysis::sentences() const {
  return state_->share_of(state_->scan.sampled_sentences);
}
int64_t CorpusAnalysis::sentences_done() const { return state_->partial->texts().size(); }

// The next segments of this shard; `k` counts the corpus's segments.
std::vector<SegmentToRun> CorpusAnalysis::State::next_window(Sample& sample, int64_t& k) {
  std::vector<SegmentToRun> window;
  while (window.size() < kWindow) {
    const std::optional<Segment> segment = stream.next();
    if (!segment) break;
    const int64_t index = sample.index_of(k++);
    if (index >= 0 && in_shard(index)) {
      window.push_back({stream.input(*segment), index, segment->sentences, segment->links});
    }
  }
  return window;
}

// Not cancelled between its segments, so that the sums are whole between batches.
void CorpusAnalysis::State::add_batch(const std::vector<SegmentToRun>& batch,
                                      const RunControl& control) {
  std::vector<ModelInput> inputs;
  for (const SegmentToRun& work : batch) inputs.push_back(work.input);
  const auto traces =
      engine.runner.trace(inputs, only_weights(settings), without_progress(control));
  for (size_t t = 0; t < traces.size(); ++t) {
    std::vector<DependencyTree> trees;
    for (const SegmentSentence& sentence : batch[t].sentences) {
      if (!sentence.annotation) continue;
      trees.push_back(tree_of(sentence, *sentence.annotation, batch[t].input.text));
    }
    partial->add(*traces[t], batch[t].index, trees, as_tokens(links_of(batch[t]), batch[t].input));
  }
}

void CorpusAnalysis::run_segments(const RunControl& control,
                                  const std::function<void()>& on_consistent) {
  State& s = *state_;
  const int64_t total = segments();
  control.report(segments_done(), total);
  if (!s.partial->statistics().has_probe() && s.settings.shard == 0 && s.engine.probe) {
    const std::array texts{*s.engine.probe};
    s.partial->set_probe(*s.engine.runner.trace(texts, {}, without_progress(control)).at(0));
  }
  s.stream.rewind();
  Sample sample(s.scan.segments, s.settings.sample);
  const int64_t already = segments_done();
  int64_t k = 0, passed = 0;
  while (passed < total) {
    std::vector<SegmentToRun> window = s.next_window(sample, k);
    if (window.empty()) throw_corpus_ended(s.stamps, passed, total, "segments");
    for (const std::vector<SegmentToRun>& batch : batches(std::move(window))) {
      passed += static_cast<int64_t>(batch.size());
      if (passed <= already) continue;
      control.cancel.check();
      s.add_batch(batch, control);
      control.report(segments_done(), total);
      if (on_consistent) on_consistent();
    }
  }
  s.stamps.check();
}

void CorpusAnalysis::run_predictive(const RunControl& control,
                                    const std::function<void()>& on_consistent) {
  State& s = *state_;
  const int64_t total = sentences();
  if (sentences_done() >= total) return;
  control.report(sentences_done(), total);
  SentenceStream stream(s.reader, s.engine.runner);
  Sample sample(s.scan.sentences, s.settings.predictive);
  const int64_t already = sentences_done();
  int64_t k = 0, passed = 0;
  while (const std::optional<TokenSequence> text = stream.next()) {
    const int64_t index = sample.index_of(k++);
    if (index < 0 || !s.in_shard(index) || passed++ < already) continue;
    control.cancel.check();
    const RunControl quiet = without_progress(control);
    const auto c = predictive_contribution(*s.engine.predictor, *text, quiet);
    const TraceOptions options = only_weights(s.settings);
    const std::array texts{*text};
    s.partial->add_predictive(*s.engine.runner.trace(texts, options, quiet).at(0), c, index);
    control.report(sentences_done(), total);
    if (on_consistent) on_consistent();
  }
  if (sentences_done() < total) {
    throw_corpus_ended(s.stamps, sentences_done(), total, "sentences");
  }
  s.stamps.check();
}

std::string CorpusAnalysis::checkpoint() const { return state_->partial->bytes(); }

void CorpusAnalysis::restore(const std::string& checkpoint, const std::string& source) {
  State& s = *state_;
  constexpr const char* kAction =
      "Run the command that began it, or remove it, or write to another file";
  Partial read = Partial::parse(checkpoint, source);
  require_same_model(read.model(), s.partial->model(), source, kAction);
  require_same_settings(record_json(read.record()), record_json(s.record()), {}, source, kAction);
  s.partial->restore(std::move(read), source);
}

CorpusReport CorpusAnalysis::report() const { return {state_->partial}; }

}  // namespace headscope
