#include "clients/cli/card.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cairo.h>
#include <qrencode.h>

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Card GreekCard() {
  return {.language = "el",
          .heading = "Ευχαριστούμε, Άννα!",
          .text = "Η πρώτη σας παραγγελία μάς έδωσε χαρά. Спасибо! Thank you.",
          .code = "TY-7K3M-9QXA-52BD",
          .time = absl::FromUnixSeconds(1767225600)};
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++count;
  return count;
}

// How dark the card is at a place, drawn four times as large: 0 is black.
class Drawing {
 public:
  explicit Drawing(const Card& card) {
    cairo_t* canvas = cairo_create(surface_.get());
    cairo_set_source_rgb(canvas, 1, 1, 1);
    cairo_paint(canvas);
    cairo_scale(canvas, kScale, kScale);
    const auto drawn = DrawCard(card, canvas);
    EXPECT_TRUE(drawn.ok()) << drawn.status();
    if (drawn.ok()) qr_ = drawn->qr;
    cairo_destroy(canvas);
    cairo_surface_flush(surface_.get());
  }

  [[nodiscard]] const QrPlace& qr() const { return qr_; }
  [[nodiscard]] bool IsDark(double x, double y) const {
    const auto column = static_cast<size_t>(x * kScale);
    const auto row = static_cast<size_t>(y * kScale);
    const size_t stride = cairo_image_surface_get_stride(surface_.get());
    uint32_t pixel = 0;
    std::memcpy(&pixel,
                cairo_image_surface_get_data(surface_.get()) + row * stride +
                    column * sizeof(pixel),
                sizeof(pixel));
    return (pixel & 0xFFU) < 0x80U;
  }
  [[nodiscard]] bool IsBlank(double from, double to) const {
    for (double y = from; y < to; y += 1) {
      for (double x = 0; x < kCardWidth - 1; x += 1) {
        if (IsDark(x, y)) return false;
      }
    }
    return true;
  }

 private:
  static constexpr double kScale = 4;
  struct Free {
    void operator()(cairo_surface_t* surface) const {
      cairo_surface_destroy(surface);
    }
  };
  std::unique_ptr<cairo_surface_t, Free> surface_{cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, static_cast<int>(kCardWidth* kScale) + 1,
      static_cast<int>(kCardHeight* kScale) + 1)};
  QrPlace qr_;
};

TEST(CardTest, ItIsOnePageOfA6) {
  const std::string pdf = CardPdf(GreekCard())->pdf;
  EXPECT_TRUE(absl::StartsWith(pdf, "%PDF-"));
  EXPECT_EQ(CountOf(pdf, "/Type /Page\n") + CountOf(pdf, "/Type /Page "), 1U);
  EXPECT_TRUE(absl::StrContains(pdf, "/MediaBox [ 0 0 297.637795 419.527559 ]"))
      << pdf;
}

TEST(CardTest, TheSameCardIsTheSameBytes) {
  EXPECT_EQ(CardPdf(GreekCard())->pdf, CardPdf(GreekCard())->pdf);
  Card later = GreekCard();
  later.time += absl::Hours(24);
  EXPECT_NE(CardPdf(GreekCard())->pdf, CardPdf(later)->pdf);
}

TEST(CardTest, GreekAndRussianHaveTheirLetters) {
  Card card = GreekCard();
  card.text = "ΑΒΓΔ αβγδ άέήίόύώ ϊϋΐΰ АБВГ абвгд ёйщъыьэюя";
  EXPECT_THAT(CardPdf(card)->missing, IsEmpty());
}

TEST(CardTest, LettersThatNoFontHasAreBoxesAndNamed) {
  Card card = GreekCard();
  // A letter for whoever wants one of their own, but for those that fonts of
  // symbols take.
  card.text = "Thank you, \xF4\x8F\x80\x80!";
  const auto printed = CardPdf(card);
  ASSERT_TRUE(printed.ok()) << printed.status();
  EXPECT_TRUE(absl::StartsWith(printed->pdf, "%PDF-"));
  EXPECT_THAT(printed->missing, ElementsAre(0x10F000));
}

TEST(CardTest, TheQrIsTheCode) {
  const Card card = GreekCard();
  const Drawing drawing(card);
  QRcode* expected =
      QRcode_encodeString(card.code.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1);
  ASSERT_NE(expected, nullptr);
  const QrPlace& qr = drawing.qr();
  ASSERT_EQ(qr.modules, expected->width);
  for (int row = -2; row < qr.modules + 2; ++row) {
    for (int column = -2; column < qr.modules + 2; ++column) {
      const bool is_inside =
          row >= 0 && column >= 0 && row < qr.modules && column < qr.modules;
      const bool is_dark =
          is_inside && (expected->data[row * qr.modules + column] & 1U) != 0;
      EXPECT_EQ(drawing.IsDark(qr.x + (column + 0.5) * qr.module,
                               qr.y + (row + 0.5) * qr.module),
                is_dark)
          << row << " " << column;
    }
  }
  QRcode_free(expected);
}

TEST(CardTest, ALongTextStaysOutOfTheQr) {
  Card card = GreekCard();
  for (int i = 0; i < 200; ++i)
    absl::StrAppend(&card.text, " και ακόμη ", i, " λέξεις");
  const Drawing drawing(card);
  const QrPlace& qr = drawing.qr();
  EXPECT_TRUE(drawing.IsBlank(qr.y - 2 * qr.module, qr.y));
}

TEST(CardTest, WithoutACodeThereIsNoQr) {
  Card card = GreekCard();
  card.code.clear();
  const Drawing drawing(card);
  EXPECT_EQ(drawing.qr().modules, 0);
  EXPECT_TRUE(drawing.IsBlank(kCardHeight - 150, kCardHeight - 1));
}

}  // namespace
}  // namespace pistis
