// Attention rollout and attention flow (Abnar & Zuidema 2020, "Quantifying Attention Flow in
// Transformers"): how much of an input token reaches a token of a layer when attention is followed
// through all the layers below. Per layer and token, not per head: every head of a layer gives the
// layer's map. With Ã = ½·(mean over heads of A) + ½·I, the residual connection,
//   rollout of layer l = Ã_l · Ã_{l−1} · … · Ã_0                       rows sum to 1
//   flow of layer l, (i, j) = maximum flow from token i of layer l to input token j in the graph
//                             whose edges are the Ã                     rows need not sum to 1
// Both are AttentionSources, so tiles, tables, figures and the server take them unchanged.
//
// Memory and time are bounded. Rollout beyond 1,024 tokens: at most 64 queries a request. Flow: all
// queries up to 64 tokens, beyond that one query a request (the pinned one).
// prepare() and weights() throw Error(kUsage, HS-CAP-01) otherwise; for a stack whose queries and
// keys are not the same tokens, or of which a layer below is not kept.
#pragma once

#include <memory>

#include "headscope/attention_source.h"

namespace headscope {

inline constexpr int64_t kRolloutWholeTokens = 1024;
inline constexpr int64_t kRolloutQueries = 64;
inline constexpr int64_t kFlowWholeTokens = 64;

// Rollout and flow: one map a layer, whatever head is named.
bool is_of_layer(Quantity quantity);

// They keep what they have computed, up to a limit; thread-safe.
std::shared_ptr<const AttentionSource> make_rollout(std::shared_ptr<const AttentionSource> weights);
std::shared_ptr<const AttentionSource> make_flow(std::shared_ptr<const AttentionSource> weights);

// The source that compute_tile needs for `quantity`: make_rollout or make_flow of `weights`, or
// `weights` itself, from which norms and scores are computed too.
std::shared_ptr<const AttentionSource> quantity_source(
    std::shared_ptr<const AttentionSource> weights, Quantity quantity);

// Queries of a stack that one request for rollout or flow may name: all of its N, fewer where it is
// long, 0 where it has no such quantity (other keys than queries, or a layer missing).
int64_t queries_at_once(const TraceInfo& info, int stack, Quantity quantity);

}  // namespace headscope
