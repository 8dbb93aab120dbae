// Links that a corpus names: from lines of JSONL, from a treebank's relation; as spans of tokens.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "headscope/corpus.h"
#include "headscope/links.h"

namespace headscope {

// The field `links` of a line whose texts are those of `text`. Throws Error(kBadInput) naming
// `source`: none, spans outside the texts or empty, a text B that there is not.
std::vector<TextLink> read_links(const Json& line, const CorpusText& text,
                                 const std::string& source);

// The words of this relation and those that govern them, of a sentence whose text begins at byte
// `offset` of text A (or B). `to_dependent`: the query is the governing word.
std::vector<TextLink> links_of_relation(const Annotation& annotation, const std::string& relation,
                                        bool to_dependent, bool in_b, int64_t offset);

// As spans of tokens: of an encoder–decoder model A is the source, B the target, and the link
// belongs to the encoder, the decoder or the cross-attention. A span without a token is empty.
std::vector<TokenLink> as_tokens(std::span<const TextLink> links, const ModelInput& input);
// Whether a model with a target has a stack for the link: none asks from A to B.
bool has_stack(const TextLink& link);

}  // namespace headscope
