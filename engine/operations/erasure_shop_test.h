// A shop whose member ann is known by strings that nobody else has, and how she
// is erased, step by step. For tests.
#ifndef PISTIS_ENGINE_OPERATIONS_ERASURE_SHOP_TEST_H_
#define PISTIS_ENGINE_OPERATIONS_ERASURE_SHOP_TEST_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/care_shop_test.h"
#include "engine/operations/clean_erased.h"
#include "engine/operations/erase_member.h"
#include "engine/operations/testing.h"
#include "engine/operations/verify_ledger.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {

// All that is personal of ann; of nobody and nothing else.
inline const std::vector<std::string>& AnnsStrings() {
  static const std::vector<std::string> strings = {
      "Annoula Testaki", "annoula@example.org",
      "+306912345678",   "1987-03-21",
      "cards-9000-0001", "allergic-to-nuts",
      "wears-size-43",   "el-CY",
      "Asia/Nicosia",    "The parcel was wet.",
      "Still no tea.",   "gift for Eleni",
      "engraved Eleni"};
  return strings;
}

inline constexpr absl::string_view kErasureRulebook = R"(
points:
  value: "0.01"
  pending: {for: 3d}
  on_return: recompute
margin:
  unknown_cost: {assume: "50%"}
budgets:
  - {id: each, per: member, window: 30d, max_discount: "60.00"}
tiers:
  - {id: silver, qualify: {spend: "20.00", within: 365d}, keep_for: 365d}
segments:
  - {id: nutty, when: 'member.attributes["diet"].startsWith("allergic")'}
referral: {prefix: FR, qualify: 'order.subtotal > 0', window: 100d}
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
  - {id: size, when: 'member.attributes["shoes"].endsWith("43")', discount: {percent: "5%"}}
  - {id: engraved, lines: 'line.attributes["text"] != ""', earn: {points: 2}}
  - {id: born, when: member.birthday.getMonth() == 2, earn: {points: 1}}
  - {id: again, when: member.orders >= 1, issue_code: gift, note: thanks}
  - {id: heard, on: case.resolved, earn: {points: 3}}
  - {id: friend, on: referral.qualified, earn: {points: 50}}
  - {id: back, on: order.refunded, earn: {points: 1}}
codes:
  - {id: gift, discount: {amount: "1.00"}, expires: 60d}
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

class ErasureShop : public testing::Test {
 protected:
  ErasureShop() {
    OpenWith(kErasureRulebook, shop_);
    EXPECT_TRUE(shop_.Enrol(Ann("ann")).ok());
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ben")).ok());
  }

  static v1::CreateMemberRequest Ann(const std::string& id) {
    v1::CreateMemberRequest request = MemberRequest(id);
    v1::Member& member = *request.mutable_member();
    member.set_display_name("Annoula Testaki");
    member.set_language("el-CY");
    member.set_birthday("1987-03-21");
    member.set_time_zone("Asia/Nicosia");
    (*member.mutable_attributes())["diet"] = "allergic-to-nuts";
    (*member.mutable_attributes())["shoes"] = "wears-size-43";
    (*member.mutable_addresses())["email"] = "annoula@example.org";
    (*member.mutable_addresses())["sms"] = "+306912345678";
    (*member.mutable_consents())["email"] = true;
    const std::pair<const char*, const char*> identifiers[] = {
        {"card", "cards-9000-0001"},
        {"email", "annoula@example.org"},
        {"phone", "+306912345678"}};
    for (const auto& [kind, value] : identifiers) {
      v1::Identifier& identifier = *member.add_identifiers();
      identifier.set_kind(kind);
      identifier.set_value(value);
    }
    return request;
  }

  static v1::CommitOrderRequest AnnsSale(const std::string& id,
                                         int64_t amount) {
    v1::CommitOrderRequest request = SaleRequest(id, "ann", {amount, 250});
    v1::Order& order = *request.mutable_order();
    (*order.mutable_attributes())["note"] = "gift for Eleni";
    (*order.mutable_lines(0)->mutable_attributes())["text"] = "engraved Eleni";
    return request;
  }

  static v1::EraseMemberRequest EraseRequest(const std::string& member,
                                             const std::string& id = "erase") {
    v1::EraseMemberRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(id);
    request.set_member_id(member);
    return request;
  }

  // As the executor does it.
  template <typename Reply, typename Decide>
  absl::StatusOr<Reply> Run(Decide decide) {
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    PISTIS_ASSIGN_OR_RETURN(
        auto sequence,
        GetExpectedRecord<store::v1::SequenceRecord>(*snapshot, SequenceKey()));
    sequence.set_commit_seq(sequence.commit_seq() + 1);
    PISTIS_ASSIGN_OR_RETURN(
        Decided<Reply> decided,
        decide(*snapshot, CommitContext{.commit_seq = sequence.commit_seq(),
                                        .now = clock_.Now(),
                                        .caller = "owner"}));
    if (!decided.writes.empty()) {
      PutRecord(SequenceKey(), sequence, decided.writes);
      const std::unique_ptr<Txn> txn = store_.Begin();
      decided.writes.ApplyTo(*txn);
      PISTIS_RETURN_IF_ERROR(txn->Commit());
    }
    return std::move(decided.reply);
  }

