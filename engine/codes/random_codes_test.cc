// That codes cannot be told from random ones by what they are made of.
#include <array>
#include <cmath>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/digest.h"
#include "engine/codes/code.h"

namespace pistis {
namespace {

constexpr int kCodes = 100'000;
constexpr size_t kSymbols = 12;
constexpr size_t kAlphabetSize = kCodeSymbols.size();
// With 31 and 1,023 degrees of freedom chance passes these once in a hundred
// thousand times; the codes are the same in every run.
constexpr double kMostOfOne = 82.0;
constexpr double kMostOfPairs = 1230.0;

template <size_t kKinds>
double ChiSquare(const std::array<int, kKinds>& counts) {
  const double expected = static_cast<double>(kCodes) / kKinds;
  double sum = 0;
  for (const int count : counts)
    sum += (count - expected) * (count - expected) / expected;
  return sum;
}

class RandomCodesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    CodeTemplate of;
    of.id = "bulk";
    for (int i = 1; i <= kCodes; ++i) {
      codes_.push_back(NormalizeCode(
          DeriveCode("0123456789abcdef0123456789abcdef", ProgramId("shop"),
                     OrderId(absl::StrCat("batch b ", i)), of)));
    }
  }

  static inline std::vector<std::string> codes_;
};

TEST_F(RandomCodesTest, NoTwoAreTheSame) {
  const absl::flat_hash_set<std::string> all(codes_.begin(), codes_.end());
  EXPECT_EQ(all.size(), codes_.size());
}

TEST_F(RandomCodesTest, EachSymbolIsAsFrequentAsEachOtherAtEachPlace) {
  // The check symbol, too.
  for (size_t at = 0; at <= kSymbols; ++at) {
    std::array<int, kAlphabetSize> counts{};
    for (const std::string& code : codes_)
      ++counts[kCodeSymbols.find(code[at])];
    EXPECT_LT(ChiSquare(counts), kMostOfOne) << "at " << at;
  }
}

TEST_F(RandomCodesTest, ASymbolSaysNothingOfItsNeighbour) {
  for (size_t at = 0; at < kSymbols; ++at) {
    std::array<int, kAlphabetSize * kAlphabetSize> counts{};
    for (const std::string& code : codes_)
      ++counts[kCodeSymbols.find(code[at]) * kAlphabetSize +
               kCodeSymbols.find(code[at + 1])];
    EXPECT_LT(ChiSquare(counts), kMostOfPairs) << "at " << at;
  }
}

TEST_F(RandomCodesTest, ACodeSaysNothingOfTheNextOne) {
  for (size_t at = 0; at < kSymbols; ++at) {
    std::array<int, kAlphabetSize * kAlphabetSize> counts{};
    for (size_t i = 0; i < codes_.size(); ++i) {
      const std::string& next = codes_[(i + 1) % codes_.size()];
      ++counts[kCodeSymbols.find(codes_[i][at]) * kAlphabetSize +
               kCodeSymbols.find(next[at])];
    }
    EXPECT_LT(ChiSquare(counts), kMostOfPairs) << "at " << at;
  }
}

}  // namespace
}  // namespace pistis
