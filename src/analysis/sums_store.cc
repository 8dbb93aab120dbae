// The sums as named arrays (docs/formats.md, "Partials"). H heads, S scores, E examples, T tokens,
// U units of pattern 5.
#include <cmath>
#include <limits>
#include <optional>

#include "analysis/sums.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr double kMostOfASum = 1e40;  // more than the words of all texts ever written, squared

std::vector<double> checked(const ArrayReader& in, const std::string& name,
                            const std::vector<int64_t>& shape) {
  std::vector<double> out = in.doubles(name, shape);
  for (const double x : out) {
    if (std::abs(x) > kMostOfASum) in.refuse(name, "a number that is no sum");
  }
  return out;
}

int64_t size_of(size_t count) { return static_cast<int64_t>(count); }

// Values [rows, columns] by functions that give a reference to each.
template <class At>
void put(ArrayWriter& out, const std::string& name, int64_t rows, int64_t columns, const At& at) {
  std::vector<double> values;
  values.reserve(static_cast<size_t>(rows * columns));
  for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
    for (size_t c = 0; c < static_cast<size_t>(columns); ++c) values.push_back(at(r, c));
  }
  out.put(name, {rows, columns}, values);
}

template <class At>
void get(const ArrayReader& in, const std::string& name, int64_t rows, int64_t columns,
         const At& at) {
  const std::vector<double> values = checked(in, name, {rows, columns});
  for (size_t k = 0; k < values.size(); ++k) {
    at(k / static_cast<size_t>(columns), k % static_cast<size_t>(columns)) = values[k];
  }
}

// Calls each(name, columns, at) for every array of ratios, with at(row, column) → double&.
// ratio(row, s) → RatioSums&.
template <class Ratio, class Each>
void for_ratio_arrays(const std::string& prefix, size_t scores, const Ratio& ratio,
                      const Each& each) {
  for (const RatioField& f : kRatioFields) {
    each(prefix + std::string(f.name), scores,
         [&](size_t row, size_t s) -> double& { return ratio(row, s).*f.field; });
  }
  each(prefix + "histogram", scores * kBins,
       [&](size_t row, size_t k) -> double& { return ratio(row, k / kBins).histogram[k % kBins]; });
}

// The arrays [H, columns] of a head's sums.
template <class Each>
void for_head_arrays(std::vector<HeadSums>& head, const Each& each) {
  for_ratio_arrays(
      "score.", kScoreCount, [&](size_t h, size_t s) -> RatioSums& { return head[h].scores[s]; },
      each);
  for (const HeadField& f : kHeadFields) {
    each("head." + std::string(f.name), 1,
         [&](size_t h, size_t) -> double& { return head[h].*f.field; });
  }
  each("head.offsets", kOffsets, [&](size_t h, size_t d) -> double& { return head[h].offsets[d]; });
  each("head.clark", kClarkNames.size(),
       [&](size_t h, size_t k) -> double& { return head[h].clark[k]; });
}

// Texts that arrays name by their index.
class StringTable {
 public:
  int64_t index_of(const std::string& text) {
    const auto [it, added] = index_.try_emplace(text, size_of(strings_.size()));
    if (added) strings_.push_back(text);
    return it->second;
  }
  const std::vector<std::string>& strings() const { return strings_; }

 private:
  std::unordered_map<std::string, int64_t> index_;
  std::vector<std::string> strings_;
};

// A column of integers [rows] that is read and written under one name.
using Column = std::vector<int64_t>;

