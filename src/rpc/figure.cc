// figure: the picture of a link, drawn by the core; PDF and PNG where a printer is there.
#include "headscope/figure.h"

#include "format/base64.h"
#include "rpc/service.h"

namespace headscope {

Reply Rpc::Service::figure(Fields& fields, const RunControl& control) {
  constexpr size_t kMaxLink = size_t{64} << 10;
  const auto stored = trace_of(fields);
  const auto right = fields.has("right") ? traces_.find(fields.text("right", 64)) : nullptr;
  const ViewState state = parse_link(fields.text("state", kMaxLink));
  const FigureFormat format = parse_figure_format(fields.choice("format", {"svg", "pdf", "png"}));
  const auto scale = fields.has("png_scale") ? fields.integer("png_scale", 1, 8) : 2;
  FigureOptions options;
  if (fields.has("width_mm")) options.width_mm = fields.number("width_mm", 10, 2000);
  if (fields.has("title")) options.title = fields.text("title", 1000);
  if (fields.has("note")) options.note = fields.text("note", 1000);
  if (fields.has("output")) options.output = fields.text("output", 1000);
  options.caption = fields.flag("caption", true);
  options.transparent = fields.flag("transparent", false);
  fields.done();
  // How `headscope render` names the same trace.
  const auto file_of = [](const StoredTrace& trace) {
    return trace.origin == TraceOrigin::kDemo ? "demo" : trace.title;
  };
  options.trace = file_of(*stored);
  if (right) options.with_trace = file_of(*right);
  if (format != FigureFormat::kSvg && !printer_) {
    throw Error(ErrorCode::kUsage, "a figure as " + std::string(name_of(format)),
                "svg: nothing here makes PDF or PNG", "Run: headscope render … -o figure.pdf",
                "HS-CAP-01");
  }
  require_quantity(*stored->source, state.quantity);
  const auto source = derived_.of(stored, state.quantity);
  Figure figure = as_link([&] {
    return right ? draw_comparison(*source, *right->source, state, options, control)
                 : draw_figure(*source, state, options, control);
  });
  Reply reply;
  reply.json = Json::object();
  if (format == FigureFormat::kSvg) {
    reply.json["svg"] = figure.svg;
  } else {
    const PrintedFigure printed =
        as_link([&] { return printer_->print(figure, format, static_cast<int>(scale)); });
    reply.json[std::string(name_of(format))] = to_base64(printed.bytes);
    figure.warnings.insert(figure.warnings.end(), printed.warnings.begin(), printed.warnings.end());
  }
  reply.json["caption"] = figure.caption;
  reply.json["description"] = figure.description;
  reply.json["warnings"] = figure.warnings;
  return reply;
}

}  // namespace headscope
