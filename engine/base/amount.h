// Money and Points: whole numbers that cannot be mixed up or wrap around.
#ifndef PISTIS_ENGINE_BASE_AMOUNT_H_
#define PISTIS_ENGINE_BASE_AMOUNT_H_

#include <compare>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace pistis {

// A signed count of one unit. `Tag` makes the units distinct types, so that
// points never add to money. Value type; any thread.
//
// The operators are for sums whose bounds were checked at the door (kMax*
// below): an overflow there is a broken invariant and stops the process. Where
// an overflow is possible input, use CheckedAdd and refuse.
template <typename Tag>
class Amount {
 public:
  constexpr Amount() = default;
  constexpr explicit Amount(int64_t value) : value_(value) {}

  [[nodiscard]] constexpr int64_t value() const { return value_; }
  [[nodiscard]] constexpr bool is_zero() const { return value_ == 0; }
  [[nodiscard]] constexpr bool is_positive() const { return value_ > 0; }
  [[nodiscard]] constexpr bool is_negative() const { return value_ < 0; }

  // The sum, or nothing where it does not fit 64 bits.
  [[nodiscard]] constexpr std::optional<Amount> CheckedAdd(Amount other) const {
    int64_t sum = 0;
    if (__builtin_add_overflow(value_, other.value_, &sum)) return std::nullopt;
    return Amount(sum);
  }

  friend constexpr Amount operator+(Amount a, Amount b) {
    int64_t sum = 0;
    if (__builtin_add_overflow(a.value_, b.value_, &sum)) std::abort();
    return Amount(sum);
  }
  friend constexpr Amount operator-(Amount a, Amount b) {
    int64_t difference = 0;
    if (__builtin_sub_overflow(a.value_, b.value_, &difference)) std::abort();
    return Amount(difference);
  }
  constexpr Amount operator-() const { return Amount() - *this; }
  constexpr Amount& operator+=(Amount other) { return *this = *this + other; }
  constexpr Amount& operator-=(Amount other) { return *this = *this - other; }

  // NOLINTNEXTLINE(modernize-use-nullptr): the check misreads `<=>`.
  friend constexpr auto operator<=>(Amount, Amount) = default;

 private:
  int64_t value_ = 0;
};

// Minor units of the program's currency: cents for EUR, yen for JPY.
using Money = Amount<struct MoneyTag>;

// Loyalty points, whole.
using Points = Amount<struct PointsTag>;

// The largest amount of one order line, one cost, or one discount in a
// rulebook, and the largest subtotal of an order. Every sum of an order stays
// far inside 64 bits, and every product with a Rate inside 128.
inline constexpr Money kMaxLineMoney{1'000'000'000'000};
inline constexpr Money kMaxOrderMoney{10'000'000'000'000};

// The most lines of one order.
inline constexpr int kMaxOrderLines = 2000;

// The largest number of points one command may move, and the largest balance.
inline constexpr Points kMaxCommandPoints{1'000'000'000'000};
inline constexpr Points kMaxBalance{1'000'000'000'000'000};

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_AMOUNT_H_
