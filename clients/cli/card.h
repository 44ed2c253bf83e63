// A card for the parcel: A6, with the code also as QR.
#ifndef PISTIS_CLIENTS_CLI_CARD_H_
#define PISTIS_CLIENTS_CLI_CARD_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include <cairo.h>

namespace pistis {

// Of A6, 105 by 148 mm, in points of 1/72 inch.
inline constexpr double kCardWidth = 105 / 25.4 * 72;
inline constexpr double kCardHeight = 148 / 25.4 * 72;

struct Card {
  // BCP 47; chooses the shapes of letters.
  std::string language;
  // Empty: none.
  std::string heading;
  std::string text;
  // Empty: neither the code nor its QR.
  std::string code;
  // What the document says of when it was made.
  absl::Time time;
};

// Where the QR of a code stands: the corner of its first module, the size of
// one, and how many there are each way.
struct QrPlace {
  double x = 0;
  double y = 0;
  double module = 0;
  int modules = 0;
};

// A card that was drawn.
struct DrawnCard {
  // Nowhere without a code.
  QrPlace qr;
  // Letters of it that no font has, in whose place boxes stand; each once, in
  // order. Fonts: Debian's fonts-dejavu-core has Latin, Greek and Russian.
  std::set<char32_t> missing;
};

// Draws it at the origin, in points. Text that is too long for its place is
// written smaller, and cut with an ellipsis where it is still too long.
// INVALID_ARGUMENT where the code is too long for a QR.
absl::StatusOr<DrawnCard> DrawCard(const Card& card, cairo_t* canvas);

struct PrintedCard {
  // Of one page: the same bytes for the same card and fonts.
  std::string pdf;
  // As DrawnCard's.
  std::set<char32_t> missing;
};
// The same as a PDF.
absl::StatusOr<PrintedCard> CardPdf(const Card& card);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_CARD_H_
