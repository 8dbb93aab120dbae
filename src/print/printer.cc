#include <cairo-pdf.h>
#include <cairo.h>
#include <librsvg/rsvg.h>

#include <cmath>

#include "figure/png.h"
#include "headscope/error.h"
#include "headscope/print.h"
#include "headscope/utf8.h"
#include "headscope/version.h"
#include "print/fonts.h"

namespace headscope {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* pointer) const { Free(pointer); }
};
using Surface = std::unique_ptr<cairo_surface_t, Freed<cairo_surface_t, cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, Freed<cairo_t, cairo_destroy>>;

struct UnrefHandle {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
};
using Handle = std::unique_ptr<RsvgHandle, UnrefHandle>;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorCode::kInternal, "printing a figure: " + what, "");
}
void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) fail(cairo_status_to_string(status));
}

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

Handle read(const std::string& svg) {
  GError* error = nullptr;
  RsvgHandle* handle =
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error);
  if (handle == nullptr) {
    const std::string words = error != nullptr ? error->message : "not read";
    g_clear_error(&error);
    fail(words);
  }
  return Handle(handle);
}

void draw(const std::string& svg, cairo_surface_t* surface, double width, double height) {
  const Handle handle = read(svg);
  const Context context(cairo_create(surface));
  check(cairo_status(context.get()));
  const RsvgRectangle page{0, 0, width, height};
  GError* error = nullptr;
  if (!rsvg_handle_render_document(handle.get(), context.get(), &page, &error)) {
    const std::string words = error != nullptr ? error->message : "not drawn";
    g_clear_error(&error);
    fail(words);
  }
  check(cairo_status(context.get()));
}

std::string pdf(const Figure& figure) {
  constexpr double kPointsPerPx = 0.75;
  // A fixed date: the same figure gives the same file at any time.
  constexpr const char* kDate = "2000-01-01T00:00:00Z";
  const double width = figure.width * kPointsPerPx, height = figure.height * kPointsPerPx;
  if (std::max(width, height) > 14400) {
    throw Error(ErrorCode::kUsage,
                "a PDF of " + std::to_string(std::lround(std::max(width, height) / 72)) + " inches",
                "at most 200", "Show fewer tokens (--attention, --special hide), or write SVG");
  }
  std::string out;
  const Surface surface(cairo_pdf_surface_create_for_stream(append, &out, width, height));
  check(cairo_surface_status(surface.get()));
  const std::pair<cairo_pdf_metadata_t, std::string> entries[] = {
      {CAIRO_PDF_METADATA_TITLE, figure.title},
      {CAIRO_PDF_METADATA_SUBJECT, figure.caption},
      {CAIRO_PDF_METADATA_KEYWORDS, figure.command},
      {CAIRO_PDF_METADATA_CREATOR, "headscope " + std::string(version())},
      {CAIRO_PDF_METADATA_CREATE_DATE, kDate},
      {CAIRO_PDF_METADATA_MOD_DATE, kDate}};
  for (const auto& [entry, text] : entries) {
    cairo_pdf_surface_set_metadata(surface.get(), entry, text.c_str());
  }
  draw(figure.svg, surface.get(), width, height);
  cairo_surface_finish(surface.get());
  check(cairo_surface_status(surface.get()));
  return out;
}

std::string png(const Figure& figure, int scale) {
  constexpr int kMost = 32767;  // cairo's limit of a side
  const auto width = static_cast<int>(std::lround(figure.width * scale));
  const auto height = static_cast<int>(std::lround(figure.height * scale));
  if (std::max(width, height) > kMost) {
    throw Error(ErrorCode::kUsage,
                "a PNG of " + std::to_string(width) + " × " + std::to_string(height) + " pixels",
                "at most " + std::to_string(kMost) + " a side", "Give a smaller --png-scale");
  }
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height));
  check(cairo_surface_status(surface.get()));
  draw(figure.svg, surface.get(), width, height);
  std::string out;
  check(cairo_surface_write_to_png_stream(surface.get(), append, &out));
  const auto density = static_cast<uint32_t>(std::lround(scale * 96 / 0.0254));
  return png_with_text(out, density,
                       {{"Title", figure.title},
                        {"Description", figure.caption},
                        {"Comment", figure.command},
                        {"Software", "headscope " + std::string(version())}});
}

class RsvgPrinter : public FigurePrinter {
 public:
  PrintedFigure print(const Figure& figure, FigureFormat format, int png_scale) const override {
    if (format == FigureFormat::kSvg) return {figure.svg, {}};
    if (png_scale < 1 || png_scale > 8) {
      throw Error(ErrorCode::kUsage, "a PNG at scale " + std::to_string(png_scale), "1 to 8");
    }
    use_outline_fonts();
    PrintedFigure out;
    out.bytes = format == FigureFormat::kPdf ? pdf(figure) : png(figure, png_scale);
    std::string missing;
    for (const char32_t c : letters_without_font(figure.svg)) {
      char code[16];
      std::snprintf(code, sizeof code, "U+%04X", static_cast<unsigned>(c));
      missing += (missing.empty() ? "" : ", ") + std::string(code) + " ";
      append_utf8(missing, c);
    }
    if (!missing.empty()) {
      out.warnings.push_back(
          "no font here has " + missing +
          ", drawn as boxes; a font of that script, e.g. fonts-noto-core, helps");
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<FigurePrinter> make_figure_printer() { return std::make_unique<RsvgPrinter>(); }

}  // namespace headscope
