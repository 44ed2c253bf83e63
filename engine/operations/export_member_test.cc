// What a member gets who asks for all that is stored.
#include "engine/operations/export_member.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/erasure_shop_test.h"

namespace pistis {
namespace {

class ExportMemberTest : public ErasureShop {
 protected:
  static v1::ExportMemberRequest Request(const std::string& member) {
    v1::ExportMemberRequest request;
    request.set_program_id(std::string(kShop));
    request.set_member_id(member);
    return request;
  }

  // All parts, from one snapshot.
  [[nodiscard]] absl::StatusOr<MemberExport::Parts> All(
      const std::string& member) const {
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    const QueryContext context{shop_.env(), *snapshot, clock_.Now()};
    PISTIS_ASSIGN_OR_RETURN(MemberExport of,
                            MemberExport::Begin(context, Request(member)));
    MemberExport::Parts all;
    while (!of.is_done()) {
      PISTIS_ASSIGN_OR_RETURN(const MemberExport::Parts parts,
                              of.Next(context));
      all.insert(all.end(), parts.begin(), parts.end());
    }
    return all;
  }
};

TEST_F(ExportMemberTest, EverythingOfTheMemberIsInIt) {
  LiveALife();
  ASSERT_TRUE(shop_.Refund(RefundRequest("o2", "back")).ok());
  const auto parts = All("ann");
  ASSERT_TRUE(parts.ok()) << parts.status();
  std::map<std::string, std::set<std::string>> ids;
  std::string text;
  for (const v1::ExportMemberResponse& part : *parts) {
    EXPECT_TRUE(ids[part.kind()].insert(part.id()).second)
        << part.kind() << " " << part.id() << " twice";
    absl::StrAppend(&text, part.json(), "\n");
  }
  using Ids = std::set<std::string>;
  EXPECT_EQ(ids["member"], Ids({"ann"}));
  EXPECT_EQ(ids["account"], Ids({"ann"}));
  EXPECT_EQ(ids["order"], Ids({"o1", "o2", "o3", "o6"}));
  EXPECT_EQ(ids["reservation"], Ids({"r1", "r2"}));
  EXPECT_EQ(ids["refund"], Ids({"back"}));
  EXPECT_EQ(ids["case"], Ids({"c1", "c2", "c3"}));
  EXPECT_FALSE(ids["entry"].empty());
  EXPECT_FALSE(ids["code"].empty());
  EXPECT_FALSE(ids["note"].empty());
  EXPECT_FALSE(ids["event"].empty());
  // Identifiers are stored as hashes alone.
  for (const std::string& personal : AnnsStrings()) {
    if (personal == "cards-9000-0001") continue;
    EXPECT_TRUE(absl::StrContains(text, personal)) << personal;
  }
}

TEST_F(ExportMemberTest, NothingOfOthersIsInIt) {
  LiveALife();
  ASSERT_TRUE(shop_.Commit(SaleRequest("b1", "ben", {500})).ok());
  ASSERT_TRUE(shop_.Post(OpenRequest("bc", "ben")).ok());
  const auto parts = All("ben");
  ASSERT_TRUE(parts.ok()) << parts.status();
  for (const v1::ExportMemberResponse& part : *parts) {
    EXPECT_FALSE(absl::StrContains(part.json(), "\"ann\"")) << part.json();
    for (const std::string& personal : AnnsStrings())
      EXPECT_FALSE(absl::StrContains(part.json(), personal)) << part.json();
  }
}

TEST_F(ExportMemberTest, WhenAndByWhomConsentWasRecordedIsInIt) {
  const absl::Time enrolled = clock_.Now();
  clock_.Advance(absl::Hours(5));
  v1::UpdateMemberRequest update;
  update.set_program_id(std::string(kShop));
  update.set_request_id("no-more");
  update.mutable_member()->set_member_id("ann");
  (*update.mutable_member()->mutable_consents())["email"] = false;
  update.add_update_fields("consents");
  const auto member = shop_.Update(update);
  ASSERT_TRUE(member.ok()) << member.status();
  ASSERT_EQ(member->consent_changes_size(), 2);
  const v1::ConsentChange& first = member->consent_changes(0);
  EXPECT_EQ(first.channel(), "email");
  EXPECT_EQ(first.answer(), v1::ConsentChange::AGREED);
  EXPECT_EQ(first.time().seconds(), absl::ToUnixSeconds(enrolled));
  EXPECT_EQ(first.caller(), "till 7");
  const v1::ConsentChange& second = member->consent_changes(1);
  EXPECT_EQ(second.answer(), v1::ConsentChange::DECLINED);
  EXPECT_EQ(second.time().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(ExportMemberTest, WhoIsNotThereOrErasedIsNotFound) {
  EXPECT_EQ(NameOf(All("nobody").status()), "NOT_FOUND");
  EXPECT_EQ(NameOf(All("").status()), "FIELD_INVALID member_id");
  ASSERT_TRUE(Erase(EraseRequest("ann")).ok());
  EXPECT_EQ(NameOf(All("ann").status()), "NOT_FOUND");
}

}  // namespace
}  // namespace pistis
