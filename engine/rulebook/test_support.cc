#include "engine/rulebook/test_support.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace pistis {

std::vector<Violation> ViolationsOf(const absl::Status& status) {
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  google::rpc::BadRequest bad_request;
  if (!payload || !bad_request.ParseFromString(std::string(*payload))) {
    return {};
  }
  std::vector<Violation> violations;
  for (const auto& violation : bad_request.field_violations()) {
    violations.push_back({violation.field(), violation.description()});
  }
  return violations;
}

std::string Explained(const absl::Status& status) {
  std::string text = absl::StrCat(status.message(), "\n");
  for (const Violation& violation : ViolationsOf(status)) {
    absl::StrAppend(&text, "  ", violation.field, ": ", violation.description,
                    "\n");
  }
  return text;
}

std::string SampleYaml() {
  return absl::StrCat(kHeader, R"(points:
  value: "0.01"
  redeem: {minimum: 100, step: 50, max_share: "50%"}
  expire: {after: 365d, refund_grace: 14d}
  pending: {for: 14d}
  refund_shortfall: forgive
  on_return: recompute
earning_basis: {tax: excluded, after_discounts: false}
tax: {prices_include_tax: false}
rounding: {points: half_up, money: half_even}
margin:
  unknown_cost: {assume: "70%"}
  category_cost: {"drinks/coffee": "25%"}
  order: {max_discount: "30%", max_share_of_margin: "50%"}
  line: {never_below_cost: true}
  counts: {redeemed_points: false}
  on_exceed: refuse
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
  - id: coffee
    when: member.orders >= 3 && order.channel == "pos"
    lines: line.category.startsWith("drinks/coffee")
    discount: {percent: "12.5%", max: "20.00", minimum: "1.00", of: original}
    priority: 200
  - id: after-base
    discount: {amount: "5.00"}
  - id: thank-you-first
    when: member.orders == 1
    issue_code: thank-you-10
    note: thank-you
    priority: -5
codes:
  - id: other
    discount: {amount: "3.00"}
    lines: line.sku in lists.summer || line.sku in lists["winter-2"]
  - id: thank-you-10
    discount: {percent: "10%"}
    when: order.subtotal >= amount("30.00")
    lines: line.quantity > 1
    uses: 2
    bound_to_member: true
    expires: 60d
    format: {prefix: TY, symbols: 16}
    priority: 400
    stack: {group: offers, mode: first}
    limits: [{per: member, window: 30d, times: 2}]
lists:
  - {id: summer, skus: [hat, "4711"]}
  - {id: winter-2, skus: [scarf, hat]}
notes:
  - id: thank-you
    channel: sms
    text: {en: "Thank you, {{name}}! {{code}}", el: "Ευχαριστούμε! {{code}}"}
)");
}

}  // namespace pistis
