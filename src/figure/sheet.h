// The page that every figure stands on: the title on top, the picture, then legend and caption. It
// is filled from top to bottom; finish() makes the figure of it.
#pragma once

#include <string>
#include <vector>

#include "figure/palette.h"
#include "figure/scene.h"
#include "headscope/figure.h"
#include "headscope/trace_info.h"

namespace headscope {

// What a figure says of itself, once its picture is drawn.
struct FigureWords {
  std::string title, caption, description;
  std::string link, command;  // either makes it again
};

class Sheet {
 public:
  Sheet(double width, const Palette& palette);

  // Draws the title; the picture may stand below y().
  void draw_title(const std::string& title);
  // Small lines of muted text across the page, from y() on.
  void draw_words(const std::string& text);

  double width() const { return scene_.width; }
  double y() const { return y_; }
  void move_to(double y) { y_ = y; }
  const Palette& palette() const { return palette_; }
  Scene& scene() { return scene_; }

  std::vector<FigureEdge> edges;
  std::vector<std::string> warnings;
  // What makes a figure shorter that is taller than a page; empty: no option does.
  std::string shorter;

  // Draws the caption unless the options leave it to the metadata; warns of what a page cannot
  // hold or nobody can read.
  Figure finish(const FigureWords& words, const FigureOptions& options) &&;

 private:
  const Palette& palette_;
  Scene scene_;
  double y_ = 0;
};

}  // namespace headscope
