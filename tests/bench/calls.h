// The calls the bench makes, as slots of a closed loop.
#ifndef PISTIS_TESTS_BENCH_CALLS_H_
#define PISTIS_TESTS_BENCH_CALLS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/channel.h"

#include "tests/bench/closed_loop.h"

namespace pistis::bench {

using Slots = std::vector<std::unique_ptr<Slot>>;

// A server under load and how to load it. Slots share the channels evenly and
// keep them alive.
struct Load {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  int in_flight = 128;
  // How many members are enrolled.
  int members = 0;
  // Tells the orders of this load from those of every other.
  std::string prefix = "bench";
};

// `count` connections of their own to `target`.
std::vector<std::shared_ptr<grpc::Channel>> Connect(const std::string& target,
                                                    int count);

// The empty call of pistis_bench_empty_server.
Slots EmptyCalls(const Load& load);
// CommitOrder of an OrderMaker's orders, each a new one.
Slots Commits(const Load& load);
// QuoteOrder of the same.
Slots Quotes(const Load& load);

// Opens the program, publishes the rulebook, and enrols the load's members
// with its calls in flight. Does nothing where all that was done before. The
// status of the first call that failed.
absl::Status SetUp(const Load& load, const std::string& rulebook_yaml);

// A line on what the server has counted, or what it answered instead.
std::string DescribeProgram(const Load& load);

}  // namespace pistis::bench

#endif  // PISTIS_TESTS_BENCH_CALLS_H_
