#include "plain_model.h"

#include <algorithm>

namespace headscope {

namespace {

using Rows = std::vector<double>;  // [N, width]

// Whether query i sees key j, from the definitions of the masks (headscope/trace_info.h), not from
// the code that the engine uses.
bool sees(const MaskInfo& mask, int64_t i, int64_t j) {
  if (mask.key_length >= 0 && j >= mask.key_length) return false;
  if (mask.kind == MaskKind::kCausal) return j <= i;
  if (mask.kind != MaskKind::kWindow) return true;
  return (mask.left < 0 || j >= i - mask.left) && (mask.right < 0 || j <= i + mask.right);
}

class Plain {
 public:
  Plain(const ModelSpec& spec, const WeightStore& store, const std::vector<Ablation>& ablations)
      : spec_(spec),
        block_(spec.block(0)),
        store_(store),
        ablations_(ablations),
        d_(static_cast<size_t>(spec.width)) {}

  PlainOutput run(const std::vector<int32_t>& ids, const std::vector<int32_t>& segments) {
    n_ = ids.size();
    PlainOutput out;
    Rows x(n_ * d_);
    for (size_t i = 0; i < n_; ++i) {
      for (size_t c = 0; c < d_; ++c) {
        x[i * d_ + c] =
            at("embeddings.word_embeddings.weight", static_cast<size_t>(ids[i]), c) +
            at("embeddings.position_embeddings.weight", i, c) +
            at("embeddings.token_type_embeddings.weight", static_cast<size_t>(segments[i]), c);
      }
    }
    x = norm(x, "embeddings.LayerNorm");
    out.hidden.push_back(x);
    const bool before = block_.placement == NormPlacement::kBefore;
    for (int64_t l = 0; l < spec_.layers(); ++l) {
      const std::string layer = "encoder.layer." + std::to_string(l) + ".";
      const std::string norm1 = layer + "attention.output.LayerNorm";
      const std::string norm2 = layer + "output.LayerNorm";
      out.attention.emplace_back();
      const Rows a = attention(before ? norm(x, norm1) : x, l, out.attention.back());
      x = before ? sum(x, a) : norm(sum(x, a), norm1);
      const Rows f = feed_forward(before ? norm(x, norm2) : x, layer);
      x = before ? sum(x, f) : norm(sum(x, f), norm2);
      // GPT-2 (Radford et al. 2019): one more normalisation behind the last block; the last hidden
      // states are what comes out of it.
      if (l + 1 == spec_.layers() && spec_.final_norm) x = norm(x, "final.LayerNorm");
      out.hidden.push_back(x);
      for (const std::string& name : store_.names()) {
        if (name.starts_with(layer)) store_.drop_pages(name);
      }
    }
    return out;
  }