void save_evidence(const Sums& s, StringTable& strings, ArrayWriter& out) {
  Column head, score, exception, partition, line, text_a, text_b, query, key, start, query_token,
      key_token, token, begin{0};
  std::vector<double> share, weight;
  std::vector<float> row;
  const auto add = [&](size_t h, size_t e, bool is_exception, const Example& x) {
    head.push_back(size_of(h));
    score.push_back(static_cast<int64_t>(kEvidenceScores[e]));
    exception.push_back(is_exception);
    partition.push_back(strings.index_of(x.segment.partition));
    line.push_back(x.segment.line);
    text_a.push_back(x.text ? strings.index_of(x.text->a) : -1);
    text_b.push_back(x.text && x.text->b ? strings.index_of(*x.text->b) : -1);
    query.push_back(x.query);
    key.push_back(x.key);
    start.push_back(x.start);
    query_token.push_back(strings.index_of(x.query_token));
    key_token.push_back(strings.index_of(x.key_token));
    share.push_back(x.share);
    weight.push_back(x.weight);
    for (const std::string& t : x.tokens) token.push_back(strings.index_of(t));
    row.insert(row.end(), x.row.begin(), x.row.end());
    begin.push_back(size_of(token.size()));
  };
  for (size_t h = 0; h < s.heads(); ++h) {
    for (size_t e = 0; e < kEvidenceScores.size(); ++e) {
      for (const Example& x : s.evidence[h][e].examples) add(h, e, false, x);
      for (const Example& x : s.evidence[h][e].exceptions) add(h, e, true, x);
    }
  }
  const int64_t rows = size_of(head.size());
  const std::pair<const char*, Column*> columns[] = {{"head", &head},
                                                     {"score", &score},
                                                     {"exception", &exception},
                                                     {"partition", &partition},
                                                     {"line", &line},
                                                     {"text_a", &text_a},
                                                     {"text_b", &text_b},
                                                     {"query", &query},
                                                     {"key", &key},
                                                     {"start", &start},
                                                     {"query_token", &query_token},
                                                     {"key_token", &key_token}};
  for (const auto& [name, column] : columns) {
    out.put(std::string("evidence.") + name, {rows}, *column);
  }
  out.put("evidence.share", {rows}, share);
  out.put("evidence.weight", {rows}, weight);
  out.put("evidence.window_begin", {rows + 1}, begin);
  const int64_t tokens = size_of(token.size());
  out.put("evidence.window_token", {tokens}, token);
  out.put("evidence.window_weight", {tokens}, row);
}

// Columns of one table, every value checked against its range.
class Table {
 public:
  Table(const ArrayReader& in, std::string prefix, int64_t rows)
      : in_(in), prefix_(std::move(prefix)), rows_(rows) {}
  Column column(const char* name, int64_t low, int64_t end) const {
    Column out = in_.integers(prefix_ + name, {rows_});
    for (const int64_t x : out) {
      if (x < low || x >= end) {
        in_.refuse(prefix_ + name, std::to_string(x),
                   std::to_string(low) + " to " + std::to_string(end - 1));
      }
    }
    return out;
  }

 private:
  const ArrayReader& in_;
  std::string prefix_;
  int64_t rows_;
};

constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
constexpr int64_t kMostTokens = std::numeric_limits<int32_t>::max();

void load_evidence(const ArrayReader& in, const std::vector<std::string>& strings, Sums& s) {
  const std::vector<double> share = checked(in, "evidence.share", {-1});
  const int64_t rows = size_of(share.size());
  const std::vector<double> weight = checked(in, "evidence.weight", {rows});
  const std::vector<float> row = in.floats("evidence.window_weight", {-1});
  const Table table(in, "evidence.", rows);
  const int64_t texts = size_of(strings.size());
  const Column head = table.column("head", 0, size_of(s.heads()));
  const Column score = table.column("score", 0, kScoreCount);
  const Column exception = table.column("exception", 0, 2);
  const Column partition = table.column("partition", 0, texts);
  const Column line = table.column("line", 0, kAny);
  const Column text_a = table.column("text_a", -1, texts);
  const Column text_b = table.column("text_b", -1, texts);
  const Column query = table.column("query", 0, kMostTokens);
  const Column key = table.column("key", 0, kMostTokens);
  const Column start = table.column("start", 0, kMostTokens);
  const Column query_token = table.column("query_token", 0, texts);
  const Column key_token = table.column("key_token", 0, texts);
  const int64_t window = size_of(row.size());
  const Column token = Table(in, "evidence.", window).column("window_token", 0, texts);
  const Column begin = Table(in, "evidence.", rows + 1).column("window_begin", 0, window + 1);
  std::vector<std::shared_ptr<const SegmentText>> read(strings.size());  // by text_a
  for (size_t x = 0; x < share.size(); ++x) {
    const auto at = [&](const Column& column) { return strings[static_cast<size_t>(column[x])]; };
    Example e;
    e.share = share[x];
    e.weight = weight[x];
    e.segment = {at(partition), line[x]};
    e.query = static_cast<int32_t>(query[x]);
    e.key = static_cast<int32_t>(key[x]);
    e.start = static_cast<int32_t>(start[x]);
    e.query_token = at(query_token);
    e.key_token = at(key_token);
    if (text_a[x] >= 0) {
      std::optional<std::string> b;
      if (text_b[x] >= 0) b = at(text_b);
      auto& shared = read[static_cast<size_t>(text_a[x])];
      if (!shared || shared->b != b) {
        shared = std::make_shared<const SegmentText>(SegmentText{at(text_a), std::move(b)});
      }
      e.text = shared;
    }
    if (begin[x + 1] < begin[x]) in.refuse("evidence.window_begin", "places that do not ascend");
    for (int64_t k = begin[x]; k < begin[x + 1]; ++k) {
      e.tokens.push_back(strings[static_cast<size_t>(token[static_cast<size_t>(k)])]);
      e.row.push_back(row[static_cast<size_t>(k)]);
    }
    if (!e.tokens.empty() && (e.query < e.start || e.query - e.start >= size_of(e.tokens.size()))) {
      in.refuse("evidence.query", std::to_string(e.query), "a token of the example's window");
    }
    const size_t index = evidence_index(static_cast<Score>(score[x]));
    if (index >= kEvidenceScores.size()) {
      in.refuse("evidence.score", std::to_string(score[x]), "a score that keeps evidence");
    }
    Evidence& lists = s.evidence[static_cast<size_t>(head[x])][index];
    Evidence::insert(exception[x] ? lists.exceptions : lists.examples, exception[x] != 0,
                     std::move(e));
  }
}

