// Any bytes get an answer: a rulebook, or a named refusal.
#include <sys/resource.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/rulebook/compile.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

using Random = std::mt19937_64;

// A sanitizer keeps several times what is used.
constexpr bool kIsSanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#elif defined(__has_feature)  // Clang's way to say so
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
    false;
#endif
constexpr int64_t kMostMemory = int64_t{kIsSanitized ? 8 : 1} << 30;

void ExpectAnswered(const std::string& yaml) {
  const absl::StatusOr<Rulebook> rulebook = CompileYaml(yaml, 1);
  if (rulebook.ok()) return;
  EXPECT_EQ(ReasonOf(rulebook.status()), Reason::kRulebookInvalid);
  EXPECT_FALSE(ViolationsOf(rulebook.status()).empty());
}

void ExpectRefused(const std::string& yaml) {
  const absl::Status status = CompileYaml(yaml, 1).status();
  EXPECT_EQ(ReasonOf(status), Reason::kRulebookInvalid)
      << yaml.substr(0, 40) << " " << status;
}

std::string Repeated(const std::string& unit, size_t bytes) {
  std::string text;
  while (text.size() + unit.size() <= bytes)
    text += unit;
  return text;
}

std::string Nested(const std::string& entry) {
  std::string text;
  for (int depth = 0; text.size() < kMaxYamlBytes - 2000; ++depth) {
    absl::StrAppend(&text, std::string(static_cast<size_t>(depth), ' '), entry,
                    "\n");
  }
  return text;
}

size_t Below(Random& random, size_t bound) {
  return std::uniform_int_distribution<size_t>(0, bound - 1)(random);
}

// One change at a random place.
std::string Mutated(std::string text, Random& random) {
  static const std::vector<std::string> pieces = {
      "[", "]", "{",  "}",  ": ", "- ",   "\"",   "'",     "|\n", ">\n",
      "&", "*", "!",  "#",  "\n", "\t",   "  ",   "---\n", "? ",  "%",
      ",", "0", "-1", "{{", "}}", "null", "true", "\xff",  "\\",  "é"};
  const size_t at = Below(random, text.size() + 1);
  const size_t length = Below(random, 12);
  switch (Below(random, 4)) {
    case 0:
      return text.insert(at, pieces[Below(random, pieces.size())]);
    case 1:
      return text.erase(at, length);
    case 2:
      return text.insert(at, text.substr(Below(random, text.size() + 1), 40));
    default:
      return text.replace(at, std::min<size_t>(1, text.size() - at), 1,
                          static_cast<char>(Below(random, 256)));
  }
}

// A new seed for each run; to repeat one, give it in PISTIS_TEST_SEED.
uint64_t Seed() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing writes the environment.
  const char* given = std::getenv("PISTIS_TEST_SEED");
  uint64_t seed = 0;
  if (given != nullptr && absl::SimpleAtoi(given, &seed)) return seed;
  return std::random_device()();
}

TEST(HostileYamlTest, MutatedRulebooksNeverCrash) {
  const uint64_t seed = Seed();
  std::cout << "PISTIS_TEST_SEED=" << seed << "\n";
  Random random(seed);
  for (int i = 0; i < 4000; ++i) {
    std::string yaml = SampleYaml();
    const size_t changes = 1 + Below(random, 6);
    for (size_t change = 0; change < changes; ++change) {
      yaml = Mutated(std::move(yaml), random);
    }
    ExpectAnswered(yaml);
  }
}

TEST(HostileYamlTest, RandomBytesNeverCrash) {
  const uint64_t seed = Seed();
  std::cout << "PISTIS_TEST_SEED=" << seed << "\n";
  Random random(seed);
  const std::string alphabet = "[]{}:-?,|>&*!#%@`'\" \n\tab01\\";
  for (int i = 0; i < 4000; ++i) {
    std::string yaml(Below(random, 60), ' ');
    for (char& byte : yaml)
      byte = alphabet[Below(random, alphabet.size())];
    ExpectAnswered(yaml);
  }
}

TEST(HostileYamlTest, NestingOfAnyDepthIsRefused) {
  for (const char* unit : {"[", "{", "- ", "? ", "[{", "{a: ", "[? ", "a: [\n",
                           "- - ", "[[],", ": ", "[\"a\": "}) {
    ExpectRefused(Repeated(unit, kMaxYamlBytes));
  }
  ExpectRefused(Nested("a:"));
  ExpectRefused(Nested("-"));
}

TEST(HostileYamlTest, MonotonousTextsAreRefused) {
  for (const char* unit :
       {"[],",  "{},",   "[]",  "{}", ",",          "]",     "a: ",   "!",
        "!!a ", "&a ",   "*a ", "'",  "\"",         "|\n",   ">\n ",  "#",
        "-\n",  " ",     "\n",  "%",  "%TAG ! a\n", "---\n", "...\n", "\t",
        ":",    "? a\n", "\\",  "@",  "`",          "a\n"}) {
    ExpectRefused(Repeated(unit, kMaxYamlBytes));
  }
}

