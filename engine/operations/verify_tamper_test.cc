// Each kind of record tampered with: the recount finds it, names it and says
// where.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/cost_records.pb.h"
#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/refund_records.pb.h"
#include "pistis/store/v1/reservation_records.pb.h"

#include "engine/base/digest.h"
#include "engine/operations/reservations.h"
#include "engine/operations/testing_proof.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::AccountRecord;
using store::v1::ArticleCostsRecord;
using store::v1::CodeRecord;
using store::v1::EntryRecord;
using store::v1::HoldRecord;
using store::v1::OrderRecord;
using store::v1::RefundRecord;
using store::v1::TotalsRecord;

const ProgramId kProgram{std::string(kShop)};
const MemberId kAnn{"ann"};
const MemberId kBen{"ben"};

class VerifyTamperTest : public TamperTest {};

TEST_F(VerifyTamperTest, PostingsThatDoNotSumToZeroAreFound) {
  Tamper<EntryRecord>(EntryKey(kProgram, kAnn, 1), [](EntryRecord& entry) {
    entry.mutable_postings(0)->set_points(entry.postings(0).points() + 1);
  });
  Rechain();
  ExpectFound("entry", "member ann, entry 1");
}

TEST_F(VerifyTamperTest, MorePointsOnBothSidesAreFoundByLotsAndTotals) {
  Tamper<EntryRecord>(EntryKey(kProgram, kAnn, 1), [](EntryRecord& entry) {
    for (store::v1::PostingRecord& leg : *entry.mutable_postings())
      leg.set_points(leg.points() * 2);
  });
  Rechain();
  ExpectFound("entry", "member ann, entry 1");
  ExpectFound("total", "issued_points");
}

TEST_F(VerifyTamperTest, ALegWhereItsKindHasNoneIsFound) {
  Tamper<EntryRecord>(EntryKey(kProgram, kAnn, 1), [](EntryRecord& entry) {
    entry.mutable_postings(0)->set_account(v1::Posting::PROGRAM_ADJUSTED);
  });
  Rechain();
  ExpectFound("entry", "member ann, entry 1");
}

TEST_F(VerifyTamperTest, ABalanceAndItsTotalChangedAlikeAreFound) {
  Tamper<AccountRecord>(AccountKey(kProgram, kAnn), [](AccountRecord& account) {
    ASSERT_GT(account.lots_size(), 0);
    account.mutable_lots(0)->set_points(account.lots(0).points() + 100);
  });
  Tamper<TotalsRecord>(TotalsKey(kProgram), [](TotalsRecord& totals) {
    totals.set_available_points(totals.available_points() + 100);
    totals.set_issued_points(totals.issued_points() - 100);
  });
  ExpectFound("balance", "member ann");
  ExpectFound("lot", "member ann");
  ExpectFound("total", "available_points");
}

TEST_F(VerifyTamperTest, PointsMovedFromOneLotToAnotherAreFound) {
  Tamper<AccountRecord>(AccountKey(kProgram, kAnn), [](AccountRecord& account) {
    ASSERT_GT(account.lots_size(), 0);
    account.mutable_lots(0)->set_expire_us(account.lots(0).expire_us() + 1);
  });
  ExpectFound("lot", "member ann");
}

TEST_F(VerifyTamperTest, CostsThatAreGoneOrInDisorderAreFound) {
  const std::string key = ArticleCostsKey(kProgram, "hat");
  Tamper<ArticleCostsRecord>(key, [](ArticleCostsRecord& costs) {
    ASSERT_EQ(costs.cost_size(), 2);
    costs.mutable_valid_from_us()->SwapElements(0, 1);
  });
  ExpectFound("record", "costs of hat");
  contents_.erase(key);
  ExpectFound("total", "catalogue_costs");
}

TEST_F(VerifyTamperTest, AnyCommitThatIsGoneIsFound) {
  const Contents whole = contents_;
  for (const std::string& key : KeysOf(whole, 'V')) {
    contents_ = whole;
    contents_.erase(key);
    ExpectFound("total", "commits");
  }
}

TEST_F(VerifyTamperTest, ARecordBesideAProgramsOnlyOneIsFound) {
  const std::string stray = "\x05";
  for (const std::string& key : {ProgramKey(kProgram), TotalsKey(kProgram)}) {
    contents_[key + stray] = contents_[key];
    EXPECT_GE(RecountOf(contents_).finding_count(), 1) << key;
    contents_.erase(key + stray);
  }
}

