// Expressions out of random bytes: nothing may come of them but a value or an
// error that points into the source.
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "engine/expr/error.h"
#include "engine/expr/expression.h"
#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

std::string RandomBytes(std::mt19937_64& random) {
  std::string bytes(random() % 200, '\0');
  for (char& byte : bytes)
    byte = static_cast<char>(random());
  return bytes;
}

std::string RandomTokens(std::mt19937_64& random) {
  const std::vector<std::string> tokens = {
      "a",           "1",         "1u",
      "0x",          "1e",        "'s'",
      "b'",          "\"",        "'''",
      "(",           ")",         "[",
      "]",           "{",         "}",
      ",",           ":",         "?",
      ".",           "-",         "!",
      "&&",          "||",        "==",
      "in",          "has",       "+",
      "%",           "//",        "\n",
      "\\",          "`",         "null",
      " ",           "while",     "r'",
      "<",           "=",         "9223372036854775808",
      "line",        ".cost",     ".tags",
      "quantity",    "anything",  ".size()",
      "dyn(",        "amount(",   " == ",
      " + ",         ".all(a,",   ".exists(a, b,",
      ".map(a,",     ".?",        "optional.of(",
      "cel.bind(a,", ".replace(", ".format([",
      "timestamp("};
  std::string source;
  const auto count = random() % 60;
  for (size_t i = 0; i < count; ++i)
    source += tokens[random() % tokens.size()];
  return source;
}

std::string Mutated(std::mt19937_64& random) {
  std::string source =
      "quantity >= amount(\"30.00\") && (line.category.startsWith('a\\n') || "
      "dyn(3) in [1, 2u, .5e1]) ? {'k': dyn(b'\\xff')}['k'] : "
      "line.tags.filter(t, t.matches('^b.*o$')).exists(t, t.size() > 2) || "
      "cel.bind(x, [1, quantity], x.map(y, y * 2)[?1].orValue(3)) == 14 || "
      "'%s|%.2f'.format([line.tags, 1.5]) < timestamp(1).getHours('+02:00') "
      "+ duration('1h').getMinutes() || !has(line.cost)";
  const auto edits = 1 + random() % 8;
  for (size_t i = 0; i < edits && !source.empty(); ++i) {
    const size_t at = random() % source.size();
    if (random() % 3 == 0) {
      source.erase(at, 1 + random() % 10);
    } else if (random() % 2 == 0) {
      source.insert(at, source.substr(random() % source.size(), 10));
    } else {
      source[at] = static_cast<char>(random());
    }
  }
  return source;
}

std::string RandomSource(std::mt19937_64& random) {
  const auto way = random() % 4;
  if (way == 0) return RandomBytes(random);
  return way == 1 ? RandomTokens(random) : Mutated(random);
}

// Where `status` points, which must be inside `source`.
void ExpectErrorInside(const std::string& source, const absl::Status& status) {
  const auto error = ExprErrorOf(status);
  ASSERT_TRUE(error.has_value()) << status;
  EXPECT_GE(error->offset, 0);
  EXPECT_LE(error->offset, static_cast<int>(source.size()));
}

// Compiles and evaluates `source`; true where it compiled.
bool Try(const std::string& source, const Environment& shop, Typing typing) {
  const auto expression = Expression::Compile(source, shop, {.typing = typing});
  if (!expression.ok()) {
    ExpectErrorInside(source, expression.status());
    return false;
  }
  const TestLine line;
  const LineActivation activation(line);
  const auto value = expression->Evaluate(activation);
  if (!value.ok()) ExpectErrorInside(source, value.status());
  return true;
}

TEST(FuzzTest, AnyBytesComeToAValueOrAnErrorInside) {
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  const Environment shop = ShopEnvironment();
  int compiled = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string source = RandomSource(random);
    SCOPED_TRACE(testing::Message() << "seed " << seed << " input " << i);
    const bool checked = Try(source, shop, Typing::kStatic);
    const bool parsed = Try(source, shop, Typing::kDynamic);
    EXPECT_TRUE(parsed || !checked);
    compiled += parsed ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(compiled, 100);
}

}  // namespace
}  // namespace pistis::expr
