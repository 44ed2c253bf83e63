#include "engine/operations/testing_proof.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/access_shop_test.h"
#include "engine/operations/care_shop_test.h"
#include "engine/operations/chain.h"
#include "engine/operations/sign_checkpoint.h"
#include "engine/operations/verify_ledger.h"
#include "engine/order/order.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
points:
  value: "0.01"
  expire: {after: 30d, refund_grace: 5d}
  pending: {for: 3d}
margin:
  unknown_cost: {assume: "50%"}
  order: {max_discount: "10%"}
budgets:
  - {id: share, per: program, window: month, max_discount: "20%", max_points: 90000}
  - {id: each, per: member, window: 7d, max_discount: "50.00", max_times: 900}
  - {id: codes, per: store, max_discount: "50.00"}
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
  - {id: off, discount: {percent: "20%"}}
  - {id: first, when: member.orders == 1, issue_code: next, note: thanks}
codes:
  - {id: next, discount: {percent: "5%"}, uses: 2, expires: 60d, budget: codes}
notes:
  - {id: thanks, channel: print, text: {en: "{{name}} {{code}}"}}
)";

constexpr absl::string_view kIdleRulebook = R"(
points:
  value: "0.01"
  expire: {after_inactivity: 20d}
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
)";

constexpr absl::string_view kEventsRulebook = R"(
points:
  value: "0.01"
  expire: {after: 20d}
referral: {}
budgets:
  - {id: events, per: program, max_points: 90000}
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
  - {id: brought, on: referral.qualified, earn: {points: 80}, limits: [{per: campaign, times: 9}]}
  - {id: visit, on: visit, earn: {points: 3}, tier_points: {points: 2}, issue_code: gift, note: hello, segment: guests, limits: [{per: member, times: 5}]}
codes:
  - {id: gift, discount: {amount: "1.00"}, expires: 60d}
  - {id: leaflet, discount: {amount: "0.10"}, expires: 30d, on_return: kept, format: {prefix: LEAF, check: false}}
  - {id: summer, word: SUMMER, earn: {points: 7}, uses: 9, uses_per_member: 3, on_return: kept}
  - {id: winter, word: WINTER, discount: {amount: "0.20"}, uses_per_member: 5}
notes:
  - {id: hello, channel: print, text: {en: "{{name}} {{code}}"}}
segments:
  - {id: guests}
)";

constexpr absl::string_view kNotesRulebook = R"(
points:
  value: "0.01"
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
  - {id: greet, on: greeted, note: hello}
  - {id: ring, on: greeted, note: ring}
  - {id: slip, on: greeted, note: slip}
notes:
  - {id: hello, channel: email, kind: thank-you, text: {en: "{{name}}"}}
  - {id: ring, channel: sms, kind: thank-you, priority: 50, text: {en: "Hi"}}
  - {id: slip, channel: print, text: {en: "Enjoy"}}
contact: {max: 1, window: 7d, quiet: "21:00-09:00"}
)";

template <typename Request>
Request ForMember(absl::string_view member, absl::string_view request_id) {
  Request request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(std::string(request_id));
  request.set_member_id(std::string(member));
  return request;
}

template <typename Request>
Request ForHold(absl::string_view hold, absl::string_view request_id) {
  Request request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(std::string(request_id));
  request.set_hold_id(std::string(hold));
  return request;
}

v1::HoldPointsRequest Hold(absl::string_view hold, int64_t points) {
  v1::HoldPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_hold_id(std::string(hold));
  request.set_member_id("ann");
  request.set_points(points);
  return request;
}

template <typename Reply>
Reply Done(const absl::StatusOr<Reply>& reply) {
  EXPECT_TRUE(reply.ok()) << reply.status();
  return reply.ok() ? *reply : Reply();
}

template <typename Request>
Request WithPoints(Request request, int64_t points) {
  request.set_points(points);
  request.set_reason("test");
  return request;
}

}  // namespace