TEST_F(VerifyTamperTest, WhatAMemberSpentIsRecountedFromOrders) {
  Tamper<AccountRecord>(AccountKey(kProgram, kAnn), [](AccountRecord& account) {
    store::v1::ProgressRecord& ever =
        *account.mutable_standing()->mutable_ever();
    ever.set_spend_minor(ever.spend_minor() + 1);
    ever.set_tier_points(ever.tier_points() + 1);
  });
  ExpectFound("balance", "member ann, spend");
  ExpectFound("balance", "member ann, tier points");
}

TEST_F(VerifyTamperTest, ATierAndASegmentThatNoEventToldOfAreFound) {
  Tamper<AccountRecord>(AccountKey(kProgram, kAnn), [](AccountRecord& account) {
    account.mutable_standing()->add_tiers()->set_tier_id("gold");
  });
  Tamper<AccountRecord>(AccountKey(kProgram, kBen), [](AccountRecord& account) {
    account.mutable_standing()->add_segments("vip");
  });
  ExpectFound("balance", "member ann");
  ExpectFound("balance", "member ben");
}

TEST_F(VerifyTamperTest, ALotThatIsGoneIsFound) {
  Tamper<AccountRecord>(AccountKey(kProgram, kAnn),
                        [](AccountRecord& account) { account.clear_lots(); });
  ExpectFound("lot", "member ann");
}

TEST_F(VerifyTamperTest, AnOpenHoldWithOtherPointsIsFound) {
  Tamper<AccountRecord>(AccountKey(kProgram, kAnn), [](AccountRecord& account) {
    ASSERT_EQ(account.holds_size(), 2);
    store::v1::LotRecord& lot = *account.mutable_holds(0)->mutable_lots(0);
    lot.set_points(lot.points() + 1);
  });
  ExpectFound("lot", "member ann");
}

TEST_F(VerifyTamperTest, AReservationThatHoldsOtherwiseIsFound) {
  const std::string key = ReservationKey(kProgram, ReservationId("r-open"));
  Tamper<store::v1::ReservationRecord>(
      key, [](store::v1::ReservationRecord& reservation) {
        reservation.set_state(store::v1::ReservationRecord::CANCELLED);
        reservation.set_digest(DigestOf(reservation));
      });
  ExpectFound("order", "reservation r-open");
  ExpectFound("index", "hold reservation r-open of member ann");
}

TEST_F(VerifyTamperTest, AnOpenReservationThatWouldNeverExpireIsFound) {
  for (const std::string& key : KeysOf(contents_, 'Y'))
    contents_.erase(key);
  ExpectFound("index", "reservation r-open");
}

TEST_F(VerifyTamperTest, AnAccountThatIsGoneIsFound) {
  contents_.erase(AccountKey(kProgram, kBen));
  ExpectFound("index", "member ben");
}

TEST_F(VerifyTamperTest, AMemberThatIsGoneAltogetherIsFound) {
  for (const char table : {'A', 'F', 'X', 'Z'}) {
    for (const std::string& key : KeysOf(contents_, table)) {
      if (absl::StrContains(key, "ben")) contents_.erase(key);
    }
  }
  ExpectFound("chain", "member ben, entry 1");
  ExpectFound("total", "members");
}

TEST_F(VerifyTamperTest, EachOfTheProgramsSumsIsRecounted) {
  const google::protobuf::Descriptor* sums = TotalsRecord::descriptor();
  for (int i = 0; i < sums->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* sum = sums->field(i);
    if (sum->is_repeated() || absl::StartsWith(sum->name(), "import_")) {
      continue;
    }
    const std::string before = contents_[TotalsKey(kProgram)];
    Tamper<TotalsRecord>(TotalsKey(kProgram), [&](TotalsRecord& totals) {
      const auto* reflection = totals.GetReflection();
      if (sum->type() == google::protobuf::FieldDescriptor::TYPE_BYTES) {
        reflection->SetString(&totals, sum, Sha256("another"));
      } else {
        reflection->SetInt64(&totals, sum,
                             reflection->GetInt64(totals, sum) + 1);
      }
    });
    EXPECT_GE(RecountOf(contents_).finding_count(), 1) << sum->name();
    contents_[TotalsKey(kProgram)] = before;
  }
}

