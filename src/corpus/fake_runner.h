// A Runner of unit tests: every blank-separated word is a token (a word "ab+cd" two pieces), the
// maps are made from the tokens by a fixed rule, alike in every batch.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "headscope/error.h"
#include "headscope/runner.h"

namespace headscope {

class FakeRunner : public Runner, public MaskedPredictor {
 public:
  explicit FakeRunner(int64_t positions = 64, int layers = 2, int heads = 3)
      : positions_(positions) {
    StackInfo stack;
    LayerInfo layer;
    layer.heads = heads;
    layer.head_dim = 4;
    layer.rule.scale = 1;
    stack.layers = uniform_layers(layers, layer);
    stacks_ = {stack};
    model_ = {"fake", "bert", "f00d", "", ""};
  }
  const ModelInfo& model() const override { return model_; }
  const std::vector<StackInfo>& stacks() const override { return stacks_; }
  int64_t max_positions() const override { return positions_; }

  TokenSequence tokenize(const std::string& a, const std::optional<std::string>& b,
                         const TokenizeOptions& options) const override {
    TokenSequence out;
    int32_t word = 0;
    add(out, "[CLS]", 0, true, -1);
    add_text(out, a, 0, word);
    if (out.size() == 1 && !options.allow_empty) {
      throw Error(ErrorCode::kBadInput, "text A has no tokens", "a text with at least one word");
    }
    add(out, "[SEP]", 0, true, -1);
    if (b) {
      add_text(out, *b, 1, word);
      add(out, "[SEP]", 1, true, -1);
    }
    const int64_t limit = options.max_tokens.value_or(positions_);
    if (out.size() > limit) {
      throw Error(ErrorCode::kBadInput, std::to_string(out.size()) + " tokens",
                  "at most " + std::to_string(limit), "Use --truncate", "HS-LEN-01",
                  ErrorNumbers{out.size(), limit});
    }
    out.text_a = a;
    out.text_b = b;
    return out;
  }

  std::vector<std::shared_ptr<const Trace>> trace(std::span<const TokenSequence> texts,
                                                  const TraceOptions& options,
                                                  const RunControl& control) override {
    std::vector<std::shared_ptr<const Trace>> out;
    for (const TokenSequence& text : texts) {
      control.cancel.check();
      ++traced;
      out.push_back(trace_one(text, options));
    }
    return out;
  }

  // A word is the easier to guess the nearer its neighbours that are not masked.
  std::vector<std::vector<double>> log_probabilities(const TokenSequence&,
                                                     std::span<const MaskedQuery> queries,
                                                     const std::vector<Ablation>&,
                                                     const RunControl& control) override {
    control.cancel.check();
    std::vector<std::vector<double>> out;
    for (const MaskedQuery& query : queries) {
      std::vector<double> answers;
      for (const int at : query.positions) {
        double log_p = -5;
        for (const int masked : query.masked) {
          if (masked != at) log_p -= 1.0 / (1 + std::abs(masked - at) + at % 3);
        }
        answers.push_back(log_p);
      }
      out.push_back(answers);
    }
    return out;
  }
  std::vector<std::vector<TokenProbability>> predict(const TokenSequence&, std::span<const int>,
                                                     int, const std::vector<Ablation>&,
                                                     const RunControl&) override {
    return {};
  }
  int32_t mask_id() const override { return 3; }
  std::optional<double> next_sentence(const TokenSequence&, const std::vector<Ablation>&) override {
    return std::nullopt;
  }

  int64_t traced = 0;  // texts

 private:
  static int32_t id_of(const std::string& token) {
    uint32_t hash = 2166136261u;
    for (const char c : token) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return static_cast<int32_t>(hash >> 4);
  }
  static void add(TokenSequence& out, const std::string& token, int32_t segment, bool special,
                  int32_t word, Range offset = {0, 0}) {
    out.tokens.push_back(token);
    out.ids.push_back(id_of(token));
    out.segment_ids.push_back(segment);
    out.sentences.push_back(segment);
    out.offsets.push_back(offset);
    out.special.push_back(special);
    out.words.push_back(word);
  }
  static void add_text(TokenSequence& out, const std::string& text, int32_t segment,
                       int32_t& word) {
    std::istringstream in(text);
    size_t at = 0;
    for (std::string token; in >> token; ++word) {
      at = text.find(token, at);
      std::istringstream parts(token);
      std::string part, mark;
      while (std::getline(parts, part, '+')) {
        const auto begin = static_cast<int64_t>(at);
        add(out, mark + part, segment, false, word,
            {begin, begin + static_cast<int64_t>(part.size())});
        at += part.size() + 1;  // the "+" or a blank
        mark = "##";
      }
    }
  }
  std::shared_ptr<const Trace> trace_one(const TokenSequence& text,
                                         const TraceOptions& options) const {
    TraceInfo info;
    info.model = model_;
    info.stacks = stacks_;
    info.set_sequence("text", text);
    const auto n = static_cast<size_t>(text.size()), dh = size_t{4};
    StackArrays arrays;
    for (size_t l = 0; l < stacks_[0].layers.size(); ++l) {
      LayerArrays layer;
      const auto heads = static_cast<size_t>(stacks_[0].layers[l].heads);
      std::vector<float> queries, keys, sums;
      for (size_t h = 0; h < heads; ++h) {
        std::vector<float> q(n * dh), k(n * dh);
        for (size_t i = 0; i < n; ++i) {
          const double at = static_cast<double>(i) * (0.3 + 0.1 * static_cast<double>(h + l));
          const double token = text.ids[i] % 1000 * (0.001 + 0.002 * static_cast<double>(h));
          const double side = options.settings.zero_segment_ids ? 0 : text.segment_ids[i];
          const double values[] = {std::cos(at), std::sin(at), std::cos(7 * token) + side,
                                   std::sin(7 * token)};
          for (size_t d = 0; d < dh; ++d) {
            q[i * dh + d] = static_cast<float>(1.5 * values[d]);
            k[i * dh + d] = static_cast<float>(values[(d + h) % dh]);
          }
        }
        for (size_t i = 0; i < n; ++i) {
          double sum = 0;
          for (size_t j = 0; j < n; ++j) {
            double dot = 0;
            for (size_t d = 0; d < dh; ++d) dot += double{q[i * dh + d]} * k[j * dh + d];
            sum += std::exp(dot);
          }
          sums.push_back(static_cast<float>(std::log(sum)));
        }
        queries.insert(queries.end(), q.begin(), q.end());
        keys.insert(keys.end(), k.begin(), k.end());
      }
      const auto h = static_cast<int64_t>(heads), size = text.size();
      layer.query = Array::from(std::move(queries), {h, size, 4});
      layer.key = Array::from(std::move(keys), {h, size, 4});
      layer.logsumexp = Array::from(std::move(sums), {h, size});
      arrays.push_back(std::move(layer));
    }
    return std::make_shared<const Trace>(info, std::vector<StackArrays>{std::move(arrays)});
  }

  int64_t positions_;
  std::vector<StackInfo> stacks_;
  ModelInfo model_;
};

}  // namespace headscope