TEST(HostileYamlTest, AliasesDoNotMultiplyText) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&yaml, "a", i, ": &a", i, " [*a", i - 1, ", *a", i - 1,
                    ", *a", i - 1, "]\n");
  }
  ExpectRefused(yaml);
}

TEST(HostileYamlTest, AMapOfManyKeysIsReadInPassing) {
  std::string yaml = absl::StrCat(kHeader, "margin:\n  category_cost:\n");
  for (int i = 0; i < 9000; ++i) {
    absl::StrAppend(&yaml, "    category-", i, ": \"5%\"\n");
  }
  const absl::StatusOr<Rulebook> rulebook = CompileYaml(yaml, 1);
  ASSERT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  EXPECT_EQ(rulebook->margin->category_cost.size(), 9000U);
}

// What the process has taken so far at most, in bytes.
int64_t MostMemory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

// So many lists of so many articles each, all of the same goods.
std::string ListsOf(int lists, int articles) {
  std::string skus;
  for (int i = 0; i < articles; ++i)
    absl::StrAppend(&skus, i == 0 ? "" : ",", 1000 + i);
  std::string yaml = absl::StrCat(kHeader, "lists:\n");
  for (int i = 0; i < lists; ++i)
    absl::StrAppend(&yaml, "- {id: l", i, ", skus: [", skus, "]}\n");
  return yaml;
}

// So many rules, each on `lists` lists.
std::string RulesOnLists(int rules, int lists, absl::string_view prefix) {
  std::string yaml = "rules:\n";
  for (int i = 0; i < rules; ++i) {
    absl::StrAppend(&yaml, "- {id: r", i, ", earn: {points: 1}, lines: '");
    for (int list = 0; list < lists; ++list) {
      absl::StrAppend(&yaml, list == 0 ? "" : "||", "line.sku in lists.",
                      prefix, (i + list * 7) % 2000);
    }
    yaml += "'}\n";
  }
  return yaml;
}

// What other processes leave of the machine does not count.
absl::Duration ProcessorTime() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return absl::DurationFromTimespec(used);
}

class HostileListsTest : public testing::Test {
 protected:
  // Generous: what this stands for takes thousands of times as much.
  void TearDown() override {
    EXPECT_LT(ProcessorTime() - begin_, absl::Seconds(30));
    EXPECT_LT(MostMemory(), kMostMemory);
  }

 private:
  const absl::Duration begin_ = ProcessorTime();
};

TEST_F(HostileListsTest, TenThousandRulesOnTwoThousandListsCompile) {
  const std::string yaml =
      absl::StrCat(ListsOf(2000, 100), RulesOnLists(10'000, 4, "l"));
  const absl::StatusOr<Rulebook> rulebook = CompileYaml(yaml, 1);
  ASSERT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  const std::vector<OrderTrait> traits(1000, {Trait::kSku, "1050"});
  EXPECT_EQ(rulebook->index->Find(traits, absl::CivilDay(2026)).size(),
            10'000U);
  EXPECT_TRUE(
      rulebook->index->Find({{Trait::kSku, "other"}}, absl::CivilDay(2026))
          .empty());
}

TEST_F(HostileListsTest, ListsMadeOfListsAreNotKeptForEachRule) {
  std::string yaml = absl::StrCat(ListsOf(1, 40'000), "rules:\n");
  for (int i = 0; i < 10'000; ++i) {
    absl::StrAppend(&yaml, "- {id: r", i,
                    ", earn: {points: 1}, lines: 'line.sku in (lists.l0 + "
                    "lists.l0)'}\n");
  }
  EXPECT_TRUE(CompileYaml(yaml, 1).ok());
}

TEST_F(HostileListsTest, ListsThatAreNotThereAreRefused) {
  ExpectRefused(
      absl::StrCat(ListsOf(2000, 10), RulesOnLists(10'000, 4, "unknown")));
}

TEST_F(HostileListsTest, TooManyListsArticlesValuesOrConditionsAreRefused) {
  EXPECT_TRUE(CompileYaml(ListsOf(2000, 10), 1).ok());
  ExpectRefused(ListsOf(2001, 10));
  EXPECT_TRUE(CompileYaml(ListsOf(1000, 250), 1).ok());
  ExpectRefused(ListsOf(1000, 251));
  ExpectRefused(ListsOf(1000, 450));
  ExpectRefused(absl::StrCat(ListsOf(2000, 1), RulesOnLists(10'000, 6, "l")));
}

}  // namespace
}  // namespace pistis
