// numbers: the picture's values as CSV, NPY or safetensors.
#include "headscope/numbers.h"

#include <algorithm>

#include "format/base64.h"
#include "rpc/service.h"

namespace headscope {
namespace {

NumbersChoice choice_of(const std::string& name) {
  if (name == "pinned") return NumbersChoice::kPinned;
  if (name == "drawn") return NumbersChoice::kDrawn;
  if (name == "heads") return NumbersChoice::kHeads;
  return name == "all" ? NumbersChoice::kAll : NumbersChoice::kNeuron;
}

}  // namespace

Reply Rpc::Service::numbers(Fields& fields, const RunControl& control) {
  constexpr size_t kMaxLink = size_t{64} << 10;
  const auto stored = trace_of(fields);
  const ViewState state = parse_link(fields.text("state", kMaxLink));
  const std::string name =
      fields.choice("choice", {"pinned", "drawn", "heads", "all", "table", "neuron"});
  const std::string format =
      fields.has("format") ? fields.choice("format", {"csv", "npy", "safetensors"}) : "csv";
  fields.done();
  Reply reply;
  if (name == "table") {
    if (format != "csv") {
      throw Error(ErrorCode::kUsage, "the table of heads as " + format, "csv", "", "HS-RPC-01");
    }
    const int stack = as_link([&] { return stack_of(state, stored->info()); });
    const auto text = known_heads(*stored, stack, false, control);
    const auto lines = std::count(text->csv.begin(), text->csv.end(), '\n');
    reply.json = {{"csv", text->csv}, {"rows", lines - 1}, {"name", "headscope-heads.csv"}};
    return reply;
  }
  require_quantity(*stored->source, state.quantity);
  const auto source = derived_.of(stored, state.quantity);
  const Numbers numbers = as_link([&] {
    const NumbersFormat as = format == "csv"   ? NumbersFormat::kCsv
                             : format == "npy" ? NumbersFormat::kNpy
                                               : NumbersFormat::kSafetensors;
    return picture_numbers(*source, state, choice_of(name), as, control);
  });
  reply.json = {{"rows", numbers.rows}, {"name", numbers.name}};
  reply.json[format] = format == "csv" ? numbers.bytes : to_base64(numbers.bytes);
  return reply;
}

}  // namespace headscope
