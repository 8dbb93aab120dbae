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
#include "session/transformer_model.h"

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
  Products(const Transformer& model, int64_t batch, int64_t tokens)
      : model_(model), batch_(batch), tokens_(tokens) {
    const auto rows = static_cast<size_t>(batch * tokens);
    int64_t widest = spec().width, qkv = spec().width, packed = 0, inner = 0;
    for (const BlockSpec& block : spec().blocks) {
      const AttentionSpec& attention = block.attention;
      widest = std::max(widest, attention.context_width());
      qkv = std::max(qkv, attention.qkv_width());
      packed = std::max(packed, attention.kv_heads * packed_size(attention));
      inner = std::max(inner, block.feed_forward.inner * 2);
    }
    for (auto& [buffer, size] : {std::pair(&x_, rows * static_cast<size_t>(widest)),
                                 std::pair(&qkv_, rows * static_cast<size_t>(qkv)),
                                 std::pair(&inner_, step() * static_cast<size_t>(inner)),
                                 std::pair(&heads_, static_cast<size_t>(batch * packed))}) {
      std::fill_n(buffer->reserve(size), size, 0.01f);
    }
  }

  double flops() const {
    double sum = 0;
    const auto rows = static_cast<double>(batch_ * tokens_);
    for (int64_t l = 0; l < spec().layers(); ++l) {
      const auto held = model_.layer(l, tokens_);
      const LayerWeights& layer = *held;
      for (const Linear* linear :
           {&layer.attention.qkv, &layer.attention.output, &layer.up, &layer.down}) {
        sum += 2 * rows * static_cast<double>(linear->in()) * static_cast<double>(linear->out());
      }
      sum += attention_flops(spec().block(l).attention);
    }
    return sum;
  }

  void run() {
    const int64_t rows = batch_ * tokens_, d = spec().width;
    for (int64_t l = 0; l < spec().layers(); ++l) {
      const auto held = model_.layer(l, tokens_);
      const LayerWeights& layer = *held;
      layer.attention.qkv.apply(x_.data(), rows, qkv_.data());
      attention(spec().block(l).attention);
      layer.attention.output.apply(x_.data(), rows, qkv_.data());
      for (int64_t begin = 0; begin < rows; begin += ForwardPass::kFeedForwardRows) {
        const int64_t count = std::min(ForwardPass::kFeedForwardRows, rows - begin);
        layer.up.apply(x_.data() + begin * d, count, inner_.data());
        layer.down.apply(inner_.data(), count, qkv_.data());
      }
    }
  }

 private:
  const ModelSpec& spec() const { return model_.spec(); }
  int64_t packed_size(const AttentionSpec& attention) const {
    return packed_head_size(tokens_, attention.head_dim, attention.value_dim);
  }
  size_t step() const {
    return static_cast<size_t>(std::min(batch_ * tokens_, ForwardPass::kFeedForwardRows));
  }

  // Of the keys that each row sees.
  double attention_flops(const AttentionSpec& attention) const {
    double pairs = 0;
    for (int64_t i = 0; i < tokens_; ++i) {
      pairs += static_cast<double>(visible_keys(attention.rule.mask, i, tokens_).size());
    }
    return 2 * static_cast<double>(batch_ * attention.heads) * pairs *
           static_cast<double>(attention.head_dim + attention.value_dim);
  }

  void attention(const AttentionSpec& attention) {
    const int64_t blocks = (tokens_ + kAttentionRows - 1) / kAttentionRows;
    const int64_t stride = attention.qkv_width(), width = attention.context_width();
    parallel_for(batch_ * blocks * attention.heads, [&](int64_t task) {
      const int64_t h = task % attention.heads, text = task / attention.heads / blocks;
      const int64_t first = task / attention.heads % blocks * kAttentionRows;
      HeadView head;
      head.query = {qkv_.data() + text * tokens_ * stride + h * attention.head_dim, stride};
      head.queries = head.keys = tokens_;
      head.width = attention.head_dim;
      head.value_width = attention.value_dim;
      head.rule = attention.rule;
      head.rule.bias = BiasKind::kNone;
      const int64_t packed = text * attention.kv_heads + h / attention.group();
      attention_products(head, heads_.data() + packed * packed_size(attention),
                         {first, std::min(tokens_, first + kAttentionRows)},
                         x_.data() + (text * tokens_ + first) * width + h * attention.value_dim,
                         width);
    });
  }

  const Transformer& model_;
  int64_t batch_, tokens_;
  Buffer x_, qkv_, inner_, heads_;
};

