#include "figure/svg.h"

#include <cstdio>

#include "format/base64.h"
#include "headscope/utf8.h"

namespace headscope {

std::string svg_number(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string out = text;
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

namespace {

bool drawable(char32_t c) {
  const bool xml = c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) ||
                   (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
  // Embeddings, overrides and isolates would reorder the text around them.
  const bool direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return xml && !direction && !(c >= 0x7F && c <= 0x9F);
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = read_utf8(text, pos);
    pos += c.bytes;
    switch (c.code) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        append_utf8(out, drawable(c.code) ? c.code : kReplacement);
    }
  }
  return out;
}

namespace {

std::string attribute(const char* name, double value, int decimals = 2) {
  return " " + std::string(name) + "=\"" + svg_number(value, decimals) + "\"";
}
// For colours, dashes and ids: never free text.
std::string attribute(const char* name, const std::string& value) {
  return " " + std::string(name) + "=\"" + value + "\"";
}

std::string attributes_of(const Stroke& stroke, int decimals = 2) {
  if (stroke.colour.empty()) return {};
  std::string out = attribute("stroke", stroke.colour);
  if (!stroke.dash.empty()) out += attribute("stroke-dasharray", stroke.dash);
  out += attribute("stroke-width", stroke.width, decimals);
  if (stroke.opacity < 1) out += attribute("stroke-opacity", stroke.opacity, decimals);
  return out;
}

class SvgPainter {
 public:
  explicit SvgPainter(std::string& out) : out_(out) {}

  void paint(const Mark& mark) {
    id_ = mark.id.empty() ? "" : " id=\"" + xml_escape(mark.id) + "\"";
    std::visit([this](const auto& shape) { draw(shape); }, mark.shape);
  }

 private:
  void draw(const RectMark& m) {
    out_ += "<rect" + id_ + box(m);
    if (m.radius > 0) out_ += attribute("rx", m.radius);
    out_ += attribute("fill", m.fill);
    if (m.opacity < 1) out_ += attribute("fill-opacity", m.opacity);
    out_ += "/>\n";
  }
  void draw(const LineMark& m) {
    out_ += "<line" + id_ + attribute("x1", m.x1) + attribute("y1", m.y1) + attribute("x2", m.x2) +
            attribute("y2", m.y2) + attributes_of(m.stroke, 7) + "/>\n";
  }
  void draw(const PathMark& m) {
    // Without smoothed edges there is no seam between neighbouring cells.
    const bool cells = m.fill != "none" && m.stroke.colour.empty();
    out_ += "<path" + id_ + attribute("d", m.d) + attribute("fill", m.fill) +
            attributes_of(m.stroke) + (cells ? " shape-rendering=\"crispEdges\"" : "") + "/>\n";
  }
  void draw(const TextMark& m) {
    out_ +=
        "<text" + id_ + attribute("x", m.x) + attribute("y", m.y) + attribute("font-size", m.size);
    if (m.bold) out_ += " font-weight=\"bold\"";
    if (m.anchor == Anchor::kMiddle) out_ += " text-anchor=\"middle\"";
    if (m.anchor == Anchor::kEnd) out_ += " text-anchor=\"end\"";
    out_ += attribute("fill", m.colour);
    if (!m.halo.empty()) {
      out_ += " paint-order=\"stroke\"" + attribute("stroke", m.halo) +
              " stroke-width=\"3\" stroke-linejoin=\"round\"";
    }
    if (m.turn != 0) {
      out_ += " transform=\"rotate(" + svg_number(m.turn) + " " + svg_number(m.x) + " " +
              svg_number(m.y) + ")\"";
    }
    if (m.isolate) out_ += " unicode-bidi=\"isolate\"";
    out_ += ">" + xml_escape(m.text) + "</text>\n";
  }
  void draw(const ImageMark& m) {
    out_ += "<image" + id_ + box(m) +
            " preserveAspectRatio=\"none\" image-rendering=\"pixelated\" "
            "href=\"data:image/png;base64," +
            to_base64(m.png) + "\"/>\n";
  }

  template <class Shape>
  static std::string box(const Shape& m) {
    return attribute("x", m.x) + attribute("y", m.y) + attribute("width", m.width) +
           attribute("height", m.height);
  }

  std::string& out_;
  std::string id_;  // of the mark being drawn, as an attribute
};

std::string element(const char* name, const std::string& text) {
  return "<" + std::string(name) + ">" + xml_escape(text) + "</" + name + ">\n";
}

}  // namespace

std::string paint_svg(const Scene& scene) {
  constexpr double kMmPerPx = 25.4 / 96;
  const std::string width = svg_number(scene.width), height = svg_number(scene.height);
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"" +
      svg_number(scene.width * kMmPerPx) + "mm\" height=\"" + svg_number(scene.height * kMmPerPx) +
      "mm\" viewBox=\"0 0 " + width + " " + height +
      "\" role=\"img\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'Noto Sans', "
      "sans-serif\">\n" +
      element("title", scene.title) + element("desc", scene.description) +
      element("metadata", scene.metadata);
  if (!scene.background.empty()) {
    out += "<rect width=\"" + width + "\" height=\"" + height + "\" fill=\"" + scene.background +
           "\"/>\n";
  }
  SvgPainter painter(out);
  for (const Mark& mark : scene.marks) painter.paint(mark);
  return out + "</svg>\n";
}

double smallest_text(const Scene& scene) {
  double least = 0;
  for (const Mark& mark : scene.marks) {
    const auto* text = std::get_if<TextMark>(&mark.shape);
    if (text && (least == 0 || text->size < least)) least = text->size;
  }
  return least;
}

}  // namespace headscope
