#include "figure/neuron_words.h"

#include <cmath>

#include "figure/caption.h"
#include "figure/head_legend.h"
#include "figure/svg.h"
#include "headscope/token_text.h"

namespace headscope {
namespace {

const LayerInfo& layer_of(const NeuronParts& parts, const TraceInfo& info) {
  return info.stacks[static_cast<size_t>(parts.head.stack)].layer(parts.head.id.layer);
}

double sum_of_products(const NeuronParts& parts, size_t key) {
  double sum = 0;
  for (size_t d = 0; d < parts.query.size(); ++d) sum += parts.product(key, d);
  return sum;
}

}  // namespace

std::string quoted_token(const TraceInfo& info, const TokenSequence& tokens, int64_t at) {
  const std::string& token = tokens.tokens[static_cast<size_t>(at)];
  return "“" + shorten(readable_token(token, info.model.byte_tokens), kTextShown) + "” (" +
         std::to_string(at) + ")";
}

std::string check_line(const NeuronParts& parts, const TraceInfo& info, size_t key) {
  const ScoreRule& rule = layer_of(parts, info).rule;
  const TokenSequence& keys = info.tokens(parts.head.stack, Side::kKey);
  std::string out = "Key " + quoted_token(info, keys, static_cast<int64_t>(key)) + ": sum of " +
                    std::to_string(parts.query.size()) + " products " +
                    short_number(sum_of_products(parts, key));
  const double score = static_cast<double>(parts.scores[key]);
  if (!std::isfinite(score)) return out + "; masked, so its weight is 0.";
  if (parts.rotated) {
    out += " × " + short_number(static_cast<double>(rule.scale));
    if (rule.softcap) {
      out += ", soft cap " + short_number(static_cast<double>(*rule.softcap));
    }
    if (parts.biased) out += ", bias " + short_number(static_cast<double>(parts.bias[key]));
    out += " = " + short_number(score);
  } else {
    out += " before rotation; the score " + short_number(score) + " is of the rotated vectors";
  }
  return out + "; exp(" + short_number(score) + " − log-sum-exp " + short_number(parts.logsumexp) +
         ") = " + svg_number(static_cast<double>(parts.weights[key]), 4) + "." +
         (parts.sink ? " The sink takes " + svg_number(*parts.sink, 4) + " of the row." : "");
}

std::string neuron_account(const NeuronParts& parts, const TraceInfo& info, size_t shown) {
  const LayerInfo& layer = layer_of(parts, info);
  const TokenSequence& queries = info.tokens(parts.head.stack, Side::kQuery);
  std::string out = "Query " + quoted_token(info, queries, parts.row) + " against " +
                    std::to_string(shown) + " of " + std::to_string(parts.weights.size()) +
                    " keys.";
  if (shown < parts.weights.size()) out += " The keys with the largest weights, by weight.";
  if (layer.kv_heads != layer.heads) {
    out += " Keys of key/value head " + std::to_string(layer.key_head(parts.head.id.head)) +
           ", shared by " + std::to_string(layer.heads / layer.kv_heads) + " query heads.";
  }
  if (layer.rope) {
    out += std::string(" Query and key ") + (parts.rotated ? "after" : "before") + " rotation.";
  }
  return out;
}

}  // namespace headscope
