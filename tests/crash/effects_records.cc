// The holds and orders of the journal, asked for one by one.
#include <string>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/time/clock.h"

#include "tests/crash/effects.h"

namespace pistis::crash {
namespace {

// What the entries of a hold say of it.
struct HoldStory {
  v1::Hold::State state = v1::Hold::OPEN;
  int64_t captured = 0;
};

using HoldStories = absl::flat_hash_map<std::string, HoldStory>;

HoldStories StoriesOf(const HeldLedger& held) {
  HoldStories stories;
  for (const auto& [member_id, entries] : held.members) {
    for (const HeldEntry& entry : entries) {
      if (!entry.entry.has_hold()) continue;
      HoldStory& story = stories[entry.entry.hold().hold_id()];
      if (entry.entry.kind() == v1::LedgerEntry::CAPTURE) {
        story.state = v1::Hold::CAPTURED;
        story.captured = -PostedTo(entry.entry, v1::Posting::MEMBER_HELD);
      } else if (entry.entry.kind() == v1::LedgerEntry::HOLD_RELEASE &&
                 story.state == v1::Hold::OPEN) {
        story.state = entry.entry.hold().expired() ? v1::Hold::EXPIRED
                                                   : v1::Hold::RELEASED;
      }
    }
  }
  return stories;
}

void CheckHold(Client& client, const CommandRecord& record,
               const HoldStories& stories, Findings& findings) {
  v1::GetHoldRequest request;
  request.set_program_id(kProgram);
  request.set_hold_id(record.id);
  const auto reply =
      Call(*client.ledger, &v1::LedgerService::Stub::GetHold, request);
  const auto story = stories.find(record.id);
  if (story == stories.end()) {
    if (reply.status.error_code() != grpc::StatusCode::NOT_FOUND) {
      findings.Add(record.id, " is a hold without an entry");
    }
    return;
  }
  if (!reply.ok()) {
    findings.Add("GetHold ", record.id, ": ", reply.status.error_message());
    return;
  }
  const v1::Hold& hold = reply.value;
  // One whose time is over may be open by its entries until that is posted.
  const bool overdue =
      story->second.state == v1::Hold::OPEN &&
      hold.state() == v1::Hold::EXPIRED &&
      hold.expire_time().seconds() - 1 <= absl::ToUnixSeconds(absl::Now());
  if (!overdue) {
    findings.Expect(v1::Hold::State_Name(story->second.state),
                    v1::Hold::State_Name(hold.state()), record.id + " state");
  }
  findings.Expect(story->second.captured, hold.captured_points(),
                  record.id + " captured_points");
}

// What the refunds of one order came to, as far as they were answered.
struct Refunds {
  int64_t money = 0;
  int64_t clawed_back = 0;
  int64_t restored = 0;
  bool all_answered = true;
};

using RefundsByOrder = absl::flat_hash_map<std::string, Refunds>;

RefundsByOrder RefundsOf(const CommandJournal& journal) {
  RefundsByOrder refunds;
  for (const CommandRecord& record : journal) {
    const auto* request = std::get_if<v1::RefundOrderRequest>(&record.command);
    if (request == nullptr) continue;
    Refunds& sum = refunds[request->order_id()];
    if (record.answer.kind == Answer::Kind::kNone) sum.all_answered = false;
    if (record.answer.kind != Answer::Kind::kGranted) continue;
    const auto reply = ReplyOf<v1::RefundOrderResponse>(record.answer);
    sum.money += reply.refund_minor();
    sum.clawed_back += reply.points_clawed_back();
    sum.restored += reply.points_restored();
  }
  return refunds;
}

void CheckRefunds(const v1::CommittedOrder& order, const Refunds& sum,
                  Findings& findings) {
  const std::string& id = order.order().order_id();
  if (!sum.all_answered) {
    if (order.refunded_minor() < sum.money) {
      findings.Add(id, " lost a refund");
    }
    return;
  }
  findings.Expect(sum.money, order.refunded_minor(), id + " refunded_minor");
  findings.Expect(sum.clawed_back, order.points_clawed_back(),
                  id + " points_clawed_back");
  findings.Expect(sum.restored, order.points_restored(),
                  id + " points_restored");
}

void CheckOrder(Client& client, const CommandRecord& record,
                const RefundsByOrder& refunds, Findings& findings) {
  v1::GetOrderRequest request;
  request.set_program_id(kProgram);
  request.set_order_id(record.id);
  const auto reply =
      Call(*client.checkout, &v1::CheckoutService::Stub::GetOrder, request);
  switch (record.answer.kind) {
    case Answer::Kind::kNone:
      if (reply.ok() ||
          reply.status.error_code() == grpc::StatusCode::NOT_FOUND) {
        return;
      }
      break;
    case Answer::Kind::kRefused:
      if (reply.status.error_code() == grpc::StatusCode::NOT_FOUND) return;
      break;
    case Answer::Kind::kGranted:
      if (reply.value.committed().SerializeAsString() != record.answer.bytes) {
        break;
      }
      if (const auto sum = refunds.find(record.id); sum != refunds.end()) {
        CheckRefunds(reply.value, sum->second, findings);
      } else {
        CheckRefunds(reply.value, Refunds{}, findings);
      }
      return;
  }
  findings.Add("GetOrder ", record.id, ": ", reply.status.error_message(), " ",
               reply.value.ShortDebugString());
}

// What a reservation says of its points is what the entries of their hold say.
void CheckReservation(Client& client, const CommandRecord& record,
                      const HoldStories& stories, Findings& findings) {
  v1::GetReservationRequest request;
  request.set_program_id(kProgram);
  request.set_reservation_id(record.id);
  const auto reply = Call(*client.checkout,
                          &v1::CheckoutService::Stub::GetReservation, request);
  const bool is_granted = record.answer.kind == Answer::Kind::kGranted;
  if (!reply.ok()) {
    if (is_granted ||
        reply.status.error_code() != grpc::StatusCode::NOT_FOUND) {
      findings.Add("GetReservation ", record.id, ": ",
                   reply.status.error_message());
    }
    return;
  }
  if (record.answer.kind == Answer::Kind::kRefused) {
    findings.Add(record.id, " was refused, and yet there");
  }
  if (is_granted) {
    findings.Expect(ReplyOf<v1::HoldOrderResponse>(record.answer)
                        .quote()
                        .SerializeAsString(),
                    reply.value.quote().SerializeAsString(),
                    record.id + " quote");
  }
  const int64_t points = reply.value.quote().points_redeemed();
  if (points == 0) return;
  const auto story = stories.find("reservation " + record.id);
  if (story == stories.end()) {
    findings.Add(record.id, " holds points without an entry");
    return;
  }
  const auto state = reply.value.reservation().state();
  findings.Expect(state == v1::Reservation::COMMITTED ? points : 0,
                  story->second.captured, record.id + " captured points");
  if (state == v1::Reservation::OPEN || state == v1::Reservation::CANCELLED) {
    findings.Expect(v1::Hold::State_Name(state == v1::Reservation::OPEN
                                             ? v1::Hold::OPEN
                                             : v1::Hold::RELEASED),
                    v1::Hold::State_Name(story->second.state),
                    record.id + " points");
  }
}

}  // namespace

void CheckRecords(Shop& shop, const CommandJournal& journal,
                  const HeldLedger& held, Findings& findings) {
  const HoldStories stories = StoriesOf(held);
  const RefundsByOrder refunds = RefundsOf(journal);
  InParallel(journal.size(), [&](size_t i, int worker) {
    Client& client = *shop.clients[worker];
    const CommandRecord& record = journal[i];
    std::visit(Overloaded{[&](const v1::HoldPointsRequest&) {
                            CheckHold(client, record, stories, findings);
                          },
                          [&](const v1::HoldOrderRequest&) {
                            CheckReservation(client, record, stories, findings);
                          },
                          [&](const v1::CommitOrderRequest&) {
                            CheckOrder(client, record, refunds, findings);
                          },
                          [](const auto&) {}},
               record.command);
  });
}

}  // namespace pistis::crash
