// headscope render head A [B] --heads L2H0 --pin q1 … -o F.svg
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "command.h"
#include "common.h"
#include "headscope/comparison.h"
#include "headscope/demo.h"
#include "headscope/error.h"
#include "headscope/figure.h"
#include "headscope/flow.h"
#include "headscope/output.h"
#include "headscope/print.h"
#include "headscope/trace.h"
#include "headscope/view_state.h"
#include "other_source.h"
#include "terminal.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

// Link keys of the app that say what was run (docs/decisions/070-link-keys-of-the-app.md).
constexpr const char *kMasked = "mw", *kTrace = "tr", *kWithTrace = "wt", *kPicture = "pc";
// The app's own link keys that figures heed, and where one looks, which only the neuron view heeds.
constexpr std::string_view kAppKeys[] = {"mw", "tr", "wt", "mk", "po", "zm", "tn",
                                         "gl", "gh", "no", "nr", "nv", "at", "pc"};
constexpr const char* kDemo = "demo";

struct RenderCommand {
  CommonOptions common;
  TextOptions texts;
  OtherOptions other;
  std::string kind, state, output, format, ablate;
  std::map<std::string, std::string> view;  // option → value, where given
  bool renormalise = false, words = false;
  std::optional<double> width_mm;
  bool no_caption = false, transparent = false;
  int png_scale = 2;
};

// The vocabulary of view options, in the order of --help.
struct ViewOption {
  const char* name;
  const char* help;
};
constexpr ViewOption kViewOptions[] = {
    {"heads", "Heads: L2H0,L6H* (default L2H0, or the first head where there is none)"},
    {"pin", "Pinned tokens: q1 (query 1), k2 (key 2), at most 4"},
    {"panels", "one, or both: all words beside the pinned one"},
    {"rows", "all, or linked: only tokens at the end of a line"},
    {"attention", "all, or between sentences: aa, ab, ba, bb"},
    {"stack", "Stack of an encoder-decoder model"},
    {"special", "Special tokens: show, hide or hide-renorm"},
    {"threshold", "Weights below are not drawn (default 0.01)"},
    {"theme", "print (default), light or dark"},
    {"combine", "Heads as separate lines, or their mean, max or sum"},
    {"quantity", "weight, norm, score, rollout or flow (docs/formats.md)"},
    {"topk", "Lines a query keeps: 1 to 64, off (default 8 beyond 128 tokens)"},
    {"scale", "Ink: linear, log, or row (each row against its largest)"},
    {"colours", "Of matrices: auto (log above 64 tokens), common, own or log"},
};

// "head, model, … or compare".
std::string kinds() {
  std::string out;
  const auto views = figure_views();
  for (size_t i = 0; i < views.size(); ++i) {
    out += std::string(i == 0 ? "" : i + 1 == views.size() ? " or " : ", ") + std::string(views[i]);
  }
  return out;
}

void check_kind(const std::string& kind) {
  const auto views = figure_views();
  if (std::find(views.begin(), views.end(), kind) != views.end()) return;
  throw Error(ErrorCode::kUsage, "the kind of figure '" + kind + "'", kinds(),
              "As in: headscope render head \"Text A\" \"Text B\" -o figure.svg");
}

// --format, or what the output's name ends in.
FigureFormat format_of(const RenderCommand& options) {
  if (!options.format.empty()) return parse_figure_format(options.format);
  const std::string extension = extension_of(options.output);
  if (extension.size() > 1) {
    for (const auto format : {FigureFormat::kSvg, FigureFormat::kPdf, FigureFormat::kPng}) {
      if (extension.substr(1) == name_of(format)) return format;
    }
  }
  throw Error(ErrorCode::kUsage, "output '" + options.output + "'",
              "a name that ends in .svg, .pdf or .png, or --format");
}

// --state first, then the options given beside it.
ViewState view_of(const RenderCommand& options) {
  ViewState state;
  if (!options.state.empty()) state = parse_link(options.state);
  for (const auto& [key, value] : state.unknown) {
    if (std::find(std::begin(kAppKeys), std::end(kAppKeys), key) != std::end(kAppKeys)) continue;
    std::string entry = "the link's entry ";
    entry.append(key).append("=").append(value).append(" is not known here");
    warn(options.common, entry);
  }
  if (!options.kind.empty()) state.view = options.kind;
  check_kind(state.view);
  for (const ViewOption& option : kViewOptions) {
    const auto given = options.view.find(option.name);
    if (given != options.view.end()) set_option(state, option.name, given->second);
  }
  if (options.words) state.words = true;
  if (options.renormalise) state.renormalise = true;
  return state;
}

