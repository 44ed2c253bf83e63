// Flips bits in what is stored, anywhere: the recount must see each flip that
// means something.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/code_records.pb.h"
#include "pistis/store/v1/cost_records.pb.h"
#include "pistis/store/v1/delivery_records.pb.h"
#include "pistis/store/v1/note_records.pb.h"
#include "pistis/store/v1/occasion_records.pb.h"
#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/refund_records.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/note_service.pb.h"
#include "pistis/v1/subscription.pb.h"

#include "engine/codes/code.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/testing_proof.h"
#include "engine/operations/verify_care_bytes_test.h"
#include "engine/operations/verify_uses_bytes_test.h"

namespace pistis {
namespace {

template <typename Record, typename Clear>
std::string Cleared(const std::string& value, Clear clear) {
  Record record;
  if (!record.ParseFromString(value)) return value;
  record.DiscardUnknownFields();
  clear(record);
  return record.SerializeAsString();
}

void ClearAccount(v1::Account& account) {
  const int64_t available = account.available();
  account.Clear();
  account.set_available(available);
}

std::string OfReply(const std::string& bytes) {
  return Cleared<v1::CommitOrderResponse>(
      bytes, [](v1::CommitOrderResponse& reply) {
        ClearAccount(*reply.mutable_account());
        v1::Quote& quote = *reply.mutable_quote();
        for (v1::AppliedDiscount& discount : *quote.mutable_discounts()) {
          discount.clear_rule_id();
          discount.clear_code();
          discount.clear_requested_minor();
        }
        for (v1::BoundCap& cap : *quote.mutable_caps()) {
          cap.clear_line_id();
          cap.clear_budget_of();
          cap.clear_base_minor();
          cap.clear_needed_base_minor();
          cap.clear_limit_minor();
          cap.set_requested_minor(cap.requested_minor() - cap.granted_minor());
          cap.clear_granted_minor();
        }
        const int64_t before = quote.margin().margin_before_minor();
        quote.mutable_margin()->Clear();
        quote.mutable_margin()->set_margin_before_minor(before);
        quote.clear_codes_to_issue();
        quote.clear_notes_to_send();
        quote.clear_withheld();
        for (std::string& note : *reply.mutable_note_ids())
          note.clear();
        for (v1::IssuedCode& code : *reply.mutable_issued_codes())
          code.set_code(NormalizeCode(code.code()));
      });
}

std::string OfAsked(const std::string& bytes) {
  return Cleared<v1::Order>(bytes, [](v1::Order& order) {
    v1::Order kept;
    kept.set_order_id(order.order_id());
    kept.set_member_id(order.member_id());
    kept.set_shipping_minor(order.shipping_minor());
    for (const v1::OrderLine& line : order.lines()) {
      v1::OrderLine& kept_line = *kept.add_lines();
      kept_line.set_line_id(line.line_id());
      kept_line.set_quantity(line.quantity());
      kept_line.set_amount_minor(line.amount_minor());
    }
    order = kept;
  });
}

std::string OfOrder(const std::string& value) {
  return Cleared<store::v1::OrderRecord>(
      value, [](store::v1::OrderRecord& order) {
        order.clear_fingerprint();
        order.clear_facts();
        order.clear_limits_seen();
        order.clear_budgets_seen();
        ClearPlaces(*order.mutable_budgets_used());
        if (order.refunded().whole())
          ClearReturned(*order.mutable_limits_used());
        order.set_order(OfAsked(order.order()));
        order.set_reply(OfReply(order.reply()));
        if (order.earned_idle()) order.clear_earned_expire_us();
        // Refunds by amount and by units are not told apart.
        for (store::v1::OrderLineRecord& line : *order.mutable_lines()) {
          if (line.amount_minor() > 0) line.clear_returned_quantity();
          line.clear_catalogue_cost_minor();
        }
        for (store::v1::LotRecord& lot : *order.mutable_redeemed_lots()) {
          if (lot.idle()) lot.clear_expire_us();
        }
      });
}

// Whose note it is, and by which rulebook.
void KeepNote(const v1::Event& event, v1::Event& kept) {
  kept.set_member_id(event.member_id());
  kept.set_rulebook_version(event.rulebook_version());
}

std::string OfEvent(const std::string& bytes) {
  return Cleared<v1::Event>(bytes, [](v1::Event& event) {
    v1::Event kept;
    kept.set_event_id(event.event_id());
    kept.set_commit_seq(event.commit_seq());
    if (event.has_order_committed()) {
      *kept.mutable_order_committed() = event.order_committed();
    } else if (event.has_order_refunded()) {
      *kept.mutable_order_refunded() = event.order_refunded();
    } else if (event.has_points_posted()) {
      kept.set_member_id(event.member_id());
      kept.mutable_points_posted()->set_entry_number(
          event.points_posted().entry_number());
    } else if (event.has_points_expired()) {
      kept.set_member_id(event.member_id());
      kept.mutable_points_expired()->set_points(
          event.points_expired().points());
    } else if (event.has_codes_issued()) {
      kept.mutable_codes_issued()->set_batch(event.codes_issued().batch());
      kept.mutable_codes_issued()->set_codes(event.codes_issued().codes());
    } else if (event.has_code_voided()) {
      kept.mutable_code_voided()->set_code_id(event.code_voided().code_id());
      kept.mutable_code_voided()->set_reason(event.code_voided().reason());
    } else if (event.has_code_issued() &&
               event.code_issued().order_id().empty() &&
               event.code_issued().occasion() == 0) {
      kept = event;
      kept.clear_schema_version();
      kept.clear_commit_time();
      kept.mutable_code_issued()->clear_case_id();
      for (auto* time : {kept.mutable_effective_time(),
                         kept.mutable_code_issued()->mutable_expire_time()}) {
        time->set_nanos(time->nanos() / 1000);
      }
    } else if (event.has_code_issued()) {
      kept.mutable_code_issued()->set_order_id(event.code_issued().order_id());
    } else if (event.has_code_used()) {
      kept.mutable_code_used()->set_order_id(event.code_used().order_id());
    } else if (event.has_code_returned()) {
      kept.mutable_code_returned()->set_order_id(
          event.code_returned().order_id());
    } else if (event.has_note_requested()) {
      KeepNote(event, kept);
      *kept.mutable_note_requested() = event.note_requested();
    } else if (event.has_note_deferred()) {
      KeepNote(event, kept);
      kept.mutable_note_deferred()->set_note_id(
          event.note_deferred().note_id());
      kept.mutable_note_deferred()->set_template_id(
          event.note_deferred().template_id());
    } else if (event.has_note_held_back()) {
      KeepNote(event, kept);
      *kept.mutable_note_held_back() = event.note_held_back();
    } else {
      KeepCareEvent(event, kept);
    }
    event = kept;
  });
}

std::string OfAccount(const std::string& value) {
  return Cleared<store::v1::AccountRecord>(
      value, [](store::v1::AccountRecord& account) {
        account.clear_latest_us();
        if (!account.standing().has_occasions()) return;
        store::v1::OccasionsRecord& occasions =
            *account.mutable_standing()->mutable_occasions();
        occasions.clear_birthday_us();
        occasions.clear_anniversary_us();
        occasions.clear_birthday_year();
        occasions.clear_first_order_us();
        occasions.clear_years_us();
        occasions.clear_noticed_us();
        occasions.clear_referral_over();
        occasions.clear_referral_occasion();
        occasions.clear_referrer_occasion();
        if (!occasions.referral_order_id().empty()) {
          occasions.set_referral_order_id("some order");
        }
      });
}

std::string OfOccasion(const std::string& value) {
  return Cleared<store::v1::OccasionRecord>(
      value, [](store::v1::OccasionRecord& occasion) {
        occasion.clear_expire_us();
        occasion.clear_idle();
        if (occasion.expired_counted() == 0) occasion.clear_expired_number();
        if (occasion.points() == 0) occasion.clear_undone();
        if (occasion.undone()) occasion.clear_limits_used();
        ClearPlaces(*occasion.mutable_budgets_used());
      });
}

std::string OfRefund(const std::string& value) {
  return Cleared<store::v1::RefundRecord>(value, [](auto& refund) {
    refund.clear_fingerprint();
    refund.clear_parts();
    refund.clear_rest();
    refund.set_reply(Cleared<v1::RefundOrderResponse>(
        refund.reply(), [](v1::RefundOrderResponse& reply) {
          ClearAccount(*reply.mutable_account());
          reply.clear_whole();
        }));
  });
}

// How many there are.
std::string OfCosts(const std::string& value) {
  return Cleared<store::v1::ArticleCostsRecord>(value, [](auto& costs) {
    for (auto* numbers : {costs.mutable_cost(), costs.mutable_valid_from_us()})
      std::fill(numbers->begin(), numbers->end(), 0);
  });
}

// What only its event says too is nowhere told of a note that was not sent, nor
// when one was sent that no cap counts.
std::string OfNote(const std::string& value) {
  return Cleared<store::v1::NoteRecord>(value, [](auto& note) {
    const bool is_deferred = note.state() == v1::Note::DEFERRED;
    if (!is_deferred && !note.counted()) note.clear_send_us();
    if (note.state() == v1::Note::REQUESTED) return;
    note.clear_case_id();
    note.clear_code();
    note.clear_available_after();
    note.clear_values();
  });
}

std::string OfProfile(const std::string& value) {
  return Cleared<store::v1::ProfileRecord>(value, [](auto& profile) {
    profile.clear_display_name();
    profile.clear_time_zone();
    profile.clear_addresses();
    profile.clear_agreed();
    profile.clear_declined();
    profile.clear_consents();
    profile.clear_enrolled_us();
    for (std::string& kind : *profile.mutable_identifier_kinds())
      kind.clear();
  });
}

std::string OfSubscription(const std::string& value) {
  return Cleared<store::v1::SubscriptionRecord>(value, [](auto& record) {
    store::v1::SubscriptionRecord kept;
    kept.set_waiting(record.waiting());
    kept.set_dead_letters(record.dead_letters());
    kept.set_subscription(Cleared<v1::Subscription>(
        record.subscription(), [](v1::Subscription& subscription) {
          const std::string id = subscription.subscription_id();
          subscription.Clear();
          subscription.set_subscription_id(id);
        }));
    record = kept;
  });
}

std::string OfDelivery(const std::string& value) {
  return Cleared<store::v1::DeliveryRecord>(value, [](auto& delivery) {
    delivery.clear_attempts();
    delivery.clear_first_us();
    delivery.clear_trouble();
    if (delivery.next_us() != 0) delivery.set_next_us(1);
  });
}

// As MeaningOf, of the tables with small letters: what a sale sets in motion.
std::string MeaningOfSmallLetter(char table, const std::string& value) {
  switch (table) {
    case 'g':
      return Cleared<store::v1::CodeBatchRecord>(value, [](auto& batch) {
        batch.clear_fingerprint();
        batch.clear_count();
      });
    case 'd':
      return OfDelivery(value);
    case 'h':
      return Cleared<store::v1::CareStandingRecord>(value, [](auto&) {});
    case 'k':
      return OfCase(value);
    case 'w':
      return Cleared<store::v1::ComplaintWeekRecord>(value, [](auto&) {});
    case 's':
      return OfSubscription(value);
    default:
      return value;
  }
}

// The record without what says nothing of points, money, codes or members, and
// without what no other record tells of; its bytes as they are where they are
// no record. What is left out here is what a recount cannot see:
//   displayed names; a rulebook's text and its rules (of the current one and of
//   those of sales), who published it and why; first replies beyond sums and
//   points (worth, limits and bases of caps, what was proposed before caps, how
//   codes are spelt); articles, tags, attributes and costs of an order, and
//   what the catalogue says; what conditions saw of the member; request
//   fingerprints and replies remembered for a request_id; when an import was
//   seen; events but for their numbers, those of orders and refunds, and which
//   entry they tell of; which refund took back which line; how late an
//   account's last command was; what a note that was not sent would have said;
//   where and when members may be written to; when a member's occasions come
//   next, which lot
//   their points went to and which order made a friend one; what subscriptions
//   ask for, how far they have come and what went wrong; the server's secrets.
std::string MeaningOf(const std::string& key, const std::string& value) {
  switch (key[0]) {
    case 'A':
      // Entries are in the chain, whole.
      if (key.find('\0', key.find('\0') + 1) + 1 < key.size()) return value;
      return OfAccount(value);
    case 'B':
      return Cleared<store::v1::RulebookRecord>(value, [](auto& record) {
        record.clear_rulebook();
        record.clear_yaml();
        record.clear_caller();
        record.clear_comment();
      });
    case 'C':
      return Cleared<store::v1::CodeRecord>(value, [](auto&) {});
    case 'E':
      return OfOccasion(value);
    case 'F':
      return OfProfile(value);
    case 'H':
      return Cleared<store::v1::HoldRecord>(value, [](auto& hold) {
        hold.clear_fingerprint();
        hold.clear_reply();
        if (hold.closed()) hold.clear_expire_us();
      });
    case 'K':
      return OfCosts(value);
    case 'L':
      if (key.find("rolling") != std::string::npos) {
        // Of how many days is for the rulebook to say.
        return Cleared<store::v1::RollingRecord>(value, [](auto& rolling) {
          for (auto& sum : *rolling.mutable_sums())
            sum.clear_days();
        });
      }
      return Cleared<store::v1::LimitRecord>(
          value, [](auto& sum) { sum.clear_told_percent(); });
    case 'M':
      return "";
    case 'O':
      return OfOrder(value);
    case 'P':
      return Cleared<store::v1::ProgramRecord>(
          value, [](auto& program) { program.clear_display_name(); });
    case 'Q':
      return "";
    case 'R':
      return OfRefund(value);
    case 'T':
      return Cleared<store::v1::TotalsRecord>(value, [](auto& totals) {
        totals.clear_import_latest_us();
        totals.clear_import_seen_us();
      });
    case 'V':
      return Cleared<store::v1::CommitRecord>(value, [](auto& commit) {
        for (std::string& event : *commit.mutable_events())
          event = OfEvent(event);
      });
    case 'U':
      return OfNote(value);
    case 'X':
      return Cleared<store::v1::ExpiredLotRecord>(value, [](auto&) {});
    case 'Z':
      return Cleared<store::v1::ReversalRecord>(value, [](auto&) {});
    default:
      return MeaningOfSmallLetter(key[0], value);
  }
}

class VerifyBytesTest : public testing::Test {
  // Flips make texts that are none.
  const google::protobuf::LogSilencer silence_;
};

int Rounds() {
  int rounds = 4000;
  const char* given =
      std::getenv("PISTIS_FLIP_ROUNDS");  // NOLINT(concurrency-mt-unsafe)
  if (given != nullptr && !absl::SimpleAtoi(given, &rounds)) return 0;
  return rounds;
}

TEST_F(VerifyBytesTest, EachFlippedBitOfAValueThatMeansSomethingIsFound) {
  BusyShop busy;
  Contents contents = busy.shop().All();
  ASSERT_EQ(RecountOf(contents).finding_count(), 0);
  std::vector<std::string> keys;
  for (const auto& [key, value] : contents) {
    if (!value.empty()) keys.push_back(key);
  }
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  int meant = 0;
  for (int i = 0; i < Rounds(); ++i) {
    const std::string& key = keys[random() % keys.size()];
    const std::string before = contents[key];
    std::string changed = before;
    const size_t at = random() % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ (1U << (random() % 8)));
    if (MeaningOf(key, changed) == MeaningOf(key, before)) continue;
    ++meant;
    contents[key] = changed;
    EXPECT_GE(RecountOf(contents).finding_count(), 1)
        << "PISTIS_TEST_SEED=" << seed << ", round " << i << ": byte " << at
        << " of " << absl::CHexEscape(key) << "\nwas "
        << absl::CHexEscape(before) << "\nis  " << absl::CHexEscape(changed);
    contents[key] = before;
  }
  EXPECT_GT(meant, Rounds() / 8);
}

TEST_F(VerifyBytesTest, EachFlippedBitOfAKeyIsFound) {
  BusyShop busy;
  const Contents contents = busy.shop().All();
  std::vector<std::string> keys;
  for (const auto& [key, value] : contents) {
    // Which id a request had, and which article costs so much, no other record
    // tells.
    if (key[0] != 'Q' && key[0] != 'P' && key[0] != 'K') keys.push_back(key);
  }
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  for (int i = 0; i < Rounds() / 4; ++i) {
    const std::string& key = keys[random() % keys.size()];
    std::string other = key;
    const size_t at = random() % other.size();
    other[at] = static_cast<char>(other[at] ^ (1U << (random() % 8)));
    Contents changed = contents;
    if (changed.contains(other)) continue;
    changed.erase(key);
    changed[other] = contents.at(key);
    EXPECT_GE(RecountOf(changed).finding_count(), 1)
        << "PISTIS_TEST_SEED=" << seed << ", round " << i << ": "
        << absl::CHexEscape(key) << " became " << absl::CHexEscape(other);
  }
}

// A recount of bytes that anyone may have written ends, whatever they are.
TEST_F(VerifyBytesTest, ManyChangesAtOnceStopNothing) {
  BusyShop busy;
  const Contents contents = busy.shop().All();
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < Rounds() / 40; ++i) {
    Contents changed = contents;
    for (auto& [key, value] : changed) {
      if (key == "Pshop" + std::string(1, '\0')) continue;
      for (size_t flips = random() % 4; flips > 0 && !value.empty(); --flips) {
        char& byte = value[random() % value.size()];
        byte = static_cast<char>(byte ^ (1U << (random() % 8)));
      }
    }
    EXPECT_GE(RecountOf(changed).finding_count(), 1);
  }
}

}  // namespace
}  // namespace pistis
