// A trace from parts is the trace that the parts are of.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "headscope/error.h"
#include "headscope/trace.h"
#include "trace/trace_examples.h"
#include "trace/trace_layout.h"

namespace headscope {
namespace {

std::map<std::string, Array> parts_of(const Trace& trace) {
  std::map<std::string, Array> parts;
  for (size_t s = 0; s < trace.arrays().size(); ++s) {
    const StackInfo& stack = trace.info().stacks[s];
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      const LayerInfo& layer = stack.layers[l];
      for (const LayerField& field : layer_fields()) {
        const bool elsewhere = (field.array == &LayerArrays::mask && layer.mask_of) ||
                               (field.array == &LayerArrays::bias && layer.bias_of);
        const Array& array = trace.arrays()[s][l].*field.array;
        if (array.empty() || elsewhere) continue;
        parts[stack_prefix(trace.info(), static_cast<int>(s)) + field.name + "." +
              std::to_string(layer.layer)] = array;
      }
    }
  }
  return parts;
}

// Alike in every number: the name of a trace's content goes over all of them.
TEST(AssembleTrace, GivesTheTraceThatThePartsAreOf) {
  StackInfo sinks = each_layer(stack("self", {0, 1, 2}, {4, 4, 2}, {2, 2, 1}), [](LayerInfo& l) {
    l.rule.sinks = true;
    l.rule.bias = BiasKind::kDense;
    l.rule.mask.kind = MaskKind::kDense;
    l.rule.order = BiasOrder::kBeforeCap;
    l.rule.softcap = 5.0f;
  });
  sinks.layers[1].mask_of = sinks.layers[1].bias_of = 0;
  for (const Trace& trace :
       {with_stacks({sinks}), several_stacks(), with_stacks({stack_of_maps({0, 3}, 2)})}) {
    const auto again = assemble_trace(trace_info_json(trace.info()), parts_of(trace));
    EXPECT_EQ(again->content_id(), trace.content_id());
  }
}

TEST(AssembleTrace, ComputesALogSumExpThatIsNotGiven) {
  const Trace trace = several_stacks();
  auto parts = parts_of(trace);
  for (auto it = parts.begin(); it != parts.end();) {
    it = it->first.find("logsumexp") == std::string::npos ? std::next(it) : parts.erase(it);
  }
  EXPECT_EQ(assemble_trace(trace_info_json(trace.info()), parts)->content_id(), trace.content_id());
}

TEST(AssembleTrace, TakesTheLogitsOfSinks) {
  const StackInfo sinks =
      each_layer(stack("self", {0}, {2}, {1}), [](LayerInfo& l) { l.rule.sinks = true; });
  const Trace trace = with_stacks({sinks});
  auto parts = parts_of(trace);
  parts.erase("logsumexp.0");
  parts.erase("sink.0");
  parts["sink_logits.0"] = Array::from({0.5f, 0.5f}, {2});  // those of random_arrays()
  EXPECT_EQ(assemble_trace(trace_info_json(trace.info()), parts)->content_id(), trace.content_id());
}

TEST(AssembleTrace, RefusesPartsThatDoNotFit) {
  const Trace trace = several_stacks();
  const std::string info = trace_info_json(trace.info());
  const auto message = [&](const std::function<void(std::map<std::string, Array>&)>& change) {
    auto parts = parts_of(trace);
    change(parts);
    try {
      assemble_trace(info, parts, "mine");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  using testing::HasSubstr;
  EXPECT_THAT(message([](auto& parts) { parts.erase("cross.key.1"); }),
              HasSubstr("mine: the array cross.key.1 is missing"));
  EXPECT_THAT(message([](auto& parts) { parts["cross.key.1"] = parts["decoder.key.1"]; }),
              HasSubstr("mine: array cross.key.1 of shape [1, 5, 4]; expected [1, 4, 4]"));
  EXPECT_THAT(message([](auto& parts) { parts["query.0"] = parts["encoder.query.0"]; }),
              HasSubstr("mine: array query.0; expected names of the trace's own layers"));
  EXPECT_THAT(message([](auto& parts) {
                parts["encoder.query.0"] = Array::from(std::vector<float>(32, NAN), {2, 4, 4});
              }),
              HasSubstr("encoder.query.0"));
}

}  // namespace
}  // namespace headscope
