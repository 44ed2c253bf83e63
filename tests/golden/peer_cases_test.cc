// The cases of other systems: their figures, on a shop of ours. Skipped where
// the cases are not there: they are looked for in $PISTIS_SHARED_DATA, or in
// ../shared/data beside the repository.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

#include "tests/golden/peer_shop.h"

namespace pistis::golden {
namespace {

using google::protobuf::Value;

constexpr const char* kFiles[] = {"setono_loyalty", "erpnext",         "square",
                                  "vendure",        "drupal_commerce", "lunar"};

// Cases by prefix and numbers, "1-9" for all from 1 to 9.
struct Cases {
  const char* prefix;
  const char* numbers;
};

struct LeftOut {
  Cases cases;
  const char* why;
};

// Cases that must not pass. tests/README.md says the same in sentences.
constexpr LeftOut kOnPurpose[] = {
    {{"setono", "12,15"}, "rules that give nothing, or for every 0.00"},
    {{"setono", "21,22"}, "the rounding of points is that of each amount too"},
    {{"setono", "38"}, "no days at all"},
    {{"setono", "64"}, "more points than there are"},
    {{"setono", "66,67"}, "points off the step or below the minimum"},
    {{"setono", "68"}, "a step of 0"},
    {{"setono", "71"}, "points of nobody"},
    {{"erp", "13"}, "prices that a rule raises"},
    {{"erp", "18"}, "rules of equal standing"},
    {{"vendure", "9"}, "a discount on what costs nothing"},
    {{"vendure", "11,34"}, "tax on top by its rate"},
    {{"vendure", "38"}, "codes in capitals and small letters"},
    {{"vendure", "39"}, "a code typed twice"},
    {{"vendure", "56"}, "a code that only a known member may use"},
    {{"vendure", "61"}, "a code that gives nothing"},
    {{"lunar", "15"}, "a discount of no amount"},
    {{"lunar", "27"}, "sets that are cut short"},
    {{"dc", "8"}, "parts of units"},
    {{"dc", "22"}, "counters that are moved by hand"},
};

std::vector<std::string> IdsOf(const Cases& cases) {
  std::vector<std::string> ids;
  for (const absl::string_view part : absl::StrSplit(cases.numbers, ',')) {
    const std::vector<std::string> ends = absl::StrSplit(part, '-');
    int first = 0;
    int last = 0;
    EXPECT_TRUE(absl::SimpleAtoi(ends.front(), &first));
    EXPECT_TRUE(absl::SimpleAtoi(ends.back(), &last));
    for (int number = first; number <= last; ++number) {
      ids.push_back(absl::StrFormat("%s-%03d", cases.prefix, number));
    }
  }
  return ids;
}

using Reasons = std::map<std::string, std::string>;

// Why each of those cases is left out.
Reasons ReasonsById(absl::Span<const LeftOut> all) {
  Reasons reasons;
  for (const LeftOut& left_out : all) {
    for (const std::string& id : IdsOf(left_out.cases))
      reasons.emplace(id, left_out.why);
  }
  return reasons;
}

std::filesystem::path CaseFolder() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* data = std::getenv("PISTIS_SHARED_DATA");
  const std::filesystem::path folder =
      data != nullptr
          ? std::filesystem::path(data)
          : std::filesystem::path(PISTIS_SOURCE_DIR) / "../shared/data";
  return folder / "peer-cases";
}

using Scenarios = std::map<std::string, Json>;

// All cases of the three systems by id; nothing where the folder is absent.
const std::optional<Scenarios>& AllScenarios() {
  static const auto* const all = [] {
    auto* read = new std::optional<Scenarios>();
    if (!std::filesystem::exists(CaseFolder())) return read;
    read->emplace();
    for (const char* name : kFiles) {
      std::ostringstream text;
      text << std::ifstream(CaseFolder() / absl::StrCat(name, ".json")).rdbuf();
      Json file;
      EXPECT_TRUE(
          google::protobuf::util::JsonStringToMessage(text.str(), &file).ok())
          << name;
      for (const Value& scenario :
           file.fields().at("scenarios").list_value().values()) {
        const Json& json = scenario.struct_value();
        (*read)->emplace(TextOf(json, "id"), json);
      }
    }
    return read;
  }();
  return *all;
}

// A case's word for a refusal, as ours.
std::string OurRefusal(const std::string& error) {
  static const auto* const names = new std::map<std::string, std::string>{
      {"account_not_found", "NOT_FOUND"},
      {"would_go_negative", "INSUFFICIENT_POINTS"},
      {"insufficient_points", "INSUFFICIENT_POINTS"},
      {"insufficient_balance", "INSUFFICIENT_POINTS"},
      {"account_disabled", "MEMBER_SUSPENDED"},
      {"already_posted", "HOLD_NOT_OPEN"},
      {"code_invalid", "CODE_NOT_FOUND"},
      {"code_expired", "CODE_EXPIRED"},
      {"code_limit_reached", "CODE_USED"},
  };
  const auto found = names->find(error);
  return found == names->end() ? "no name for " + error : found->second;
}

// A share of an amount over lines may be a cent off, where the method differs.
void ExpectFigure(const std::string& figure, const std::string& expected,
                  const PeerShop& shop) {
  const std::string ours = shop.Figure(figure);
  if (!absl::StartsWith(figure, "line_")) {
    EXPECT_EQ(ours, expected) << figure;
    return;
  }
  EXPECT_LE(std::abs(ToNumber(ours) - ToNumber(expected)), 1)
      << figure << ": " << ours << ", expected " << expected;
}

// Shares that are a cent off still come to the same.
void ExpectSameSum(const std::string& name, const Json& expected,
                   const PeerShop& shop) {
  int64_t theirs = 0;
  int64_t ours = 0;
  for (const auto& [line, value] : expected.fields()) {
    theirs += MinorOf(value);
    ours += ToNumber(shop.Figure(absl::StrCat(name, ".", line)));
  }
  EXPECT_EQ(ours, theirs) << name;
}

// {"lots": {"never": "100"}} asks for the figure "lots.never".
void ExpectFigures(const std::string& prefix, const Json& expected,
                   const PeerShop& shop) {
  for (const auto& [name, value] : expected.fields()) {
    if (prefix.empty() && name == "error") continue;
    if (value.has_struct_value()) {
      if (absl::StartsWith(name, "line_")) {
        ExpectSameSum(name, value.struct_value(), shop);
      }
      ExpectFigures(absl::StrCat(prefix, name, "."), value.struct_value(),
                    shop);
      continue;
    }
    const std::string figure = prefix + name;
    ExpectFigure(figure, MinorTextOf(value), shop);
  }
}

// What is to hold after a step: its own part, or after the last one the whole.
Json ExpectedAfter(const Json& expect, int step, int steps) {
  const std::vector<Json> per_step = PartsOf(expect, "per_step");
  if (!per_step.empty()) return per_step.at(step);
  return step + 1 == steps ? expect : Json();
}

// Runs a case. Where our figures are not theirs, that fails the test.
void RunCase(const Json& scenario) {
  SCOPED_TRACE(PeerRulebook(scenario));
  PeerShop shop(scenario);
  const Json expect = PartOf(scenario, "expect");
  const std::vector<Json> steps = PartsOf(scenario, "steps");
  const int last = static_cast<int>(steps.size());
  for (int i = 0; i < last; ++i) {
    SCOPED_TRACE(absl::StrCat("step ", i + 1));
    const absl::Status status = shop.Run(steps.at(i));
    const Json expected = ExpectedAfter(expect, i, last);
    const std::string error = TextOf(expected, "error");
    EXPECT_EQ(NameOf(status), error.empty() ? "OK" : OurRefusal(error));
    ExpectFigures("", expected, shop);
  }
  EXPECT_EQ(shop.Audit(), std::vector<std::string>());
}

// How many of a case's expectations do not hold here.
int FailuresOf(const Json& scenario) {
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::
            INTERCEPT_ONLY_CURRENT_THREAD,
        &results);
    RunCase(scenario);
  }
  return results.size();
}

TEST(PeerCasesTest, OurFiguresAreTheirsButForTheCasesLeftOut) {
  if (!AllScenarios()) GTEST_SKIP() << "no cases in " << CaseFolder();
  Reasons left_out = ReasonsById(kOnPurpose);
  for (const auto& [id, scenario] : *AllScenarios()) {
    SCOPED_TRACE(absl::StrCat(id, ": ", TextOf(scenario, "title")));
    const auto listed = left_out.find(id);
    if (listed == left_out.end()) {
      RunCase(scenario);
      continue;
    }
    EXPECT_GT(FailuresOf(scenario), 0)
        << "passes, and is yet left out: " << listed->second;
    left_out.erase(listed);
  }
  for (const auto& [id, why] : left_out) {
    ADD_FAILURE() << "no such case: " << id << " (" << why << ")";
  }
}

TEST(PeerCasesTest, NineInTenOfAllCasesGiveTheSame) {
  if (!AllScenarios()) GTEST_SKIP() << "no cases in " << CaseFolder();
  EXPECT_LE(ReasonsById(kOnPurpose).size() * 10, AllScenarios()->size());
}

}  // namespace
}  // namespace pistis::golden
