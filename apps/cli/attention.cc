// headscope attention A [B] --layer 2 --head 0 | --head L2H0 [--rows i:j --cols i:j]
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "headscope/error.h"
#include "headscope/flow.h"
#include "headscope/output.h"
#include "headscope/tile.h"
#include "headscope/token_text.h"
#include "headscope/trace.h"
#include "headscope/view_state.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

struct AttentionCommand {
  CommonOptions common;
  TextOptions texts;
  std::string layer, head, stack, rows, cols, quantity = "weight", ablate, output;
  bool csv = false;
};

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

int parse_index(const std::string& name, const std::string& text) {
  const auto value = whole_number(text);
  if (!value || *value > 1 << 20) {
    throw Error(ErrorCode::kUsage, name + " '" + text + "'", "a whole number from 0");
  }
  return static_cast<int>(*value);
}

// --head L2H0 or encoder.L2H0, or --layer 2 --head 0, as a head's name.
std::string parse_choice(const AttentionCommand& options) {
  const std::string id = options.head.substr(options.head.rfind('.') + 1);
  const bool named = !id.empty() && (id[0] == 'L' || id[0] == 'l');
  if (named && options.layer.empty()) {
    (void)parse_head_id(id);
    return options.head;
  }
  if (named) {
    throw Error(ErrorCode::kUsage, "--layer and --head " + options.head,
                "--layer 2 --head 0, or --head L2H0 alone");
  }
  if (options.layer.empty() || options.head.empty()) {
    const std::string got = options.layer.empty() && options.head.empty() ? "no head"
                            : options.head.empty()                        ? "--layer without --head"
                                                   : "--head " + options.head + " without --layer";
    throw Error(ErrorCode::kUsage, got, "--layer 2 --head 0, or --head L2H0");
  }
  return to_string(
      HeadId{parse_index("--layer", options.layer), parse_index("--head", options.head)});
}

// "i:j", half-open; a side left out is the end of the axis.
Range parse_range(const std::string& name, const std::string& text, int64_t size) {
  if (text.empty()) return {0, size};
  const size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const std::string first = text.substr(0, colon), second = text.substr(colon + 1);
    const auto begin = first.empty() ? int64_t{0} : whole_number(first);
    const auto end = second.empty() ? size : whole_number(second);
    if (begin && end && *begin < *end && *end <= size) return {*begin, *end};
  }
  throw Error(ErrorCode::kUsage, name + " " + text, "i:j with 0 ≤ i < j ≤ " + std::to_string(size));
}

struct Map {
  HeadRef head;
  Range rows, cols;
  Quantity quantity = Quantity::kWeight;
  const TraceInfo* info = nullptr;
  std::vector<std::string> queries, keys;  // tokens of rows and columns
  std::vector<float> sink;                 // the sink's share of each row; empty without sinks
  Tile tile;
};

Map compute(const AttentionCommand& options, const std::shared_ptr<const Trace>& trace,
            const std::string& head) {
  Map map;
  map.info = &trace->info();
  map.head = parse_head(head, map.info->stacks, map.info->stack_index(options.stack));
  const TokenSequence& queries = map.info->tokens(map.head.stack, Side::kQuery);
  const TokenSequence& keys = map.info->tokens(map.head.stack, Side::kKey);
  map.rows = parse_range("--rows", options.rows, queries.size());
  map.cols = parse_range("--cols", options.cols, keys.size());
  trace->check(map.head, map.rows, map.cols);
  ViewState state;
  set_option(state, "quantity", options.quantity);
  TileRequest request;
  request.heads = {map.head};
  map.quantity = request.ops.quantity = state.quantity;
  request.rows = map.rows;
  request.cols = map.cols;
  LongWork work(options.common.quiet, "Computing " + options.quantity);
  map.tile = compute_tile(*quantity_source(trace, state.quantity), request, work.control());
  const auto rows = tokens_in(queries, map.rows), cols = tokens_in(keys, map.cols);
  map.queries.assign(rows.begin(), rows.end());
  map.keys.assign(cols.begin(), cols.end());
  const TensorView<const float> sink = trace->sink(map.head);
  if (map.quantity == Quantity::kWeight && !sink.empty()) {
    map.sink.assign(sink.data() + map.rows.begin, sink.data() + map.rows.end);
  }
  return map;
}

