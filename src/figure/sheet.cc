#include "figure/sheet.h"

#include <cmath>

#include "figure/measures.h"
#include "figure/svg.h"
#include "figure/text_metrics.h"

namespace headscope {
namespace {

constexpr double kTitle = 11;
constexpr double kPageMm = 277;  // A4 with margins

}  // namespace

Sheet::Sheet(double width, const Palette& palette) : palette_(palette), y_(kMargin) {
  scene_.width = width;
  scene_.background = std::string(palette.paper);
}

void Sheet::draw_title(const std::string& title) {
  for (const std::string& line : wrap_text(title, width() / kSubstitute - 2 * kMargin, kTitle)) {
    scene_.add(TextMark{kMargin, y_ += kTitle + 2, line, kTitle, true, Anchor::kStart,
                        std::string(palette_.ink)});
  }
  y_ += 9;
}

void Sheet::draw_words(const std::string& text) {
  for (const std::string& line : wrap_text(text, (width() - 2 * kMargin) / kSubstitute, kSmall)) {
    scene_.add(small_text(kMargin, y_ += 11, line, palette_.muted));
  }
}

Figure Sheet::finish(const FigureWords& words, const FigureOptions& options) && {
  if (options.caption) draw_words(words.caption);
  scene_.height = y_ + kMargin + 2;
  scene_.title = words.title;
  scene_.description = words.description;
  scene_.metadata = words.caption + "\nState: " + words.link + "\nCommand: " + words.command;
  if (options.transparent) scene_.background.clear();
  const double height_mm = std::round(scene_.height / kPxPerMm);
  if (height_mm > kPageMm) {
    warnings.insert(warnings.begin(), "the figure is " + svg_number(height_mm) +
                                          " mm tall, more than a page" +
                                          (shorter.empty() ? "" : "; " + shorter));
  }
  if (const double size = smallest_text(scene_); size > 0 && size < kSmall) {
    warnings.push_back("the smallest letters are " + svg_number(size * 0.75) +
                       " pt tall; 6 pt is the least that print allows: --width-mm gives more room");
  }
  Figure out;
  out.svg = paint_svg(scene_);
  out.width = scene_.width;
  out.height = scene_.height;
  out.title = words.title;
  out.caption = words.caption;
  out.description = words.description;
  out.command = words.command;
  out.edges = std::move(edges);
  out.warnings = std::move(warnings);
  return out;
}

}  // namespace headscope
