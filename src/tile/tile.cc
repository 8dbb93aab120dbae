#include "headscope/tile.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <span>

#include "base/parallel.h"
#include "tile/row_kernel.h"
#include "tile/tile_plan.h"

namespace headscope {
namespace {

// Requests below this number share threads by bands, more of them by whole maps.
constexpr size_t kFewRequests = 8;

bool contiguous(std::span<const Range> items) {
  for (size_t k = 1; k < items.size(); ++k) {
    if (items[k].begin != items[k - 1].end) return false;
  }
  return true;
}

// Values [rows, cols] of tokens, after norm-weighting and head combination.
class Block {
 public:
  Block(const AttentionSource& source, const TileRequest& request)
      : source_(source), request_(request) {}

  void fetch(Range rows, Range cols) {
    rows_ = rows;
    cols_ = cols;
    const int64_t count = rows.size() * cols.size();
    reserve(values_, capacity_, count);
    head_values(request_.heads.front(), values_.get());
    if (request_.heads.size() == 1) return;
    reserve(other_, other_capacity_, count);
    for (size_t h = 1; h < request_.heads.size(); ++h) {
      head_values(request_.heads[h], other_.get());
      if (request_.ops.combine == Combine::kMax) {
        pool_max(other_.get(), count, values_.get());
      } else {
        pool_sum(other_.get(), count, values_.get());
      }
    }
    if (request_.ops.combine == Combine::kMean) {
      scale_row(1.0f / static_cast<float>(request_.heads.size()), count, values_.get());
    }
  }

  // [cols], the first of them token cols().begin.
  float* row(int64_t token) { return values_.get() + (token - rows_.begin) * cols_.size(); }
  Range cols() const { return cols_; }

 private:
  static void reserve(std::unique_ptr<float[]>& buffer, int64_t& capacity, int64_t count) {
    if (count <= capacity) return;
    buffer = std::unique_ptr<float[]>(new float[static_cast<size_t>(count)]);
    capacity = count;
  }

  void head_values(HeadRef head, float* out) {
    if (request_.ops.quantity == Quantity::kScore) return source_.scores(head, rows_, cols_, out);
    source_.weights(head, rows_, cols_, out);
    if (request_.ops.quantity != Quantity::kNorm) return;
    const float* norms = source_.value_norm(head).data() + cols_.begin;
    for (int64_t i = 0; i < rows_.size(); ++i) {
      multiply_row(norms, cols_.size(), out + i * cols_.size());
    }
  }

  const AttentionSource& source_;
  const TileRequest& request_;
  Range rows_, cols_;
  std::unique_ptr<float[]> values_, other_;
  int64_t capacity_ = 0, other_capacity_ = 0;
};

// One band of a tile: fetches blocks, and turns rows of tokens into rows of pixels.
class Band {
 public:
  Band(const AttentionSource& source, const TilePlan& plan, Range pixel_rows, float* values)
      : plan_(plan), pixel_rows_(pixel_rows), values_(values), block_(source, *plan.request) {}

  // Writes the band's pixels; returns the sum of the unpooled values.
  double run(const CancellationToken& cancel) {
    double total = 0;
    for (const Range chunk : plan_.chunks) total += run_chunk(chunk, cancel);
    return total;
  }

 private:
  bool maximum() const { return plan_.request->pool == Pool::kMax; }

  double run_chunk(Range pixel_cols, const CancellationToken& cancel) {
    const Range cols = plan_.cols.items_of(pixel_cols);
    items_.assign(plan_.cols.items.begin() + cols.begin, plan_.cols.items.begin() + cols.end);
    n_ = cols.size();
    const Range tokens{items_.front().begin, items_.back().end};
    plain_ = tokens.size() == n_;
    fetched_ =
        plan_.renormalise ? Range{plan_.visible.front().begin, plan_.visible.back().end} : tokens;
    pooled_.assign(static_cast<size_t>(pixel_rows_.size() * n_),
                   maximum() ? -std::numeric_limits<float>::infinity() : 0.0f);
    starts_.clear();
    for (int64_t p = pixel_cols.begin; p <= pixel_cols.end; ++p) {
      starts_.push_back(plan_.cols.first_item(p) - cols.begin);
    }
    const double total = pool_rows(cancel);
    for (int64_t p = pixel_rows_.begin; p < pixel_rows_.end; ++p) finish_row(p, pixel_cols);
    return total;
  }

  double pool_rows(const CancellationToken& cancel) {
    const auto& rows = plan_.rows.items;
    const Range band = plan_.rows.items_of(pixel_rows_);
    int64_t pixel = pixel_rows_.begin;
    double total = 0;
    for (int64_t r = band.begin; r < band.end;) {
      cancel.check();
      int64_t end = r + 1;
      while (end < band.end && rows[end].end - rows[r].begin <= plan_.row_limit) ++end;
      block_.fetch({rows[r].begin, rows[end - 1].end}, fetched_);
      for (; r < end; ++r) {
        while (r >= plan_.rows.first_item(pixel + 1)) ++pixel;
        float* into = pooled_.data() + (pixel - pixel_rows_.begin) * n_;
        const float* row = display_row(rows[r]);
        total += maximum() ? pool_max(row, n_, into) : pool_sum(row, n_, into);
      }
    }
    return total;
  }

