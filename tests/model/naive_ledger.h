// The whole ledger, as obvious as can be: the model that the engine must agree
// with. Written from the design and the comments of pistis/v1 alone. Answers
// are texts: a refusal's name, or what the reply says.
#ifndef PISTIS_TESTS_MODEL_NAIVE_LEDGER_H_
#define PISTIS_TESTS_MODEL_NAIVE_LEDGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"

#include "tests/model/naive_book.h"
#include "tests/model/naive_policy.h"
#include "tests/model/naive_sale.h"

namespace pistis {

[[nodiscard]] absl::Time TimeOf(const google::protobuf::Timestamp& timestamp);

class NaiveLedger {
 public:
  explicit NaiveLedger(const Policy& policy) : policy_(policy) {}

  void Publish(const Policy& policy) { policy_ = policy; }
  void Enrol(const std::string& member) { books_[member]; }
  [[nodiscard]] const Policy& policy() const { return policy_; }

  std::string Do(const v1::CommitOrderRequest& request, absl::Time now);
  std::string Do(const v1::RefundOrderRequest& request, absl::Time now);
  std::string Do(const v1::EarnPointsRequest& request, absl::Time now);
  std::string Do(const v1::RedeemPointsRequest& request, absl::Time now);
  std::string Do(const v1::HoldPointsRequest& request, absl::Time now);
  std::string Do(const v1::CaptureHoldRequest& request, absl::Time now);
  std::string Do(const v1::ReleaseHoldRequest& request, absl::Time now);
  std::string Do(const v1::AdjustPointsRequest& request, absl::Time now);
  std::string Do(const v1::TransferPointsRequest& request, absl::Time now);
  std::string Do(const v1::ReverseEntryRequest& request, absl::Time now);
  // The jobs: what is due by now in accounts that nobody touches.
  void WorkOffDue(absl::Time now);

  // What queries say.
  [[nodiscard]] std::string Points(const std::string& member,
                                   absl::Time now) const;
  [[nodiscard]] std::string Hold(const std::string& id, absl::Time now) const;
  [[nodiscard]] std::string Order(const std::string& id) const;
  // The book of a member as it is at `now`.
  [[nodiscard]] Book BookAt(const std::string& member, absl::Time now) const;
  [[nodiscard]] const std::map<std::string, Sale>& sales() const {
    return sales_;
  }

 private:
  // What was asked, and what was answered.
  struct Asked {
    std::string content;
    std::string answer;
  };
  struct HoldFacts {
    std::string member;
    int64_t points = 0;
    bool closed = false;
    int64_t captured = 0;
  };
  // One side of a reversal.
  struct Side {
    std::string member;
    int64_t entry = 0;
  };

  // Answers a known id from memory. A refusal is remembered of a request_id.
  std::string Once(const std::string& key,
                   const google::protobuf::Message& request,
                   const std::function<std::string()>& decide);
  [[nodiscard]] bool IsKnown(const std::string& member) const {
    return books_.count(member) > 0;
  }
  void Save(const std::string& member, Book book);
  [[nodiscard]] Place PlaceFor(absl::Time at) const;
  // `wanted`, or where there is none, the place that the rulebook says.
  [[nodiscard]] std::optional<Place> PlaceOr(
      const google::protobuf::Timestamp* wanted, absl::Time at) const;
  [[nodiscard]] absl::Time GraceAt(absl::Time at) const;
  // An activity: where the rulebook counts it, idle points are put off.
  void BeActive(Book& book) const;
  void Earn(Book& book, Place place, int64_t points) const;

  std::string Sell(const v1::CommitOrderRequest& request, absl::Time now);
  std::string SettlePoints(const v1::Order& order, Book& book,
                           Sale& sale) const;
  std::string Refund(const v1::RefundOrderRequest& request, absl::Time now);
  std::string Capture(const v1::CaptureHoldRequest& request, absl::Time now);
  std::string Transfer(const v1::TransferPointsRequest& request,
                       absl::Time now);
  std::string Reverse(const v1::ReverseEntryRequest& request, absl::Time now);
  std::string CheckSide(const Side& side) const;

  Policy policy_;
  std::map<std::string, Book> books_;
  std::map<std::string, std::vector<Deed>> history_;
  std::set<std::pair<std::string, int64_t>> reversed_;
  std::map<std::string, HoldFacts> holds_;
  std::map<std::string, Sale> sales_;
  std::map<std::string, Asked> asked_;
};

}  // namespace pistis

#endif  // PISTIS_TESTS_MODEL_NAIVE_LEDGER_H_