TEST_F(VerifyTamperTest, AnotherNumberOfOrdersIsFoundAtItsMember) {
  Tamper<AccountRecord>(AccountKey(kProgram, kBen), [](AccountRecord& account) {
    account.set_orders(account.orders() + 1);
  });
  const v1::VerifyReport report = RecountOf(contents_);
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).kind(), "balance");
  EXPECT_EQ(report.findings(0).where(), "member ben");
  EXPECT_EQ(report.findings(0).problem(),
            "orders of the member: 3 stored, 2 recounted");
}

TEST_F(VerifyTamperTest, OrdersThatChangedMembersAreFoundAtBoth) {
  Tamper<OrderRecord>(OrderKey(kProgram, OrderId("o2")),
                      [](OrderRecord& order) { order.set_member_id("ann"); });
  ExpectFound("balance", "member ann");
  ExpectFound("balance", "member ben");
  ExpectFound("order", "order o2");
}

TEST_F(VerifyTamperTest, AnOrderThatIsGoneIsFound) {
  contents_.erase(OrderKey(kProgram, OrderId("o2")));
  ExpectFound("refund", "refund r-late");
  ExpectFound("total", "orders");
  ExpectFound("order", "order o2");
}

TEST_F(VerifyTamperTest, WhatAnOrderIsOwedInARefundCannotBeRaised) {
  const std::string key = OrderKey(kProgram, OrderId("o1"));
  Tamper<OrderRecord>(key, [](OrderRecord& order) {
    order.mutable_lines(0)->set_paid_minor(order.lines(0).paid_minor() + 100);
  });
  ExpectFound("order", "order o1");
}

TEST_F(VerifyTamperTest, ReturnedPartsThatCouldComeBackAgainAreFound) {
  Tamper<OrderRecord>(OrderKey(kProgram, OrderId("o1")),
                      [](OrderRecord& order) {
                        order.mutable_lines(1)->set_returned_minor(0);
                        order.mutable_lines(1)->set_returned_quantity(0);
                      });
  ExpectFound("order", "order o1");
  ExpectFound("total", "returned_minor");
}

TEST_F(VerifyTamperTest, AnotherLotToClawBackFromIsFound) {
  Tamper<OrderRecord>(
      OrderKey(kProgram, OrderId("o1")), [](OrderRecord& order) {
        order.set_earned_expire_us(order.earned_expire_us() + 1);
      });
  ExpectFound("order", "order o1");
}

TEST_F(VerifyTamperTest, AmountsThatNoOrderHasStopNothing) {
  Tamper<OrderRecord>(OrderKey(kProgram, OrderId("o1")),
                      [](OrderRecord& order) {
                        order.mutable_lines(0)->set_quantity(0);
                        order.mutable_lines(0)->set_amount_minor(INT64_MIN);
                        order.set_points_earned(INT64_MAX);
                      });
  ExpectFound("order", "order o1");
}

TEST_F(VerifyTamperTest, ARefundThatIsGoneIsFoundAtItsOrder) {
  contents_.erase(RefundKey(kProgram, RefundId("r1")));
  ExpectFound("order", "order o1");
  ExpectFound("refund", "refund r1");
}

TEST_F(VerifyTamperTest, ARefundOfAnotherSumIsFound) {
  Tamper<RefundRecord>(RefundKey(kProgram, RefundId("r1")),
                       [](RefundRecord& refund) {
                         v1::RefundOrderResponse reply;
                         ASSERT_TRUE(reply.ParseFromString(refund.reply()));
                         reply.set_refund_minor(reply.refund_minor() - 1);
                         refund.set_reply(reply.SerializeAsString());
                       });
  ExpectFound("refund", "refund r1");
  ExpectFound("order", "order o1");
}

TEST_F(VerifyTamperTest, ACodeThatCouldBeUsedAgainIsFound) {
  const std::string key = KeysOf(contents_, 'C').front();
  Tamper<CodeRecord>(key, [](CodeRecord& code) { code.set_uses(9); });
  ExpectFound("order", "code ");
}

TEST_F(VerifyTamperTest, UsesThatNoOrderMadeAreFound) {
  for (const std::string& key : KeysOf(contents_, 'C')) {
    Tamper<CodeRecord>(key, [](CodeRecord& code) { code.set_used(0); });
  }
  ExpectFound("order", "code ");
  ExpectFound("total", "codes_used");
}

