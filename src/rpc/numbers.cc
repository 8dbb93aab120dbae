// numbers: the picture's values as CSV, in full precision.
#include <algorithm>
#include <cmath>
#include <set>

#include "figure/links.h"
#include "headscope/output.h"
#include "headscope/view_state.h"
#include "rpc/service.h"
#include "rpc/tile_spec.h"

namespace headscope {
namespace {

struct Choice {
  std::string name;
  bool pinned_only = false;  // rows and columns of pinned tokens
  bool filtered = false;     // top-k and threshold apply
};

class NumbersTable {
 public:
  NumbersTable(const AttentionSource& source, const ViewState& state, Choice choice)
      : source_(source),
        state_(state),
        choice_(std::move(choice)),
        stack_(stack_of(state, source.info())),
        of_layer_(source.quantity() != Quantity::kWeight),
        combined_(!of_layer_ && choice_.name != "all" && state.combine != Combine::kSeparate) {
    ops_ = tile_ops(state);
    if (!combined_) ops_.combine = Combine::kSeparate;
    axes_ = tile_axes(source.info(), stack_, ops_);
    quantity_ = option_value(state, "quantity").value_or("weight");
    for (const Pin& pin : state.pins) {
      (pin.side == PinSide::kQuery ? pinned_queries_ : pinned_keys_).push_back(pin.index);
    }
    if (choice_.pinned_only && state.pins.empty()) {
      throw Error(ErrorCode::kUsage, "numbers of pinned tokens without a pin", "a pinned token", "",
                  "HS-LINK-01");
    }
    const int64_t keys = source.info().tokens(stack_, Side::kKey).size();
    topk_ = state.topk.value_or(keys > 128 ? 8 : 0);
  }

  std::string write(const RunControl& control) {
    std::vector<std::string> header = {"layer",     "head", "query_index", "query",
                                       "key_index", "key",  "value",       "quantity"};
    if (several()) header.insert(header.begin(), "stack");
    if (choice_.filtered) header.emplace_back("filter");
    csv_ = csv_row(header);
    const auto groups = head_groups();
    check_size(static_cast<int64_t>(groups.size()));
    int64_t done = 0;
    for (const auto& heads : groups) {
      control.report(done++, static_cast<int64_t>(groups.size()));
      write_heads(heads, control);
    }
    return std::move(csv_);
  }

  int64_t rows() const { return rows_; }
  std::string file_name() const {
    std::string heads = choice_.name;
    if (choice_.name != "all") {
      const std::string chosen = option_value(state_, "heads").value_or("L2H0");
      heads = chosen.size() <= 40 ? chosen : "heads";
      std::replace(heads.begin(), heads.end(), ',', '-');
      std::replace(heads.begin(), heads.end(), '*', 'x');
      heads += "-" + choice_.name;
    }
    return "headscope-" + heads + (choice_.filtered ? "-filtered" : "") + ".csv";
  }

 private:
  // Heads that share one matrix: one, all of a combination, or one for its whole layer.
  std::vector<std::vector<HeadRef>> head_groups() const {
    std::vector<HeadRef> heads;
    if (choice_.name == "all") {
      heads = all_heads(source_.info().stacks, stack_);
    } else {
      heads = resolve_heads(state_.heads, source_.info(), stack_);
    }
    if (combined_) return {heads};
    std::vector<std::vector<HeadRef>> groups;
    std::set<int> layers;
    for (const HeadRef head : heads) {
      if (!of_layer_ || layers.insert(head.id.layer).second) groups.push_back({head});
    }
    return groups;
  }

  void check_size(int64_t groups) const {
    if (choice_.pinned_only || choice_.filtered) return;  // counted as they are written
    refuse_above(groups * static_cast<int64_t>(axes_.rows.size()) *
                 static_cast<int64_t>(axes_.cols.size()));
  }
  static void refuse_above(int64_t rows) {
    if (rows <= kMaxCsvRows) return;
    throw Error(ErrorCode::kUsage, std::to_string(rows) + " lines or more",
                "at most " + std::to_string(kMaxCsvRows), "Choose fewer heads", "HS-LIMIT-01",
                ErrorNumbers{rows, kMaxCsvRows});
  }

  bool several() const { return source_.info().stacks.size() > 1; }

  static bool holds(const std::vector<int>& tokens, Range item) {
    return std::any_of(tokens.begin(), tokens.end(),
                       [&](int t) { return item.begin <= t && t < item.end; });
  }

  void write_heads(const std::vector<HeadRef>& heads, const RunControl& control) {
    constexpr int64_t kBlock = 64;
    const auto queries = static_cast<int64_t>(axes_.rows.size());
    const auto keys = static_cast<int64_t>(axes_.cols.size());
    if (queries == 0 || keys == 0) return;
    TileRequest request;
    request.heads = heads;
    request.ops = ops_;
    request.cols = {0, keys};
    for (int64_t begin = 0; begin < queries;) {
      if (!wanted(begin)) {
        ++begin;
        continue;
      }
      int64_t end = begin + 1;
      while (end < queries && end - begin < kBlock && wanted(end)) ++end;
      request.rows = {begin, end};
      const Tile tile = compute_tile(source_, request, control);
      for (int64_t i = 0; i < tile.rows; ++i) {
        write_row(heads, begin + i, {tile.values.data() + i * keys, static_cast<size_t>(keys)});
      }
      begin = end;
    }
  }