  // [n] one displayed row: the mean over the tokens it stands for.
  const float* display_row(Range tokens) {
    if (tokens.size() == 1) return token_row(tokens.begin);
    mean_.assign(static_cast<size_t>(n_), 0.0f);
    for (int64_t t = tokens.begin; t < tokens.end; ++t) pool_sum(token_row(t), n_, mean_.data());
    scale_row(1.0f / static_cast<float>(tokens.size()), n_, mean_.data());
    return mean_.data();
  }

  // [n] one token's displayed columns, each the sum over the tokens it stands for.
  const float* token_row(int64_t token) {
    float* row = block_.row(token);
    if (plan_.renormalise) renormalise(row);
    if (plain_) return row + (items_.front().begin - fetched_.begin);
    merged_.resize(static_cast<size_t>(n_));
    for (int64_t c = 0; c < n_; ++c) {
      float sum = 0;
      for (int64_t t = items_[c].begin; t < items_[c].end; ++t) sum += row[t - fetched_.begin];
      merged_[c] = sum;
    }
    return merged_.data();
  }

  void renormalise(float* row) const {
    double sum = 0;
    if (contiguous(plan_.visible)) {
      sum = sum_row(row, fetched_.size());
    } else {
      for (const Range item : plan_.visible) {
        for (int64_t t = item.begin; t < item.end; ++t) {
          sum += static_cast<double>(row[t - fetched_.begin]);
        }
      }
    }
    if (sum > 0) scale_row(static_cast<float>(1 / sum), fetched_.size(), row);
  }

  // Pools the columns of one row of pixels.
  void finish_row(int64_t pixel, Range pixel_cols) {
    const float* from = pooled_.data() + (pixel - pixel_rows_.begin) * n_;
    float* to = values_ + pixel * plan_.cols.out + pixel_cols.begin;
    const int64_t count = pixel_cols.size();
    if (maximum()) {
      if (count == n_) {
        std::copy(from, from + n_, to);
        return;
      }
      for (int64_t p = 0; p < count; ++p) {
        to[p] = *std::max_element(from + starts_[p], from + starts_[p + 1]);
      }
      return;
    }
    const auto height = static_cast<double>(plan_.rows.items_of({pixel, pixel + 1}).size());
    for (int64_t p = 0; p < count; ++p) {
      double sum = 0;
      for (int64_t j = starts_[p]; j < starts_[p + 1]; ++j) sum += static_cast<double>(from[j]);
      to[p] = static_cast<float>(sum / (height * static_cast<double>(starts_[p + 1] - starts_[p])));
    }
  }

  const TilePlan& plan_;
  Range pixel_rows_;
  float* values_;  // [out_rows, out_cols] of the whole tile
  Block block_;
  // Of the chunk at hand:
  std::vector<Range> items_;     // [n] columns
  std::vector<int64_t> starts_;  // first column of every pixel, and n
  int64_t n_ = 0;
  bool plain_ = false;                // every column is one token, none hidden between them
  Range fetched_;                     // tokens of a block's columns
  std::vector<float> pooled_;         // [pixel rows, n]
  std::vector<float> mean_, merged_;  // [n]
};

}  // namespace

std::vector<Tile> compute_tiles(const AttentionSource& source,
                                const std::vector<TileRequest>& requests,
                                const RunControl& control) {
  struct Job {
    size_t tile = 0;
    Range band;
    double total = 0;
  };
  std::vector<TilePlan> plans;
  std::vector<Tile> tiles(requests.size());
  std::vector<Job> jobs;
  std::deque<TileAxes> axes;  // a deque: plans look into them
  for (size_t k = 0; k < requests.size(); ++k) {
    const TileRequest& request = requests[k];
    const int stack = request.heads.empty() ? 0 : request.heads.front().stack;
    const bool same = k > 0 && !requests[k - 1].heads.empty() &&
                      stack == requests[k - 1].heads.front().stack &&
                      request.ops == requests[k - 1].ops;
    if (!same) axes.push_back(tile_axes(source.info(), stack, request.ops));
    plans.push_back(plan_tile(source, request, axes.back(), requests.size() < kFewRequests));
    tiles[k].rows = plans[k].rows.out;
    tiles[k].cols = plans[k].cols.out;
    tiles[k].values.resize(static_cast<size_t>(tiles[k].rows * tiles[k].cols));
    if (!plans[k].bands.empty()) {
      const Range tokens = plans[k].rows.tokens_of({0, request.rows.size()});
      for (const HeadRef head : request.heads) source.prepare(head, tokens, control);
    }
    for (const Range band : plans[k].bands) jobs.push_back({k, band, 0});
  }
  std::mutex mutex;
  int64_t done = 0;
  const auto count = static_cast<int64_t>(jobs.size());
  parallel_for(count, [&](int64_t j) {
    Job& job = jobs[j];
    Band band(source, plans[job.tile], job.band, tiles[job.tile].values.data());
    job.total = band.run(control.cancel);
    if (control.progress) {
      const std::lock_guard<std::mutex> lock(mutex);
      control.report(++done, count);
    }
  });
  // In the order of the jobs, so that the sum does not depend on the threads.
  for (const Job& job : jobs) tiles[job.tile].total += job.total;
  return tiles;
}

Tile compute_tile(const AttentionSource& source, const TileRequest& request,
                  const RunControl& control) {
  return std::move(compute_tiles(source, {request}, control).front());
}

}  // namespace headscope
