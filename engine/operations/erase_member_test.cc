// What is left of a member who is erased: the ledger, and nothing that says who
// it was.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/v1/note_service.pb.h"

#include "engine/operations/cases.h"
#include "engine/operations/codes.h"
#include "engine/operations/erasure_shop_test.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/note_queries.h"
#include "engine/operations/queries.h"

namespace pistis {
namespace {

using EraseMemberTest = ErasureShop;

v1::GetMemberRequest GetRequest(const std::string& member) {
  v1::GetMemberRequest request;
  request.set_program_id(std::string(kShop));
  request.set_member_id(member);
  return request;
}

TEST_F(EraseMemberTest, NothingPersonalIsLeftInAnyKeyOrValue) {
  LiveALife();
  ASSERT_FALSE(Left().empty());
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  ASSERT_TRUE(CleanAll().ok());
  EXPECT_EQ(Left(), std::vector<std::string>());
}

TEST_F(EraseMemberTest, TheLedgerAgreesBeforeDuringAndAfter) {
  LiveALife();
  EXPECT_EQ(Findings(), std::vector<std::string>());
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  for (int looks = 0; looks < 12; ++looks) {
    EXPECT_EQ(Findings(), std::vector<std::string>()) << looks << " looks";
    ASSERT_TRUE(Clean(looks).ok());
  }
  ASSERT_TRUE(CleanAll().ok());
  EXPECT_EQ(Findings(), std::vector<std::string>());
}

TEST_F(EraseMemberTest, TheFirstWriteClosesTheMemberOff) {
  LiveALife();
  ASSERT_TRUE(shop_.Hold(HoldRequest("r9", AnnsSale("o8", 700))).ok());
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  EXPECT_EQ(NameOf(shop_.Ask(GetMember, GetRequest("ann")).status()),
            "NOT_FOUND");
  v1::LookupMemberRequest lookup;
  lookup.set_program_id(std::string(kShop));
  lookup.mutable_identifier()->set_kind("card");
  lookup.mutable_identifier()->set_value("cards-9000-0001");
  EXPECT_EQ(NameOf(shop_.Ask(LookupMember, lookup).status()), "NOT_FOUND");
  EXPECT_EQ(NameOf(shop_.Commit(AnnsSale("o9", 500)).status()), "NOT_FOUND");
  EXPECT_EQ(NameOf(shop_.Commit(CommitRequest("r9")).status()), "NOT_FOUND");
  EXPECT_EQ(NameOf(shop_.Post(OpenRequest("c9", "ann")).status()), "NOT_FOUND");
  v1::GetAccountRequest account;
  account.set_program_id(std::string(kShop));
  account.set_member_id("ann");
  EXPECT_EQ(NameOf(shop_.Ask(GetAccount, account).status()), "NOT_FOUND");
  v1::ListMembersRequest list;
  list.set_program_id(std::string(kShop));
  const auto members = shop_.Ask(ListMembers, list);
  ASSERT_TRUE(members.ok());
  ASSERT_EQ(members->members_size(), 1);
  EXPECT_EQ(members->members(0).member_id(), "ben");
}

TEST_F(EraseMemberTest, PointsAreForfeitedByAnEntryThatSaysWhy) {
  LiveALife();
  v1::GetAccountRequest account;
  account.set_program_id(std::string(kShop));
  account.set_member_id("ann");
  const auto before = shop_.Ask(GetAccount, account);
  ASSERT_TRUE(before.ok());
  const int64_t all = before->available() + before->pending() + before->held();
  ASSERT_GT(before->pending(), 0);
  ASSERT_GT(before->held(), 0);
  const auto erased = Erase(EraseRequest("ann"));
  ASSERT_TRUE(erased.ok());
  EXPECT_EQ(erased->points_forfeited(), all);
  const auto events = shop_.Events(program_, "");
  ASSERT_TRUE(events.ok());
  EXPECT_TRUE(events->back().has_member_erased());
  EXPECT_TRUE(
      std::any_of(events->begin(), events->end(), [&](const v1::Event& event) {
        return event.points_posted().reason() == "erased" &&
               event.points_posted().available_after() == 0;
      }));
}

TEST_F(EraseMemberTest, NobodyGetsTheIdAndAnybodyTheIdentifiers) {
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  v1::CreateMemberRequest again = Ann("ann");
  again.set_request_id("again");
  EXPECT_EQ(NameOf(shop_.Enrol(again).status()), "ALREADY_EXISTS");
  EXPECT_TRUE(shop_.Enrol(Ann("anna")).ok());
  EXPECT_EQ(Findings(), std::vector<std::string>());
}

TEST_F(EraseMemberTest, ARetryGetsTheFirstReply) {
  LiveALife();
  const auto first = Erase(EraseRequest("ann"));
  ASSERT_TRUE(first.ok());
  clock_.Advance(absl::Hours(1));
  const auto again = Erase(EraseRequest("ann"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(NameOf(Erase(EraseRequest("ben")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(NameOf(Erase(EraseRequest("ann", "other")).status()), "NOT_FOUND");
  EXPECT_EQ(NameOf(Erase(EraseRequest("", "none")).status()),
            "FIELD_INVALID member_id");
}

TEST_F(EraseMemberTest, RetriesOfWhatTheMemberDidChangeNothing) {
  LiveALife();
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  ASSERT_TRUE(CleanAll().ok());
  const Contents before = shop_.All();
  EXPECT_EQ(NameOf(shop_.Enrol(Ann("ann")).status()), "NOT_FOUND");
  v1::OpenCaseRequest open = OpenRequest("c1", "ann");
  open.mutable_case_()->set_words("The parcel was wet.");
  EXPECT_EQ(NameOf(shop_.Post(open).status()), "NOT_FOUND");
  EXPECT_TRUE(shop_.Commit(AnnsSale("o1", 1200)).ok());
  EXPECT_TRUE(shop_.Hold(HoldRequest("r1", AnnsSale("o4", 700))).ok());
  EXPECT_EQ(NameOf(shop_.Commit(AnnsSale("o1", 1201)).status()),
            "REQUEST_ID_REUSED");
  EXPECT_EQ(NameOf(shop_.Hold(HoldRequest("r1", AnnsSale("o4", 701))).status()),
            "REQUEST_ID_REUSED");
  EXPECT_EQ(shop_.All(), before);
}

TEST_F(EraseMemberTest, RepliesOfAnOlderVersionAreReplacedToo) {
  LiveALife();
  Contents older;
  for (const auto& [key, value] : shop_.All()) {
    store::v1::RequestRecord request;
    if (key[0] != 'Q' || !request.ParseFromString(value)) continue;
    request.clear_member_id();
    older[key] = request.SerializeAsString();
  }
  ASSERT_TRUE(CommitAll(store_, older).ok());
  const auto first = Erase(EraseRequest("ann"));
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(CleanAll().ok());
  EXPECT_EQ(Left(), std::vector<std::string>());
  EXPECT_EQ(NameOf(shop_.Enrol(Ann("ann")).status()), "NOT_FOUND");
  EXPECT_TRUE(shop_.Enrol(MemberRequest("ben")).ok());
  const auto again = Erase(EraseRequest("ann"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST_F(EraseMemberTest, RepliesOfOthersStayEvenWhereAStringIsTheMembersId) {
  v1::AdjustPointsRequest adjust;
  adjust.set_program_id("shop");
  adjust.set_request_id("adjust");
  adjust.set_member_id("ben");
  adjust.set_points(500);
  adjust.set_reason("ann");
  const auto adjusted = shop_.Post(adjust);
  ASSERT_TRUE(adjusted.ok()) << adjusted.status();
  v1::TransferPointsRequest transfer;
  transfer.set_program_id("shop");
  transfer.set_request_id("transfer");
  transfer.set_from_member_id("ben");
  transfer.set_to_member_id("ann");
  transfer.set_points(100);
  const auto transferred = shop_.Post(transfer);
  ASSERT_TRUE(transferred.ok()) << transferred.status();
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  ASSERT_TRUE(CleanAll().ok());
  const auto adjusted_again = shop_.Post(adjust);
  ASSERT_TRUE(adjusted_again.ok()) << adjusted_again.status();
  EXPECT_EQ(adjusted_again->SerializeAsString(), adjusted->SerializeAsString());
  const auto transferred_again = shop_.Post(transfer);
  ASSERT_TRUE(transferred_again.ok()) << transferred_again.status();
  EXPECT_EQ(transferred_again->SerializeAsString(),
            transferred->SerializeAsString());
}

TEST_F(EraseMemberTest, NoAttributeCanBeGuessedFromAFingerprint) {
  LiveALife();
  const std::vector<std::string> guesses = {
      FingerprintOf(AnnsSale("o1", 1200)),
      FingerprintOf(HoldRequest("r1", AnnsSale("o4", 700)))};
  const auto right_guesses = [&] {
    size_t count = 0;
    for (const auto& [key, value] : shop_.All()) {
      for (const std::string& guess : guesses)
        count += absl::StrContains(value, guess) ? 1 : 0;
    }
    return count;
  };
  ASSERT_EQ(right_guesses(), guesses.size());
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  ASSERT_TRUE(CleanAll().ok());
  EXPECT_EQ(right_guesses(), 0U);
}

TEST_F(EraseMemberTest, RefundsGiveMoneyBackAndNoPoints) {
  LiveALife();
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  ASSERT_TRUE(CleanAll().ok());
  for (const char* order : {"o1", "o2", "o3", "o6"}) {
    const auto refund =
        shop_.Refund(RefundRequest(order, absl::StrCat("back-", order)));
    ASSERT_TRUE(refund.ok()) << refund.status();
    EXPECT_GT(refund->refund_minor(), 0);
    EXPECT_EQ(refund->account().available(), 0);
    EXPECT_EQ(Findings(), std::vector<std::string>()) << order;
  }
  EXPECT_EQ(Left(), std::vector<std::string>());
}

TEST_F(EraseMemberTest, WhatWaitedComesToAnEnd) {
  const auto issued_with = shop_.Commit(AnnsSale("u1", 3000));
  ASSERT_TRUE(issued_with.ok());
  ASSERT_GT(issued_with->issued_codes_size(), 0);
  v1::CommitOrderRequest uses = AnnsSale("u2", 3000);
  uses.mutable_order()->add_codes(issued_with->issued_codes(0).code());
  ASSERT_TRUE(shop_.Commit(uses).ok());
  LiveALife();
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  ASSERT_TRUE(CleanAll().ok());
  v1::ListNotesRequest notes;
  notes.set_program_id(std::string(kShop));
  notes.set_member_id("ann");
  notes.set_state(v1::Note::DEFERRED);
  const auto waiting = shop_.Ask(ListNotes, notes);
  EXPECT_EQ(waiting.ok() ? waiting->notes_size() : 0, 0);
  for (const char* id : {"c1", "c2", "c3"}) {
    v1::GetCaseRequest get;
    get.set_program_id(std::string(kShop));
    get.set_case_id(id);
    const auto found = shop_.Ask(GetCase, get);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->state(), v1::Case::CLOSED) << id;
    EXPECT_EQ(found->words(), "");
  }
  v1::ListCodesRequest codes;
  codes.set_program_id(std::string(kShop));
  codes.set_member_id("ann");
  const auto issued = shop_.Ask(ListCodes, codes);
  ASSERT_TRUE(issued.ok());
  ASSERT_GT(issued->codes_size(), 0);
  for (const v1::Code& code : issued->codes())
    EXPECT_EQ(code.void_reason(), "erased");
  clock_.Advance(absl::Hours(24 * 30));
  ASSERT_TRUE(shop_.ExpireAll(program_).ok());
  EXPECT_EQ(Findings(), std::vector<std::string>());
}

TEST_F(EraseMemberTest, AFriendsReturnTakesNothingFromAnErasedReferrer) {
  v1::GetMemberRequest get = GetRequest("ann");
  get.set_with_referral_code(true);
  const auto ann = shop_.Ask(GetMember, get);
  ASSERT_TRUE(ann.ok());
  v1::CreateMemberRequest request = MemberRequest("friend");
  request.set_referral_code(ann->referral_code());
  ASSERT_TRUE(shop_.Enrol(request).ok());
  ASSERT_TRUE(shop_.Commit(SaleRequest("f1", "friend", {500})).ok());
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  v1::CreateMemberRequest late = MemberRequest("late");
  late.set_referral_code(ann->referral_code());
  EXPECT_EQ(NameOf(shop_.Enrol(late).status()), "CODE_NOT_FOUND");
  ASSERT_TRUE(shop_.Refund(RefundRequest("f1", "back")).ok());
  ASSERT_TRUE(CleanAll().ok());
  EXPECT_EQ(Findings(), std::vector<std::string>());
}

TEST_F(EraseMemberTest, AnErasedFriendsReturnTakesBackWhatTheReferrerGot) {
  v1::GetMemberRequest get = GetRequest("ben");
  get.set_with_referral_code(true);
  const auto ben = shop_.Ask(GetMember, get);
  ASSERT_TRUE(ben.ok());
  v1::CreateMemberRequest request = MemberRequest("friend");
  request.set_referral_code(ben->referral_code());
  ASSERT_TRUE(shop_.Enrol(request).ok());
  ASSERT_TRUE(shop_.Commit(SaleRequest("f1", "friend", {500})).ok());
  ASSERT_EQ(shop_.Ask(GetMember, get)->friends(), 1);
  ASSERT_TRUE(Erase(EraseRequest("friend")).ok());
  ASSERT_TRUE(CleanAll().ok());
  ASSERT_TRUE(shop_.Refund(RefundRequest("f1", "back")).ok());
  EXPECT_EQ(shop_.Ask(GetMember, get)->friends(), 0);
  EXPECT_EQ(Findings(), std::vector<std::string>());
}

TEST_F(EraseMemberTest, WhateverComesInBetweenAllAgrees) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    const std::string id = absl::StrCat("m", seed);
    v1::CreateMemberRequest request = Ann(id);
    for (v1::Identifier& identifier :
         *request.mutable_member()->mutable_identifiers()) {
      identifier.set_kind("card");
      identifier.set_value(absl::StrCat("card-", seed));
    }
    ASSERT_TRUE(shop_.Enrol(request).ok());
    int orders = 0;
    const auto sell = [&] {
      v1::CommitOrderRequest sale =
          SaleRequest(absl::StrCat(id, "-", orders++), id,
                      {static_cast<int64_t>(random() % 3000 + 1), 77});
      (*sale.mutable_order()->mutable_attributes())["note"] = "gift for Eleni";
      return random() % 3 == 0
                 ? shop_.Hold(HoldRequest(absl::StrCat("r-", id, orders), sale))
                       .status()
                 : shop_.Commit(sale).status();
    };
    for (int i = 0; i < 12; ++i) {
      clock_.Advance(absl::Hours(random() % 40));
      sell().IgnoreError();
      if (random() % 2 == 0) {
        ASSERT_TRUE(shop_.ExpireAll(program_).ok());
      }
    }
    ASSERT_TRUE(Erase(EraseRequest(id, absl::StrCat("erase-", id))).ok());
    for (int i = 0; i < 6; ++i) {
      ASSERT_TRUE(Clean(static_cast<int>(random() % 8)).ok());
      clock_.Advance(absl::Hours(random() % 40));
      ASSERT_TRUE(shop_.ExpireAll(program_).ok());
      shop_
          .Refund(RefundRequest(absl::StrCat(id, "-", random() % 12),
                                absl::StrCat("back-", id, i)))
          .IgnoreError();
      EXPECT_EQ(Findings(), std::vector<std::string>());
      EXPECT_NE(NameOf(sell()), "OK");
    }
    ASSERT_TRUE(CleanAll().ok());
    EXPECT_EQ(Findings(), std::vector<std::string>());
  }
}

TEST_F(EraseMemberTest, AnEditedErasureIsFound) {
  LiveALife();
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  ASSERT_TRUE(Clean(4).ok());
  ASSERT_EQ(Findings(), std::vector<std::string>());
  int found = 0;
  int flipped = 0;
  for (const auto& [key, value] : shop_.All()) {
    if (key[0] != 'e') continue;
    for (size_t bit = 0; bit < value.size() * 8; ++bit) {
      std::string edited = value;
      edited[bit / 8] =
          static_cast<char>(edited[bit / 8] ^ static_cast<char>(1 << bit % 8));
      ASSERT_TRUE(CommitAll(store_, {{key, edited}}).ok());
      ++flipped;
      if (!Findings().empty()) ++found;
      ASSERT_TRUE(CommitAll(store_, {{key, value}}).ok());
    }
  }
  for (const auto& [key, value] : shop_.All()) {
    if (key[0] != 'e') continue;
    // From the member's name on: another program's keys are not this one's.
    for (size_t bit = (kShop.size() + 2) * 8; bit < key.size() * 8; ++bit) {
      std::string edited = key;
      edited[bit / 8] =
          static_cast<char>(edited[bit / 8] ^ static_cast<char>(1 << bit % 8));
      WriteSet moved;
      moved.Put(edited, value);
      moved.Delete(key);
      const std::unique_ptr<Txn> txn = store_.Begin();
      moved.ApplyTo(*txn);
      ASSERT_TRUE(txn->Commit().ok());
      ++flipped;
      if (!Findings().empty()) ++found;
      WriteSet back;
      back.Put(key, value);
      back.Delete(edited);
      const std::unique_ptr<Txn> restore = store_.Begin();
      back.ApplyTo(*restore);
      ASSERT_TRUE(restore->Commit().ok());
    }
  }
  EXPECT_GT(flipped, 0);
  EXPECT_EQ(found, flipped);
}

}  // namespace
}  // namespace pistis
