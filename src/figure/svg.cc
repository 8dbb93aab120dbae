#include "figure/svg.h"

#include <cstdio>

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

std::string attribute(const char* name, double value) {
  return " " + std::string(name) + "=\"" + svg_number(value) + "\"";
}

std::string with_space(std::string_view attributes) {
  return attributes.empty() ? std::string() : " " + std::string(attributes);
}

}  // namespace

void SvgWriter::rect(double x, double y, double width, double height, std::string_view attributes) {
  body_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
           attribute("height", height) + with_space(attributes) + "/>\n";
}

void SvgWriter::path(std::string_view d, std::string_view attributes) {
  body_ += "<path d=\"" + std::string(d) + "\"" + with_space(attributes) + "/>\n";
}

void SvgWriter::line(double x1, double y1, double x2, double y2, std::string_view attributes) {
  body_ += "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
           attribute("y2", y2) + with_space(attributes) + "/>\n";
}

void SvgWriter::text(double x, double y, std::string_view content, const TextStyle& style) {
  body_ += "<text" + attribute("x", x) + attribute("y", y) + attribute("font-size", style.size);
  if (style.bold) body_ += " font-weight=\"bold\"";
  if (style.anchor != "start") body_ += " text-anchor=\"" + std::string(style.anchor) + "\"";
  body_ += " fill=\"" + std::string(style.colour) + "\"" + with_space(style.extra) + ">" +
           xml_escape(content) + "</text>\n";
}

void SvgWriter::open_group(std::string_view attributes) {
  body_ += "<g" + with_space(attributes) + ">\n";
}
void SvgWriter::close_group() { body_ += "</g>\n"; }

std::string SvgWriter::document(double width, double height, std::string_view background,
                                std::string_view head) const {
  constexpr double kMmPerPx = 25.4 / 96;
  const std::string size = svg_number(width) + "\" height=\"" + svg_number(height);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"" +
         svg_number(width * kMmPerPx) + "mm\" height=\"" + svg_number(height * kMmPerPx) +
         "mm\" viewBox=\"0 0 " + svg_number(width) + " " + svg_number(height) +
         "\" role=\"img\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'Noto Sans', "
         "sans-serif\">\n" +
         std::string(head) + "<rect width=\"" + size + "\" fill=\"" + std::string(background) +
         "\"/>\n" + body_ + "</svg>\n";
}

}  // namespace headscope