BusyShop::BusyShop() {
  OpenWith(kRulebook, shop_);
  for (const char* member : {"ann", "ben", "cleo"}) {
    v1::CreateMemberRequest request = MemberRequest(member);
    request.mutable_member()->set_display_name(absl::StrCat("The ", member));
    request.mutable_member()->set_language("en");
    v1::Identifier& card = *request.mutable_member()->add_identifiers();
    card.set_kind("card");
    card.set_value(absl::StrCat("card of ", member));
    Done(shop_.Enrol(request));
  }
  v1::ImportCostsRequest costs =
      CostsRequest("costs", {{"hat", "1.2345"}, {"hat", "2"}, {"tea", "0"}});
  *costs.mutable_costs(1)->mutable_valid_from() = ToTimestamp(clock_.Now());
  Done(shop_.Import(costs));
  Trade();
  MovePoints();
  HoldPoints();
  // After a month without a touch the lots have expired.
  clock_.Advance(absl::Hours(24 * 40));
  EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
  Done(shop_.Refund(RefundRequest("o2", "r-late")));
  KeepKeys(OwnerDesk(store_, shop_));
  GrowIdle();
  BringFriends();
  TradeCodes();
  HoldOrders();
  Deliver();
  WriteNotes();
  Complain(shop_, clock_);
}

void BusyShop::TradeCodes() {
  v1::IssueCodeRequest single =
      ForMember<v1::IssueCodeRequest>("ann", "issue-1");
  single.set_template_id("gift");
  const v1::IssueCodeResponse first = Done(shop_.Issue(single));
  single.set_request_id("issue-2");
  single.clear_member_id();
  Done(shop_.Issue(single));
  v1::VoidCodeRequest end;
  end.set_program_id(std::string(kShop));
  end.set_request_id("void-1");
  end.set_code(first.code().code());
  end.set_reason("lost");
  Done(shop_.Void(end));
  v1::IssueCodesRequest bulk;
  bulk.set_program_id(std::string(kShop));
  bulk.set_request_id("leaflets");
  bulk.set_template_id("leaflet");
  bulk.set_count(5);
  Done(shop_.IssueNext(bulk));
  for (const char* member : {"ann", "ben", "cleo"}) {
    v1::CommitOrderRequest sale =
        SaleRequest(absl::StrCat("words-of-", member), member, {4000});
    sale.mutable_order()->add_codes("summer");
    sale.mutable_order()->add_codes("WIN-TER");
    Done(shop_.Commit(sale));
  }
  Done(shop_.Refund(RefundRequest("words-of-ann", "back-words")));
  end.set_request_id("void-2");
  end.set_code("WINTER");
  Done(shop_.Void(end));
}

void BusyShop::Deliver() {
  v1::CreateSubscriptionRequest request = SubscriptionRequest("hooks");
  request.mutable_subscription()->mutable_webhook()->set_url(
      "https://shop.example/hooks");
  *request.mutable_subscription()->mutable_from_time() =
      ToTimestamp(absl::UnixEpoch());
  Done(shop_.Subscribe(request));
  Done(shop_.Subscribe(SubscriptionRequest("reader")));
  DeliveryProgress progress{.program = ProgramId(kShop),
                            .subscription = "hooks",
                            .create_us = absl::ToUnixMicros(clock_.Now()),
                            .delivered = 3,
                            .trouble = "it answered 400"};
  const auto events = shop_.Events(ProgramId(kShop), "");
  ASSERT_TRUE(events.ok()) << events.status();
  for (size_t i = 3; i < 8; ++i) {
    const v1::Event& event = (*events)[i];
    const EventCursor cursor = *ParseCursor(event.cursor());
    store::v1::DeliveryRecord& kept = progress.kept.emplace_back();
    kept.set_commit_seq(cursor.commit_seq);
    kept.set_event(cursor.index);
    kept.set_member_id(event.member_id());
    kept.set_attempts(2);
    kept.set_first_us(progress.create_us);
    if (i % 2 == 1) kept.set_next_us(progress.create_us + 1);
    kept.set_trouble(progress.trouble);
    progress.reached = cursor;
  }
  Done(shop_.Record(progress));
}

