// figure: the picture of a link, drawn by the core.
#include "headscope/figure.h"

#include "rpc/service.h"

namespace headscope {

Reply Rpc::Service::figure(Fields& fields, const RunControl& control) {
  constexpr size_t kMaxLink = size_t{64} << 10;
  const auto stored = trace_of(fields);
  const ViewState state = parse_link(fields.text("state", kMaxLink));
  fields.choice("format", {"svg"});
  FigureOptions options;
  if (fields.has("width_mm")) options.width_mm = fields.number("width_mm", 10, 2000);
  if (fields.has("title")) options.title = fields.text("title", 1000);
  if (fields.has("note")) options.note = fields.text("note", 1000);
  if (fields.has("output")) options.output = fields.text("output", 1000);
  fields.done();
  // How `headscope render` names the same trace.
  options.trace = stored->origin == TraceOrigin::kDemo ? "demo" : stored->title;
  require_quantity(*stored->source, state.quantity);
  const auto source = derived_.of(stored, state.quantity);
  const Figure figure = as_link([&] { return draw_figure(*source, state, options, control); });
  Reply reply;
  reply.json = {{"svg", figure.svg},
                {"caption", figure.caption},
                {"description", figure.description},
                {"warnings", figure.warnings}};
  return reply;
}

}  // namespace headscope
