#include "headscope/numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "figure/command.h"
#include "figure/links.h"
#include "figure/neuron_numbers.h"
#include "format/json.h"
#include "headscope/error.h"
#include "headscope/output.h"
#include "headscope/safetensors.h"

namespace headscope {
namespace {

class NumbersTable {
 public:
  NumbersTable(const AttentionSource& source, const ViewState& state, NumbersChoice choice,
               NumbersFormat format)
      : source_(source),
        state_(state),
        choice_(choice),
        format_(format),
        stack_(stack_of(state, source.info())),
        of_layer_(source.quantity() != Quantity::kWeight),
        combined_(!of_layer_ && choice != NumbersChoice::kAll &&
                  state.combine != Combine::kSeparate) {
    ops_ = tile_ops(state);
    if (!combined_) ops_.combine = Combine::kSeparate;
    axes_ = tile_axes(source.info(), stack_, ops_);
    quantity_ = option_value(state, "quantity").value_or("weight");
    for (const Pin& pin : state.pins) {
      (pin.side == PinSide::kQuery ? pinned_queries_ : pinned_keys_).push_back(pin.index);
    }
    if (pinned_only() && state.pins.empty()) {
      throw Error(ErrorCode::kUsage, "numbers of pinned tokens without a pin", "a pinned token", "",
                  "HS-LINK-01");
    }
    const int64_t keys = source.info().tokens(stack_, Side::kKey).size();
    topk_ = state.topk.value_or(keys > 128 ? 8 : 0);
  }

  Numbers write(const RunControl& control) {
    const auto groups = head_groups();
    check_size(static_cast<int64_t>(groups.size()));
    if (format_ == NumbersFormat::kCsv) write_heading();
    int64_t done = 0;
    for (const auto& heads : groups) {
      control.report(done++, static_cast<int64_t>(groups.size()));
      begin_head(heads);
      write_heads(heads, control);
    }
    return {bytes(), rows_, file_name()};
  }

 private:
  bool pinned_only() const { return choice_ == NumbersChoice::kPinned; }
  bool filtered() const { return choice_ == NumbersChoice::kDrawn; }

  void write_heading() {
    std::vector<std::string> header = {"layer",     "head", "query_index", "query",
                                       "key_index", "key",  "value",       "quantity"};
    if (several()) header.insert(header.begin(), "stack");
    if (filtered()) header.emplace_back("filter");
    csv_ = csv_row(header);
  }

  // A new matrix, filled with NaN.
  void begin_head(const std::vector<HeadRef>& heads) {
    if (format_ == NumbersFormat::kCsv) return;
    names_.push_back(series_name(heads));
    arrays_.resize(arrays_.size() + axes_.rows.size() * axes_.cols.size(),
                   std::numeric_limits<float>::quiet_NaN());
  }

  std::string bytes() {
    if (format_ == NumbersFormat::kCsv) return std::move(csv_);
    const auto heads = static_cast<int64_t>(names_.size());
    const auto rows = static_cast<int64_t>(axes_.rows.size());
    const auto cols = static_cast<int64_t>(axes_.cols.size());
    if (format_ == NumbersFormat::kNpy) return write_npy(arrays_, {heads, rows, cols});
    std::vector<TensorToWrite> tensors;
    for (size_t h = 0; h < names_.size(); ++h) {
      tensors.push_back({names_[h],
                         DType::kF32,
                         {rows, cols},
                         arrays_.data() + h * static_cast<size_t>(rows * cols)});
    }
    return write_safetensors(tensors, settings());
  }

  // The metadata: the axes of the tensors, and the settings that the values come from.
  std::map<std::string, std::string> settings() const {
    const TraceInfo& info = source_.info();
    Json queries = Json::array(), keys = Json::array();
    for (const Range row : axes_.rows) {
      queries.push_back({row.begin, row.end, words(info.tokens(stack_, Side::kQuery), row)});
    }
    for (const Range col : axes_.cols) {
      keys.push_back({col.begin, col.end, words(info.tokens(stack_, Side::kKey), col)});
    }
    return {{"format", "headscope-numbers"},
            {"axes", "query, key"},
            {"queries", dump_json(queries)},  // [first token, behind the last, text]
            {"keys", dump_json(keys)},
            {"quantity", quantity_},
            {"filter", filtered() ? filter_text() : ""},
            {"model", info.model.name},
            {"fingerprint", info.model.fingerprint},
            {"stack", info.stacks[static_cast<size_t>(stack_)].name},
            {"state", to_link(complete_state(info, state_))}};
  }

  // "L2H0", "mean of L2H0 L2H6"; a layer's own "L2".
  std::string series_name(const std::vector<HeadRef>& heads) const {
    const TraceInfo& info = source_.info();
    if (of_layer_) return "L" + std::to_string(heads.front().id.layer);
    if (!combined_) return head_name(info.stacks, heads.front());
    std::string out = option_value(state_, "combine").value_or("") + " of";
    for (const HeadRef& h : heads) out += " " + head_name(info.stacks, h);
    return out;
  }

