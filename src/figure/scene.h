// A figure as marks in the order they are drawn: what views build and painters paint. No font, no
// file format: the same state gives the same scene on every machine. px, 96 an inch, y downwards.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace headscope {

// How a line or outline is drawn. Colours are "#RRGGBB".
struct Stroke {
  std::string colour;
  double width = 1;
  double opacity = 1;     // 0 … 1
  std::string dash = {};  // lengths of ink and gap, "9 3"; empty = solid
};

enum class Anchor { kStart, kMiddle, kEnd };

struct RectMark {
  double x = 0, y = 0, width = 0, height = 0;
  std::string fill;
  double radius = 0;
  double opacity = 1;
};
// One drawn weight; nothing else of a figure is a line.
struct LineMark {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  Stroke stroke;
};
struct PathMark {
  std::string d;              // SVG's path data: M, L, H, V, Z and their relative forms
  std::string fill = "none";  // colour, or none
  Stroke stroke = {"", 0};    // no colour: no outline
};
struct TextMark {
  double x = 0, y = 0;  // of the baseline, at the anchor
  std::string text;     // UTF-8
  double size = 8;
  bool bold = false;
  Anchor anchor = Anchor::kStart;
  std::string colour;
  std::string halo = {};  // colour of an outline behind the letters; empty = none
  bool isolate = false;   // direction of its own: tokens of any script side by side
  double turn = 0;        // degrees around (x, y), clockwise
};
// A raster, drawn without smoothing.
struct ImageMark {
  double x = 0, y = 0, width = 0, height = 0;
  std::string png;  // the file's bytes
};

struct Mark {
  std::string
      id;  // what it stands for, unique in the scene: "cells-L2H0"; empty where lines are many
  std::variant<RectMark, LineMark, PathMark, TextMark, ImageMark> shape;
};

struct Scene {
  double width = 0, height = 0;
  std::string background;   // colour; empty = transparent
  std::string title;        // plain text, all three
  std::string description;  // the picture in words
  std::string metadata;     // caption, link and command that make it again
  std::vector<Mark> marks;

  template <class Shape>
  void add(Shape shape, std::string id = {}) {
    marks.push_back({std::move(id), std::move(shape)});
  }
};

// px of the smallest letters; 0 without text.
double smallest_text(const Scene& scene);

}  // namespace headscope
