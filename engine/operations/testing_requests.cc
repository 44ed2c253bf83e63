// What shops in tests are asked.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/order/order.h"

namespace pistis {

absl::TimeZone Athens() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Athens", &zone));
  return zone;
}

v1::PublishRulebookRequest RulebookRequest(absl::string_view request_id,
                                           absl::string_view yaml) {
  v1::PublishRulebookRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(std::string(request_id));
  request.set_yaml(absl::StrCat(
      "program: ", kShop, "\ncurrency: EUR\ntime_zone: Europe/Athens\n", yaml));
  return request;
}

void OpenWith(absl::string_view yaml, TestShop& shop) {
  v1::CreateProgramRequest program;
  program.set_request_id("open-shop");
  program.mutable_program()->set_program_id(std::string(kShop));
  program.mutable_program()->set_currency("EUR");
  program.mutable_program()->set_time_zone("Europe/Athens");
  const auto opened = shop.Open(program);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto published = shop.Publish(RulebookRequest("publish-1", yaml));
  ASSERT_TRUE(published.ok()) << published.status();
}

v1::CreateMemberRequest MemberRequest(absl::string_view member_id) {
  v1::CreateMemberRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(absl::StrCat("enrol-", member_id));
  request.mutable_member()->set_member_id(std::string(member_id));
  return request;
}

v1::CommitOrderRequest SaleRequest(absl::string_view order_id,
                                   absl::string_view member_id,
                                   const std::vector<int64_t>& amounts_minor) {
  v1::CommitOrderRequest request;
  request.set_program_id(std::string(kShop));
  v1::Order& order = *request.mutable_order();
  order.set_order_id(std::string(order_id));
  order.set_member_id(std::string(member_id));
  for (const int64_t amount : amounts_minor) {
    v1::OrderLine& line = *order.add_lines();
    line.set_line_id(absl::StrCat("l", order.lines_size()));
    line.set_quantity(1);
    line.set_amount_minor(amount);
  }
  return request;
}

v1::RefundOrderRequest RefundRequest(absl::string_view order_id,
                                     absl::string_view refund_id) {
  v1::RefundOrderRequest request;
  request.set_program_id(std::string(kShop));
  request.set_order_id(std::string(order_id));
  request.set_refund_id(std::string(refund_id));
  return request;
}

v1::CreateSubscriptionRequest SubscriptionRequest(
    absl::string_view subscription_id) {
  v1::CreateSubscriptionRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(absl::StrCat("subscribe-", subscription_id));
  request.mutable_subscription()->set_subscription_id(
      std::string(subscription_id));
  return request;
}

v1::ImportCostsRequest CostsRequest(
    absl::string_view request_id,
    const std::vector<std::pair<std::string, std::string>>& costs) {
  v1::ImportCostsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(std::string(request_id));
  for (const auto& [sku, cost] : costs) {
    v1::ArticleCost& stated = *request.add_costs();
    stated.set_sku(sku);
    stated.set_cost(cost);
  }
  return request;
}

v1::HoldOrderRequest HoldRequest(absl::string_view reservation_id,
                                 const v1::CommitOrderRequest& sale) {
  v1::HoldOrderRequest request;
  request.set_program_id(sale.program_id());
  request.set_reservation_id(std::string(reservation_id));
  *request.mutable_order() = sale.order();
  return request;
}

v1::CommitOrderRequest CommitRequest(absl::string_view reservation_id) {
  v1::CommitOrderRequest request;
  request.set_program_id(std::string(kShop));
  request.set_reservation_id(std::string(reservation_id));
  return request;
}

v1::CancelReservationRequest CancelRequest(absl::string_view reservation_id) {
  v1::CancelReservationRequest request;
  request.set_program_id(std::string(kShop));
  request.set_reservation_id(std::string(reservation_id));
  return request;
}

}  // namespace pistis