  // Some of the query's values may be written: with pinned queries alone, only theirs are computed.
  bool wanted(int64_t query) const {
    return !any_pin() || !pinned_keys_.empty() ||
           holds(pinned_queries_, axes_.rows[static_cast<size_t>(query)]);
  }
  bool any_pin() const { return !state_.pins.empty() && (choice_.pinned_only || choice_.filtered); }

  void write_row(const std::vector<HeadRef>& heads, int64_t query, std::span<const float> values) {
    const Range q = axes_.rows[static_cast<size_t>(query)];
    const bool pinned = holds(pinned_queries_, q);
    const float floor = choice_.filtered ? least_kept(values) : 0.0f;
    for (size_t j = 0; j < values.size(); ++j) {
      const Range k = axes_.cols[j];
      if (any_pin() && !pinned && !holds(pinned_keys_, k)) continue;
      const float size = std::abs(values[j]);
      if (choice_.filtered && (size < floor || size == 0.0f || size < lowest())) {
        continue;
      }
      write_line(heads, q, k, values[j]);
    }
  }

  // Values are float32: one that was 0.01 is then 0.00999999978, and lies on a threshold of 0.01.
  double lowest() const {
    return std::min(state_.threshold, static_cast<double>(static_cast<float>(state_.threshold)));
  }

  // The k-th largest |value|: ties with it stay.
  float least_kept(std::span<const float> values) const {
    const auto k = static_cast<size_t>(topk_);
    if (k == 0 || values.size() <= k) return 0.0f;
    std::vector<float> sizes;
    for (const float v : values) sizes.push_back(std::abs(v));
    std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(k - 1), sizes.end(),
                     std::greater<>());
    return sizes[k - 1];
  }

  static std::string words(const TokenSequence& tokens, Range range) {
    std::string text;
    for (int64_t t = range.begin; t < range.end; ++t) {
      text += (text.empty() ? "" : " ") + tokens.tokens[static_cast<size_t>(t)];
    }
    return text;
  }

  void write_line(const std::vector<HeadRef>& heads, Range q, Range k, float value) {
    refuse_above(++rows_);
    const TraceInfo& info = source_.info();
    std::string layer = std::to_string(heads.front().id.layer);
    std::string head = of_layer_ ? "" : std::to_string(heads.front().id.head);
    if (combined_) {
      layer.clear();
      head = option_value(state_, "combine").value_or("") + " of";
      for (const HeadRef& h : heads) head += " " + head_name(info.stacks, h);
    }
    std::vector<std::string> fields = {layer,
                                       head,
                                       std::to_string(q.begin),
                                       words(info.tokens(stack_, Side::kQuery), q),
                                       std::to_string(k.begin),
                                       words(info.tokens(stack_, Side::kKey), k),
                                       csv_number(value),
                                       quantity_};
    if (several()) fields.insert(fields.begin(), info.stacks[static_cast<size_t>(stack_)].name);
    if (choice_.filtered) fields.push_back(filter_text());
    csv_ += csv_row(fields);
  }

  std::string filter_text() const {
    std::string text = ">= " + csv_number(static_cast<float>(state_.threshold));
    if (topk_ > 0) text += ", top " + std::to_string(topk_);
    return text;
  }

  const AttentionSource& source_;
  const ViewState& state_;
  Choice choice_;
  int stack_;
  bool of_layer_;  // rollout and flow belong to a layer, not to a head
  bool combined_;
  TileOps ops_;
  TileAxes axes_;
  std::string quantity_;
  std::vector<int> pinned_queries_, pinned_keys_;
  int topk_ = 0;
  std::string csv_;
  int64_t rows_ = 0;
};

}  // namespace

Reply Rpc::Service::numbers(Fields& fields, const RunControl& control) {
  constexpr size_t kMaxLink = size_t{64} << 10;
  const auto stored = trace_of(fields);
  const ViewState state = parse_link(fields.text("state", kMaxLink));
  const std::string name = fields.choice("choice", {"pinned", "drawn", "heads", "all", "table"});
  fields.done();
  if (name == "table") {
    const int stack = as_link([&] { return stack_of(state, stored->info()); });
    const auto text = known_heads(*stored, stack, false, control);
    Reply reply;
    const auto lines = std::count(text->csv.begin(), text->csv.end(), '\n');
    reply.json = {{"csv", text->csv}, {"rows", lines - 1}, {"name", "headscope-heads.csv"}};
    return reply;
  }
  require_quantity(*stored->source, state.quantity);
  const auto source = derived_.of(stored, state.quantity);
  return as_link([&] {
    NumbersTable table(*source, state, {name, name == "pinned", name == "drawn"});
    const std::string csv = table.write(control);
    Reply reply;
    reply.json = {{"csv", csv}, {"rows", table.rows()}, {"name", table.file_name()}};
    return reply;
  });
}

}  // namespace headscope
