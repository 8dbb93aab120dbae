// tiles: pixels of one or many heads, from the cache where they were asked for before.
#include <cstring>

#include "base/half.h"
#include "rpc/service.h"
#include "rpc/tile_spec.h"

namespace headscope {
namespace {

std::string half_bytes(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(uint16_t), '\0');
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = float_to_f16(values[i]);
    std::memcpy(bytes.data() + i * sizeof half, &half, sizeof half);
  }
  return bytes;
}

std::string float_bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

// What one spec asks of the tile computation: itself, or one row for each row of a preview.
void append_requests(const TileSpec& spec, std::vector<TileRequest>& out) {
  if (spec.preview == 0) {
    out.push_back(spec.request);
    return;
  }
  const Range rows = spec.request.rows;
  for (int64_t k = 0; k < spec.preview; ++k) {
    TileRequest one = spec.request;
    const int64_t row = rows.begin + (2 * k + 1) * rows.size() / (2 * spec.preview);
    one.rows = {row, row + 1};
    one.out_rows = 1;
    out.push_back(std::move(one));
  }
}

CachedTile join(const TileSpec& spec, const Tile* parts, size_t count) {
  CachedTile tile;
  tile.cols = parts[0].cols;
  if (spec.preview == 0) tile.total = parts[0].total;
  std::string bytes;
  for (size_t k = 0; k < count; ++k) {
    tile.rows += parts[k].rows;
    bytes += spec.half ? half_bytes(parts[k].values) : float_bytes(parts[k].values);
  }
  tile.bytes = std::make_shared<const std::string>(std::move(bytes));
  return tile;
}

int64_t bytes_of(const TileSpec& spec) {
  const TileRequest& r = spec.request;
  const int64_t rows = r.out_rows > 0 ? r.out_rows : r.rows.size();
  const int64_t cols = r.out_cols > 0 ? r.out_cols : r.cols.size();
  return std::max<int64_t>(rows, 0) * std::max<int64_t>(cols, 0) * (spec.half ? 2 : 4);
}

// End of the slice of specs[own[first …]] that computes at most `limit` weights, one spec at least.
size_t slice_end(const std::vector<TileSpec>& specs, const std::vector<size_t>& own, size_t first,
                 int64_t limit) {
  int64_t weights = 0;
  size_t end = first;
  while (end < own.size()) {
    const TileSpec& spec = specs[own[end]];
    const TileRequest& r = spec.request;
    const int64_t rows = spec.preview > 0 ? spec.preview : r.rows.size();
    weights += rows * r.cols.size() * static_cast<int64_t>(r.heads.size());
    if (end > first && weights > limit) break;
    ++end;
  }
  return end;
}

}  // namespace

Reply Rpc::Service::tiles(Fields& fields, const RunControl& control) {
  const auto stored = trace_of(fields);
  std::vector<TileSpec> specs;
  int64_t bytes = 0;
  for (const Json& json : fields.array("tiles", 1, kMaxTiles)) {
    specs.push_back(read_tile(json, "tiles[" + std::to_string(specs.size()) + "]", *stored));
    bytes += bytes_of(specs.back());
  }
  fields.done();
  if (bytes > kMaxAnswerBytes) {
    throw Error(ErrorCode::kUsage, "tiles of " + std::to_string(bytes) + " bytes",
                "at most " + std::to_string(kMaxAnswerBytes) + " in one answer",
                "Ask for fewer at a time", "HS-LIMIT-01", ErrorNumbers{bytes, kMaxAnswerBytes});
  }

  std::vector<CachedTile> tiles;  // without bytes: still to compute
  for (const TileSpec& spec : specs) tiles.push_back(tiles_.find(spec.key).value_or(CachedTile{}));
  // Each quantity comes from a source of its own.
  for (const Quantity quantity : {Quantity::kWeight, Quantity::kNorm, Quantity::kScore,
                                  Quantity::kRollout, Quantity::kFlow}) {
    std::vector<size_t> own;
    for (size_t i = 0; i < specs.size(); ++i) {
      if (!tiles[i].bytes && specs[i].request.ops.quantity == quantity) own.push_back(i);
    }
    if (own.empty()) continue;
    const auto source = derived_.of(stored, quantity);
    for (size_t first = 0; first < own.size();) {
      const size_t end = slice_end(specs, own, first, kWeightsAtOnce);
      std::vector<TileRequest> missing;
      for (size_t n = first; n < end; ++n) append_requests(specs[own[n]], missing);
      const bool whole = first == 0 && end == own.size();
      // Between slices, outside the threads' work, the queue may answer more urgent questions.
      RunControl quiet;
      quiet.cancel = control.cancel;
      const auto computed = compute_tiles(*source, missing, whole ? control : quiet);
      size_t next = 0;
      for (size_t n = first; n < end; ++n) {
        const TileSpec& spec = specs[own[n]];
        const size_t count = spec.preview > 0 ? static_cast<size_t>(spec.preview) : 1;
        tiles[own[n]] = join(spec, &computed[next], count);
        next += count;
        tiles_.put(spec.key, tiles[own[n]], static_cast<int64_t>(tiles[own[n]].bytes->size()));
      }
      first = end;
      if (!whole) control.report(static_cast<int64_t>(end), static_cast<int64_t>(own.size()));
    }
  }

  Reply reply;
  Json& described = reply.json["tiles"] = Json::array();
  for (size_t i = 0; i < specs.size(); ++i) {
    const CachedTile& tile = tiles[i];
    described.push_back({{"rows", tile.rows},
                         {"cols", tile.cols},
                         {"total", tile.total ? json_number(*tile.total) : Json()}});
    reply.tensors.push_back({std::to_string(i),
                             specs[i].half ? DType::kF16 : DType::kF32,
                             {tile.rows, tile.cols},
                             tile.bytes});
  }
  return reply;
}

}  // namespace headscope
