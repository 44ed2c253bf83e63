// A card for the parcel: A6, with the code also as QR.
#ifndef PISTIS_CLIENTS_CLI_CARD_H_
#define PISTIS_CLIENTS_CLI_CARD_H_

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

// The card as a PDF of one page: the same bytes for the same card and fonts.
// Text that is too long for its place is written smaller, and cut with an
// ellipsis where it is still too long. FAILED_PRECONDITION where the fonts lack
// a letter (Debian: fonts-dejavu-core); INVALID_ARGUMENT where the code is too
// long for a QR.
absl::StatusOr<std::string> CardPdf(const Card& card);

// Draws it at the origin, in points. Where the QR is; nowhere without a code.
absl::StatusOr<QrPlace> DrawCard(const Card& card, cairo_t* canvas);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_CARD_H_
