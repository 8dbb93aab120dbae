// What a model's generation_config.json asks of greedy generation.
#pragma once

#include <set>
#include <string>

#include "io/model_source.h"

namespace headscope {

struct GenerationConfig {
  std::set<int32_t> end_ids;
  // Its settings that change what Transformers' generate(do_sample=False) gives and that headscope
  // does not apply, "repetition_penalty 1.1, num_beams 4"; empty: none. Of config.json where there
  // is no such file, as the reference reads older models.
  std::string not_applied;
};

GenerationConfig read_generation_config(const ModelSource& source);

}  // namespace headscope
