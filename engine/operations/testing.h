// What the tests of the operations share. Not for programs.
#ifndef PISTIS_ENGINE_OPERATIONS_TESTING_H_
#define PISTIS_ENGINE_OPERATIONS_TESTING_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/care_service.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/code_service.pb.h"
#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/member_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/base/clock.h"
#include "engine/operations/deliveries.h"
#include "engine/operations/env.h"
#include "engine/operations/open_store.h"
#include "engine/operations/queries.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/operations/work_off_due.h"
#include "engine/storage/store.h"
#include "engine/storage/testing.h"

namespace pistis {

// Stands still until it is set. Any thread.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) { Set(now); }

  void Set(absl::Time now) { now_us_ = absl::ToUnixMicros(now); }
  void Advance(absl::Duration by) { Set(Now() + by); }
  [[nodiscard]] absl::Time Now() const override {
    return absl::FromUnixMicros(now_us_);
  }

 private:
  std::atomic<int64_t> now_us_ = 0;
};

// "2026-01-10 10:05" or "2026-01-10" in `zone`. A text that is neither fails
// the test.
[[nodiscard]] absl::Time TimeAt(absl::string_view text,
                                absl::TimeZone zone = absl::UTCTimeZone());

// The use cases on one store, one commit each, as the executor runs them. Opens
// an empty store with a fixed secret, so that codes are the same in every run.
// Another one on the same store stands for a restart. One thread at a time.
class TestShop {
 public:
  // Both must outlive the shop.
  TestShop(Store& store, const Clock& clock);

  absl::StatusOr<v1::Program> Open(const v1::CreateProgramRequest& request);
  absl::StatusOr<v1::PublishedRulebook> Publish(
      const v1::PublishRulebookRequest& request);
  absl::StatusOr<v1::PublishedRulebook> Rollback(
      const v1::RollbackRulebookRequest& request);
  absl::StatusOr<v1::Member> Enrol(const v1::CreateMemberRequest& request);
  absl::StatusOr<v1::Member> Update(const v1::UpdateMemberRequest& request);
  absl::StatusOr<v1::RecordActivityResponse> Act(
      const v1::RecordActivityRequest& request);
  absl::StatusOr<v1::CommitOrderResponse> Commit(
      const v1::CommitOrderRequest& request);
  absl::StatusOr<v1::RefundOrderResponse> Refund(
      const v1::RefundOrderRequest& request);
  absl::StatusOr<v1::HoldOrderResponse> Hold(
      const v1::HoldOrderRequest& request);
  absl::StatusOr<v1::CancelReservationResponse> Cancel(
      const v1::CancelReservationRequest& request);
  absl::StatusOr<v1::ImportCostsResponse> Import(
      const v1::ImportCostsRequest& request);
  absl::StatusOr<v1::IssueCodeResponse> Issue(
      const v1::IssueCodeRequest& request);
  // The next step of the batch; how many are issued then.
  absl::StatusOr<int64_t> IssueNext(const v1::IssueCodesRequest& request);
  absl::StatusOr<v1::Code> Void(const v1::VoidCodeRequest& request);
  // Subscriptions, and what came of deliveries to them.
  absl::StatusOr<v1::Subscription> Subscribe(
      const v1::CreateSubscriptionRequest& request);
  absl::StatusOr<v1::Subscription> Unsubscribe(
      const v1::DeleteSubscriptionRequest& request);
  absl::StatusOr<v1::Subscription> Acknowledge(
      const v1::AckEventsRequest& request);
  absl::StatusOr<v1::Subscription> Rotate(
      const v1::RotateSecretRequest& request);
  absl::StatusOr<v1::ReplayDeadLettersResponse> Replay(
      const v1::ReplayDeadLettersRequest& request);
  absl::StatusOr<store::v1::SubscriptionRecord> Record(
      const DeliveryProgress& progress);
  // The commands of LedgerService.
  absl::StatusOr<v1::EarnPointsResponse> Post(
      const v1::EarnPointsRequest& request);
  absl::StatusOr<v1::RedeemPointsResponse> Post(
      const v1::RedeemPointsRequest& request);
  absl::StatusOr<v1::HoldPointsResponse> Post(
      const v1::HoldPointsRequest& request);
  absl::StatusOr<v1::CaptureHoldResponse> Post(
      const v1::CaptureHoldRequest& request);
  absl::StatusOr<v1::ReleaseHoldResponse> Post(
      const v1::ReleaseHoldRequest& request);
  absl::StatusOr<v1::AdjustPointsResponse> Post(
      const v1::AdjustPointsRequest& request);
  absl::StatusOr<v1::TransferPointsResponse> Post(
      const v1::TransferPointsRequest& request);
  absl::StatusOr<v1::ReverseEntryResponse> Post(
      const v1::ReverseEntryRequest& request);
  // The commands of CareService.
  absl::StatusOr<v1::Case> Post(const v1::OpenCaseRequest& request);
  absl::StatusOr<v1::GrantRemedyResponse> Post(
      const v1::GrantRemedyRequest& request);
  absl::StatusOr<v1::GrantRemedyResponse> Post(
      const v1::ApproveRemedyRequest& request);
  absl::StatusOr<v1::Case> Post(const v1::ResolveCaseRequest& request);
  absl::StatusOr<v1::Case> Post(const v1::RecordFollowUpRequest& request);
  absl::StatusOr<WorkOffDueReply> Expire(const WorkOffDueInput& input);
  // Expire until no more is due, cases included.
  absl::Status ExpireAll(const ProgramId& program);