// Rows of the pass sum to 1 and are those that the trace gives.
void verify_attention(const Trace& trace) {
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
  std::vector<float> tile(static_cast<size_t>(n * n));
  for (const HeadRef head : trace.all_heads()) {
    const auto& layer = trace.arrays()[0][static_cast<size_t>(head.id.layer)];
    const float* own = layer.attention.floats().data() + head.id.head * n * n;
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

// One row's queries, keys and values of layer 0 against double precision.
void verify_products(const Transformer& model, const Trace& trace) {
  // Of the sum of the products' sizes: half a unit in the last place of each factor (2⁻⁸, 2⁻¹⁶).
  const Precision precision = model.precision();
  const double share = precision == Precision::kBf16     ? 8e-3
                       : precision == Precision::kBf16x3 ? 5e-5
                                                         : 1e-6;
  const ModelSpec& spec = model.spec();
  const AttentionSpec& attention = spec.block(0).attention;
  const int64_t d = spec.width, n = trace.info().tokens(0, Side::kQuery).size();
  const float* x = trace.hidden.front().floats().data() + n / 2 * d;
  std::vector<float> got(static_cast<size_t>(attention.qkv_width()));
  model.layer(0, n)->attention.qkv.apply(x, 1, got.data());
  const Output outputs[] = {{Role::kQuery, attention.query_width(), attention.head_dim},
                            {Role::kKey, attention.key_width(), attention.head_dim},
                            {Role::kValue, attention.value_width(), attention.value_dim}};
  std::vector<Buffer> copies;
  const float* next = got.data();
  for (const Linear::Part& part :
       model.table().parts(outputs, spec.block(0).name(), d, attention.qkv_bias, copies)) {
    for (int64_t o = 0; o < part.out; ++o) {
      double sum = part.bias ? part.bias[o] : 0.0, size = std::abs(sum);
      for (int64_t c = 0; c < d; ++c) {
        sum += double{part.weight[o * d + c]} * x[c];
        size += std::abs(double{part.weight[o * d + c]} * x[c]);
      }
      require(std::abs(*next++ - sum) <= share * size + 1e-6, "a product of layer 0");
    }
  }
  for (const Output& output : outputs) {
    model.table().drop(model.table().weight_name(output.role, spec.block(0).name()));
  }
}

void verify_batch(Runner& model, const std::vector<TokenSequence>& texts) {
  const auto alone = model.trace({&texts.back(), 1})[0];
  const auto batch = model.trace(texts);
  const auto same = [](const Array& a, const Array& b) {
    return a.bytes() == b.bytes() &&
           std::memcmp(a.data(), b.data(), static_cast<size_t>(a.bytes())) == 0;
  };
  const auto &a = alone->arrays()[0], &b = batch.back()->arrays()[0];
  for (size_t l = 0; l < a.size(); ++l) {
    require(same(a[l].query, b[l].query) && same(a[l].logsumexp, b[l].logsumexp),
            "a text in a batch and alone, layer " + std::to_string(l));
  }
}

double tiles_time(const Trace& trace) {
  constexpr int64_t kSide = 64;
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
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

void check_sizes(const Runner& model, const BenchmarkOptions& options) {
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

ForwardTime measure(Runner& model, const Transformer& transformer, int64_t batch, int64_t tokens,
                    double seconds, const RunControl& control) {
  std::vector<TokenSequence> texts;
  for (int64_t b = 0; b < batch; ++b) {
    texts.push_back(some_text(tokens, transformer.spec().embedding.vocab, b));
  }
  verify_batch(model, texts);
  Products products(transformer, batch, tokens);
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
  if (model.runner().reads_target() || model.runner().reads_pictures()) {
    throw Error(ErrorCode::kUsage, "bench of a model that reads a target or a picture",
                "a model of one text, whose forward pass is measured");
  }
  const auto* opened = dynamic_cast<const TransformerModel*>(&model);
  require(opened != nullptr, "a model that open_model() gave");
  Runner& runner = model.runner();
  check_sizes(runner, options);
  const Transformer& transformer = opened->transformer();
  const ModelSpec& spec = transformer.spec();
  if (spec.block(0).feed_forward.experts > 0) {
    throw Error(ErrorCode::kUsage, "bench with a mixture of experts",
                "a model whose products do not depend on the text");
  }
  TraceOptions everything;
  everything.with_attention = everything.with_hidden = true;
  const TokenSequence text =
      some_text(std::min<int64_t>(128, runner.max_positions()), spec.embedding.vocab, 1);
  const auto trace = runner.trace({&text, 1}, everything)[0];
  verify_attention(*trace);
  verify_products(transformer, *trace);
  std::vector<ForwardTime> out;
  const auto total = static_cast<int64_t>(options.tokens.size() * options.batches.size());
  for (const int64_t batch : options.batches) {
    for (const int64_t tokens : options.tokens) {
      control.report(static_cast<int64_t>(out.size()), total);
      out.push_back(measure(runner, transformer, batch, tokens, options.seconds, control));
    }
  }
  return out;
}

}  // namespace headscope
