// A program of its own, as it counts every allocation of the process.
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "gtest/gtest.h"

#include "engine/expr/expression.h"
#include "engine/expr/test_environment.h"

namespace {

thread_local int64_t allocations = 0;

}  // namespace

// Not inlined, or the compiler takes free for the mate of another new.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace pistis::expr {
namespace {

class AllocationTest : public testing::TestWithParam<const char*> {};

TEST_P(AllocationTest, DecidingDoesNotAllocate) {
  const auto expression = Expression::Compile(GetParam(), ShopEnvironment());
  ASSERT_TRUE(expression.ok()) << expression.status();
  const TestLine line = {.category = std::string(100, 'c')};
  const LineActivation activation(line);
  const int64_t before = allocations;
  (void)expression->Decide(activation);
  EXPECT_EQ(allocations - before, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, AllocationTest,
    testing::Values("line.category == 'drinks/coffee/beans/arabica'",
                    "line.amount >= amount('30.00') && quantity > 2",
                    "line.category in ['drinks/coffee/beans', 'drinks/tea']",
                    "'bio' in line.tags || has(line.cost)",
                    "line.category.startsWith('drinks/coffee/beans')",
                    "line.attributes['gift-wrap'] == 'red'",
                    "line.cost > 100 && line.attributes.colour == 'red'",
                    "line.tags.exists(tag, tag == 'bio')",
                    "!line.tags.all(tag, tag.size() > 3 && tag != name)",
                    "line.tags.exists_one(tag, tag in ['bio', 'new'])",
                    "[1, 5, 7].exists(n, [2, 7].exists(m, m == n))",
                    "timestamp(quantity) < timestamp('2026-01-31T18:30:00Z')",
                    "timestamp(quantity).getHours('Europe/Athens') < 9",
                    "line.amount / 0 > 1"));

}  // namespace
}  // namespace pistis::expr
