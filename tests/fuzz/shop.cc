#include "tests/fuzz/shop.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing_proof.h"
#include "engine/operations/verify_ledger.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "tests/fuzz/promise.h"

namespace pistis {

const char kFuzzRulebook[] = R"(
points:
  value: "0.01"
  expire: {after: 90d}
  pending: {for: 3d}
  on_return: recompute
margin:
  unknown_cost: {assume: "50%"}
  order: {max_discount: "30%"}
budgets:
  - {id: each, per: member, window: 30d, max_discount: "60.00"}
tiers:
  - {id: silver, qualify: {spend: "20.00", within: 365d}, keep_for: 365d}
segments:
  - {id: nutty, when: 'member.attributes["diet"].startsWith("a")'}
referral: {prefix: FR, qualify: 'order.subtotal > 0', window: 100d}
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
  - {id: engraved, lines: 'line.attributes["text"] != ""', earn: {points: 2}}
  - {id: many, when: size(order.lines) > 1, discount: {percent: "5%"}}
  - {id: again, when: member.orders >= 1, issue_code: gift, note: thanks}
  - {id: heard, on: case.resolved, earn: {points: 3}}
  - {id: friend, on: referral.qualified, earn: {points: 50}}
  - {id: visit, on: visit, earn: {points: 3}, limits: [{per: member, times: 5}]}
codes:
  - {id: gift, discount: {amount: "1.00"}, expires: 60d}
  - {id: summer, word: SUMMER, earn: {points: 7}, uses: 9, uses_per_member: 3}
notes:
  - {id: thanks, channel: email, text: {en: "{{name}} {{code}}"}}
  - {id: sorry, kind: apology, channel: print, text: {en: "Sorry. {{code}}"}}
  - {id: ask, kind: follow-up, channel: print, text: {en: "How is it now?"}}
contact: {max: 20, window: 7d, quiet: "20:00-09:00"}
care:
  roles:
    - {id: till, grant_up_to: "5.00"}
    - {id: manager, approve_up_to: "90.00"}
  remedies:
    - {id: parcel, points: 40, issue_code: gift, note: sorry, worth: "1.40"}
    - {id: large, points: 900}
  follow_up: {note: ask, after: 1d, close_after: 1d}
)";

Visitor::Visitor(const OperationEnv& env, const Reader& shop, absl::Time now)
    : env_(env), reader_(shop, {&writes_}), now_(now) {}

CommitContext Visitor::NextCommit() const {
  const auto last =
      GetExpectedRecord<store::v1::SequenceRecord>(reader_, SequenceKey());
  Require(last.ok(), "the store knows its last commit");
  return {.commit_seq = last->commit_seq() + 1, .now = now_, .caller = "fuzz"};
}

void Visitor::Apply(const CommitContext& context, WriteSet writes) {
  store::v1::SequenceRecord sequence;
  sequence.set_commit_seq(context.commit_seq);
  PutRecord(SequenceKey(), sequence, writes);
  writes_.Merge(std::move(writes));
}

struct Shop::Parts {
  Parts();

  BusyShop busy;
  std::vector<std::string> codes = {"SUMMER", "summer"};
  std::unique_ptr<Snapshot> snapshot;
};

Shop::Parts::Parts() {
  TestShop& shop = busy.shop();
  const auto published =
      shop.Publish(RulebookRequest("publish-last", kFuzzRulebook));
  Require(published.ok(), absl::StrCat("the shop's rulebook is good: ",
                                       published.status().ToString()));
  for (const char* member : {"", "ann", "ben"}) {
    v1::IssueCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(absl::StrCat("gift-of-", member));
    request.set_template_id("gift");
    request.set_member_id(member);
    const auto issued = shop.Issue(request);
    Require(issued.ok(), "the shop issues codes");
    codes.push_back(issued->code().code());
  }
  const auto sold = shop.Commit(SaleRequest("last", "ann", {5000, 2500}));
  Require(sold.ok(), "the shop sells");
  Require(!testing::UnitTest::GetInstance()->ad_hoc_test_result().Failed(),
          "all that the shop was asked was done");
  snapshot = shop.GetSnapshot();
}

Shop::Shop() : parts_(std::make_shared<const Parts>()) {}

const Shop& Shop::Get() {
  static const Shop& shop = *new Shop();
  return shop;
}

Visitor Shop::Enter() const {
  return {parts_->busy.shop().env(), *parts_->snapshot, now()};
}

const std::vector<std::string>& Shop::codes() const {
  return parts_->codes;
}

absl::Time Shop::now() const {
  return parts_->busy.shop().Now();
}

void RequireSound(const Visitor& visitor) {
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  const auto report =
      VerifyLedger(visitor.reader(), request,
                   [](const v1::VerifyProgress&) { return true; });
  Require(report.ok(), "the ledger can be recounted");
  Require(report->findings_size() == 0,
          absl::StrCat("a recount finds nothing: ", report->DebugString()));
}

}  // namespace pistis