void BusyShop::WriteNotes() {
  Done(shop_.Publish(RulebookRequest("publish-notes", kNotesRulebook)));
  const auto greet = [&](const char* member, int hour) {
    const absl::CivilDay today = absl::ToCivilDay(clock_.Now(), Athens());
    absl::Time at = absl::FromCivil(absl::CivilHour(today) + hour, Athens());
    if (at < clock_.Now()) {
      at = absl::FromCivil(absl::CivilHour(today + 1) + hour, Athens());
    }
    clock_.Set(at);
    auto request = ForMember<v1::RecordActivityRequest>(
        member, absl::StrCat("greet-", member, "-", absl::ToUnixSeconds(at)));
    request.set_name("greeted");
    Done(shop_.Act(request));
  };
  greet("ann", 12);
  greet("ann", 13);
  greet("cleo", 22);
  greet("ann", 23);
  clock_.Advance(absl::Hours(12));
  EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
  greet("ben", 22);
}

void BusyShop::Trade() {
  const v1::CommitOrderResponse first =
      Done(shop_.Commit(SaleRequest("o1", "ann", {5000, 2500})));
  Done(shop_.Commit(SaleRequest("o2", "ben", {9000})));
  Done(shop_.Commit(SaleRequest("o3", "", {700})));
  clock_.Advance(absl::Hours(24 * 5));
  v1::CommitOrderRequest with_code = SaleRequest("o4", "ann", {3000});
  if (first.issued_codes_size() > 0) {
    with_code.mutable_order()->add_codes(first.issued_codes(0).code());
  }
  with_code.mutable_order()->mutable_redeem()->set_points(120);
  Done(shop_.Commit(with_code));
  v1::CommitOrderRequest again = with_code;
  again.mutable_order()->set_order_id("o5");
  Done(shop_.Commit(again));
  v1::RefundOrderRequest part = RefundRequest("o1", "r1");
  v1::RefundLine& line = *part.add_lines();
  line.set_line_id("l2");
  line.set_amount_minor(1000);
  Done(shop_.Refund(part));
  Done(shop_.Refund(RefundRequest("o4", "r2")));
  Done(shop_.Refund(RefundRequest("o3", "r3")));
}

void BusyShop::MovePoints() {
  Done(shop_.Post(
      WithPoints(ForMember<v1::EarnPointsRequest>("ann", "e1"), 500)));
  Done(shop_.Post(
      WithPoints(ForMember<v1::EarnPointsRequest>("ben", "e2"), 70)));
  Done(shop_.Post(
      WithPoints(ForMember<v1::RedeemPointsRequest>("ann", "d1"), 40)));
  Done(shop_.Post(
      WithPoints(ForMember<v1::AdjustPointsRequest>("ben", "a1"), 35)));
  Done(shop_.Post(
      WithPoints(ForMember<v1::AdjustPointsRequest>("ben", "a2"), -15)));
  int64_t moved = 0;
  for (const char* request_id : {"t1", "t2"}) {
    v1::TransferPointsRequest transfer;
    transfer.set_program_id(std::string(kShop));
    transfer.set_request_id(request_id);
    transfer.set_from_member_id("ann");
    transfer.set_to_member_id("cleo");
    transfer.set_points(50);
    moved = Done(shop_.Post(transfer)).out_entry().entry_number();
  }
  auto undo = ForMember<v1::ReverseEntryRequest>("ann", "u1");
  undo.set_entry_number(moved);
  undo.set_reason("test");
  Done(shop_.Post(undo));
}

void BusyShop::HoldPoints() {
  Done(shop_.Post(Hold("h-captured", 100)));
  Done(shop_.Post(Hold("h-released", 30)));
  Done(shop_.Post(Hold("h-expired", 20)));
  Done(shop_.Post(
      WithPoints(ForHold<v1::CaptureHoldRequest>("h-captured", "c1"), 60)));
  Done(shop_.Post(ForHold<v1::ReleaseHoldRequest>("h-released", "l1")));
}