float value_at(const Map& map, size_t row, size_t col) {
  return map.tile.values[row * map.keys.size() + col];
}

void print_map_json(const Map& map) {
  ordered_json rows = ordered_json::array();
  for (size_t i = 0; i < map.queries.size(); ++i) {
    ordered_json row = ordered_json::array();
    for (size_t j = 0; j < map.keys.size(); ++j) {
      const float value = value_at(map, i, j);
      row.push_back(std::isfinite(value) ? ordered_json(decimal_of(value)) : nullptr);
    }
    rows.push_back(std::move(row));
  }
  ordered_json out = {{"layer", map.head.id.layer},  {"head", map.head.id.head},
                      {"query_tokens", map.queries}, {"key_tokens", map.keys},
                      {"weights", std::move(rows)},  {"sink", nullptr}};
  if (!map.sink.empty()) {
    out["sink"] = ordered_json::array();
    for (const float share : map.sink) out["sink"].push_back(decimal_of(share));
  }
  if (map.info->stacks.size() > 1) {
    out["stack"] = map.info->stacks[static_cast<size_t>(map.head.stack)].name;
  }
  if (map.quantity != Quantity::kWeight) out["quantity"] = name_of(map.quantity);
  print_json(out);
}

void print_csv_line(const Map& map, size_t row, const std::string& key_index,
                    const std::string& key, float value) {
  std::vector<std::string> fields = {
      std::to_string(map.head.id.layer),
      is_of_layer(map.quantity) ? "" : std::to_string(map.head.id.head),
      std::to_string(map.rows.begin + static_cast<int64_t>(row)),
      map.queries[row],
      key_index,
      key,
      csv_number(value),
      std::string(name_of(map.quantity))};
  if (map.info->stacks.size() > 1) {
    fields.insert(fields.begin(), map.info->stacks[static_cast<size_t>(map.head.stack)].name);
  }
  std::fputs(csv_row(fields).c_str(), stdout);
}

// A sink's share is a line without a key's index.
void print_map_csv(const Map& map) {
  std::printf("%slayer,head,query_index,query,key_index,key,value,quantity\n",
              map.info->stacks.size() > 1 ? "stack," : "");
  for (size_t i = 0; i < map.queries.size(); ++i) {
    for (size_t j = 0; j < map.keys.size(); ++j) {
      print_csv_line(map, i, std::to_string(map.cols.begin + static_cast<int64_t>(j)), map.keys[j],
                     value_at(map, i, j));
    }
    if (!map.sink.empty()) print_csv_line(map, i, "", "sink", map.sink[i]);
  }
}

// Notes for the reader of the table.
const char* note_on(Quantity quantity) {
  switch (quantity) {
    case Quantity::kWeight:
      break;
    case Quantity::kNorm:
      return "‖a·f(x)‖ (Kobayashi et al. 2020): rows need not sum to 1\n";
    case Quantity::kScore:
      return "before softmax, no shares; - is masked\n";
    case Quantity::kRollout:
      return "Abnar & Zuidema 2020; of the layer, not of a head: rows sum to 1\n";
    case Quantity::kFlow:
      return "Abnar & Zuidema 2020; of the layer, not of a head: rows need not sum to 1\n";
  }
  return "";
}

// ".9989", "1.0000", "·" for what rounds to 0; other quantities keep sign and size: "-12.340".
std::string number_text(float value, bool weight) {
  constexpr float kRoundsToZero = 5e-5f;
  if (!std::isfinite(value)) return "-";
  if (weight && value < kRoundsToZero) return "·";
  char text[32];
  std::snprintf(text, sizeof text, weight ? "%.4f" : "%.3f", static_cast<double>(value));
  std::string out = text;
  if (weight && out.starts_with("0.")) out.erase(0, 1);
  return out;
}

constexpr int kLabel = 16, kNumber = 8;