TEST_F(VerifyTamperTest, AHoldThatCouldBeCapturedAgainIsFound) {
  Tamper<HoldRecord>(HoldKey(kProgram, HoldId("h-captured")),
                     [](HoldRecord& hold) {
                       hold.set_closed(false);
                       hold.set_captured_points(0);
                     });
  ExpectFound("index", "hold h-captured of member ann");
}

TEST_F(VerifyTamperTest, EachHoldAndEachPointerThatIsGoneIsFound) {
  for (const char table : {'H', 'I', 'D', 'X', 'Z', 'F', 'C', 'B', 'G', 'g'}) {
    const std::vector<std::string> keys = KeysOf(contents_, table);
    EXPECT_FALSE(keys.empty()) << table;
    for (const std::string& key : keys) {
      Contents changed = contents_;
      changed.erase(key);
      EXPECT_GE(RecountOf(changed).finding_count(), 1)
          << table << " " << absl::CHexEscape(key);
    }
  }
}

TEST_F(VerifyTamperTest, EachPointerThatWasPutInIsFound) {
  for (const char table : {'H', 'I', 'D', 'X', 'Z', 'F', 'C'}) {
    const std::string key = KeysOf(contents_, table).front();
    Contents changed = contents_;
    std::string other = key;
    ++other[other.size() - 2];
    changed[other] = changed[key];
    EXPECT_GE(RecountOf(changed).finding_count(), 1) << table;
  }
}

TEST_F(VerifyTamperTest, AnIdentifierOfAnotherMemberIsFound) {
  contents_[KeysOf(contents_, 'I').front()] = "ghost";
  ExpectFound("index", "identifier ");
}

TEST_F(VerifyTamperTest, AReversalOfAnotherEntryIsFound) {
  Tamper<store::v1::ReversalRecord>(
      KeysOf(contents_, 'Z').front(),
      [](store::v1::ReversalRecord& reversal) { reversal.set_reversed_by(1); });
  ExpectFound("index", "member ann, entry ");
}

TEST_F(VerifyTamperTest, AnExpiredLotThatARefundCouldCountAgainIsFound) {
  bool counted = false;
  for (const std::string& key : KeysOf(contents_, 'X')) {
    Tamper<store::v1::ExpiredLotRecord>(key,
                                        [&](store::v1::ExpiredLotRecord& lot) {
                                          counted |= lot.counted() > 0;
                                          lot.set_counted(0);
                                        });
  }
  EXPECT_TRUE(counted);
  ExpectFound("lot", "member ben, the lot of ");
}

TEST_F(VerifyTamperTest, APlaceInTheDueQueueThatIsTooLateIsFound) {
  const std::string due = KeysOf(contents_, 'D').front();
  const std::optional<DueMember> member = ParseDueKey(kProgram, due);
  ASSERT_TRUE(member.has_value());
  const absl::Time later = member->due + absl::Hours(24 * 1000);
  contents_.erase(due);
  contents_[DueKey(kProgram, later, member->member)] = "";
  Tamper<AccountRecord>(AccountKey(kProgram, member->member),
                        [&](AccountRecord& account) {
                          account.set_due_us(absl::ToUnixMicros(later));
                        });
  ExpectFound("index", absl::StrCat("member ", member->member.text()));
}

TEST_F(VerifyTamperTest, BytesThatAreNoRecordAreFoundInEachTable) {
  for (const char table :
       {'A', 'B', 'C', 'F', 'H', 'O', 'P', 'Q', 'R', 'T', 'V', 'X', 'Z'}) {
    Contents changed = contents_;
    changed[KeysOf(contents_, table).front()] = "\xff\xff";
    std::swap(contents_, changed);
    ExpectFound("record", "");
    std::swap(contents_, changed);
  }
}

TEST_F(VerifyTamperTest, KeysOfNoTableAndOfNoProgramAreFound) {
  for (const std::string& key :
       {std::string("x"), std::string("Mother"), std::string("Eshop\0a", 7),
        std::string("Aghost\0ann\0", 11), std::string("O"),
        std::string("Ashop\0ann\0\1", 11), std::string("\xff")}) {
    Contents changed = contents_;
    changed[key] = "";
    std::swap(contents_, changed);
    ExpectFound("record", "");
    std::swap(contents_, changed);
  }
}

}  // namespace
}  // namespace pistis
