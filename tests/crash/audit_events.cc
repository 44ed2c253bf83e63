#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"

#include "engine/base/digest.h"
#include "tests/crash/audit.h"

namespace pistis::crash {
namespace {

class EventAudit {
 public:
  EventAudit(const Books& books, EventPrefix before, Findings& findings)
      : books_(books), before_(std::move(before)), findings_(findings) {}

  void Read(const v1::Event& event) {
    if (!ids_.insert(absl::HashOf(event.event_id())).second) {
      findings_.Add("event id ", event.event_id(), " twice");
    }
    if (event.commit_seq() < commit_seq_) {
      findings_.Add("event ", event.event_id(), " steps back in commit order");
    }
    commit_seq_ = event.commit_seq();
    CompareWithBefore(event);
    Count(event);
  }

  EventPrefix Finish() {
    if (read_.count < before_.count) {
      findings_.Add(before_.count, " events before, ", read_.count, " now");
    }
    int64_t codes = 0;
    int64_t notes = 0;
    for (const auto& [order_id, facts] : books_) {
      findings_.Expect(1, committed_[order_id],
                       "order_committed events of " + order_id);
      findings_.Expect(facts.refunded ? 1 : 0, refunded_[order_id],
                       "order_refunded events of " + order_id);
      codes += facts.codes;
      notes += facts.notes;
    }
    findings_.Expect(codes, codes_, "code_issued events");
    findings_.Expect(notes, notes_, "note_requested events");
    findings_.Expect(kMembers, joined_, "member_joined events");
    return std::move(read_);
  }

 private:
  void CompareWithBefore(const v1::Event& event) {
    ++read_.count;
    read_.digest = Sha256(read_.digest + event.SerializeAsString());
    if (read_.count == before_.count && read_.digest != before_.digest) {
      findings_.Add("the first ", read_.count,
                    " events are not what they were before the crash");
    }
  }

  const OrderFacts* Find(const std::string& order_id, const char* kind) {
    const auto found = books_.find(order_id);
    if (found != books_.end()) return &found->second;
    findings_.Add(kind, " of ", order_id, ", which is not there");
    return nullptr;
  }

  void Count(const v1::Event& event) {
    if (event.has_order_committed()) {
      CountCommitted(event);
    } else if (event.has_order_refunded()) {
      CountRefunded(event.order_refunded());
    } else if (event.has_code_issued()) {
      ++codes_;
      Find(event.code_issued().order_id(), "code_issued");
    } else if (event.has_note_requested()) {
      ++notes_;
      Find(event.note_requested().order_id(), "note_requested");
    } else if (event.has_member_joined()) {
      ++joined_;
    } else if (!event.has_program_created() &&
               !event.has_rulebook_published()) {
      findings_.Add("an event of another kind: ", event.ShortDebugString());
    }
  }

  void CountCommitted(const v1::Event& event) {
    const v1::OrderCommitted& sale = event.order_committed();
    const std::string& id = sale.order_id();
    ++committed_[id];
    const OrderFacts* facts = Find(id, "order_committed");
    if (facts == nullptr) return;
    findings_.Expect(facts->commit_seq, event.commit_seq(),
                     id + " event's commit_seq");
    findings_.Expect(facts->member_id, event.member_id(),
                     id + " event's member_id");
    findings_.Expect(facts->total, sale.total_minor(), id + " event's total");
    findings_.Expect(facts->earned, sale.points_earned(),
                     id + " event's points_earned");
    findings_.Expect(facts->redeemed, sale.points_redeemed(),
                     id + " event's points_redeemed");
  }

  void CountRefunded(const v1::OrderRefunded& refund) {
    const std::string& id = refund.order_id();
    ++refunded_[id];
    const OrderFacts* facts = Find(id, "order_refunded");
    if (facts == nullptr) return;
    findings_.Expect("r-" + id, refund.refund_id(), id + " event's refund_id");
    findings_.Expect(facts->refund_money, refund.refund_minor(),
                     id + " event's refund_minor");
    findings_.Expect(facts->clawed_back, refund.points_clawed_back(),
                     id + " event's points_clawed_back");
  }

  const Books& books_;
  const EventPrefix before_;
  Findings& findings_;
  EventPrefix read_;
  int64_t commit_seq_ = 0;
  // Hashes of the ids: a million events fit, two of them meet by chance once in
  // a million runs.
  absl::flat_hash_set<size_t> ids_;
  absl::flat_hash_map<std::string, int> committed_;
  absl::flat_hash_map<std::string, int> refunded_;
  int64_t codes_ = 0;
  int64_t notes_ = 0;
  int joined_ = 0;
};

}  // namespace

EventPrefix AuditEvents(Shop& shop, const Books& books,
                        const EventPrefix& before, Findings& findings) {
  EventAudit audit(books, before, findings);
  grpc::ClientContext context;
  v1::StreamEventsRequest request;
  request.set_program_id(kProgram);
  const auto stream = shop.clients[0]->events->StreamEvents(&context, request);
  v1::Event event;
  while (stream->Read(&event))
    audit.Read(event);
  const grpc::Status status = stream->Finish();
  if (!status.ok()) findings.Add("StreamEvents: ", status.error_message());
  return audit.Finish();
}

}  // namespace pistis::crash
