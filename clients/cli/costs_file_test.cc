#include "clients/cli/costs_file.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProgramFacts AthensInEuro() {
  ProgramFacts facts;
  facts.currency = {.code = "EUR", .decimals = 2};
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Athens", &facts.zone));
  return facts;
}

std::vector<std::string> RowsOf(absl::string_view csv) {
  const auto rows = ParseCostsFile(csv, AthensInEuro());
  EXPECT_TRUE(rows.ok()) << rows.status();
  std::vector<std::string> shown;
  if (!rows.ok()) return shown;
  for (const CostRow& row : *rows) {
    shown.push_back(absl::StrCat(row.line, " ", row.cost.sku(), " ",
                                 row.cost.cost(), " ",
                                 row.cost.valid_from().seconds()));
  }
  return shown;
}

std::string ProblemOf(absl::string_view csv) {
  return std::string(ParseCostsFile(csv, AthensInEuro()).status().message());
}

TEST(CostsFileTest, RowsAreReadWhereverTheirColumnsStand) {
  EXPECT_THAT(RowsOf("cost,name,sku\n3.4175,\"Tea, green\",tea\n0,x,bag\n"),
              ElementsAre("2 tea 3.4175 0", "3 bag 0 0"));
}

TEST(CostsFileTest, ADayBeginsOnTheProgramsClock) {
  EXPECT_THAT(
      RowsOf("sku,cost,valid_from\n"
             "tea,1,2026-01-01\ntea,2,\ntea,3,2026-01-01T00:00:00Z\n"),
      ElementsAre("2 tea 1 1767218400", "3 tea 2 0", "4 tea 3 1767225600"));
}

TEST(CostsFileTest, WhatCannotBeReadIsNamedByItsLine) {
  EXPECT_THAT(
      ProblemOf("sku,cost\ntea,1\ntea,2\n"),
      HasSubstr("line 3: it is of the same article and time as line 2"));
  EXPECT_THAT(ProblemOf("sku,cost\n,1\n"), HasSubstr("line 2: its sku"));
  for (const char* cost : {"", "-1", "1,50", "1.0000001", "a"}) {
    EXPECT_THAT(ProblemOf(absl::StrCat("sku,cost\ntea,\"", cost, "\"\n")),
                HasSubstr("line 2: its cost"))
        << cost;
  }
  for (const char* time : {"soon", "+30d", "2026-13-01"}) {
    EXPECT_THAT(
        ProblemOf(absl::StrCat("sku,cost,valid_from\ntea,1,", time, "\n")),
        HasSubstr("line 2: its valid_from"))
        << time;
  }
  EXPECT_THAT(ProblemOf("sku,price\n"), HasSubstr("no column cost"));
  EXPECT_THAT(ProblemOf(""), HasSubstr("empty"));
}

TEST(CostsFileTest, DaysAreRefusedWhileTheTimeZoneIsNotKnown) {
  EXPECT_TRUE(ParseCostsFile("sku,cost\ntea,1\n", ProgramFacts()).ok());
  EXPECT_FALSE(
      ParseCostsFile("sku,cost,valid_from\ntea,1,2026-01-01\n", ProgramFacts())
          .ok());
}

}  // namespace
}  // namespace pistis
