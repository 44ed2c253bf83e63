#include "engine/operations/chain.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

#include "engine/base/digest.h"

namespace pistis {
namespace {

std::vector<ChainedEntry> TwoEntries() {
  return {{.member = MemberId("ann"), .number = 1, .record = "first"},
          {.member = MemberId("ben"), .number = 258, .record = "second"}};
}

TEST(ChainTest, ALinkIsTheHashOfTheBytesThatTheHeaderNames) {
  const std::string zero(1, '\0');
  const std::string seven = std::string(7, '\0');
  std::string bytes(32, '\0');
  bytes += "shop" + zero + seven + "\x09";
  bytes += "ann" + zero + seven + "\x01" + seven + "\x05" + "first";
  bytes += "ben" + zero + std::string(6, '\0') + "\x01\x02" + seven + "\x06" +
           "second";
  EXPECT_EQ(NextLink("", ProgramId("shop"), 9, TwoEntries()), Sha256(bytes));
}

TEST(ChainTest, TheFirstLinkFollowsZeroBytes) {
  EXPECT_EQ(
      NextLink("", ProgramId("shop"), 9, TwoEntries()),
      NextLink(std::string(32, '\0'), ProgramId("shop"), 9, TwoEntries()));
}

TEST(ChainTest, EachPartMakesAnotherLink) {
  const std::string previous = Sha256("before");
  const std::vector<ChainedEntry> entries = TwoEntries();
  std::set<std::string> links;
  const auto add = [&](const std::vector<ChainedEntry>& changed) {
    links.insert(NextLink(previous, ProgramId("shop"), 9, changed));
  };
  add(entries);
  links.insert(NextLink("", ProgramId("shop"), 9, entries));
  links.insert(NextLink(previous, ProgramId("shop2"), 9, entries));
  links.insert(NextLink(previous, ProgramId("shop"), 10, entries));
  add({entries[1], entries[0]});
  add({entries[0]});
  std::vector<ChainedEntry> changed = entries;
  changed[1].record = "secone";
  add(changed);
  changed = entries;
  changed[0].number = 2;
  add(changed);
  changed = entries;
  changed[0].member = MemberId("anna");
  add(changed);
  EXPECT_EQ(links.size(), 9U);
}

TEST(ChainTest, BytesCannotMoveFromOneEntryToTheNext) {
  const std::vector<ChainedEntry> whole = {
      {.member = MemberId("ann"), .number = 1, .record = "ab"},
      {.member = MemberId("ann"), .number = 2, .record = "c"}};
  const std::vector<ChainedEntry> moved = {
      {.member = MemberId("ann"), .number = 1, .record = "a"},
      {.member = MemberId("ann"), .number = 2, .record = "bc"}};
  EXPECT_NE(NextLink("", ProgramId("shop"), 1, whole),
            NextLink("", ProgramId("shop"), 1, moved));
}

}  // namespace
}  // namespace pistis