void print_block(const Map& map, size_t first, size_t last, bool weight) {
  const bool bytes = map.info->model.byte_tokens;
  std::string tokens(kLabel + 6, ' '), indices = tokens;
  for (size_t j = first; j < last; ++j) {
    tokens += " " + cell(readable_token(map.keys[j], bytes), kNumber - 1, Align::kRight);
    indices += " " + cell(std::to_string(map.cols.begin + static_cast<int64_t>(j)), kNumber - 1,
                          Align::kRight);
  }
  std::printf("%s\n%s\n", indices.c_str(), tokens.c_str());
  for (size_t i = 0; i < map.queries.size(); ++i) {
    std::string line =
        cell(std::to_string(map.rows.begin + static_cast<int64_t>(i)), 4, Align::kRight) + "  " +
        cell(readable_token(map.queries[i], bytes), kLabel);
    for (size_t j = first; j < last; ++j) {
      line += " " + cell(number_text(value_at(map, i, j), weight), kNumber - 1, Align::kRight);
    }
    std::printf("%s\n", line.c_str());
  }
}

// In blocks of as many columns as the terminal holds; a file or pipe gets them all in one.
void print_table(const Map& map) {
  const bool weight = map.quantity == Quantity::kWeight;
  const std::string head =
      is_of_layer(map.quantity) ? "" : ", head " + std::to_string(map.head.id.head);
  const StackInfo& of = map.info->stacks[static_cast<size_t>(map.head.stack)];
  const std::string stack = map.info->stacks.size() > 1 ? of.name + " " : "";
  std::printf("%s, %slayer %d%s: %s, a row a query, a column a key%s\n%s",
              printable(map.info->model.name).c_str(), stack.c_str(), map.head.id.layer,
              head.c_str(), std::string(name_of(map.quantity)).c_str(),
              weight ? " (· is below .00005)" : "", note_on(map.quantity));
  size_t fits = map.keys.size();
  if (stdout_is_terminal()) {
    fits = static_cast<size_t>(std::max(1, (terminal_width(80) - kLabel - 6) / kNumber));
  }
  for (size_t first = 0; first < map.keys.size(); first += fits) {
    std::printf("\n");
    print_block(map, first, std::min(map.keys.size(), first + fits), weight);
  }
}

void run(const AttentionCommand& options) {
  const std::string head = parse_choice(options);
  if (options.csv && options.common.json) {
    throw Error(ErrorCode::kUsage, "--csv and --json", "one of them");
  }
  if (!options.output.empty()) {
    if (extension_of(options.output) != ".npy") {
      throw Error(ErrorCode::kUsage, "output '" + options.output + "'",
                  "a name that ends in .npy (--csv and --json go to standard output)");
    }
    check_output(options.output);
  }
  const auto source = open_source(options.common, options.texts, options.ablate);
  const Map map = compute(options, source, head);
  if (!options.output.empty()) {
    write_file_atomically(options.output,
                          write_npy(map.tile.values, {map.rows.size(), map.cols.size()}));
  }
  if (options.common.json) return print_map_json(map);
  if (options.csv) return print_map_csv(map);
  if (options.output.empty()) return print_table(map);
  std::printf("%s: [%lld, %lld] float32\n", printable(options.output).c_str(),
              static_cast<long long>(map.rows.size()), static_cast<long long>(map.cols.size()));
}

}  // namespace

void register_attention(CommandLine& line) {
  const auto options = std::make_shared<AttentionCommand>();
  const Command command = line.add("attention", "The exact numbers of one head's map");
  add_common(command, options->common);
  add_texts(command, options->texts);
  add_trace(command, options->texts);
  add_generate(command, options->texts);
  command.option("--layer", options->layer, "Layer, from 0").type_name("N");
  command.option("--head", options->head, "Head, from 0; or L2H0 without --layer")
      .type_name("N|L2H0");
  add_stack(command, options->stack);
  command.option("--rows", options->rows, "Queries i:j, half-open; default all").type_name("I:J");
  command.option("--cols", options->cols, "Keys i:j, half-open; default all").type_name("I:J");
  command
      .option("--quantity", options->quantity,
              "weight, norm (‖a·f(x)‖), score (before softmax), rollout or flow")
      .one_of({"weight", "norm", "score", "rollout", "flow"})
      .show_default();
  add_ablate(command, options->ablate);
  command.flag("--csv", options->csv, "Print CSV, one value a line");
  command.option("-o,--output", options->output, "Write the map to NAME.npy").type_name("FILE");
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