std::vector<int> whole_numbers(const std::string& list) {
  std::vector<int> numbers;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');) {
    const bool digits = !part.empty() && part.size() <= 9 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) throw Error(ErrorCode::kUsage, "masked token '" + part + "'", "an index");
    numbers.push_back(std::stoi(part));
  }
  return numbers;
}

// The app shows the built-in trace for its own texts, so a link to it needs no model here either.
bool is_demo(const RenderCommand& options, const ViewState& state) {
  const auto trace = demo_trace();
  const TokenSequence& pair = trace->info().tokens(0, Side::kQuery);
  std::vector<std::string> texts = {pair.text_a};
  if (pair.text_b) texts.push_back(*pair.text_b);
  return options.texts.texts == texts && options.ablate.empty() && options.texts.masked.empty() &&
         options.common.products() == Precision::kF32 &&
         (state.model.empty() || state.model == trace->info().model.name);
}

// What the command line itself names.
struct Given {
  bool model = false, precision = false;
};

// Model, texts and what was done to them, where the command line names none. A link without texts
// means the article's pair: links leave defaults out.
void take_from_link(const ViewState& state, RenderCommand& options, Given given) {
  if (options.state.empty()) return;
  if (!given.model && !state.model.empty()) options.common.model = state.model;
  if (!given.precision) options.common.precision = name_of(state.precision);
  if (!options.texts.texts.empty() || !options.texts.trace.empty()) return;
  if (options.ablate.empty()) options.ablate = state.ablate;
  if (!options.texts.image.empty()) return;
  if (!options.other.given()) {
    options.other = {state.with_model, "", state.with_ablate, {}};
    if (!state.with_a.empty() || state.with_b) options.other.texts = {state.with_a};
    if (state.with_b) options.other.texts.push_back(*state.with_b);
  }
  for (const auto& [key, value] : state.unknown) {
    if (key == kMasked && options.texts.masked.empty()) {
      options.texts.masked = whole_numbers(value);
    }
    if (key == kPicture) {
      throw Error(ErrorCode::kUsage, "a link to the picture of the trace " + value, "--image FILE");
    }
    if (key != kTrace && key != kWithTrace) continue;
    throw Error(ErrorCode::kUsage, "a link to the trace " + value,
                key == kTrace
                    ? "--trace FILE: a link names a trace where its texts are too long for it"
                    : "--with-trace FILE, or --with-model, --with-text, --with-ablate");
  }
  const bool article = state.text_a.empty() && !state.text_b;
  const auto demo = demo_trace();
  const TokenSequence& pair = demo->info().tokens(0, Side::kQuery);
  options.texts.texts = {article ? pair.text_a : state.text_a};
  if (const auto& b = article ? pair.text_b : state.text_b) options.texts.texts.push_back(*b);
  if (given.model || !is_demo(options, state)) return;
  options.texts.texts.clear();
  options.texts.trace = kDemo;
}

void report(const RenderCommand& options, const Figure& figure) {
  for (const std::string& warning : figure.warnings) warn(options.common, warning);
  if (!options.common.json) {
    std::printf("%s\n", printable(options.output).c_str());
    return;
  }
  ordered_json edges = ordered_json::array();
  for (const FigureEdge& edge : figure.edges) {
    edges.push_back({{"panel", edge.panel},
                     {"head", edge.name},
                     {"query", edge.query},
                     {"key", edge.key},
                     {"weight", decimal_of(edge.weight)}});
  }
  print_json({{"path", options.output},
              {"caption", figure.caption},
              {"description", figure.description},
              {"warnings", figure.warnings},
              {"edges", std::move(edges)}});
}

bool names_no_head(const RenderCommand& options) {
  return !options.view.contains("heads") && options.state.empty();
}

// A head that nobody has named, of a model without an L2H0: the stack's first, as in the app.
void fit_default_head(const TraceInfo& info, ViewState& state) {
  const StackInfo& stack = info.stacks[static_cast<size_t>(info.stack_index(state.stack))];
  const auto has_head = [](const LayerInfo& layer) { return layer.heads > 0; };
  const auto second = [&](const LayerInfo& layer) { return layer.layer == 2 && has_head(layer); };
  if (std::any_of(stack.layers.begin(), stack.layers.end(), second)) return;
  const auto first = std::find_if(stack.layers.begin(), stack.layers.end(), has_head);
  if (first != stack.layers.end()) state.heads = {{first->layer, 0}};
}

