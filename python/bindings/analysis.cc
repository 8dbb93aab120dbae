// Two traces side by side; every head over a corpus.
#include "bindings.h"
#include "headscope/comparison.h"
#include "headscope/corpus_analysis.h"
#include "headscope/error.h"
#include "headscope/output.h"
#include "headscope/probe.h"
#include "headscope/report.h"
#include "headscope/report_page.h"

namespace headscope::python {
namespace {

using Doubles = nb::ndarray<nb::numpy, const double, nb::c_contig>;

// Two traces and what is between them.
struct Compared {
  std::shared_ptr<OpenedTrace> left, right;
  Comparison found;
};

std::shared_ptr<Compared> compare(const std::shared_ptr<OpenedTrace>& left,
                                  const std::shared_ptr<OpenedTrace>& right,
                                  const std::string& stack, bool labels,
                                  const nb::object& progress) {
  return std::make_shared<Compared>(
      Compared{left, right, computed(progress, [&](const RunControl& control) {
                 return compare_sources(*left->trace(), *right->trace(), {stack, labels}, control);
               })});
}

using HeadRow = std::tuple<std::string, int, int, double, double, int64_t, std::vector<std::string>,
                           std::vector<std::string>>;

std::vector<HeadRow> rows_of(const Compared& self) {
  std::vector<HeadRow> out;
  for (const HeadDifference& head : self.found.heads) {
    out.emplace_back(head.stack, head.id.layer, head.id.head, head.js, head.mean_abs, head.queries,
                     head.left_labels, head.right_labels);
  }
  return out;
}

using Pairs = std::vector<std::tuple<int64_t, int64_t, int64_t, int64_t>>;
using Ranges = std::vector<std::pair<int64_t, int64_t>>;

Ranges ranges_of(const std::vector<Range>& ranges) {
  Ranges out;
  for (const Range range : ranges) out.emplace_back(range.begin, range.end);
  return out;
}

std::tuple<Pairs, Ranges, Ranges> alignment_of(const Compared& self, bool keys) {
  const Alignment& alignment = keys ? self.found.keys : self.found.queries;
  Pairs matched;
  for (const TokenPair& pair : alignment.matched) {
    matched.emplace_back(pair.left.begin, pair.left.end, pair.right.begin, pair.right.end);
  }
  return {matched, ranges_of(alignment.left_only), ranges_of(alignment.right_only)};
}

Doubles shown(MatchedMap map) {
  auto kept = std::make_unique<std::vector<double>>(std::move(map.weights));
  const double* data = kept->data();
  const nb::capsule owner(kept.release(), [](void* p) noexcept {
    delete static_cast<std::vector<double>*>(p);  // NOLINT: the capsule owns it
  });
  const size_t shape[] = {static_cast<size_t>(map.queries), static_cast<size_t>(map.keys + 1)};
  return Doubles(data, 2, shape, owner);
}

std::pair<Doubles, Doubles> maps_of(const Compared& self, int layer, int head) {
  const Comparison& found = self.found;
  auto [left, right] = computed(nb::none(), [&](const RunControl& control) {
    return std::pair(matched_map(*self.left->trace(), {found.left_stack, {layer, head}},
                                 found.queries, found.keys, true, control),
                     matched_map(*self.right->trace(), {found.right_stack, {layer, head}},
                                 found.queries, found.keys, false, control));
  });
  return {shown(std::move(left)), shown(std::move(right))};
}

struct CorpusCall {
  CorpusSettings settings;
  std::string output;  // "" = the report is written nowhere, and nothing is kept on the way
};

// Lines for the user: what of the corpus was read otherwise than it stands there.
std::vector<std::string> said_of(const CorpusScan& scan) {
  std::vector<std::string> out;
  if (!scan.invalid_utf8.empty()) {
    out.push_back("not valid UTF-8: " + scan.invalid_utf8 +
                  "; each invalid sequence reads as U+FFFD");
  }
  if (scan.skipped > 0) {
    out.push_back(std::to_string(scan.skipped) + " texts without tokens were passed over");
  }
  if (scan.without_heads > 0) {
    out.push_back(std::to_string(scan.without_heads) +
                  " sentences have no HEADs, so grammar leaves them out");
  }
  return out;
}

// Runs to the end; what was done stays in the checkpoint when anything stops it.
void run_all(CorpusAnalysis& analysis, Checkpoints* checkpoints, const RunControl& control) {
  if (checkpoints) checkpoints->resume(analysis);
  const auto keep = [&] {
    if (checkpoints) checkpoints->update(analysis);
  };
  try {
    analysis.run_segments(control, keep);
    analysis.run_predictive(control, keep);
  } catch (...) {
    if (checkpoints && analysis.segments_done() > 0) checkpoints->write(analysis);
    throw;
  }
}

using Analysed = std::pair<std::string, std::vector<std::string>>;

Analysed analyse(Model& model, const CorpusCall& call, const RunControl& control) {
  if (call.settings.predictive > 0 && !model.masked()) {
    throw Error(ErrorCode::kUsage, "predictive= with " + model.runner().model().name,
                "a model that predicts masked words", "", "HS-CAP-02");
  }
  CorpusAnalysis analysis({model.runner(), model.masked(), model.embeddings(), probe_text(model)},
                          call.settings, control);
  std::optional<Checkpoints> checkpoints;
  if (!call.output.empty()) checkpoints.emplace(call.output);
  run_all(analysis, checkpoints ? &*checkpoints : nullptr, control);
  std::string json = report_json(analysis.report());
  if (checkpoints) {
    write_file_atomically(call.output, json + "\n");
    checkpoints->remove();
  }
  return {std::move(json), said_of(analysis.scan())};
}

Analysed analyze(const OpenedModel& self, const std::vector<std::string>& files,
                 const std::string& format, bool pairs, std::optional<int64_t> max_tokens,
                 const std::string& truncate, std::optional<int64_t> sample,
                 const std::string& segment_ids, int64_t predictive, const std::string& thresholds,
                 const std::string& output, const nb::object& progress) {
  CorpusCall call;
  CorpusSettings& settings = call.settings;
  settings.paths = files;
  if (!format.empty()) settings.format = parse_corpus_format(format);
  settings.segments.pairs = pairs;
  settings.segments.max_tokens = max_tokens;
  if (!truncate.empty()) {
    const std::optional<Truncation> truncation = parse_truncation(truncate);
    if (!truncation) {
      throw Error(ErrorCode::kUsage, "truncate='" + truncate + "'",
                  "longest-first, only-first, only-second");
    }
    settings.segments.truncation = *truncation;
  }
  settings.sample = sample;
  if (segment_ids != "true" && segment_ids != "zero") {
    throw Error(ErrorCode::kUsage, "segment_ids='" + segment_ids + "'", "true or zero");
  }
  settings.zero_segment_ids = segment_ids == "zero";
  settings.predictive = predictive;
  if (!thresholds.empty()) settings.thresholds = Thresholds::parse(thresholds, "thresholds=");
  call.output = output;
  return computed(progress,
                  [&](const RunControl& control) { return analyse(*self.model, call, control); });
}

}  // namespace

void bind_analysis(nb::module_& module) {
  nb::class_<Compared>(module, "Comparison", "Two traces side by side")
      .def("stack", [](const Compared& self) { return self.found.stack; })
      .def("notes", [](const Compared& self) { return self.found.notes; })
      .def("matched_words", [](const Compared& self) { return self.found.matched_words(); })
      .def("heads", &rows_of,
           "(stack, layer, head, js, mean_abs, queries, left labels, right labels) by falling js")
      .def("alignment", &alignment_of, nb::arg("keys"),
           "(matched [left first, left end, right first, right end], left alone, right alone)")
      .def("maps", &maps_of, nb::arg("layer"), nb::arg("head"), nb::rv_policy::automatic,
           "Left and right [matched queries, matched keys + 1], the last column the sink's");

  module.def("compare", &compare, nb::arg("left"), nb::arg("right"), nb::arg("stack"),
             nb::arg("labels"), nb::arg("progress") = nb::none());
  module.def("analyze", &analyze, nb::arg("model"), nb::arg("files"), nb::arg("format"),
             nb::arg("pairs"), nb::arg("max_tokens").none(), nb::arg("truncate"),
             nb::arg("sample").none(), nb::arg("segment_ids"), nb::arg("predictive"),
             nb::arg("thresholds"), nb::arg("output"), nb::arg("progress") = nb::none(),
             "(the report as JSON, what a user must be told of how the corpus was read)");
  module.def(
      "write_file",
      [](const std::string& path, const nb::bytes& content) {
        write_file_atomically(path, {content.c_str(), content.size()});
      },
      nb::arg("path"), nb::arg("content"), "A file that appears whole or not at all");
  module.def(
      "report_page",
      [](const std::string& report, const std::string& source) {
        return computed(nb::none(), [&](const RunControl&) { return report_page(report, source); });
      },
      nb::arg("report"), nb::arg("source"), "A report's JSON as a readable page (HTML)");
}

}  // namespace headscope::python
