// Words of like meaning: those whose centred embeddings have a cosine above .4.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "headscope/runner.h"

namespace headscope {

// For each distinct id of a content token that has any: the positions of the content tokens that
// are related to it, ascending; its own are not among them. content [N]. Throws Error(kBadInput)
// where they are more than `most` in all.
std::unordered_map<int32_t, std::vector<int32_t>> related_words(const TokenSequence& text,
                                                                const std::vector<uint8_t>& content,
                                                                const Embeddings& embeddings,
                                                                int64_t most);

}  // namespace headscope
