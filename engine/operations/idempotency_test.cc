// One id, one effect; and a refusal changes nothing.
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01", redeem: {minimum: 10, step: 5}, expire: {after: 30d}}
margin:
  unknown_cost: {assume: "70%"}
  order: {max_share_of_margin: "50%"}
  on_exceed: refuse
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: web, when: order.channel == "web", discount: {percent: "20%"}}
  - {id: first, when: member.orders == 1, issue_code: next, note: thanks}
codes:
  - id: next
    discount: {amount: "1.00"}
    when: order.subtotal >= amount("10.00")
    bound_to_member: true
    expires: 60d
notes:
  - {id: thanks, channel: email, text: {en: "Thanks, {{name}}! {{code}}"}}
)";

class IdempotencyTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kRulebook, shop_);
    for (const char* member : {"ann", "ben"}) {
      ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    }
    const auto first = shop_.Commit(SaleRequest("o1", "ann", {2000, 550}));
    ASSERT_TRUE(first.ok()) << first.status();
    code_ = first->issued_codes(0).code();
  }
  void TearDown() override {
    EXPECT_EQ(Audit(shop_, program_), std::vector<std::string>());
  }

  // The outcome of a command that must change nothing: its refusal's name.
  std::string Unchanged(const std::function<absl::Status()>& command) {
    const Contents before = shop_.All();
    const absl::Status status = command();
    EXPECT_EQ(shop_.All(), before) << status;
    return NameOf(status);
  }
  std::string Refused(const v1::CommitOrderRequest& request) {
    return Unchanged([&] { return shop_.Commit(request).status(); });
  }
  std::string Refused(const v1::RefundOrderRequest& request) {
    return Unchanged([&] { return shop_.Refund(request).status(); });
  }
  // The same for methods with a request_id, which may remember the refusal.
  template <typename Request>
  std::string RefusedBut(const Request& request) {
    const Contents before = shop_.AllButRequests();
    const absl::Status status = Send(request);
    EXPECT_EQ(shop_.AllButRequests(), before) << status;
    return NameOf(status);
  }
  absl::Status Send(const v1::CreateMemberRequest& request) {
    return shop_.Enrol(request).status();
  }
  absl::Status Send(const v1::CreateProgramRequest& request) {
    return shop_.Open(request).status();
  }
  absl::Status Send(const v1::PublishRulebookRequest& request) {
    return shop_.Publish(request).status();
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  std::string code_;
};

template <typename Reply>
std::string BytesOf(const absl::StatusOr<Reply>& reply) {
  EXPECT_TRUE(reply.ok()) << reply.status();
  return reply.ok() ? reply->SerializeAsString() : "";
}

TEST_F(IdempotencyTest, TheSameOrderGetsTheFirstReplyToTheByte) {
  v1::CommitOrderRequest request = SaleRequest("o2", "ann", {1500, 500});
  request.mutable_order()->set_channel("pos");
  request.mutable_order()->add_codes(code_);
  request.mutable_order()->mutable_redeem()->set_points(15);
  for (const char* key : {"z", "a", "m"}) {
    (*request.mutable_order()->mutable_attributes())[key] = "1";
  }
  const std::string first = BytesOf(shop_.Commit(request));
  const Contents after = shop_.All();
  clock_.Advance(absl::Hours(24 * 400));
  EXPECT_EQ(BytesOf(shop_.Commit(request)), first);
  TestShop restarted(store_, clock_);
  EXPECT_EQ(BytesOf(restarted.Commit(request)), first);
  EXPECT_EQ(shop_.All(), after);
}

TEST_F(IdempotencyTest, TheSameRefundGetsTheFirstReplyToTheByte) {
  v1::RefundOrderRequest request = RefundRequest("o1", "r1");
  request.add_lines()->set_line_id("l1");
  request.mutable_lines(0)->set_amount_minor(700);
  const std::string first = BytesOf(shop_.Refund(request));
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "r2")).ok());
  const Contents after = shop_.All();
  clock_.Advance(absl::Hours(24 * 400));
  EXPECT_EQ(BytesOf(shop_.Refund(request)), first);
  TestShop restarted(store_, clock_);
  EXPECT_EQ(BytesOf(restarted.Refund(request)), first);
  EXPECT_EQ(shop_.All(), after);
}