 private:
  double at(const std::string& name, size_t row, size_t c) const {
    return store_.data(name)[row * d_ + c];
  }
  static Rows sum(Rows a, const Rows& b) {
    for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
  }
  Rows norm(const Rows& x, const std::string& name) const {
    const float* gamma = store_.data(name + ".weight");
    const float* beta = store_.data(name + ".bias");
    Rows y(x.size());
    for (size_t i = 0; i < n_; ++i) {
      double mean = 0, variance = 0;
      for (size_t c = 0; c < d_; ++c) mean += x[i * d_ + c] / static_cast<double>(d_);
      for (size_t c = 0; c < d_; ++c) {
        variance += std::pow(x[i * d_ + c] - mean, 2) / static_cast<double>(d_);
      }
      for (size_t c = 0; c < d_; ++c) {
        y[i * d_ + c] =
            (x[i * d_ + c] - mean) / std::sqrt(variance + block_.norm.eps) * gamma[c] + beta[c];
      }
    }
    return y;
  }
  Rows linear(const Rows& x, const std::string& name) const {
    const auto out = static_cast<size_t>((*store_.shape(name + ".weight"))[0]);
    const auto in = static_cast<size_t>((*store_.shape(name + ".weight"))[1]);
    const float* weight = store_.data(name + ".weight");
    const float* bias = store_.data(name + ".bias");
    Rows y(n_ * out);
    for (size_t o = 0; o < out; ++o) {
      for (size_t i = 0; i < n_; ++i) {
        double total = bias[o];
        for (size_t c = 0; c < in; ++c) total += weight[o * in + c] * x[i * in + c];
        y[i * out + o] = total;
      }
    }
    return y;
  }
  Rows feed_forward(const Rows& x, const std::string& layer) const {
    Rows inner = linear(x, layer + "intermediate.dense");
    for (double& value : inner) value = activation(value);
    return linear(inner, layer + "output.dense");
  }
  double activation(double x) const {
    switch (block_.feed_forward.activation) {
      case Activation::kGelu:
        return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
      case Activation::kGeluTanh:
        return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
      case Activation::kRelu:
        return std::max(x, 0.0);
      case Activation::kSilu:
        return x / (1 + std::exp(-x));
    }
    return 0;
  }
  const Ablation* ablation(int64_t layer, size_t head) const {
    for (const Ablation& one : ablations_) {
      if (one.head.id == HeadId{static_cast<int>(layer), static_cast<int>(head)}) return &one;
    }
    return nullptr;
  }
  // The head's context vectors, its columns of `context`, replaced.
  void replace(const Ablation& one, size_t width, Rows& context) const {
    const size_t first = static_cast<size_t>(one.head.id.head) * width;
    for (size_t c = 0; c < width; ++c) {
      double put = 0;
      if (one.kind == AblationKind::kMean) {
        for (size_t i = 0; i < n_; ++i) {
          put += context[i * d_ + first + c] / static_cast<double>(n_);
        }
        if (!one.mean.empty()) put = one.mean[c];
      }
      for (size_t i = 0; i < n_; ++i) context[i * d_ + first + c] = put;
    }
  }
  Rows attention(const Rows& x, int64_t number, std::vector<double>& maps) const {
    const std::string layer = "encoder.layer." + std::to_string(number) + ".";
    const Rows q = linear(x, layer + "attention.self.query");
    const Rows k = linear(x, layer + "attention.self.key");
    const Rows v = linear(x, layer + "attention.self.value");
    const auto heads = static_cast<size_t>(block_.attention.heads);
    const size_t width = d_ / heads;
    Rows context(n_ * d_, 0.0);
    for (size_t h = 0; h < heads; ++h) {
      const Ablation* off = ablation(number, h);
      const bool uniform = off && off->kind == AblationKind::kUniform;
      for (size_t i = 0; i < n_; ++i) {
        std::vector<double> row(n_, 0.0);
        double total = 0;
        for (size_t j = 0; j < n_; ++j) {
          if (!sees(block_.attention.rule.mask, static_cast<int64_t>(i), static_cast<int64_t>(j)))
            continue;
          double dot = 0;
          for (size_t c = h * width; c < (h + 1) * width; ++c) dot += q[i * d_ + c] * k[j * d_ + c];
          if (uniform) dot = 0;
          total += row[j] = std::exp(dot / std::sqrt(static_cast<double>(width)));
        }
        for (size_t j = 0; j < n_; ++j) {
          maps.push_back(row[j] / total);
          for (size_t c = h * width; c < (h + 1) * width; ++c) {
            context[i * d_ + c] += maps.back() * v[j * d_ + c];
          }
        }
      }
      if (off && !uniform) replace(*off, width, context);
    }
    return linear(context, layer + "attention.output.dense");
  }

  const ModelSpec& spec_;
  const BlockSpec& block_;
  const WeightStore& store_;
  const std::vector<Ablation>& ablations_;
  size_t d_, n_ = 0;
};

}  // namespace

PlainOutput run_plain(const ModelSpec& spec, const WeightStore& store,
                      const std::vector<int32_t>& ids, const std::vector<int32_t>& segments,
                      const std::vector<Ablation>& ablations) {
  return Plain(spec, store, ablations).run(ids, segments);
}

}  // namespace headscope
