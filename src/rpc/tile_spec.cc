#include "rpc/tile_spec.h"

#include "headscope/error.h"
#include "headscope/view_state.h"
#include "rpc/message.h"

namespace headscope {
namespace {

constexpr int64_t kMaxTokenIndex = int64_t{1} << 24;
constexpr int64_t kMaxSide = 4096;  // of pooled pixels
constexpr int64_t kMaxTileValues = kMaxSide * kMaxSide;
constexpr size_t kMaxHeads = 512;

// A word of the vocabulary that links and the command line share; its refusal names the field.
void set_word(ViewState& state, Fields& fields, const char* field, const char* option) {
  const std::string value = fields.text(field, 32);
  try {
    set_option(state, option, value);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, fields.path(field) + " is " + describe(Json(value)),
                error.expected(), "", kBadField);
  }
}

}  // namespace

TileOps read_ops(Fields& fields, const AttentionSource& source) {
  if (!fields.has("ops")) return {};
  Fields ops(fields.value("ops"), fields.path("ops"));
  ViewState words;
  set_word(words, ops, "quantity", "quantity");
  set_word(words, ops, "combine", "combine");
  set_word(words, ops, "filter", "attention");
  set_word(words, ops, "special", "special");
  TileOps out;
  out.quantity = words.quantity;
  out.combine = words.combine;
  out.filter = words.filter;
  out.special = words.special;
  out.renormalise = ops.flag("renormalise");
  out.words = ops.flag("words");
  for (const int64_t token : ops.integers("extraSpecial", 1 << 16, 0, kMaxTokenIndex)) {
    out.extra_special.push_back(static_cast<int32_t>(token));
  }
  ops.done();
  require_quantity(source, out.quantity);
  return out;
}

int read_stack(Fields& fields, const AttentionSource& source) {
  const std::string name = fields.text("stack", 64);
  return as_link([&] { return source.info().stack_index(name); });
}

int64_t read_query(Fields& fields, const AttentionSource& source, int stack) {
  const int64_t query = fields.integer("query", 0, kMaxTokenIndex);
  const int64_t queries = source.info().tokens(stack, Side::kQuery).size();
  if (query < queries) return query;
  throw Error(ErrorCode::kUsage, "token q" + std::to_string(query),
              "a token below " + std::to_string(queries), "", "HS-LINK-01");
}

HeadRef read_head(const std::string& name, const AttentionSource& source, int stack) {
  return as_link([&] { return parse_head(name, source.info().stacks, stack); });
}

std::vector<HeadRef> read_heads(Fields& fields, const AttentionSource& source, const TileOps& ops) {
  const int stack = read_stack(fields, source);
  const auto names = fields.texts("heads", 1, kMaxHeads, kMaxHeadName);
  if (names.size() > 1 && ops.combine == Combine::kSeparate) {
    throw Error(ErrorCode::kUsage, fields.path("heads") + " names several heads",
                "one, or a combine other than separate", "", kBadField);
  }
  std::vector<HeadRef> heads;
  for (const std::string& name : names) heads.push_back(read_head(name, source, stack));
  return heads;
}

TileSpec read_tile(const Json& json, const std::string& where, const StoredTrace& trace) {
  const AttentionSource& source = *trace.source;
  Fields fields(json, where);
  TileSpec spec;
  TileRequest& request = spec.request;
  request.ops = read_ops(fields, source);
  request.heads = read_heads(fields, source, request.ops);
  request.rows = {fields.integer("q0", 0, kMaxTokenIndex), fields.integer("q1", 0, kMaxTokenIndex)};
  request.cols = {fields.integer("k0", 0, kMaxTokenIndex), fields.integer("k1", 0, kMaxTokenIndex)};
  request.out_rows = fields.integer("outQ", 0, kMaxSide);
  request.out_cols = fields.integer("outK", 0, kMaxSide);
  request.pool = fields.choice("pool", {"max", "mean"}) == "max" ? Pool::kMax : Pool::kMean;
  spec.half = fields.choice("dtype", {"f32", "f16"}) == "f16";
  spec.preview = fields.integer("preview", 0, kMaxSide, 0);
  fields.done();
  const int64_t rows = request.out_rows > 0 ? request.out_rows : request.rows.size();
  const int64_t cols = request.out_cols > 0 ? request.out_cols : request.cols.size();
  if (rows > 0 && cols > 0 && rows * cols > kMaxTileValues) {
    throw Error(
        ErrorCode::kUsage, where + " is " + std::to_string(rows) + " × " + std::to_string(cols),
        "at most " + std::to_string(kMaxTileValues) + " values", "Ask for it pooled, or in parts",
        "HS-LIMIT-01", ErrorNumbers{rows * cols, kMaxTileValues});
  }
  if (spec.preview > 0 &&
      (request.out_rows != spec.preview || spec.preview > request.rows.size())) {
    throw Error(ErrorCode::kUsage, where + ".preview is " + std::to_string(spec.preview),
                "outQ, and at most the number of queries", "", kBadField);
  }
  if (spec.preview > 0 && only_pinned(source, request.ops.quantity)) {
    throw Error(ErrorCode::kUsage,
                "a preview of " + std::string(name_of(request.ops.quantity)) + " of a long text",
                "one query at a time",
                quantities_of(source, request.ops.quantity).get<std::string>(), "HS-CAP-01");
  }
  // The library's objects are ordered by key, so equal questions have equal texts.
  spec.key = trace.id + dump_json(json);
  return spec;
}

}  // namespace headscope