TEST_F(IdempotencyTest, TheSameRequestGetsTheFirstReplyToTheByte) {
  v1::CreateMemberRequest member = MemberRequest("");
  member.set_request_id("by-server");
  v1::Identifier* card = member.mutable_member()->add_identifiers();
  card->set_kind("card");
  card->set_value("4711");
  const v1::PublishRulebookRequest rulebook =
      RulebookRequest("publish-2", kRulebook);
  v1::CreateProgramRequest program;
  program.set_request_id("open-2");
  program.mutable_program()->set_program_id("second");
  program.mutable_program()->set_currency("JPY");
  program.mutable_program()->set_time_zone("Asia/Tokyo");
  const std::string enrolled = BytesOf(shop_.Enrol(member));
  const std::string published = BytesOf(shop_.Publish(rulebook));
  const std::string opened = BytesOf(shop_.Open(program));
  const Contents after = shop_.All();
  clock_.Advance(absl::Hours(1));
  TestShop restarted(store_, clock_);
  EXPECT_EQ(BytesOf(restarted.Enrol(member)), enrolled);
  EXPECT_EQ(BytesOf(restarted.Publish(rulebook)), published);
  EXPECT_EQ(BytesOf(restarted.Open(program)), opened);
  EXPECT_EQ(shop_.All(), after);
}

