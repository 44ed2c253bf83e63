#include "engine/insight/member_changes.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

MemberChange Change(const std::string& member, int64_t current,
                    int64_t candidate) {
  return {.member = MemberId(member),
          .current = Money(current),
          .candidate = Money(candidate)};
}

std::string Names(const std::vector<MemberChange>& changes) {
  std::string names;
  for (const MemberChange& change : changes) {
    absl::StrAppend(&names, change.member.text(), " ",
                    change.difference().value(), "; ");
  }
  return names;
}

TEST(MemberChangesTest, TheLargestChangesAreKeptTheLargestFirst) {
  MemberChanges changes(2);
  changes.Add(Change("ann", 100, 130));
  changes.Add(Change("ben", 100, 150));
  changes.Add(Change("cleo", 100, 110));
  changes.Add(Change("dan", 100, 60));
  changes.Add(Change("eve", 100, 20));
  changes.Add(Change("fay", 100, 99));
  EXPECT_EQ(Names(changes.winners()), "ben 50; ann 30; ");
  EXPECT_EQ(Names(changes.losers()), "eve -80; dan -40; ");
  EXPECT_EQ(changes.gaining(), 3);
  EXPECT_EQ(changes.losing(), 3);
}

TEST(MemberChangesTest, EqualChangesGoById) {
  MemberChanges changes(2);
  for (const char* member : {"cleo", "ann", "ben"})
    changes.Add(Change(member, 0, 10));
  EXPECT_EQ(Names(changes.winners()), "ann 10; ben 10; ");
}

TEST(MemberChangesTest, WhoseLotStaysIsNeitherWinnerNorLoser) {
  MemberChanges changes(10);
  changes.Add(Change("ann", 70, 70));
  EXPECT_TRUE(changes.winners().empty());
  EXPECT_TRUE(changes.losers().empty());
  EXPECT_EQ(changes.gaining() + changes.losing(), 0);
}

}  // namespace
}  // namespace pistis