void save_predictive(const Sums& s, StringTable& strings, ArrayWriter& out) {
  Column partition, line, unit, queries;
  std::vector<double> best;
  for (const PredictiveUnit& u : s.predictive) {
    partition.push_back(strings.index_of(u.text.partition));
    line.push_back(u.text.line);
    unit.push_back(u.unit);
    queries.push_back(u.queries);
    best.push_back(u.best);
  }
  const int64_t units = size_of(best.size()), heads = size_of(s.heads());
  out.put("predictive.partition", {units}, partition);
  out.put("predictive.line", {units}, line);
  out.put("predictive.unit", {units}, unit);
  out.put("predictive.queries", {units}, queries);
  out.put("predictive.best", {units}, best);
  put(out, "predictive.by_offset", units, kOffsets,
      [&](size_t u, size_t d) { return s.predictive[u].by_offset[d]; });
  put(out, "predictive.looked", units, heads,
      [&](size_t u, size_t h) { return s.predictive[u].looked[h]; });
  put(out, "predictive.by_distance", heads, kOffsets,
      [&](size_t h, size_t d) { return s.by_distance[h][d]; });
  put(out, "predictive.distance_pairs", 1, kOffsets,
      [&](size_t, size_t d) { return s.distance_pairs[d]; });
}

void load_predictive(const ArrayReader& in, const std::vector<std::string>& strings, Sums& s) {
  const std::vector<double> best = checked(in, "predictive.best", {-1});
  const int64_t units = size_of(best.size()), heads = size_of(s.heads());
  const Table table(in, "predictive.", units);
  const Column partition = table.column("partition", 0, size_of(strings.size()));
  const Column line = table.column("line", 0, kAny);
  const Column unit = table.column("unit", 0, kAny);
  const Column queries = table.column("queries", 0, kMostTokens);
  s.predictive.resize(best.size());
  for (size_t u = 0; u < best.size(); ++u) {
    PredictiveUnit& to = s.predictive[u];
    to.text = {strings[static_cast<size_t>(partition[u])], line[u]};
    to.unit = unit[u];
    to.queries = queries[u];
    to.best = best[u];
    to.looked.resize(s.heads());
  }
  get(in, "predictive.by_offset", units, kOffsets,
      [&](size_t u, size_t d) -> double& { return s.predictive[u].by_offset[d]; });
  get(in, "predictive.looked", units, heads,
      [&](size_t u, size_t h) -> double& { return s.predictive[u].looked[h]; });
  get(in, "predictive.by_distance", heads, kOffsets,
      [&](size_t h, size_t d) -> double& { return s.by_distance[h][d]; });
  get(in, "predictive.distance_pairs", 1, kOffsets,
      [&](size_t, size_t d) -> double& { return s.distance_pairs[d]; });
  s.sort_predictive();
}

std::vector<std::string> score_names() {
  std::vector<std::string> out;
  for (size_t s = 0; s < kScoreCount; ++s) out.emplace_back(name_of(static_cast<Score>(s)));
  return out;
}