TEST_F(IdempotencyTest, AKnownOrderIdWithOtherContentIsReuse) {
  std::vector<std::function<void(v1::Order&)>> changes = {
      [](v1::Order& order) { order.mutable_lines(0)->set_amount_minor(2001); },
      [](v1::Order& order) { order.mutable_lines(0)->set_sku("tea"); },
      [](v1::Order& order) { order.mutable_lines(0)->set_cost_minor(0); },
      [](v1::Order& order) { order.mutable_lines()->RemoveLast(); },
      [](v1::Order& order) { order.mutable_lines()->SwapElements(0, 1); },
      [](v1::Order& order) { order.set_member_id("ben"); },
      [](v1::Order& order) { order.clear_member_id(); },
      [](v1::Order& order) { order.set_channel("web"); },
      [](v1::Order& order) { order.add_codes("NONE"); },
      [](v1::Order& order) { order.set_shipping_minor(1); },
      [](v1::Order& order) { order.mutable_redeem()->set_all(true); },
      [](v1::Order& order) { order.mutable_placed_time()->set_seconds(1); },
      [](v1::Order& order) { (*order.mutable_attributes())["a"] = "b"; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::CommitOrderRequest request = SaleRequest("o1", "ann", {2000, 550});
    changes[i](*request.mutable_order());
    EXPECT_EQ(Refused(request), "REQUEST_ID_REUSED") << i;
  }
}

TEST_F(IdempotencyTest, AKnownRefundIdWithOtherContentIsReuse) {
  v1::RefundOrderRequest request = RefundRequest("o1", "r1");
  request.add_lines()->set_line_id("l1");
  request.mutable_lines(0)->set_quantity(1);
  ASSERT_TRUE(shop_.Refund(request).ok());
  v1::RefundOrderRequest other = request;
  other.set_order_id("o9");
  EXPECT_EQ(Refused(other), "REQUEST_ID_REUSED");
  other = request;
  other.mutable_lines(0)->set_amount_minor(1);
  EXPECT_EQ(Refused(other), "REQUEST_ID_REUSED");
  EXPECT_EQ(Refused(RefundRequest("o1", "r1")), "REQUEST_ID_REUSED");
}

TEST_F(IdempotencyTest, AKnownRequestIdWithOtherContentIsReuse) {
  v1::CreateMemberRequest member = MemberRequest("ann");
  member.mutable_member()->set_display_name("Ann");
  EXPECT_EQ(Unchanged([&] { return Send(member); }), "REQUEST_ID_REUSED");
  const v1::PublishRulebookRequest rulebook =
      RulebookRequest("publish-1", absl::StrCat(kRulebook, "# changed\n"));
  EXPECT_EQ(Unchanged([&] { return Send(rulebook); }), "REQUEST_ID_REUSED");
  // One id for two methods of a program is one id with other content.
  v1::PublishRulebookRequest other = RulebookRequest("enrol-ann", kRulebook);
  EXPECT_EQ(Unchanged([&] { return Send(other); }), "REQUEST_ID_REUSED");
}

TEST_F(IdempotencyTest, ARefusalIsRememberedForARequestId) {
  v1::CreateMemberRequest request = MemberRequest("ann");
  request.set_request_id("again");
  const absl::Status first = shop_.Enrol(request).status();
  EXPECT_EQ(NameOf(first), "ALREADY_EXISTS");
  const Contents after = shop_.All();
  TestShop restarted(store_, clock_);
  EXPECT_EQ(SerializeRefusal(restarted.Enrol(request).status()),
            SerializeRefusal(first));
  request.mutable_member()->set_member_id("cleo");
  EXPECT_EQ(NameOf(shop_.Enrol(request).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(shop_.All(), after);
}

TEST_F(IdempotencyTest, ALateDuplicateOfARefusalDoesNotSucceedBySurprise) {
  v1::PublishRulebookRequest request = RulebookRequest("early", kRulebook);
  request.set_program_id("later");
  request.set_yaml("program: later\ncurrency: EUR\ntime_zone: Europe/Athens\n");
  // No such program yet, so there is nowhere to remember it: not a refusal of
  // the request's content.
  EXPECT_EQ(Unchanged([&] { return Send(request); }), "NOT_FOUND");
  v1::PublishRulebookRequest wrong = RulebookRequest("wrong", "");
  wrong.set_yaml("program: shop\ncurrency: USD\ntime_zone: Europe/Athens\n");
  EXPECT_EQ(RefusedBut(wrong), "FIELD_INVALID rulebook.currency");
  EXPECT_EQ(Unchanged([&] { return Send(wrong); }),
            "FIELD_INVALID rulebook.currency");
}

TEST_F(IdempotencyTest, ARefusedOrderMayBeTriedAgain) {
  v1::CommitOrderRequest request = SaleRequest("o2", "ben", {1000});
  request.mutable_order()->mutable_redeem()->set_points(10);
  EXPECT_EQ(Refused(request), "INSUFFICIENT_POINTS");
  ASSERT_TRUE(shop_.Commit(SaleRequest("o3", "ben", {1000})).ok());
  const auto now_he_has_them = shop_.Commit(request);
  ASSERT_TRUE(now_he_has_them.ok()) << now_he_has_them.status();
  EXPECT_EQ(now_he_has_them->quote().points_redeemed(), 10);
  request.mutable_order()->clear_redeem();
  EXPECT_EQ(Refused(request), "REQUEST_ID_REUSED");
}

TEST_F(IdempotencyTest, ARefusedRefundMayBeTriedAgain) {
  const v1::RefundOrderRequest request = RefundRequest("o2", "r1");
  EXPECT_EQ(Refused(request), "NOT_FOUND");
  ASSERT_TRUE(shop_.Commit(SaleRequest("o2", "", {1000})).ok());
  EXPECT_EQ(shop_.Refund(request)->refund_minor(), 1000);
  EXPECT_EQ(Refused(RefundRequest("o2", "r2")), "REFUND_EXCEEDS_ORDER");
}

TEST_F(IdempotencyTest, ARefusedOrderChangesNothing) {
  const auto changed = [](const std::function<void(v1::Order&)>& change) {
    v1::CommitOrderRequest request = SaleRequest("o2", "ann", {2000, 1000});
    change(*request.mutable_order());
    return request;
  };
  const auto redeem = [&](int64_t points) {
    return changed(
        [&](v1::Order& order) { order.mutable_redeem()->set_points(points); });
  };
  EXPECT_EQ(Refused(redeem(5)), "FIELD_INVALID order.redeem.points");
  EXPECT_EQ(Refused(redeem(12)), "FIELD_INVALID order.redeem.points");
  EXPECT_EQ(Refused(redeem(1000)), "INSUFFICIENT_POINTS");
  EXPECT_EQ(
      Refused(changed([](v1::Order& order) { order.set_currency("USD"); })),
      "FIELD_INVALID order.currency");
  EXPECT_EQ(Refused(changed([](v1::Order& order) {
              order.mutable_lines(1)->set_tax_minor(1001);
            })),
            "FIELD_INVALID order.lines[1].tax_minor");
  EXPECT_EQ(
      Refused(changed([](v1::Order& order) { order.set_member_id("nobody"); })),
      "NOT_FOUND");
  EXPECT_EQ(Refused(changed([](v1::Order& order) {
              order.clear_member_id();
              order.mutable_identifier()->set_kind("card");
              order.mutable_identifier()->set_value("0");
            })),
            "NOT_FOUND");
  EXPECT_EQ(
      Refused(changed([](v1::Order& order) { order.set_channel("web"); })),
      "MARGIN_CAP");
  EXPECT_EQ(Refused(changed([](v1::Order& order) {
              order.mutable_placed_time()->set_seconds(4'000'000'000);
            })),
            "FIELD_INVALID order.placed_time");
  v1::CommitOrderRequest elsewhere = SaleRequest("o2", "ann", {2000});
  elsewhere.set_program_id("elsewhere");
  EXPECT_EQ(Refused(elsewhere), "NOT_FOUND");
}

TEST_F(IdempotencyTest, ARefusedCodeIsNotUsedUp) {
  const auto with = [](const std::string& member,
                       const std::vector<std::string>& codes) {
    v1::CommitOrderRequest request = SaleRequest("o2", member, {2000});
    for (const std::string& code : codes)
      request.mutable_order()->add_codes(code);
    return request;
  };
  EXPECT_EQ(Refused(with("ann", {"TY-0000"})), "CODE_NOT_FOUND");
  EXPECT_EQ(Refused(with("ben", {code_})), "CODE_NOT_FOUND");
  EXPECT_EQ(Refused(with("", {code_})), "CODE_NOT_FOUND");
  EXPECT_EQ(Refused(with("ann", {code_, code_})),
            "FIELD_INVALID order.codes[1]");
  v1::CommitOrderRequest small = with("ann", {code_});
  small.mutable_order()->mutable_lines(0)->set_amount_minor(999);
  EXPECT_EQ(Refused(small), "CODE_NOT_APPLICABLE");
  ASSERT_TRUE(shop_.Commit(with("ann", {code_})).ok());
  v1::CommitOrderRequest again = with("ann", {code_});
  again.mutable_order()->set_order_id("o3");
  EXPECT_EQ(Refused(again), "CODE_USED");
  ASSERT_TRUE(shop_.Refund(RefundRequest("o2", "r2")).ok());
  clock_.Advance(absl::Hours(24 * 60));
  EXPECT_EQ(Refused(again), "CODE_EXPIRED");
}

TEST_F(IdempotencyTest, ARefusedRefundChangesNothing) {
  const auto line = [](const std::string& id) {
    v1::RefundOrderRequest request = RefundRequest("o1", "r1");
    request.add_lines()->set_line_id(id);
    return request;
  };
  v1::RefundOrderRequest request = line("l9");
  request.mutable_lines(0)->set_quantity(1);
  EXPECT_EQ(Refused(request), "FIELD_INVALID lines[0].line_id");
  request = line("l1");
  EXPECT_EQ(Refused(request), "FIELD_INVALID lines[0]");
  request.mutable_lines(0)->set_quantity(2);
  EXPECT_EQ(Refused(request), "REFUND_EXCEEDS_ORDER");
  request.mutable_lines(0)->set_amount_minor(2001);
  EXPECT_EQ(Refused(request), "REFUND_EXCEEDS_ORDER");
  request.mutable_lines(0)->set_amount_minor(1);
  *request.add_lines() = request.lines(0);
  EXPECT_EQ(Refused(request), "FIELD_INVALID lines[1].line_id");
}

TEST_F(IdempotencyTest, ARefusedMemberChangesNothing) {
  v1::CreateMemberRequest request = MemberRequest("cleo");
  v1::Identifier* email = request.mutable_member()->add_identifiers();
  email->set_kind("email");
  email->set_value(" Cleo@Example.com ");
  ASSERT_TRUE(shop_.Enrol(request).ok());
  v1::CreateMemberRequest other = MemberRequest("dora");
  *other.mutable_member()->add_identifiers() = request.member().identifiers(0);
  other.mutable_member()->mutable_identifiers(0)->set_value("cleo@example.COM");
  EXPECT_EQ(RefusedBut(other), "ALREADY_EXISTS");
  other.set_program_id("elsewhere");
  EXPECT_EQ(Unchanged([&] { return Send(other); }), "NOT_FOUND");
  v1::CreateProgramRequest program;
  program.set_request_id("open-again");
  program.mutable_program()->set_program_id(std::string(kShop));
  program.mutable_program()->set_currency("EUR");
  program.mutable_program()->set_time_zone("Europe/Athens");
  EXPECT_EQ(RefusedBut(program), "ALREADY_EXISTS");
}

TEST_F(IdempotencyTest, AnIdentifierGivenTwiceIsOne) {
  v1::CreateMemberRequest request = MemberRequest("cleo");
  for (const char* value : {"cleo@example.com", "CLEO@example.com"}) {
    v1::Identifier* email = request.mutable_member()->add_identifiers();
    email->set_kind("email");
    email->set_value(value);
  }
  const auto member = shop_.Enrol(request);
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ(member->identifier_kinds_size(), 1);
}

}  // namespace
}  // namespace pistis
