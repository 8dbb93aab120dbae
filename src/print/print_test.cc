// PDF and PNG figures, read back by other programs' code: cairo's PNG reader (libpng), pdftotext,
// pdffonts and pdfinfo (poppler).
#include "headscope/print.h"

#include <cairo.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "figure/png.h"
#include "format/read_file.h"
#include "headscope/utf8.h"
#include "io/test_folder.h"
#include "print/fonts.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

std::unique_ptr<AttentionSource> words(const std::vector<std::string>& tokens) {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({2}, 1)};
  TokenSequence text = plain_sequence(static_cast<int>(tokens.size()));
  text.tokens = tokens;
  info.set_sequence("text", text);
  const auto n = static_cast<int64_t>(tokens.size());
  const std::vector<float> map(static_cast<size_t>(n * n), 1.0f / static_cast<float>(n));
  return make_array_source(info, {Array::from(map, {1, n, n})});
}

Figure figure_of(const std::vector<std::string>& tokens, const char* view = "head") {
  return draw_figure(*words(tokens), parse_link(std::string("#hs=1&h=L2H0&v=") + view));
}

class Printing : public ::testing::Test {
 protected:
  // What `program FILE.pdf …` prints.
  std::string ask(const std::string& program, const std::string& pdf, const char* rest = "") {
    folder_.write("figure.pdf", pdf);
    const std::string command = program + " '" + folder_.path("figure.pdf") + "' " + rest + " > '" +
                                folder_.path("answer") + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return read_file(folder_.path("answer"));
  }

  std::unique_ptr<FigurePrinter> printer_ = make_figure_printer();
  TestFolder folder_;
};

// pdftotext brackets words that run to the left, and sees a blank where Arabic letters stand apart.
std::string letters_alone(const std::string& text) {
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = read_utf8(text, pos);
    const bool direction = c.code >= 0x202A && c.code <= 0x202E;
    if (!direction && c.code != ' ') out += text.substr(pos, c.bytes);
    pos += c.bytes;
  }
  return out;
}

struct Reader {
  const std::string& bytes;
  size_t at = 0;
};
cairo_status_t next(void* from, unsigned char* out, unsigned int size) {
  auto* reader = static_cast<Reader*>(from);
  if (reader->bytes.size() - reader->at < size) return CAIRO_STATUS_READ_ERROR;
  std::copy_n(reader->bytes.data() + reader->at, size, reinterpret_cast<char*>(out));
  reader->at += size;
  return CAIRO_STATUS_SUCCESS;
}

// libpng reads back every pixel of the core's own encoder: runs, repeated lines, and noise.
TEST_F(Printing, OwnPngsReadBackPixelByPixel) {
  std::vector<std::array<uint8_t, 3>> colours(256);
  for (size_t i = 0; i < 256; ++i) {
    const auto c = static_cast<uint8_t>(i);
    colours[i] = {c, static_cast<uint8_t>(255 - c), static_cast<uint8_t>(c ^ 90)};
  }
  std::mt19937 random(7);
  for (const auto& [width, height] : {std::pair<int64_t, int64_t>{1, 1}, {700, 3}, {300, 400}}) {
    std::vector<uint8_t> pixels(static_cast<size_t>(width * height));
    for (size_t i = 0; i < pixels.size(); ++i) {
      const auto line = static_cast<int64_t>(i) / width;
      pixels[i] =
          line % 3 == 0 ? 0 : static_cast<uint8_t>(line % 3 == 1 ? random() : pixels[i - 1]);
      if (line % 5 == 4) pixels[i] = pixels[i - static_cast<size_t>(width)];
    }
    const std::string png = palette_png(width, height, pixels, colours);
    Reader reader{png};
    cairo_surface_t* image = cairo_image_surface_create_from_png_stream(next, &reader);
    ASSERT_EQ(cairo_surface_status(image), CAIRO_STATUS_SUCCESS);
    ASSERT_EQ(cairo_image_surface_get_width(image), width);
    ASSERT_EQ(cairo_image_surface_get_height(image), height);
    const unsigned char* data = cairo_image_surface_get_data(image);
    const int stride = cairo_image_surface_get_stride(image);
    int64_t wrong = 0;
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const unsigned char* bgrx = data + y * stride + 4 * x;
        const auto& rgb = colours[pixels[static_cast<size_t>(y * width + x)]];
        wrong += bgrx[0] != rgb[2] || bgrx[1] != rgb[1] || bgrx[2] != rgb[0];
      }
    }
    EXPECT_EQ(wrong, 0) << width << " × " << height;
    cairo_surface_destroy(image);
  }
}