void require_same_heads(const ArrayReader& in, const Sums& s) {
  const std::vector<int64_t> heads = in.integers("heads", {-1, 2});
  bool same = heads.size() == 2 * s.heads();
  for (size_t h = 0; same && h < s.heads(); ++h) {
    same = heads[2 * h] == s.of.heads[h].layer && heads[2 * h + 1] == s.of.heads[h].head;
  }
  if (!same) {
    in.refuse("heads", std::to_string(heads.size() / 2) + " heads",
              std::to_string(s.heads()) + ", those of the model");
  }
  if (in.strings("scores") != score_names()) {
    in.refuse("scores", "sums of other scores", "those of this version of headscope");
  }
}

}  // namespace

void save_sums(const Sums& s, ArrayWriter& out) {
  const int64_t heads = size_of(s.heads());
  Column ids;
  for (const HeadId& id : s.of.heads) ids.insert(ids.end(), {id.layer, id.head});
  out.put("heads", {heads, 2}, ids);
  out.put_strings("scores", score_names());
  out.put("segments", {1}, Column{s.segments});
  if (s.causal) out.put("causal", {1}, Column{1});
  out.put("tokens", {1}, Column{s.tokens});
  out.put("words", {1}, Column{s.words});
  std::vector<HeadSums> head = s.head;
  for_head_arrays(head, [&](const std::string& name, size_t columns, const auto& at) {
    put(out, name, heads, size_of(columns), at);
  });
  if (!s.probe.empty()) {
    auto probe = s.probe;
    for_ratio_arrays(
        "probe.", kProbeScores.size(),
        [&](size_t h, size_t p) -> RatioSums& { return probe[h][p]; },
        [&](const std::string& name, size_t columns, const auto& at) {
          put(out, name, heads, size_of(columns), at);
        });
  }
  const int64_t pairs = s.js.empty() ? 0 : heads;
  out.put("similarity.js", {pairs, pairs}, s.js);
  out.put("similarity.rows", {1}, std::vector<double>{s.js_rows});
  StringTable strings;
  Column token;
  for (const std::string& text : s.token) token.push_back(strings.index_of(text));
  const int64_t tokens = size_of(token.size());
  out.put("attended.token", {tokens}, token);
  out.put("attended.count", {tokens}, s.occurrences);
  put(out, "attended.mass", tokens, heads, [&](size_t t, size_t h) { return s.attended[t][h]; });
  save_evidence(s, strings, out);
  save_predictive(s, strings, out);
  out.put_strings("strings", strings.strings());
}

void load_sums(const ArrayReader& in, Sums& sums) {
  require_same_heads(in, sums);
  Sums s;
  s.reset(sums.of);
  const int64_t heads = size_of(s.heads());
  const auto count = [&](const char* name) {
    return Table(in, "", 1).column(name, 0, kAny).front();
  };
  s.segments = count("segments");
  s.causal = in.has("causal") && count("causal") > 0;
  s.tokens = count("tokens");
  s.words = count("words");
  for_head_arrays(s.head, [&](const std::string& name, size_t columns, const auto& at) {
    get(in, name, heads, size_of(columns), at);
  });
  if (in.has("probe.count")) {
    s.probe.resize(s.heads());
    for_ratio_arrays(
        "probe.", kProbeScores.size(),
        [&](size_t h, size_t p) -> RatioSums& { return s.probe[h][p]; },
        [&](const std::string& name, size_t columns, const auto& at) {
          get(in, name, heads, size_of(columns), at);
        });
  }
  s.js_rows = checked(in, "similarity.rows", {1}).front();
  const int64_t pairs = s.js_rows > 0 ? heads : 0;
  s.js = checked(in, "similarity.js", {pairs, pairs});
  const std::vector<std::string> strings = in.strings("strings");
  const Column mass_token = in.integers("attended.token", {-1});
  const int64_t tokens = size_of(mass_token.size());
  const Table attended(in, "attended.", tokens);
  const Column token = attended.column("token", 0, size_of(strings.size()));
  const Column occurrences = attended.column("count", 0, kAny);
  for (size_t t = 0; t < token.size(); ++t) {
    if (s.intern(strings[static_cast<size_t>(token[t])]) != t) {
      in.refuse("attended.token", "a token twice", "each once");
    }
    s.occurrences[t] = occurrences[t];
  }
  get(in, "attended.mass", tokens, heads,
      [&](size_t t, size_t h) -> double& { return s.attended[t][h]; });
  load_evidence(in, strings, s);
  load_predictive(in, strings, s);
  sums = std::move(s);
}

}  // namespace headscope
