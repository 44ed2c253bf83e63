// Commands of which many copies are sent, and what all of them must come to.
#ifndef PISTIS_TESTS_LINEAR_REPEATS_H_
#define PISTIS_TESTS_LINEAR_REPEATS_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/operations/testing.h"
#include "tests/linear/call.h"

namespace pistis {

// Opens the program, where no points expire, and enrols the members.
void OpenForRepeats(TestShop& shop);

// What a member must have.
struct Balance {
  int64_t available = 0;
  int64_t held = 0;
  int64_t entries = 0;

  friend bool operator==(const Balance&, const Balance&) = default;
};

// What distinct commands come to, counted from the requests alone.
struct Books {
  std::map<std::string, Balance> members;
  int64_t orders = 0;
  int64_t refunds = 0;
  int64_t codes_used = 0;
};

// Makes commands of which no two are the same. All of a wave may run at once
// and in any order; they are about what came of earlier waves. Where an id's
// refusal is not remembered (orders, refunds, holds), the command is accepted
// whatever runs beside it, or refused for ever.
class CommandMaker {
 public:
  explicit CommandMaker(uint64_t seed);

  [[nodiscard]] AnyRequest Next();
  // Tells what became of a command, before the next wave is made.
  void Learn(const AnyRequest& request, const Answer& answer);
  // The opened program and all commands that were learnt, each once.
  [[nodiscard]] const Books& books() const { return books_; }

 private:
  // A fact that later commands are about.
  struct Sale {
    std::string member;
    int64_t points = 0;
  };
  struct OpenHold {
    std::string member;
    int64_t points = 0;
  };
  struct Reversible {
    std::string member;
    int64_t entry = 0;
    int64_t points = 0;
  };

  int Below(int limit);
  std::string NewId();
  // A member whose points commands compete for.
  std::string Member();
  AnyRequest Earn();
  AnyRequest Redeem();
  AnyRequest Adjust();
  AnyRequest Transfer();
  AnyRequest Sell();
  AnyRequest Refund();
  AnyRequest HoldSale();
  AnyRequest EndHeld();
  AnyRequest Hold();
  AnyRequest Close();
  AnyRequest Reverse();
  AnyRequest Enrol();

  void Post(const std::string& member, int64_t available, int64_t held);
  void Book(const v1::EarnPointsRequest& request, const std::string& reply);
  void Book(const v1::RedeemPointsRequest& request, const std::string& reply);
  void Book(const v1::AdjustPointsRequest& request, const std::string& reply);
  void Book(const v1::TransferPointsRequest& request, const std::string& reply);
  void Book(const v1::CommitOrderRequest& request, const std::string& reply);
  void Book(const v1::RefundOrderRequest& request, const std::string& reply);
  void Book(const v1::HoldOrderRequest& request, const std::string& reply);
  void Book(const v1::CancelReservationRequest& request,
            const std::string& reply);
  void Book(const v1::HoldPointsRequest& request, const std::string& reply);
  void Book(const v1::CaptureHoldRequest& request, const std::string& reply);
  void Book(const v1::ReleaseHoldRequest& request, const std::string& reply);
  void Book(const v1::ReverseEntryRequest& request, const std::string& reply);
  void Book(const v1::CreateMemberRequest& request, const std::string& reply);
  // Not made here.
  void Book(const v1::PublishRulebookRequest& request,
            const std::string& reply);
  void Book(const WorkOffDueInput& job, const std::string& reply);

  std::mt19937_64 random_;
  int64_t ids_ = 0;
  Books books_;
  std::vector<std::string> codes_;
  std::map<std::string, Sale> sales_;
  std::vector<std::string> refundable_;
  // The orders of reservations, and those that may still be ended.
  std::map<std::string, v1::Order> held_;
  std::vector<std::string> endable_;
  std::map<std::string, OpenHold> holds_;
  std::vector<std::string> closable_;
  std::vector<Reversible> reversible_;
};

}  // namespace pistis

#endif  // PISTIS_TESTS_LINEAR_REPEATS_H_