void BusyShop::GrowIdle() {
  Done(shop_.Publish(RulebookRequest("publish-2", kIdleRulebook)));
  Done(shop_.Commit(SaleRequest("o6", "cleo", {4000})));
  clock_.Advance(absl::Hours(24 * 3));
  Done(shop_.Commit(SaleRequest("o7", "cleo", {1000})));
  Done(shop_.Commit(SaleRequest("o8", "ann", {2000})));
  Done(shop_.Post(Hold("h-open", 25)));
  clock_.Advance(absl::Minutes(10));
  Done(shop_.Commit(SaleRequest("o9", "ann", {2000})));
  clock_.Advance(absl::Hours(24 * 2));
  EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
  v1::HoldPointsRequest open = Hold("h-long", 15);
  *open.mutable_expire_time() =
      ToTimestamp(clock_.Now() + absl::Hours(24 * 300));
  Done(shop_.Post(open));
}

void BusyShop::BringFriends() {
  Done(shop_.Publish(RulebookRequest("publish-3", kEventsRulebook)));
  v1::GetMemberRequest asked;
  asked.set_program_id(std::string(kShop));
  asked.set_member_id("cleo");
  asked.set_with_referral_code(true);
  const v1::Member cleo = Done(shop_.Ask(GetMember, asked));
  for (const char* member : {"dora", "eli"}) {
    v1::CreateMemberRequest request = MemberRequest(member);
    request.set_referral_code(cleo.referral_code());
    Done(shop_.Enrol(request));
    Done(shop_.Commit(
        SaleRequest(absl::StrCat("first-of-", member), member, {4000})));
    auto visit = ForMember<v1::RecordActivityRequest>(
        member, absl::StrCat("visit-of-", member));
    visit.set_name("visit");
    Done(shop_.Act(visit));
  }
  Done(shop_.Refund(RefundRequest("first-of-eli", "back-eli")));
  v1::UpdateMemberRequest suspend;
  suspend.set_program_id(std::string(kShop));
  suspend.set_request_id("suspend-eli");
  suspend.mutable_member()->set_member_id("eli");
  suspend.mutable_member()->set_state(v1::Member::SUSPENDED);
  suspend.add_update_fields("state");
  Done(shop_.Update(suspend));
}

void BusyShop::HoldOrders() {
  Done(shop_.Post(
      WithPoints(ForMember<v1::EarnPointsRequest>("ann", "e-held"), 100)));
  for (const char* id : {"r-expired", "r-committed", "r-cancelled", "r-open"}) {
    v1::HoldOrderRequest request = HoldRequest(
        id, SaleRequest(absl::StrCat("order-of-", id), "ann", {3000}));
    request.mutable_order()->mutable_redeem()->set_points(20);
    if (std::string(id) != "r-expired") {
      *request.mutable_expire_time() =
          ToTimestamp(clock_.Now() + absl::Hours(24 * 30));
    }
    Done(shop_.Hold(request));
  }
  Done(shop_.Commit(CommitRequest("r-committed")));
  Done(shop_.Cancel(CancelRequest("r-cancelled")));
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
}

absl::StatusOr<std::optional<std::string>> ContentsReader::Get(
    absl::string_view key) const {
  const auto found = contents_.find(std::string(key));
  if (found == contents_.end()) return std::nullopt;
  return found->second;
}

absl::Status ContentsReader::Scan(absl::string_view begin,
                                  absl::string_view end,
                                  ScanVisitor visitor) const {
  for (auto at = contents_.lower_bound(std::string(begin));
       at != contents_.end() &&
       (end.empty() || absl::string_view(at->first) < end);
       ++at) {
    if (visitor(at->first, at->second) == Visit::kStop) break;
  }
  return absl::OkStatus();
}