  absl::StatusOr<v1::EraseMemberResponse> Erase(
      const v1::EraseMemberRequest& request) {
    PISTIS_ASSIGN_OR_RETURN(const EraseMemberInput input,
                            ParseEraseMember(request, clock_.Now()));
    PISTIS_ASSIGN_OR_RETURN(
        const Encoded<v1::EraseMemberResponse> encoded,
        Run<Encoded<v1::EraseMemberResponse>>(
            [&](const Reader& reader, const CommitContext& context) {
              return EraseMember(shop_.env(), reader, context, input);
            }));
    v1::EraseMemberResponse reply;
    EXPECT_TRUE(reply.ParseFromString(encoded.bytes));
    return reply;
  }

  // So many looks of a walk, or all of them.
  absl::Status Clean(int looks) {
    PISTIS_ASSIGN_OR_RETURN(
        UncleanMembers unclean,
        FindUnclean(*store_.GetSnapshot(), program_, {}, 64));
    if (unclean.members.empty()) return absl::OkStatus();
    ErasureWalk walk(program_, std::move(unclean.members));
    while (!walk.is_done() && looks-- > 0) {
      PISTIS_ASSIGN_OR_RETURN(const CleanErasedInput found,
                              walk.Next(*store_.GetSnapshot(), 3));
      PISTIS_RETURN_IF_ERROR(
          Run<CleanErasedReply>([&](const Reader& reader,
                                    const CommitContext& context) {
            return CleanErased(shop_.env(), reader, context, found);
          }).status());
    }
    if (!walk.is_done()) return absl::OkStatus();
    return Run<CleanErasedReply>(
               [&](const Reader& reader, const CommitContext& /*context*/) {
                 return FinishCleaning(reader, program_, walk.members());
               })
        .status();
  }

  absl::Status CleanAll() { return Clean(1'000'000); }

  // What of ann's strings lies anywhere in the store, and under which table.
  [[nodiscard]] std::vector<std::string> Left() const {
    std::vector<std::string> left;
    for (const auto& [key, value] : shop_.All()) {
      for (const std::string& personal : AnnsStrings()) {
        if (absl::StrContains(key, personal) ||
            absl::StrContains(value, personal)) {
          left.push_back(absl::StrCat(std::string(1, key[0]), ": ", personal));
        }
      }
    }
    return left;
  }

  // What VerifyLedger finds.
  [[nodiscard]] std::vector<std::string> Findings() const {
    v1::VerifyLedgerRequest request;
    request.set_program_id(std::string(kShop));
    const auto report =
        VerifyLedger(*store_.GetSnapshot(), request,
                     [](const v1::VerifyProgress&) { return true; });
    if (!report.ok()) return {report.status().ToString()};
    std::vector<std::string> findings;
    for (const v1::VerifyFinding& finding : report->findings()) {
      findings.push_back(
          absl::StrCat(finding.where(), ": ", finding.problem()));
    }
    return findings;
  }

  // A bit of everything that is remembered of a member.
  void LiveALife() {
    const auto done = [](const auto& reply) {
      EXPECT_TRUE(reply.ok()) << reply.status();
    };
    v1::UpdateMemberRequest update;
    update.set_program_id(std::string(kShop));
    update.set_request_id("update-ann");
    update.mutable_member()->set_member_id("ann");
    update.mutable_member()->set_display_name("Annoula Testaki");
    update.add_update_fields("display_name");
    done(shop_.Update(update));
    done(shop_.Commit(AnnsSale("o1", 1200)));
    clock_.Advance(absl::Hours(24 * 4));
    done(shop_.Commit(AnnsSale("o2", 1900)));
    v1::CommitOrderRequest paid = AnnsSale("o3", 900);
    paid.mutable_order()->mutable_redeem()->set_points(100);
    done(shop_.Commit(paid));
    done(shop_.Hold(HoldRequest("r1", AnnsSale("o4", 700))));
    v1::CommitOrderRequest redeems = AnnsSale("o5", 800);
    redeems.mutable_order()->mutable_redeem()->set_points(10);
    done(shop_.Hold(HoldRequest("r2", redeems)));
    v1::HoldPointsRequest hold;
    hold.set_program_id(std::string(kShop));
    hold.set_hold_id("h1");
    hold.set_member_id("ann");
    hold.set_points(5);
    done(shop_.Post(hold));
    for (const char* id : {"c1", "c2", "c3"}) {
      v1::OpenCaseRequest open = OpenRequest(id, "ann");
      open.mutable_case_()->set_words("The parcel was wet.");
      done(shop_.Post(open));
    }
    done(shop_.Post(
        GrantRequest("g1", "c1", "large", {.actor = "kim", .role = "till"})));
    done(shop_.Post(ResolveRequest("res2", "c2")));
    v1::FollowUp answer;
    answer.set_words("Still no tea.");
    done(shop_.Post(AnswerRequest("ans2", "c2", answer)));
    done(shop_.Post(ResolveRequest("res3", "c3")));
    // At night notes wait.
    clock_.Set(absl::FromCivil(
        absl::CivilSecond(absl::ToCivilDay(clock_.Now(), Athens())) + 22 * 3600,
        Athens()));
    done(shop_.Commit(AnnsSale("o6", 600)));
  }

  FakeClock clock_{TimeAt("2026-03-02 12:00", Athens())};
  MemoryStore store_;
  TestShop shop_{store_, clock_};
  const ProgramId program_{std::string(kShop)};
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ERASURE_SHOP_TEST_H_