  // A query on a fresh snapshot: Ask(GetAccount, request).
  template <typename Query, typename Request>
  auto Ask(Query query, const Request& request) const {
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    return query(QueryContext{env_, *snapshot, clock_.Now()}, request);
  }
  // All events of the program after `cursor`.
  absl::StatusOr<std::vector<v1::Event>> Events(
      const ProgramId& program, const std::string& cursor) const;

  [[nodiscard]] absl::Time Now() const { return clock_.Now(); }
  [[nodiscard]] std::unique_ptr<Snapshot> GetSnapshot() const {
    return store_.GetSnapshot();
  }
  // All that is stored.
  [[nodiscard]] Contents All() const {
    return ContentsOf(*store_.GetSnapshot());
  }
  // The same without what a remembered refusal of a request_id may add.
  [[nodiscard]] Contents AllButRequests() const;
  // True where the last command wrote anything.
  [[nodiscard]] bool last_one_wrote() const { return last_one_wrote_; }
  [[nodiscard]] const OperationEnv& env() const { return env_; }

 private:
  template <typename Reply, typename Decide>
  absl::StatusOr<Reply> Run(Decide decide);
  template <typename Reply, typename Decide>
  absl::StatusOr<Reply> RunApi(Decide decide);
  template <typename Request, typename Input, typename Reply>
  absl::StatusOr<Reply> ParseAndRun(
      absl::StatusOr<Input> (*parse)(const Request&, absl::Time),
      absl::StatusOr<DecidedReply<Reply>> (*decide)(const OperationEnv&,
                                                    const Reader&,
                                                    const CommitContext&,
                                                    const Input&),
      const Request& request);

  Store& store_;
  const Clock& clock_;
  RulebookCache rulebooks_;
  StoreKeys keys_;
  OperationEnv env_;
  bool last_one_wrote_ = false;
};

// The program that the helpers below speak of: "shop", in EUR, in Athens.
inline constexpr absl::string_view kShop = "shop";
[[nodiscard]] absl::TimeZone Athens();

// Opens the program and publishes `yaml`, the rulebook without its first three
// lines. Fails the test where that is refused.
void OpenWith(absl::string_view yaml, TestShop& shop);
// The request that publishes such a rulebook.
[[nodiscard]] v1::PublishRulebookRequest RulebookRequest(
    absl::string_view request_id, absl::string_view yaml);

// Requests with what must be there. An empty member is an anonymous sale; each
// amount is a line "l1", "l2", ... of one unit.
[[nodiscard]] v1::CreateMemberRequest MemberRequest(
    absl::string_view member_id);
[[nodiscard]] v1::CommitOrderRequest SaleRequest(
    absl::string_view order_id, absl::string_view member_id,
    const std::vector<int64_t>& amounts_minor);
[[nodiscard]] v1::RefundOrderRequest RefundRequest(absl::string_view order_id,
                                                   absl::string_view refund_id);
// Holds the order of a sale.
[[nodiscard]] v1::HoldOrderRequest HoldRequest(
    absl::string_view reservation_id, const v1::CommitOrderRequest& sale);
// Commits and cancels a reservation.
[[nodiscard]] v1::CommitOrderRequest CommitRequest(
    absl::string_view reservation_id);
[[nodiscard]] v1::CancelReservationRequest CancelRequest(
    absl::string_view reservation_id);

// Has the shop's events told to nowhere.
[[nodiscard]] v1::CreateSubscriptionRequest SubscriptionRequest(
    absl::string_view subscription_id);

// States what articles cost: {"tea", "1.50"}, from ever.
[[nodiscard]] v1::ImportCostsRequest CostsRequest(
    absl::string_view request_id,
    const std::vector<std::pair<std::string, std::string>>& costs);

// "OK", "FIELD_INVALID order.redeem.points" for a refused field, "NOT_FOUND"
// for another refusal, or the status itself where it is none.
[[nodiscard]] std::string NameOf(const absl::Status& status);

// What a refusal says beside its reason, sorted: {"available", "20"}, ...
[[nodiscard]] std::vector<std::pair<std::string, std::string>> FactsOf(
    const absl::Status& status);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_TESTING_H_