TEST_F(Printing, PngsHaveTheSizeAndSayWhatTheyAre) {
  const Figure figure = figure_of({"a", "b"});
  for (const int scale : {1, 3}) {
    const std::string png = printer_->print(figure, FigureFormat::kPng, scale).bytes;
    const auto number = [&](size_t at) {
      int64_t value = 0;
      for (size_t i = at; i < at + 4; ++i) value = value * 256 + static_cast<unsigned char>(png[i]);
      return value;
    };
    EXPECT_EQ(number(16), std::lround(figure.width * scale));
    EXPECT_EQ(number(20), std::lround(figure.height * scale));
    EXPECT_EQ(number(41), std::lround(scale * 96 / 0.0254)) << "pixels a metre";
    EXPECT_NE(png.find(figure.command), std::string::npos);
    EXPECT_NE(png.find(figure.caption), std::string::npos);
  }
}

// Letters of every script come out of the PDF as text, from embedded outline fonts.
TEST_F(Printing, PdfsHoldTextOfEveryScript) {
  const std::vector<std::string> tokens = {"[CLS]", "went",  "##berries", "東京都庁", "日本語",
                                           "שלום",  "مرحبا", "naïve",     "Ελληνικά", "Привет"};
  for (const char* view : {"head", "matrix"}) {
    const PrintedFigure printed = printer_->print(figure_of(tokens, view), FigureFormat::kPdf, 1);
    EXPECT_TRUE(printed.bytes.starts_with("%PDF-"));
    EXPECT_TRUE(printed.warnings.empty()) << printed.warnings.at(0);
    const std::string text = letters_alone(ask("pdftotext", printed.bytes, "-"));
    for (const std::string& token : tokens) {
      EXPECT_NE(text.find(token), std::string::npos) << view << ": " << token << "\n" << text;
    }
    const std::string fonts = ask("pdffonts", printed.bytes);
    EXPECT_EQ(fonts.find("Type 3"), std::string::npos) << fonts;
    EXPECT_NE(fonts.find("yes yes"), std::string::npos) << "embedded subsets: " << fonts;
  }
}

TEST_F(Printing, EmojiAreOutlinesOfOneColour) {
  const PrintedFigure printed =
      printer_->print(figure_of({"a", "😀", "👍"}), FigureFormat::kPdf, 1);
  EXPECT_TRUE(printed.warnings.empty()) << printed.warnings.at(0);
  const std::string fonts = ask("pdffonts", printed.bytes);
  EXPECT_NE(fonts.find("Symbola"), std::string::npos) << fonts;
  EXPECT_EQ(fonts.find("Type 3"), std::string::npos) << fonts;
}

TEST_F(Printing, PdfsSayWhatTheyAreAndDoNotAge) {
  const Figure figure = figure_of({"a", "b"});
  const std::string first = printer_->print(figure, FigureFormat::kPdf, 1).bytes;
  EXPECT_EQ(first, make_figure_printer()->print(figure, FigureFormat::kPdf, 1).bytes);
  const std::string info = ask("pdfinfo", first);
  EXPECT_NE(info.find("Subject:         " + figure.caption), std::string::npos) << info;
  EXPECT_NE(info.find("Keywords:        " + figure.command), std::string::npos) << info;
  EXPECT_NE(info.find("Title:           " + figure.title), std::string::npos) << info;
}

TEST_F(Printing, LettersThatNoFontHasAreNamed) {
  use_outline_fonts();
  EXPECT_TRUE(letters_without_font("abc é 北").empty());
  const auto missing = letters_without_font("a\U0010FFFDb");  // private use, plane 16
  EXPECT_EQ(missing, std::set<char32_t>{0x10FFFD});
  const PrintedFigure printed =
      printer_->print(figure_of({"a", "\U0010FFFD"}), FigureFormat::kPdf, 1);
  ASSERT_EQ(printed.warnings.size(), 1u);
  EXPECT_NE(printed.warnings[0].find("U+10FFFD"), std::string::npos);
}

}  // namespace
}  // namespace headscope
