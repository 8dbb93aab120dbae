// The command and the link that make a figure again.
#pragma once

#include <string>
#include <vector>

#include "headscope/figure.h"

namespace headscope {

// "3,4"
std::string list_of(const std::vector<int32_t>& numbers);
// Tokens that a program gave as ids or names, so that there is no text.
bool given_as_tokens(const TokenSequence& tokens);
// The state with the source's own model, texts, ablations and masked words, and without keys that
// no figure knows: what makes the same bytes again, wherever it was asked from.
ViewState complete_state(const TraceInfo& info, const ViewState& state);
// The same of a comparison: with_… say in what the right-hand side differs.
ViewState complete_comparison(const TraceInfo& left, const TraceInfo& right,
                              const ViewState& state);
// headscope render head "A" "B" -m … --heads … -o fig.svg, as a POSIX shell takes it; with
// options.trace, headscope render head --trace T --heads ….
std::string figure_command(const ViewState& complete, const TraceInfo& info,
                           const FigureOptions& options);

}  // namespace headscope