Figure draw_one(const RenderCommand& options, ViewState state, const FigureOptions& figure,
                const std::shared_ptr<const Trace>& source) {
  if (names_no_head(options)) fit_default_head(source->info(), state);
  LongWork work(options.common.quiet, "Drawing");
  return draw_figure(*quantity_source(source, state.quantity), state, figure, work.control());
}

// Where no head is named, the comparison shows the head that differs most.
Figure draw_both(const RenderCommand& options, ViewState state, const FigureOptions& figure,
                 const std::shared_ptr<const Trace>& source) {
  const auto right =
      open_other(options.common, options.texts, options.ablate, options.other, source->info());
  LongWork work(options.common.quiet, "Comparing");
  if (names_no_head(options)) {
    const int stack = source->info().stack_index(state.stack);
    ComparisonOptions wanted;
    wanted.stack = source->info().stacks[static_cast<size_t>(stack)].name;
    wanted.labels = false;
    const HeadId most = compare_sources(*source, *right, wanted, work.control()).heads.at(0).id;
    state.heads = {{most.layer, most.head}};
  }
  return draw_comparison(*source, *right, state, figure, work.control());
}

void run(RenderCommand options, Given given) {
  const ViewState state = view_of(options);
  const FigureFormat format = format_of(options);
  take_from_link(state, options, given);
  check_texts(options.texts);
  check_output(options.output);
  const auto source = open_source(options.common, options.texts, options.ablate);
  FigureOptions figure_options;
  figure_options.trace = options.texts.trace;
  figure_options.width_mm = options.width_mm;
  figure_options.output = options.output;
  figure_options.caption = !options.no_caption;
  figure_options.transparent = options.transparent;
  figure_options.with_trace = options.other.trace;
  // The source says what was run. The link's own texts may be other ones (--trace).
  ViewState drawn = state;
  drawn.model.clear();
  drawn.text_a.clear();
  drawn.text_b.reset();
  drawn.ablate.clear();
  Figure figure = drawn.view == "compare" ? draw_both(options, drawn, figure_options, source)
                                          : draw_one(options, drawn, figure_options, source);
  const PrintedFigure printed = make_figure_printer()->print(figure, format, options.png_scale);
  write_file_atomically(options.output, printed.bytes);
  figure.warnings.insert(figure.warnings.end(), printed.warnings.begin(), printed.warnings.end());
  report(options, figure);
}

}  // namespace

void register_render(CommandLine& line) {
  const auto options = std::make_shared<RenderCommand>();
  const Command command = line.add("render", "A figure of exactly the chosen state");
  command.option("kind", options->kind, "Kind of figure: " + kinds()).type_name("KIND");
  add_common(command, options->common);
  add_texts(command, options->texts);
  add_trace(command, options->texts);
  add_generate(command, options->texts);
  add_ablate(command, options->ablate);
  add_other(command, options->other);
  command.option("--masked", options->texts.masked, "Tokens to replace by the mask token: 5,7")
      .delimiter(',')
      .type_name("TOKENS")
      .not_negative();
  command.option("-o,--output", options->output, "The figure, NAME.svg, .pdf or .png")
      .required()
      .type_name("FILE");
  for (const ViewOption& option : kViewOptions) {
    const std::string name = option.name;
    command.option_function(
        "--" + name, [options, name](const std::string& value) { options->view[name] = value; },
        option.help);
  }
  command.flag("--renorm", options->renormalise, "Rows of what is shown sum to 1");
  command.flag("--words", options->words, "Pieces merged to words");
  command
      .option("--width-mm", options->width_mm,
              "Width (default 85, one column; 174 where a picture needs two)")
      .type_name("MM")
      .range(10.0, 5000.0);
  command.option("--format", options->format, "svg, pdf or png, whatever the name ends in")
      .one_of({"svg", "pdf", "png"});
  command.option("--png-scale", options->png_scale, "Pixels of a PNG: 1 is 96 an inch")
      .range(1, 8)
      .show_default();
  command.flag("--no-caption", options->no_caption, "The caption is in the metadata alone");
  command.flag("--transparent", options->transparent, "No paper behind the picture");
  command.option("--state", options->state, "A link of the app, '#hs=1&…'").type_name("LINK");
  const Option model = command.named("--model");
  const Option precision = command.named("--precision");
  command.runs([=] { run(*options, {.model = model.given(), .precision = precision.given()}); });
}

}  // namespace headscope::cli
