// parts: queries and keys of the first layer as sums of word, position, segment and constants.
#include <algorithm>
#include <cmath>

#include "rpc/service.h"
#include "rpc/tile_spec.h"

namespace headscope {
namespace {

// Of vectors that a trace holds in half precision, and of sums in another order.
constexpr double kTolerance = 2e-3;

// Whether the parts, [P, rows, width], add up to `whole`, [rows, width], within a share of its
// largest number.
bool add_up(const std::vector<float>& parts, int64_t count, const float* whole, int64_t size) {
  double largest = 0, worst = 0;
  for (int64_t i = 0; i < size; ++i) {
    double sum = 0;
    for (int64_t p = 0; p < count; ++p) {
      sum += static_cast<double>(parts[static_cast<size_t>(p * size + i)]);
    }
    worst = std::max(worst, std::abs(sum - static_cast<double>(whole[i])));
    largest = std::max(largest, std::abs(static_cast<double>(whole[i])));
  }
  return worst <= kTolerance * largest;
}

[[noreturn]] void refuse(const std::string& got, const std::string& expected) {
  throw Error(ErrorCode::kUsage, got, expected, "", "HS-CAP-01");
}

}  // namespace

Reply Rpc::Service::parts(Fields& fields, const RunControl&) {
  const auto stored = trace_of(fields);
  const AttentionSource& source = *stored->source;
  const int stack = read_stack(fields, source);
  const HeadRef head = read_head(fields.text("head", kMaxHeadName), source, stack);
  const int64_t query = read_query(fields, source, stack);
  fields.done();
  const TokenSequence& text = source.info().tokens(stack, Side::kQuery);
  if (stack != 0 || head.id.layer != 0) {
    refuse("a head of layer " + std::to_string(head.id.layer) + " does not read the embeddings",
           "one of the first layer: later ones read what the layers before them wrote");
  }
  const auto open = model_of(*stored, "Splitting queries and keys");
  if (!open->parts) {
    refuse(open->info.name + "’s first layer reads no sum of words and positions",
           "a model with learned or sinusoidal positions, such as BERT or GPT-2");
  }
  if (!source.has_vectors(head)) {
    refuse("this trace holds attention weights only", "queries and keys");
  }
  const InputParts::Split split = open->parts->split(text, head.id.head, query);
  const auto q = source.query(head);
  const auto k = source.key(head);
  const int64_t dim = q.extent(1), keys = k.extent(0);
  const auto& names = open->parts->names();
  const auto count = std::ssize(names);
  if (!add_up(split.query, count, q.row(query), dim) ||
      !add_up(split.key, count, k.data(), keys * dim)) {
    refuse("the parts do not add up to the queries and keys of this trace",
           "a trace that this model made");
  }
  Reply reply;
  reply.json = {{"parts", names}};
  reply.tensors.push_back(float_tensor("query", {count, dim}, split.query));
  reply.tensors.push_back(float_tensor("key", {count, keys, dim}, split.key));
  return reply;
}

}  // namespace headscope
