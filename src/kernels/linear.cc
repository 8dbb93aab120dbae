#include "kernels/linear.h"

#include <algorithm>
#include <cassert>
#include <list>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <unordered_map>

#include "headscope/threads.h"
#include "kernels/panel_product.h"

namespace headscope {

namespace {

using Tag = dnnl::memory::format_tag;
using Dims = dnnl::memory::dims;
constexpr auto kFloat = dnnl::memory::data_type::f32;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static dnnl::stream only(engine());
  return only;
}

// One matrix product's shape; weights as packed, or Tag::any to let oneDNN choose.
struct Shape {
  int64_t rows = 0, in = 0, out = 0;
  bool bias = false;
  dnnl::memory::desc weights;
};

dnnl::matmul::primitive_desc describe(const Shape& shape) {
  const dnnl::memory::desc x({shape.rows, shape.in}, kFloat, Tag::ab);
  const dnnl::memory::desc y({shape.rows, shape.out}, kFloat, Tag::ab);
  const dnnl::memory::desc bias({1, shape.out}, kFloat, Tag::ab);
#if DNNL_VERSION_MAJOR >= 3
  dnnl::primitive_attr attributes;
#if DNNL_VERSION_MAJOR > 3 || DNNL_VERSION_MINOR >= 5
  attributes.set_deterministic(true);
#endif
  return shape.bias ? dnnl::matmul::primitive_desc(engine(), x, shape.weights, bias, y, attributes)
                    : dnnl::matmul::primitive_desc(engine(), x, shape.weights, y, attributes);
#else
  return dnnl::matmul::primitive_desc(shape.bias ? dnnl::matmul::desc(x, shape.weights, bias, y)
                                                 : dnnl::matmul::desc(x, shape.weights, y),
                                      engine());
#endif
}

// Primitives are made for a shape and a number of threads, cost 0.3 to 1.5 ms each and serve every
// layer: the ones used last are kept.
class Primitives {
 public:
  // Calls use(primitive) while no other thread can touch it.
  template <class Use>
  void with(const Shape& shape, Use use) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const int threads = max_threads();
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
      return kept.threads == threads && kept.shape.rows == shape.rows &&
             kept.shape.in == shape.in && kept.shape.out == shape.out &&
             kept.shape.bias == shape.bias && kept.shape.weights == shape.weights;
    });
    if (found != kept_.end()) {
      kept_.splice(kept_.begin(), kept_, found);
    } else {
      kept_.push_front({shape, threads, dnnl::matmul(describe(shape))});
      if (kept_.size() > kMost) kept_.pop_back();
    }
    use(kept_.front().primitive);
  }

 private:
  struct Kept {
    Shape shape;
    int threads;
    dnnl::matmul primitive;
  };
  static constexpr size_t kMost = 128;
  std::mutex mutex_;
  std::list<Kept> kept_;
};

Primitives& primitives() {
  static auto& all = *new Primitives();  // outlives every Linear
  return all;
}

// oneDNN takes non-const handles for what it only reads.
dnnl::memory wrap(const dnnl::memory::desc& shape, const float* data) {
  return {shape, engine(), const_cast<float*>(data)};
}

// Rows for which the packing is chosen; its format serves every number of rows.
constexpr int64_t kTypicalRows = 128;

// "brg:avx512_core" and its kin: weights blocked, sums in one order. What stands for other
// processors ("gemm:jit") sums in an order that depends on rows and threads.
bool is_blocked(const dnnl::matmul::primitive_desc& product) {
  return std::string_view(product.impl_info_str()).starts_with("brg");
}

}  // namespace

struct Linear::State {
  int64_t in = 0, out = 0;
  bool panels = false;        // else oneDNN's
  dnnl::memory::desc format;  // of oneDNN's packed weights
  Buffer weights;             // packed
  Buffer bias;                // [out], or empty

  Shape shape(int64_t rows) const { return {rows, in, out, bias.data() != nullptr, format}; }
};

Linear::Linear() = default;
Linear::~Linear() = default;
Linear::Linear(Linear&&) noexcept = default;
Linear& Linear::operator=(Linear&&) noexcept = default;

Linear::Linear(std::span<const Part> parts, int64_t in, Buffer& scratch, Options options)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.in = in;
  for (const Part& part : parts) state.out += part.out;
  const bool bias = std::any_of(parts.begin(), parts.end(), [](const Part& p) { return p.bias; });
  if (bias) {
    float* to = state.bias.reserve(static_cast<size_t>(state.out));
    for (const Part& part : parts) {
      to = part.bias ? std::copy_n(part.bias, part.out, to) : std::fill_n(to, part.out, 0.0f);
    }
  }
  const float* joined = parts[0].weight;
  if (parts.size() > 1) {
    float* to = scratch.reserve(static_cast<size_t>(state.out * in));
    joined = to;
    for (const Part& part : parts) to = std::copy_n(part.weight, part.out * in, to);
  }
  const dnnl::memory::desc any({in, state.out}, kFloat, Tag::any);
  const auto product = describe({kTypicalRows, in, state.out, bias, any});
  state.panels = options.backend == Backend::kPanels || !is_blocked(product);
  if (state.panels) {
    state.weights.reserve(static_cast<size_t>(panels_size(state.out, in)));
    pack_panels(joined, state.out, in, state.weights.data());
    return;
  }
  state.format = product.weights_desc();
  state.weights.reserve((state.format.get_size() + sizeof(float) - 1) / sizeof(float));
  dnnl::memory from = wrap({{in, state.out}, kFloat, Tag::ba}, joined);
  dnnl::memory to = wrap(state.format, state.weights.data());
  dnnl::reorder(from, to).execute(stream(), from, to);
  stream().wait();
}

void Linear::apply(const float* x, int64_t rows, float* y) const {
  assert(state_);
  if (rows == 0) return;
  const State& state = *state_;
  if (state.panels) {
    return panel_product(x, rows, state.in, state.weights.data(), state.bias.data(), state.out, y);
  }
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, wrap({{rows, state.in}, kFloat, Tag::ab}, x)},
      {DNNL_ARG_WEIGHTS, wrap(state.format, state.weights.data())},
      {DNNL_ARG_DST, wrap({{rows, state.out}, kFloat, Tag::ab}, y)}};
  if (state.bias.data()) {
    arguments.emplace(DNNL_ARG_BIAS, wrap({{1, state.out}, kFloat, Tag::ab}, state.bias.data()));
  }
  primitives().with(state.shape(rows), [&](const dnnl::matmul& product) {
    product.execute(stream(), arguments);
    stream().wait();
  });
}

int64_t Linear::in() const { return state_ ? state_->in : 0; }
int64_t Linear::out() const { return state_ ? state_->out : 0; }

}  // namespace headscope
