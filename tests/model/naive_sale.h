// One order: what it earned, and what has come back of it.
#ifndef PISTIS_TESTS_MODEL_NAIVE_SALE_H_
#define PISTIS_TESTS_MODEL_NAIVE_SALE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"

#include "tests/model/naive_book.h"
#include "tests/model/naive_policy.h"

namespace pistis {

struct SaleLine {
  std::string id;
  int64_t quantity = 1;
  int64_t amount = 0;
  int64_t redeemed = 0;
  int64_t points = 0;
  int64_t returned_quantity = 0;
  int64_t returned = 0;

  // True where nothing is left of it.
  [[nodiscard]] bool is_gone() const {
    return amount == 0 ? returned_quantity == quantity : returned == amount;
  }
};

// Sums over a sale's lines so far.
struct Returned {
  bool whole = false;
  int64_t paid = 0;
  int64_t redeemed_points = 0;
  int64_t earned_points = 0;
};

struct Sale {
  std::string member;
  Policy policy;
  absl::Time effective;
  int64_t shipping = 0;
  std::vector<SaleLine> lines;
  int64_t earned = 0;
  int64_t redeemed_points = 0;
  int64_t redeemed_minor = 0;
  // The piles that paid, in the order in which they did.
  std::vector<Pile> spent;
  // Where its points went, and by which entry.
  Place earned_place;
  int64_t earn_entry = 0;
  // Given back and taken back so far.
  int64_t refunded = 0;
  int64_t clawed_back = 0;
  int64_t restored = 0;
  int64_t refunds = 0;

  [[nodiscard]] int64_t Subtotal() const;
  [[nodiscard]] bool IsGone() const;
  // Lets points pay for `minor` of it, each line its share.
  void PayWithPoints(int64_t points, int64_t minor);
  // Works out the points of each line, and their sum.
  void Earn();
  // Takes lines back; the name of the refusal, and then half done, or "OK".
  std::string Return(const v1::RefundOrderRequest& request);
  [[nodiscard]] Returned SumReturned() const;
  // The piles to give `points` back to, the last that paid first.
  [[nodiscard]] std::vector<Pile> NextToRestore(int64_t points) const;

 private:
  [[nodiscard]] int64_t PointsFor(int64_t subtotal, int64_t basis) const;
  [[nodiscard]] int64_t PointsOfKept() const;
  std::string ReturnPart(const v1::RefundLine& part, SaleLine& line);
};

// `total` in proportion to `weights` by largest remainder, ties to the first.
[[nodiscard]] std::vector<int64_t> Shares(int64_t total,
                                          const std::vector<int64_t>& weights);

}  // namespace pistis

#endif  // PISTIS_TESTS_MODEL_NAIVE_SALE_H_
