// What a recount sees of versions and of when they start.
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing_proof.h"
#include "engine/order/order.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::RulebookRecord;
using store::v1::TotalsRecord;

const ProgramId kProgram{std::string(kShop)};

// The busy shop, a second version that waits and a third that goes back.
class VerifyRulebooksTest : public TamperTest {
 protected:
  void SetUp() override {
    TestShop& shop = busy_.shop();
    v1::PublishRulebookRequest later =
        RulebookRequest("later", "rules: [{id: base, earn: {points: 1}}]\n");
    *later.mutable_start_time() = ToTimestamp(shop.Now() + absl::Hours(48));
    ASSERT_TRUE(shop.Publish(later).ok());
    v1::RollbackRulebookRequest back;
    back.set_program_id(kProgram.text());
    back.set_request_id("back");
    back.set_version(1);
    back.set_reason("why not");
    *back.mutable_start_time() = ToTimestamp(shop.Now() + absl::Hours(96));
    ASSERT_TRUE(shop.Rollback(back).ok());
    TamperTest::SetUp();
  }
};

TEST_F(VerifyRulebooksTest, VersionsThatWaitAreRight) {
  EXPECT_EQ(FindingsOf(RecountOf(contents_)), std::vector<std::string>());
}

TEST_F(VerifyRulebooksTest, AnotherStartInTheSumsIsFound) {
  Tamper<TotalsRecord>(TotalsKey(kProgram), [](TotalsRecord& totals) {
    ASSERT_EQ(totals.scheduled_rulebooks_size(), 2);
    totals.mutable_scheduled_rulebooks(0)->set_start_us(
        totals.scheduled_rulebooks(0).start_us() - 1);
  });
  ExpectFound("record", "program shop");
}

TEST_F(VerifyRulebooksTest, AMissingVersionInTheSumsIsFound) {
  Tamper<TotalsRecord>(TotalsKey(kProgram), [](TotalsRecord& totals) {
    totals.mutable_scheduled_rulebooks()->RemoveLast();
  });
  ExpectFound("record", "program shop");
}

TEST_F(VerifyRulebooksTest, AnotherStartOfAVersionIsFound) {
  Tamper<RulebookRecord>(RulebookKey(kProgram, 1), [](RulebookRecord& record) {
    record.set_start_us(record.start_us() + 1);
  });
  ExpectFound("record", "rulebook 1");
}

TEST_F(VerifyRulebooksTest, ARollbackToAnotherVersionIsFound) {
  Tamper<RulebookRecord>(RulebookKey(kProgram, 3), [](RulebookRecord& record) {
    record.set_restores_version(2);
  });
  ExpectFound("record", "rulebook 3");
}

}  // namespace
}  // namespace pistis
