#include "tests/crash/books.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/synchronization/mutex.h"

namespace pistis::crash {
namespace {

using Checkout = v1::CheckoutService::Stub;

// One sale in this many is also sent with other content.
constexpr size_t kOtherContentEvery = 50;

OrderFacts FactsOf(const v1::CommittedOrder& held) {
  const v1::Quote& quote = held.committed().quote();
  OrderFacts facts;
  facts.member_id = held.order().member_id();
  facts.commit_seq = held.committed().commit_seq();
  facts.subtotal = quote.subtotal_minor();
  facts.total = quote.total_minor();
  facts.earned = quote.points_earned();
  facts.redeemed = quote.points_redeemed();
  facts.codes = held.committed().issued_codes_size();
  facts.notes = held.committed().note_ids_size();
  for (const v1::BoundCap& cap : quote.caps()) {
    facts.caps.push_back(cap.cap_id());
  }
  std::sort(facts.caps.begin(), facts.caps.end());
  facts.caps.erase(std::unique(facts.caps.begin(), facts.caps.end()),
                   facts.caps.end());
  facts.refunded = held.state() != v1::CommittedOrder::COMMITTED;
  facts.refund_money = held.refunded_minor();
  facts.clawed_back = held.points_clawed_back();
  facts.restored = held.points_restored();
  for (const v1::LineRefund& line : held.refunded_lines()) {
    facts.returned += line.amount_minor();
  }
  return facts;
}

// The order is held as it was sent, with all that belongs to it.
void CheckWhole(const v1::CommitOrderRequest& sent,
                const v1::CommittedOrder& held, Findings& findings) {
  const std::string& id = sent.order().order_id();
  const v1::Order& order = held.order();
  const v1::Quote& quote = held.committed().quote();
  findings.Expect(id, order.order_id(), "order_id");
  findings.Expect(sent.order().member_id(), order.member_id(),
                  id + " member_id");
  findings.Expect(sent.order().lines_size(), order.lines_size(), id + " lines");
  int64_t subtotal = 0;
  for (int i = 0; i < std::min(sent.order().lines_size(), order.lines_size());
       ++i) {
    subtotal += sent.order().lines(i).amount_minor();
    findings.Expect(sent.order().lines(i).SerializeAsString(),
                    order.lines(i).SerializeAsString(), id + " line");
  }
  findings.Expect(subtotal, quote.subtotal_minor(), id + " subtotal");
  findings.Expect(subtotal - quote.discount_minor() - quote.redeemed_minor(),
                  quote.total_minor(), id + " total");
  if (held.committed().commit_seq() <= 0) findings.Add(id, " has no commit");
}

void CheckRefund(const OrderRecord& record, const v1::CommittedOrder& held,
                 Findings& findings) {
  const std::string id = OrderName(record.key);
  const bool there = held.state() != v1::CommittedOrder::COMMITTED;
  if (there && !record.refund_sent) findings.Add(id, " refunded by nobody");
  if (there == held.refunded_lines().empty()) {
    findings.Add(id, " is refunded in part: ", held.ShortDebugString());
  }
  if (!record.refund_acknowledged) return;
  v1::RefundOrderResponse reply;
  reply.ParseFromString(record.refund_reply);
  findings.Expect(reply.refund_minor(), held.refunded_minor(),
                  id + " refunded_minor");
  findings.Expect(reply.points_clawed_back(), held.points_clawed_back(),
                  id + " points_clawed_back");
  findings.Expect(reply.points_restored(), held.points_restored(),
                  id + " points_restored");
  findings.Expect(reply.whole() ? v1::CommittedOrder::REFUNDED
                                : v1::CommittedOrder::PARTLY_REFUNDED,
                  held.state(), id + " state");
}

std::optional<v1::CommittedOrder> Ask(Client& client, const OrderRecord& record,
                                      Findings& findings) {
  v1::GetOrderRequest request;
  request.set_program_id(kProgram);
  request.set_order_id(OrderName(record.key));
  auto reply = Call(*client.checkout, &Checkout::GetOrder, request);
  if (reply.ok()) return std::move(reply.value);
  const bool absent = reply.status.error_code() == grpc::StatusCode::NOT_FOUND;
  if (absent && !record.acknowledged) return std::nullopt;
  findings.Add(record.acknowledged ? "acknowledged " : "unacknowledged ",
               request.order_id(), ": ", reply.status.error_message());
  return std::nullopt;
}

// Sends what was sent before. The reply, noted in `known` where nothing was,
// must be the known one.
template <typename Method, typename Request>
std::string Again(Client& client, Method method, const Request& request,
                  const std::string& known, Findings& findings) {
  const auto reply = Call(*client.checkout, method, request);
  if (!reply.ok()) {
    findings.Add("sent again, refused with ", reply.status.error_message(),
                 ": ", request.ShortDebugString());
    return known;
  }
  std::string bytes = reply.value.SerializeAsString();
  if (!known.empty() && bytes != known) {
    findings.Add("sent again, another reply: ", reply.value.ShortDebugString());
  }
  return bytes;
}

void SendOtherContent(Client& client, v1::CommitOrderRequest request,
                      Findings& findings) {
  v1::OrderLine& line = *request.mutable_order()->mutable_lines(0);
  line.set_amount_minor(line.amount_minor() + 1);
  const auto reply = Call(*client.checkout, &Checkout::CommitOrder, request);
  if (reply.status.error_code() != grpc::StatusCode::ALREADY_EXISTS) {
    findings.Add(request.order().order_id(),
                 " with other content was not refused");
  }
}

}  // namespace

void EnterOrders(Shop& shop, const Journal& journal, Books& books,
                 Findings& findings) {
  absl::Mutex mutex;
  InParallel(journal.size(), [&](size_t i, int worker) {
    const OrderRecord& record = journal[i];
    const auto held = Ask(*shop.clients[worker], record, findings);
    if (!held.has_value()) return;
    CheckWhole(MakeCommit(shop.seed, record.key), *held, findings);
    CheckRefund(record, *held, findings);
    if (record.acknowledged &&
        record.reply != held->committed().SerializeAsString()) {
      findings.Add(OrderName(record.key), " is not what was acknowledged: ",
                   held->committed().ShortDebugString());
    }
    OrderFacts facts = FactsOf(*held);
    absl::MutexLock lock(&mutex);
    books[OrderName(record.key)] = std::move(facts);
  });
}

void SendAgain(Shop& shop, Journal& journal, Findings& findings) {
  InParallel(journal.size(), [&](size_t i, int worker) {
    OrderRecord& record = journal[i];
    Client& client = *shop.clients[worker];
    const v1::CommitOrderRequest commit = MakeCommit(shop.seed, record.key);
    const int times = record.acknowledged ? 1 : 2;
    for (int time = 0; time < times; ++time) {
      record.reply =
          Again(client, &Checkout::CommitOrder, commit, record.reply, findings);
      record.acknowledged = true;
    }
    if (i % kOtherContentEvery == 0) {
      SendOtherContent(client, commit, findings);
    }
    if (!record.refund_sent) return;
    record.refund_reply =
        Again(client, &Checkout::RefundOrder, MakeRefund(shop.seed, record.key),
              record.refund_reply, findings);
    record.refund_acknowledged = true;
  });
}

}  // namespace pistis::crash
