// Sales of real shops, with what each line really cost.
#ifndef PISTIS_TESTS_MARGINS_REAL_SALES_H_
#define PISTIS_TESTS_MARGINS_REAL_SALES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "pistis/v1/order.pb.h"

namespace pistis::margins {

// How many of the sales are drawn: a tenth, or all.
enum class Share { kTenth, kAll };

// Where the data lies: PISTIS_SHARED_DATA, else shared/data beside the checkout
// at `source_dir`.
[[nodiscard]] std::string DataFolder(const std::string& source_dir);

// Orange juice in Chicago: what one store sold in a week lies in baskets of one
// to four brands, one to three cartons each, at the week's price and cost; the
// week's deals have the tag "deal". Orders have lines alone, in cents; each row
// of the data is in one of them. The same ones every time. NotFound where the
// data is not there.
absl::StatusOr<std::vector<v1::Order>> DrawOrangeJuice(
    const std::string& data_folder, Share share);

// Liquor in Iowa: one to five lines of the file in a row are an order.
absl::StatusOr<std::vector<v1::Order>> DrawLiquor(
    const std::string& data_folder, Share share);

}  // namespace pistis::margins

#endif  // PISTIS_TESTS_MARGINS_REAL_SALES_H_
