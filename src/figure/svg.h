// An SVG document as bytes: elements in the order they are drawn, numbers with at most two (or the
// asked) decimals, every string escaped.
#pragma once

#include <string>
#include <string_view>

namespace headscope {

// Decimal, trailing zeros dropped, never "-0"; the same on every machine.
std::string svg_number(double value, int decimals = 2);
// & < > " ' as entities; characters that XML 1.0 cannot hold and direction overrides as U+FFFD.
std::string xml_escape(std::string_view text);

struct TextStyle {
  double size = 10;
  bool bold = false;
  std::string_view anchor = "start";  // start, middle, end
  std::string_view colour = "#1A1F26";
  // Further attributes, verbatim. (GCC warns of a member that a list may leave out uninitialised.)
  std::string_view extra = {};  // NOLINT(readability-redundant-member-init)
};

class SvgWriter {
 public:
  void rect(double x, double y, double width, double height, std::string_view attributes);
  void path(std::string_view d, std::string_view attributes);
  // One drawn weight; no other element of a figure is a <line>.
  void line(double x1, double y1, double x2, double y2, std::string_view attributes);
  void text(double x, double y, std::string_view content, const TextStyle& style);
  void open_group(std::string_view attributes);
  void close_group();
  void raw(std::string_view xml) { body_ += xml; }

  // width, height in px (1 px = 1/96 in); `head` (title, desc, metadata) is written verbatim.
  std::string document(double width, double height, std::string_view background,
                       std::string_view head) const;

 private:
  std::string body_;
};

}  // namespace headscope
