#include "tests/golden/peer_shop.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

#include "engine/order/order.h"

namespace pistis::golden {
namespace {

using google::protobuf::Value;

absl::Time PeerTime(const std::string& text) {
  return TimeAt(absl::StrReplaceAll(text, {{"T", " "}}), Athens());
}

template <typename Request>
Request Begin(const std::string& request_id) {
  Request request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(request_id);
  request.set_reason("a case");
  return request;
}

}  // namespace

PeerShop::PeerShop(const Json& scenario)
    : scenario_(scenario), clock_(TimeAt("2024-01-01", Athens())) {
  OpenWith(PeerRulebook(scenario), shop_);
}

absl::Status PeerShop::Run(const Json& step) {
  static constexpr std::pair<absl::string_view, Handler> handlers[] = {
      {"credit", &PeerShop::Credit},
      {"debit", &PeerShop::Debit},
      {"redeem", &PeerShop::Redeem},
      {"commit_redeem", &PeerShop::Redeem},
      {"adjust", &PeerShop::Adjust},
      {"hold", &PeerShop::Hold},
      {"void", &PeerShop::Release},
      {"post", &PeerShop::Capture},
      {"earn_order", &PeerShop::Sell},
      {"place", &PeerShop::Sell},
      {"earn_preview", &PeerShop::Quote},
      {"earning_basis", &PeerShop::Quote},
      {"check", &PeerShop::Quote},
      {"quote", &PeerShop::Quote},
      {"redeem_quote", &PeerShop::Quote},
      {"redeem_value", &PeerShop::Quote},
      {"cancel", &PeerShop::GiveBack},
      {"return", &PeerShop::GiveBack},
      {"rollback_redemption", &PeerShop::GiveBack},
      {"clawback", &PeerShop::ClawBack},
      {"expire", &PeerShop::Expire},
      {"event", &PeerShop::Act},
      {"run_birthdays", &PeerShop::RunBirthdays},
      {"expiring_by", &PeerShop::ExpiringBy},
      {"distribute", &PeerShop::Distribute},
      {"reward_units", &PeerShop::RewardUnits},
      {"tier_for", &PeerShop::TierFor},
  };
  ++steps_;
  const std::string op = TextOf(step, "op");
  if (steps_ == 1) UseUp(step);
  if (Has(step, "at") && op != "expiring_by" && TextOf(step, "at") != "today") {
    clock_.Set(PeerTime(TextOf(step, "at")));
  }
  for (const auto& [name, handler] : handlers) {
    if (op == name) return (this->*handler)(step);
  }
  ADD_FAILURE() << "no such step: " << op;
  return absl::OkStatus();
}

std::string PeerShop::MemberOf(const Json& step) {
  if (Has(step, "account")) return TextOf(step, "account");
  std::string id = "m";
  // What points are worth is asked for as many as there are.
  std::string balance =
      TextOf(step, TextOf(step, "op") == "redeem_value" ? "points" : "balance");
  if (const auto member = step.fields().find("member");
      member != step.fields().end()) {
    const Value& value = member->second;
    if (value.has_string_value()) {
      id = value.string_value();
    } else {
      id = TextOf(value.struct_value(), "id");
      balance = TextOf(value.struct_value(), "balance");
    }
  } else if (TextOf(step, "op") == "earn_order" && IsGuest()) {
    return "";
  }
  member_ = id;
  const bool is_new = members_.insert(id).second;
  if (is_new) {
    v1::CreateMemberRequest request = MemberRequest(id);
    request.mutable_member()->set_birthday(
        TextOf(PartOf(step, "member"), "birthday"));
    EXPECT_TRUE(shop_.Enrol(request).ok());
  }
  if (Has(PartOf(step, "member"), "segments")) {
    PutIntoGroup(id, TextOf(PartOf(step, "member"), "segments"));
  }
  if (is_new && !balance.empty()) {
    auto seed = Begin<v1::EarnPointsRequest>(absl::StrCat("seed-", id));
    seed.set_member_id(id);
    seed.set_points(ToNumber(balance));
    const auto seeded = shop_.Post(seed);
    EXPECT_TRUE(seeded.ok()) << seeded.status();
  }
  if (TextOf(PartOf(step, "member"), "enabled") == "false") Suspend(id);
  return id;
}

void PeerShop::Suspend(const std::string& member) {
  v1::UpdateMemberRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(absl::StrCat("suspend-", steps_));
  request.mutable_member()->set_member_id(member);
  request.mutable_member()->set_state(v1::Member::SUSPENDED);
  request.add_update_fields("state");
  EXPECT_TRUE(shop_.Update(request).ok());
}

// What a suspended member does is passed over there and refused here; either
// way it gives nothing.
absl::Status PeerShop::Act(const Json& step) {
  v1::RecordActivityRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(TextOf(step, "key"));
  request.set_name(TextOf(step, "event"));
  request.set_member_id(MemberOf(step));
  const absl::Status status = shop_.Act(request).status();
  return NameOf(status) == "MEMBER_SUSPENDED" ? absl::OkStatus() : status;
}

absl::Status PeerShop::RunBirthdays(const Json& step) {
  MemberOf(step);
  return Expire(step);
}

std::string PeerShop::OrderOf(const Json& step) const {
  const std::string order = TextOf(step, "order");
  return order.empty() ? absl::StrCat("order-", steps_) : order;
}

// Points for an order are those of a sale that earns as many.
absl::Status PeerShop::Credit(const Json& step) {
  const std::string member = MemberOf(step);
  if (Has(step, "order")) {
    v1::Order order =
        SaleRequest(OrderOf(step), member, {NumberOf(step, "points")}).order();
    order.mutable_lines(0)->add_tags("credit");
    return Commit(order);
  }
  const std::string key = TextOf(step, "key");
  auto request = Begin<v1::EarnPointsRequest>(
      key.empty() ? absl::StrCat("credit-", steps_) : key);
  request.set_member_id(member);
  request.set_points(NumberOf(step, "points"));
  if (Has(step, "expires")) {
    *request.mutable_expire_time() =
        ToTimestamp(PeerTime(TextOf(step, "expires")));
  }
  return shop_.Post(request).status();
}

// Groups are an attribute of the member here.
void PeerShop::PutIntoGroup(const std::string& member,
                            const std::string& group) {
  v1::UpdateMemberRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(absl::StrCat("group-", steps_));
  request.mutable_member()->set_member_id(member);
  (*request.mutable_member()->mutable_attributes())["group"] = group;
  EXPECT_TRUE(shop_.Update(request).ok());
}

absl::Status PeerShop::TakeOff(const Json& step, bool below_zero) {
  auto request =
      Begin<v1::AdjustPointsRequest>(absl::StrCat("adjust-", steps_));
  request.set_member_id(MemberOf(step));
  request.set_points(-std::abs(NumberOf(step, "points")));
  request.set_allow_negative(below_zero);
  return shop_.Post(request).status();
}

absl::Status PeerShop::Debit(const Json& step) {
  auto request =
      Begin<v1::RedeemPointsRequest>(absl::StrCat("redeem-", steps_));
  request.set_member_id(MemberOf(step));
  request.set_points(NumberOf(step, "points"));
  return shop_.Post(request).status();
}

// For an order they pay for a sale of their worth; "clamp" asks for all there
// are. A redemption never goes below zero here: a correction may.
absl::Status PeerShop::Redeem(const Json& step) {
  const Json program = FirstPart();
  if (TextOf(program, "allow_negative") == "true") return TakeOff(step, true);
  if (!Has(step, "order") && TextOf(step, "op") == "redeem") {
    return Debit(step);
  }
  v1::Order order =
      SaleRequest(OrderOf(step), MemberOf(step), {NumberOf(step, "points")})
          .order();
  if (TextOf(program, "on_insufficient") == "clamp") {
    order.mutable_redeem()->set_all(true);
  } else {
    order.mutable_redeem()->set_points(NumberOf(step, "points"));
  }
  return Commit(order);
}

absl::Status PeerShop::Adjust(const Json& step) {
  return TakeOff(step, TextOf(step, "allow_negative") == "true");
}

// A reward that is locked is a hold of what it costs.
absl::Status PeerShop::Hold(const Json& step) {
  const std::string id = TextOf(step, "id");
  v1::HoldPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_hold_id(id.empty() ? absl::StrCat("hold-", steps_) : id);
  request.set_member_id(MemberOf(step));
  const Json program = FirstPart();
  for (const Value& reward :
       program.fields().at("rewards").list_value().values()) {
    if (TextOf(reward.struct_value(), "id") == TextOf(step, "reward")) {
      request.set_points(NumberOf(reward.struct_value(), "cost_points"));
    }
  }
  return shop_.Post(request).status();
}

absl::Status PeerShop::Release(const Json& step) {
  auto request =
      Begin<v1::ReleaseHoldRequest>(absl::StrCat("release-", steps_));
  request.set_hold_id(TextOf(step, "id"));
  return shop_.Post(request).status();
}

absl::Status PeerShop::Capture(const Json& step) {
  auto request =
      Begin<v1::CaptureHoldRequest>(absl::StrCat("capture-", steps_));
  request.set_hold_id(TextOf(step, "id"));
  return shop_.Post(request).status();
}

// The whole of an order, or units of its lines. Told twice, it is one.
absl::Status PeerShop::GiveBack(const Json& step) {
  order_ = OrderOf(step);
  v1::RefundOrderRequest request =
      RefundRequest(order_, absl::StrCat("back-", order_));
  if (const auto lines = step.fields().find("lines");
      lines != step.fields().end()) {
    for (const Value& item : lines->second.list_value().values()) {
      v1::RefundLine& line = *request.add_lines();
      line.set_line_id(TextOf(item.struct_value(), "sku"));
      line.set_quantity(NumberOf(item.struct_value(), "qty"));
    }
  }
  return shop_.Refund(request).status();
}

// Where more than the order earned is asked for, that is refused; the whole
// takes what it earned.
absl::Status PeerShop::ClawBack(const Json& step) {
  if (Has(step, "points")) {
    v1::RefundOrderRequest beyond = RefundRequest(OrderOf(step), "beyond");
    beyond.add_lines()->set_line_id("l1");
    beyond.mutable_lines(0)->set_amount_minor(NumberOf(step, "points"));
    EXPECT_EQ(NameOf(shop_.Refund(beyond).status()), "REFUND_EXCEEDS_ORDER");
  }
  return GiveBack(step);
}

absl::Status PeerShop::Expire(const Json& step) {
  clock_.Set(PeerTime(TextOf(step, "now")));
  return shop_.ExpireAll(ProgramId(kShop));
}

absl::Status PeerShop::ExpiringBy(const Json& step) {
  const absl::Time by = PeerTime(TextOf(step, "at"));
  expiring_ = 0;
  const v1::ListLotsResponse lots = Lots();
  for (const v1::LotBalance& lot : lots.lots()) {
    if (lot.has_expire_time() &&
        absl::FromUnixSeconds(lot.expire_time().seconds()) <= by) {
      expiring_ += lot.points();
    }
  }
  return absl::OkStatus();
}

bool PeerShop::IsGuest() const {
  return absl::StrContains(TextOf(scenario_, "tags"), "guest");
}

Json PeerShop::FirstPart() const {
  const std::vector<Json> parts = PartsOf(scenario_, "program");
  return parts.empty() ? Json() : parts.front();
}

}  // namespace pistis::golden
