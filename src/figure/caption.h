// What a figure says of itself in words: title, caption, description, the command and the link that
// make it again.
#pragma once

#include <string>
#include <vector>

#include "figure/links.h"
#include "headscope/figure.h"

namespace headscope {

// What one panel shows.
struct PanelAccount {
  std::string name;  // "All words", "Word “i”"; empty for the only panel
  LinkSet set;
};

// What a picture is of.
struct PictureFacts {
  const TraceInfo& info;
  const ViewState& state;
  const std::vector<HeadRef>& heads;
  const std::vector<Series>& series;
  double largest = 1;  // what ink is relative to
  int topk = 0;        // lines a query keeps, 0 = all
};

// At most `most` characters, then "…": a caption has no room for a page of text.
std::string shorten(const std::string& text, size_t most);
inline constexpr size_t kTextShown = 160;  // characters of a text or token in running words

std::string figure_caption(const PictureFacts& facts, const std::vector<PanelAccount>& panels);
// The picture for those who do not see it: its heaviest lines in words and numbers.
std::string figure_description(const PictureFacts& facts, const std::string& title,
                               const std::vector<PanelAccount>& panels);

// The state with the source's own model, texts, ablations and masked words, and without keys that
// no figure knows: what makes the same bytes again, wherever it was asked from.
ViewState complete_state(const TraceInfo& info, const ViewState& state);
// headscope render head "A" "B" -m … --heads … -o fig.svg, as a POSIX shell takes it; with
// options.trace, headscope render head --trace T --heads ….
std::string figure_command(const ViewState& complete, const RunSettings& settings,
                           const FigureOptions& options);

}  // namespace headscope
