#include "server/sinks/parking.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis::server {
namespace {

using store::v1::DeliveryRecord;
using testing::ElementsAre;

DeliveryRecord Waiting(int64_t commit_seq, const std::string& member,
                       int64_t next_us) {
  DeliveryRecord record;
  record.set_commit_seq(commit_seq);
  record.set_event(1);
  record.set_member_id(member);
  record.set_next_us(next_us);
  return record;
}

std::vector<int64_t> DueAt(const Parking& parking, int64_t us) {
  std::vector<int64_t> due;
  for (const DeliveryRecord& record : parking.Due(absl::FromUnixMicros(us)))
    due.push_back(record.commit_seq());
  return due;
}

TEST(ParkingTest, TheFirstOfEachMembersRowAloneIsTried) {
  Parking parking({Waiting(7, "ann", 10), Waiting(3, "ben", 20),
                   Waiting(5, "ann", 30), Waiting(9, "ben", 5)});
  EXPECT_EQ(parking.size(), 4U);
  EXPECT_THAT(DueAt(parking, 19), ElementsAre());
  EXPECT_THAT(DueAt(parking, 20), ElementsAre(3));
  EXPECT_THAT(DueAt(parking, 30), ElementsAre(3, 5));
  EXPECT_EQ(parking.NextDue(), absl::FromUnixMicros(20));
}

TEST(ParkingTest, TheNextOfARowIsFirstOnceTheOneBeforeIsGone) {
  Parking parking({Waiting(5, "ann", 30), Waiting(7, "ann", 10)});
  parking.Remove(Waiting(5, "ann", 30));
  EXPECT_THAT(DueAt(parking, 10), ElementsAre(7));
  EXPECT_TRUE(parking.HasRowOf("ann"));
  parking.Remove(Waiting(7, "ann", 10));
  EXPECT_FALSE(parking.HasRowOf("ann"));
  EXPECT_EQ(parking.size(), 0U);
  EXPECT_EQ(parking.NextDue(), std::nullopt);
}

TEST(ParkingTest, AnotherTryTakesThePlaceOfTheOneBefore) {
  Parking parking({Waiting(5, "ann", 30)});
  parking.Put(Waiting(5, "ann", 90));
  EXPECT_EQ(parking.size(), 1U);
  EXPECT_THAT(DueAt(parking, 89), ElementsAre());
  EXPECT_THAT(DueAt(parking, 90), ElementsAre(5));
}

TEST(ParkingTest, EventsOfNoMemberAreARowOfTheirOwn) {
  Parking parking({Waiting(5, "", 30), Waiting(6, "", 10)});
  EXPECT_TRUE(parking.HasRowOf(""));
  EXPECT_FALSE(parking.HasRowOf("ann"));
  EXPECT_THAT(DueAt(parking, 30), ElementsAre(5));
}

}  // namespace
}  // namespace pistis::server