absl::Status ContentsReader::ScanBackward(absl::string_view begin,
                                          absl::string_view end,
                                          ScanVisitor visitor) const {
  auto at =
      end.empty() ? contents_.end() : contents_.lower_bound(std::string(end));
  while (at != contents_.begin()) {
    --at;
    if (absl::string_view(at->first) < begin) break;
    if (visitor(at->first, at->second) == Visit::kStop) break;
  }
  return absl::OkStatus();
}

v1::VerifyReport RecountOf(
    const Contents& contents,
    const std::vector<v1::LedgerCheckpoint>& checkpoints) {
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  for (const v1::LedgerCheckpoint& checkpoint : checkpoints)
    *request.add_checkpoints() = checkpoint;
  const auto report =
      VerifyLedger(ContentsReader(contents), request,
                   [](const v1::VerifyProgress&) { return true; });
  EXPECT_TRUE(report.ok()) << report.status();
  return report.value_or(v1::VerifyReport());
}

std::vector<std::string> FindingsOf(const v1::VerifyReport& report) {
  std::vector<std::string> findings;
  for (const v1::VerifyFinding& finding : report.findings()) {
    findings.push_back(absl::StrCat(finding.kind(), ": ", finding.where(), ": ",
                                    finding.problem()));
  }
  return findings;
}

std::vector<std::string> KeysOf(const Contents& contents, char table) {
  const std::string prefix =
      absl::StrCat(std::string(1, table), kShop, std::string(1, '\0'));
  std::vector<std::string> keys;
  for (const auto& [key, value] : contents) {
    if (absl::StartsWith(key, prefix)) keys.push_back(key);
  }
  return keys;
}

void TamperTest::ExpectFound(absl::string_view kind,
                             absl::string_view where) const {
  const v1::VerifyReport report = RecountOf(contents_);
  for (const v1::VerifyFinding& finding : report.findings()) {
    if (absl::string_view(finding.kind()) == kind &&
        absl::StartsWith(finding.where(), where) &&
        !finding.problem().empty()) {
      return;
    }
  }
  ADD_FAILURE() << "no finding " << kind << ": " << where << " among\n"
                << absl::StrJoin(FindingsOf(report), "\n");
}

v1::LedgerCheckpoint TamperTest::Checkpoint() const {
  v1::SignCheckpointRequest request;
  request.set_program_id(std::string(kShop));
  const auto checkpoint = busy_.shop().Ask(SignCheckpoint, request);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  return checkpoint.value_or(v1::LedgerCheckpoint());
}

std::vector<int64_t> TamperTest::Links() const {
  std::vector<int64_t> links;
  for (const std::string& key : KeysOf(contents_, 'V')) {
    store::v1::CommitRecord record;
    EXPECT_TRUE(record.ParseFromString(contents_.at(key)));
    if (record.entries_size() > 0) links.push_back(TrailingNumber(key));
  }
  return links;
}

void TamperTest::Rechain() {
  const ProgramId program{std::string(kShop)};
  std::string link;
  const auto relink = [&](int64_t commit_seq, store::v1::CommitRecord& record) {
    std::vector<ChainedEntry> entries;
    for (const store::v1::EntryRef& ref : record.entries()) {
      const MemberId member(ref.member_id());
      entries.push_back(
          {.member = member,
           .number = ref.number(),
           .record = contents_.at(EntryKey(program, member, ref.number()))});
    }
    link = NextLink(link, program, commit_seq, entries);
    record.set_chain_hash(link);
  };
  for (const int64_t commit_seq : Links()) {
    Tamper<store::v1::CommitRecord>(
        CommitKey(program, commit_seq),
        [&](store::v1::CommitRecord& record) { relink(commit_seq, record); });
  }
  Tamper<store::v1::TotalsRecord>(
      TotalsKey(program),
      [&](store::v1::TotalsRecord& totals) { totals.set_chain_hash(link); });
}

}  // namespace pistis
