// The members and orders the bench loads a server with.
#ifndef PISTIS_TESTS_BENCH_ORDERS_H_
#define PISTIS_TESTS_BENCH_ORDERS_H_

#include <cstdint>
#include <random>
#include <string>

#include "pistis/v1/order.pb.h"

namespace pistis::bench {

// The program of rulebook.yaml.
inline constexpr char kProgram[] = "bench";

// "m-00042": the id of the nth of the enrolled members.
[[nodiscard]] std::string MemberName(int number);

// Makes orders of five lines for random members among `members`, half of which
// some rules of rulebook.yaml match and half do not. Not thread-safe: one for
// each call in flight.
class OrderMaker {
 public:
  // Every maker of one server needs another `prefix`: order ids start with it.
  // The same prefix makes the same orders.
  OrderMaker(std::string prefix, int members);

  // Turns `order` into the next one. It must be empty or the one before.
  void Next(v1::Order& order);

  // The id of the nth order, counted from 1: all of a maker are of one length.
  [[nodiscard]] std::string IdOf(int64_t number) const;

 private:
  void FillLine(v1::OrderLine& line);
  int Below(int bound);

  std::string prefix_;
  int members_;
  int64_t made_ = 0;
  std::mt19937_64 random_;
};

}  // namespace pistis::bench

#endif  // PISTIS_TESTS_BENCH_ORDERS_H_
