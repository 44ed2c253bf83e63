#include "clients/cli/card.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

namespace pistis {
namespace {

constexpr double kMargin = 24;
constexpr double kTextWidth = kCardWidth - 2 * kMargin;
constexpr double kGap = 12;
constexpr double kQrSize = 104;
constexpr double kCodeHeight = 26;
constexpr double kHeadingHeight = 72;
// A QR wants so many empty modules around it.
constexpr int kQuietModules = 4;

struct QrFree {
  void operator()(QRcode* code) const { QRcode_free(code); }
};
using Qr = std::unique_ptr<QRcode, QrFree>;

struct LayoutFree {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
};
using Layout = std::unique_ptr<PangoLayout, LayoutFree>;

// A text and the room that it has.
struct Passage {
  const std::string& text;
  const char* font = nullptr;
  double size = 0;
  double least = 0;
  double height = 0;
};

void SetSize(const Passage& passage, double size, PangoLayout* layout) {
  PangoFontDescription* font = pango_font_description_from_string(passage.font);
  pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
  pango_layout_set_font_description(layout, font);
  pango_font_description_free(font);
}

double HeightOf(PangoLayout* layout) {
  PangoRectangle extents;
  pango_layout_get_extents(layout, nullptr, &extents);
  return static_cast<double>(extents.height) / PANGO_SCALE;
}

// The passage as large as fits, no larger than it wants to be.
Layout LayOut(const Passage& passage, const std::string& language,
              cairo_t* canvas) {
  Layout layout(pango_cairo_create_layout(canvas));
  PangoContext* context = pango_layout_get_context(layout.get());
  // Where letters stand must not depend on a screen.
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context, options);
  cairo_font_options_destroy(options);
  pango_context_set_language(context,
                             pango_language_from_string(language.c_str()));
  pango_layout_context_changed(layout.get());
  pango_layout_set_width(layout.get(),
                         static_cast<int>(kTextWidth * PANGO_SCALE));
  pango_layout_set_alignment(layout.get(), PANGO_ALIGN_CENTER);
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_text(layout.get(), passage.text.data(),
                        static_cast<int>(passage.text.size()));
  double size = passage.size;
  SetSize(passage, size, layout.get());
  while (HeightOf(layout.get()) > passage.height && size > passage.least)
    SetSize(passage, --size, layout.get());
  pango_layout_set_height(layout.get(),
                          static_cast<int>(passage.height * PANGO_SCALE));
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  return layout;
}

// The letters of a layout that no font has.
std::set<char32_t> MissingIn(PangoLayout* layout) {
  std::set<char32_t> missing;
  PangoLayoutIter* place = pango_layout_get_iter(layout);
  do {
    const PangoLayoutRun* run = pango_layout_iter_get_run_readonly(place);
    for (int i = 0; run != nullptr && i < run->glyphs->num_glyphs; ++i) {
      const PangoGlyph glyph = run->glyphs->glyphs[i].glyph;
      if ((glyph & PANGO_GLYPH_UNKNOWN_FLAG) == 0) continue;
      missing.insert(glyph & ~PANGO_GLYPH_UNKNOWN_FLAG);
    }
  } while (pango_layout_iter_next_run(place) != 0);
  pango_layout_iter_free(place);
  return missing;
}

// Draws passages of one card, and gathers what its fonts lack.
class Pen {
 public:
  Pen(const std::string& language, cairo_t* canvas)
      : language_(language), canvas_(canvas) {}

  // Draws the passage at the top of its room; where its room goes on.
  double Draw(const Passage& passage, double y) {
    const Layout layout = LayOut(passage, language_, canvas_);
    missing_.merge(MissingIn(layout.get()));
    cairo_move_to(canvas_, kMargin, y);
    pango_cairo_show_layout(canvas_, layout.get());
    return y + HeightOf(layout.get());
  }
  [[nodiscard]] const std::set<char32_t>& missing() const { return missing_; }

 private:
  const std::string& language_;
  cairo_t* const canvas_;
  std::set<char32_t> missing_;
};

QrPlace DrawQr(const QRcode& qr, cairo_t* canvas) {
  QrPlace place{.modules = qr.width};
  place.module = kQrSize / (qr.width + 2 * kQuietModules);
  place.x = (kCardWidth - place.module * qr.width) / 2;
  place.y = kCardHeight - kMargin - kCodeHeight - kQrSize +
            place.module * kQuietModules;
  for (int row = 0; row < qr.width; ++row) {
    for (int column = 0; column < qr.width; ++column) {
      const size_t at = static_cast<size_t>(row) * qr.width + column;
      if ((qr.data[at] & 1U) == 0) continue;
      cairo_rectangle(canvas, place.x + column * place.module,
                      place.y + row * place.module, place.module, place.module);
    }
  }
  cairo_fill(canvas);
  return place;
}

cairo_status_t Append(void* bytes, const unsigned char* data,
                      unsigned int length) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data),
                                           length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

absl::StatusOr<DrawnCard> DrawCard(const Card& card, cairo_t* canvas) {
  cairo_set_source_rgb(canvas, 0, 0, 0);
  Pen pen(card.language, canvas);
  double y = kMargin;
  if (!card.heading.empty()) {
    const Passage heading{.text = card.heading,
                          .font = "DejaVu Sans Bold",
                          .size = 18,
                          .least = 10,
                          .height = kHeadingHeight};
    y = pen.Draw(heading, y) + kGap;
  }
  const double foot =
      card.code.empty() ? kMargin : kMargin + kCodeHeight + kQrSize;
  const Passage text{.text = card.text,
                     .font = "DejaVu Sans",
                     .size = 12,
                     .least = 6,
                     .height = kCardHeight - foot - y};
  pen.Draw(text, y);
  if (card.code.empty()) return DrawnCard{.qr = {}, .missing = pen.missing()};
  const Qr qr(
      QRcode_encodeString(card.code.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1));
  if (qr == nullptr) {
    return absl::InvalidArgumentError("the code cannot be written as a QR");
  }
  const QrPlace place = DrawQr(*qr, canvas);
  const Passage code{.text = card.code,
                     .font = "DejaVu Sans Mono Bold",
                     .size = 20,
                     .least = 6,
                     .height = kCodeHeight};
  pen.Draw(code, kCardHeight - kMargin - kCodeHeight);
  return DrawnCard{.qr = place, .missing = pen.missing()};
}

absl::StatusOr<PrintedCard> CardPdf(const Card& card) {
  std::string pdf;
  cairo_surface_t* page = cairo_pdf_surface_create_for_stream(
      &Append, &pdf, kCardWidth, kCardHeight);
  const std::string time =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", card.time, absl::UTCTimeZone());
  cairo_pdf_surface_set_metadata(page, CAIRO_PDF_METADATA_CREATE_DATE,
                                 time.c_str());
  cairo_pdf_surface_set_metadata(page, CAIRO_PDF_METADATA_TITLE,
                                 card.heading.c_str());
  cairo_t* canvas = cairo_create(page);
  absl::StatusOr<DrawnCard> drawn = DrawCard(card, canvas);
  cairo_show_page(canvas);
  cairo_destroy(canvas);
  cairo_surface_finish(page);
  const cairo_status_t written = cairo_surface_status(page);
  cairo_surface_destroy(page);
  PISTIS_RETURN_IF_ERROR(drawn.status());
  if (written != CAIRO_STATUS_SUCCESS) {
    return absl::InternalError(absl::StrCat("the card was not made: ",
                                            cairo_status_to_string(written)));
  }
  return PrintedCard{.pdf = std::move(pdf),
                     .missing = std::move(drawn->missing)};
}

}  // namespace pistis
