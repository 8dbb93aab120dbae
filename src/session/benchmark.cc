#include "headscope/benchmark.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "base/parallel.h"
#include "headscope/error.h"
#include "headscope/tile.h"
#include "headscope/trace.h"
#include "kernels/attention.h"
#include "session/bert_model.h"

namespace headscope {

namespace {

using Clock = std::chrono::steady_clock;

// Milliseconds that `work` takes.
template <class Work>
double time_of(Work work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Ids spread over the vocabulary; the same for every run.
TokenSequence some_text(int64_t tokens, int64_t vocab, int64_t seed) {
  TokenSequence text;
  const auto n = static_cast<size_t>(tokens);
  text.tokens.assign(n, "x");
  for (int64_t i = 0; i < tokens; ++i) {
    text.ids.push_back(static_cast<int32_t>((i * 7919 + seed * 104'729 + 17) % vocab));
  }
  text.segment_ids.assign(n, 0);
  text.sentences.assign(n, 0);
  text.offsets.assign(n, {});
  text.special.assign(n, 0);
  text.words.assign(n, 0);
  return text;
}

void require(bool holds, const std::string& what) {
  if (!holds) throw Error(ErrorCode::kInternal, "the benchmark's check failed: " + what);
}

// The matrix products of a pass, and nothing else.
class Products {
 public:
  Products(const Encoder& encoder, int64_t batch, int64_t tokens)
      : encoder_(encoder), block_(encoder.config().block), batch_(batch), tokens_(tokens) {
    const auto rows = static_cast<size_t>(batch * tokens), d = static_cast<size_t>(block_.width);
    packed_ = packed_head_size(tokens, block_.head_width());
    for (auto& [buffer, size] :
         {std::pair(&x_, rows * d), std::pair(&qkv_, rows * 3 * d),
          std::pair(&inner_, step() * static_cast<size_t>(block_.inner)),
          std::pair(&heads_, static_cast<size_t>(batch * block_.heads * packed_))}) {
      std::fill_n(buffer->reserve(size), size, 0.01f);
    }
  }

  double flops() const {
    const auto rows = static_cast<double>(batch_ * tokens_), d = static_cast<double>(block_.width);
    const double weights = 4 * d * d + 2 * d * static_cast<double>(block_.inner);
    return static_cast<double>(encoder_.config().layers) * 2 * rows *
           (weights + 2 * static_cast<double>(tokens_) * d);
  }

  void run() {
    const int64_t rows = batch_ * tokens_;
    for (int64_t l = 0; l < encoder_.config().layers; ++l) {
      const LayerWeights& layer = encoder_.layer(l);
      layer.qkv.apply(x_.data(), rows, qkv_.data());
      attention();
      layer.attention_output.apply(x_.data(), rows, qkv_.data());
      for (int64_t begin = 0; begin < rows; begin += ForwardPass::kFeedForwardRows) {
        const int64_t count = std::min(ForwardPass::kFeedForwardRows, rows - begin);
        layer.inner.apply(x_.data() + begin * block_.width, count, inner_.data());
        layer.output.apply(inner_.data(), count, qkv_.data());
      }
    }
  }

 private:
  size_t step() const {
    return static_cast<size_t>(std::min(batch_ * tokens_, ForwardPass::kFeedForwardRows));
  }

  void attention() {
    const int64_t blocks = (tokens_ + kAttentionRows - 1) / kAttentionRows;
    parallel_for(batch_ * blocks * block_.heads, [&](int64_t task) {
      const int64_t h = task % block_.heads, text = task / block_.heads / blocks;
      const int64_t first = task / block_.heads % blocks * kAttentionRows;
      HeadView head;
      head.query = qkv_.data() + text * tokens_ * 3 * block_.width + h * block_.head_width();
      head.stride = 3 * block_.width;
      head.keys = tokens_;
      head.width = block_.head_width();
      attention_products(
          head, heads_.data() + (text * block_.heads + h) * packed_,
          {first, std::min(tokens_, first + kAttentionRows)},
          x_.data() + (text * tokens_ + first) * block_.width + h * block_.head_width(),
          block_.width);
    });
  }

  const Encoder& encoder_;
  const BlockConfig& block_;
  int64_t batch_, tokens_, packed_ = 0;
  Buffer x_, qkv_, inner_, heads_;
};

// Rows of the pass sum to 1 and are those that the trace gives.
void verify_attention(const Trace& trace) {
  const int64_t n = trace.info().query.size();
  std::vector<float> tile(static_cast<size_t>(n * n));
  for (const HeadRef head : trace.all_heads()) {
    const auto& layer = trace.arrays()[0].layers[static_cast<size_t>(head.id.layer)];
    const float* own = layer.attention.data() + head.id.head * n * n;
    trace.weights(head, {0, n}, {0, n}, tile.data());
    for (int64_t i = 0; i < n; ++i) {
      double sum = 0;
      for (int64_t j = i * n; j < (i + 1) * n; ++j) {
        sum += own[j];
        require(std::abs(own[j] - tile[static_cast<size_t>(j)]) <= 1e-5,
                to_string(head.id) + ", a recomputed weight");
      }
      require(std::abs(sum - 1) <= 2e-5, to_string(head.id) + ", the sum of a row");
    }
  }
}

// One token's queries of layer 0 against double precision.
void verify_products(const Encoder& encoder, const Trace& trace) {
  const BlockConfig& block = encoder.config().block;
  const int64_t d = block.width, width = block.head_width(), n = trace.info().query.size();
  const std::string name = encoder.layer_name(0, encoder.names().query) + ".";
  const float* weight = encoder.store().data(name + "weight");
  const float* bias = encoder.store().data(name + "bias");
  const int64_t token = n / 2;
  const float* x = trace.hidden.data() + token * d;
  for (int64_t o = 0; o < d; ++o) {
    double sum = bias[o], size = std::abs(sum);
    for (int64_t c = 0; c < d; ++c) {
      sum += double{weight[o * d + c]} * x[c];
      size += std::abs(double{weight[o * d + c]} * x[c]);
    }
    const auto got = trace.arrays()[0]
                         .layers[0]
                         .query[static_cast<size_t>((o / width * n + token) * width + o % width)];
    require(std::abs(got - sum) <= 1e-6 * size + 1e-6, "a query of layer 0");
  }
  encoder.store().drop_pages(name + "weight");
}

void verify_batch(Model& model, const std::vector<TokenSequence>& texts) {
  const auto alone = model.trace({&texts.back(), 1})[0];
  const auto batch = model.trace(texts);
  const auto &a = alone->arrays()[0].layers, &b = batch.back()->arrays()[0].layers;
  for (size_t l = 0; l < a.size(); ++l) {
    require(std::memcmp(a[l].query.data(), b[l].query.data(), a[l].query.size() * 4) == 0 &&
                a[l].logsumexp == b[l].logsumexp,
            "a text in a batch and alone, layer " + std::to_string(l));
  }
}

double tiles_time(const Trace& trace) {
  constexpr int64_t kSide = 64;
  const int64_t n = trace.info().query.size();
  std::vector<TileRequest> requests;
  for (const HeadRef head : trace.all_heads()) {
    TileRequest request;
    request.heads = {head};
    request.rows = request.cols = {0, n};
    request.out_rows = request.out_cols = std::min(n, kSide);
    requests.push_back(request);
  }
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) times.push_back(time_of([&] { compute_tiles(trace, requests); }));
  return median(times);
}

void check_sizes(const Model& model, const BenchmarkOptions& options) {
  constexpr int64_t kMostBatch = 1024;
  for (const int64_t tokens : options.tokens) {
    if (tokens < 1 || tokens > model.max_positions()) {
      throw Error(ErrorCode::kUsage, "--tokens " + std::to_string(tokens),
                  "1 to " + std::to_string(model.max_positions()) + ", the model's positions");
    }
  }
  for (const int64_t batch : options.batches) {
    if (batch < 1 || batch > kMostBatch) {
      throw Error(ErrorCode::kUsage, "--batch " + std::to_string(batch),
                  "1 to " + std::to_string(kMostBatch));
    }
  }
}

ForwardTime measure(Model& model, const Encoder& encoder, int64_t batch, int64_t tokens,
                    double seconds, const RunControl& control) {
  std::vector<TokenSequence> texts;
  for (int64_t b = 0; b < batch; ++b) {
    texts.push_back(some_text(tokens, encoder.config().vocab, b));
  }
  verify_batch(model, texts);
  Products products(encoder, batch, tokens);
  products.run();
  std::vector<double> passes, bounds;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (passes.size() < 5 || Clock::now() < end) {
    control.cancel.check();
    passes.push_back(time_of([&] { model.trace(texts); }));
    bounds.push_back(time_of([&] { products.run(); }));
  }
  ForwardTime out{batch, tokens, median(passes), median(bounds), 0, 0};
  out.gemm_gflops = products.flops() / out.bound_milliseconds * 1e-6;
  out.tiles_milliseconds = tiles_time(*model.trace({texts.data(), 1})[0]);
  return out;
}

}  // namespace

std::vector<ForwardTime> benchmark_forward(Model& model, const BenchmarkOptions& options,
                                           const RunControl& control) {
  const auto* bert = dynamic_cast<const BertModel*>(&model);
  require(bert != nullptr, "a model that open_model() gave");
  check_sizes(model, options);
  const Encoder& encoder = bert->encoder();
  TraceOptions everything;
  everything.with_attention = everything.with_hidden = true;
  const TokenSequence text =
      some_text(std::min<int64_t>(128, model.max_positions()), encoder.config().vocab, 1);
  const auto trace = model.trace({&text, 1}, everything)[0];
  verify_attention(*trace);
  verify_products(encoder, *trace);
  std::vector<ForwardTime> out;
  const auto total = static_cast<int64_t>(options.tokens.size() * options.batches.size());
  for (const int64_t batch : options.batches) {
    for (const int64_t tokens : options.tokens) {
      control.report(static_cast<int64_t>(out.size()), total);
      out.push_back(measure(model, encoder, batch, tokens, options.seconds, control));
    }
  }
  return out;
}

}  // namespace headscope