  std::string file_name() const {
    static constexpr const char* kNames[] = {"pinned", "drawn", "heads", "all", "neuron"};
    static constexpr const char* kEndings[] = {".csv", ".npy", ".safetensors"};
    const std::string choice = kNames[static_cast<size_t>(choice_)];
    std::string heads = choice;
    if (choice_ != NumbersChoice::kAll) {
      const std::string chosen = option_value(state_, "heads").value_or("L2H0");
      heads = chosen.size() <= 40 ? chosen : "heads";
      std::replace(heads.begin(), heads.end(), ',', '-');
      std::replace(heads.begin(), heads.end(), '*', 'x');
      heads += "-" + choice;
    }
    return "headscope-" + heads + (filtered() ? "-filtered" : "") +
           kEndings[static_cast<size_t>(format_)];
  }

  // Heads that share one matrix: one, all of a combination, or one for its whole layer.
  std::vector<std::vector<HeadRef>> head_groups() const {
    std::vector<HeadRef> heads;
    if (choice_ == NumbersChoice::kAll) {
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
    const int64_t values =
        groups * static_cast<int64_t>(axes_.rows.size()) * static_cast<int64_t>(axes_.cols.size());
    if (format_ != NumbersFormat::kCsv) return refuse_above(values, kMostArrayValues);
    if (pinned_only() || filtered()) return;  // counted as they are written
    refuse_above(values, kMostCsvLines);
  }
  void refuse_above(int64_t values, int64_t most) const {
    if (values <= most) return;
    throw Error(ErrorCode::kUsage,
                std::to_string(values) + (format_ == NumbersFormat::kCsv ? " lines" : " values") +
                    " or more",
                "at most " + std::to_string(most), "Choose fewer heads", "HS-LIMIT-01",
                ErrorNumbers{values, most});
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

  // Whether values of the query may be written. With pinned queries and no pinned key, only the
  // pinned queries are computed.
  bool wanted(int64_t query) const {
    return !any_pin() || !pinned_keys_.empty() ||
           holds(pinned_queries_, axes_.rows[static_cast<size_t>(query)]);
  }
  bool any_pin() const { return !state_.pins.empty() && (pinned_only() || filtered()); }

  void write_row(const std::vector<HeadRef>& heads, int64_t query, std::span<const float> values) {
    const Range q = axes_.rows[static_cast<size_t>(query)];
    const bool pinned = holds(pinned_queries_, q);
    const float floor = filtered() ? least_kept(values) : 0.0f;
    for (size_t j = 0; j < values.size(); ++j) {
      const Range k = axes_.cols[j];
      if (any_pin() && !pinned && !holds(pinned_keys_, k)) continue;
      const float size = std::abs(values[j]);
      if (filtered() && (size < floor || size == 0.0f || size < lowest())) {
        continue;
      }
      if (format_ == NumbersFormat::kCsv) {
        refuse_above(++rows_, kMostCsvLines);
        write_line(heads, q, k, values[j]);
      } else {
        ++rows_;
        const size_t matrix = names_.size() - 1;
        arrays_[(matrix * axes_.rows.size() + static_cast<size_t>(query)) * axes_.cols.size() + j] =
            values[j];
      }
    }
  }

  // Values are float32: 0.01 is stored as 0.00999999978 and must pass a threshold of 0.01.
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
    const TraceInfo& info = source_.info();
    std::string layer = std::to_string(heads.front().id.layer);
    std::string head = of_layer_ ? "" : std::to_string(heads.front().id.head);
    if (combined_) {
      layer.clear();
      head = series_name(heads);
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
    if (filtered()) fields.push_back(filter_text());
    csv_ += csv_row(fields);
  }

  std::string filter_text() const {
    std::string text = ">= " + csv_number(static_cast<float>(state_.threshold));
    if (topk_ > 0) text += ", top " + std::to_string(topk_);
    return text;
  }

  const AttentionSource& source_;
  const ViewState& state_;
  NumbersChoice choice_;
  NumbersFormat format_;
  int stack_;
  bool of_layer_;  // rollout and flow belong to a layer, not to a head
  bool combined_;
  TileOps ops_;
  TileAxes axes_;
  std::string quantity_;
  std::vector<int> pinned_queries_, pinned_keys_;
  int topk_ = 0;
  std::string csv_;
  std::vector<std::string> names_;  // of the matrices
  std::vector<float> arrays_;       // [matrices, rows, cols]
  int64_t rows_ = 0;
};

}  // namespace

Numbers picture_numbers(const AttentionSource& source, const ViewState& state, NumbersChoice choice,
                        NumbersFormat format, const RunControl& control) {
  if (choice == NumbersChoice::kNeuron) return neuron_numbers(source, state, format);
  return NumbersTable(source, state, choice, format).write(control);
}

}  // namespace headscope
