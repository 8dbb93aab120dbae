// What stands in a model's file and is not used, said once: a head for another task, tensors that
// the family's table has no place for.
#pragma once

#include <string>
#include <vector>

#include "model/weight_table.h"

namespace headscope {

// Each a sentence, empty where all is used. Buffers that hold no weights, second names of tied
// matrices and poolers, which no attention depends on, are passed over. To be asked when all heads
// were loaded. `decoder`: of an encoder–decoder model, else null.
std::vector<std::string> weight_notes(const WeightTable& table,
                                      const WeightTable* decoder = nullptr);

}  // namespace headscope
