// A trace file and a link, in a figure: the link up to the first line feed, the file behind it. The
// figure is drawn or refused, in bounded time and memory, for every stack that the trace has.
#include <string>

#include "base/fuzz.h"
#include "headscope/figure.h"
#include "headscope/flow.h"
#include "headscope/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  const std::string_view input = text_of(data, size);
  const size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  ViewState state;
  accepts([&] { state = parse_link(std::string(input.substr(0, line))); });
  accepts([&] {
    const std::shared_ptr<const AttentionSource> trace =
        parse_trace(data + line + 1, size - line - 1);
    for (const StackInfo& stack : trace->info().stacks) {
      state.stack = stack.name;
      accepts([&] {
        const auto source = quantity_source(trace, state.quantity);
        const Figure figure = draw_figure(*source, state);
        require(figure.svg.starts_with("<?xml") && figure.svg.ends_with("</svg>\n"), "a whole SVG");
        require(!figure.caption.empty() && !figure.description.empty(), "a figure has words");
      });
    }
  });
  return 0;
}
