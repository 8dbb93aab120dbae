// Log-probabilities of single tokens, read from the rows that predict them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "headscope/run_control.h"
#include "kernels/reduce.h"
#include "model/heads.h"
#include "model/transformer.h"

namespace headscope {

struct AskedToken {
  int32_t id;
  double* answer;  // log p, natural logarithm
};

// Row k of `rows` [asked, D], of the last layer of `model`, predicts asked[k].
inline void read_answers(const Transformer& model, VocabularyHead& head, const float* rows,
                         std::span<const AskedToken> asked, const RunControl& control) {
  const int64_t d = model.spec().width, v = model.spec().embedding.vocab;
  const auto count = static_cast<int64_t>(asked.size());
  for (int64_t begin = 0; begin < count; begin += VocabularyHead::kRows) {
    control.cancel.check();
    const int64_t some = std::min(VocabularyHead::kRows, count - begin);
    const float* logits = head.logits(rows + begin * d, some);
    parallel_for(some, [&](int64_t i) {
      const AskedToken& one = asked[static_cast<size_t>(begin + i)];
      *one.answer = double{logits[i * v + one.id]} - log_sum_exp(logits + i * v, v);
    });
  }
}

}  // namespace headscope
