#include "engine/operations/run_examples.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "pistis/v1/order.pb.h"

#include "engine/base/decimal.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/price_order.h"
#include "engine/order/order.h"
#include "engine/rulebook/examples.h"
#include "engine/rulebook/positions.h"
#include "engine/rulebook/problem.h"
#include "engine/rules/limits.h"

namespace pistis {
namespace {

// All examples of a rulebook together may take this many steps: a second.
constexpr int64_t kMostExampleSteps = 100'000'000;

// What examples are priced by.
struct Pricing {
  const Rulebook& rulebook;
  absl::Time start;
  // Of all examples.
  int64_t steps_left = kMostExampleSteps;
};

absl::StatusOr<v1::Quote> Price(const Example& example, Pricing& pricing) {
  const Rulebook& rulebook = pricing.rulebook;
  PISTIS_ASSIGN_OR_RETURN(
      Order order,
      ParseOrder(example.order, OrderUse::kQuote, absl::InfiniteFuture()));
  std::vector<CodeToApply> codes;
  for (const size_t index : example.codes) {
    const CodeTemplate& code = rulebook.codes[index];
    order.codes.push_back(code.id);
    codes.push_back({.code_template = &code, .typed = code.id});
  }
  MemberFacts member;
  if (example.buyer) {
    member = {.member_id = MemberId(example.buyer->id),
              .available = example.buyer->points,
              .orders = example.buyer->orders,
              .language = example.buyer->language,
              .tier = example.buyer->tier,
              .segments = example.buyer->segments,
              .spend = example.buyer->spend,
              .joined = example.buyer->joined,
              .birthday = example.buyer->birthday,
              .attributes = example.buyer->attributes};
  }
  const int64_t most = std::min(pricing.steps_left, kMostOrderSteps);
  StepMeter steps(most);
  const absl::StatusOr<PricedOrder> priced =
      PriceOrder({.rulebook = rulebook,
                  .order = order,
                  .member = member,
                  .time = example.placed.value_or(pricing.start),
                  .steps = &steps},
                 codes);
  pricing.steps_left -= most - steps.left();
  if (!priced.ok()) return priced.status();
  return ToQuote(rulebook, *priced);
}

std::string ListText(const std::vector<std::string>& ids) {
  return ids.empty() ? "none" : absl::StrJoin(ids, ", ");
}

// Compares what one example got with what it expected.
class Comparison {
 public:
  Comparison(const Example& example, std::string path, const Currency& currency)
      : example_(example), path_(std::move(path)), currency_(currency) {}

  std::vector<v1::RulebookFinding> Of(
      const absl::StatusOr<v1::Quote>& quote) && {
    const ExpectedOutcome& gets = example_.gets;
    const std::string& expected = gets.refused;
    if (!quote.ok()) {
      const auto reason = ReasonOf(quote.status());
      const std::string got(reason ? ReasonName(*reason) : "an error");
      if (got != expected) {
        Add("", absl::StrCat("it is refused with ", got, ": ",
                             quote.status().message()));
      }
    } else if (!expected.empty()) {
      Add("refused",
          absl::StrCat("it is not refused; ", expected, " was expected"));
    } else {
      CompareSums(*quote);
      CompareParts(*quote);
      Compare("codes", quote->codes_to_issue(), gets.codes);
      Compare("notes", quote->notes_to_send(), gets.notes);
      Compare("segments", quote->segments_to_join(), gets.segments);
    }
    return std::move(findings_);
  }

 private:
  void CompareSums(const v1::Quote& quote) {
    const ExpectedOutcome& gets = example_.gets;
    if (gets.discount) {
      Compare("discount", Money(quote.discount_minor()), *gets.discount);
    }
    if (gets.total) Compare("total", Money(quote.total_minor()), *gets.total);
    if (gets.points) {
      Compare("points", Points(quote.points_earned()), *gets.points);
    }
    if (gets.redeemed) {
      Compare("redeemed", Points(quote.points_redeemed()), *gets.redeemed);
    }
    if (gets.tier_points) {
      Compare("tier_points", Points(quote.tier_points()), *gets.tier_points);
    }
  }

  void CompareParts(const v1::Quote& quote) {
    std::map<std::string, Money> discounts;
    for (const v1::AppliedDiscount& discount : quote.discounts()) {
      discounts[discount.rule_id().empty() ? discount.code()
                                           : discount.rule_id()] +=
          Money(discount.amount_minor());
    }
    for (const auto& [id, amount] : example_.gets.discounts)
      Compare(MapKeyPath("discounts", id), discounts[id], amount);
    std::map<std::string, Points> earned;
    for (const v1::EarnedPoints& points : quote.earned()) {
      earned[TemplateOf(points.rule_id()).value_or(points.rule_id())] =
          Points(points.points());
    }
    for (const auto& [id, points] : example_.gets.earned)
      Compare(MapKeyPath("earned", id), earned[id], points);
  }

  void Compare(const std::string& what, Money got, Money expected) {
    if (got == expected) return;
    Differ(what, FormatMoney(got, currency_), FormatMoney(expected, currency_));
  }
  void Compare(const std::string& what, Points got, Points expected) {
    if (got == expected) return;
    Differ(what, absl::StrCat(got.value()), absl::StrCat(expected.value()));
  }
  void Compare(const std::string& what,
               const google::protobuf::RepeatedPtrField<std::string>& got,
               const std::optional<std::vector<std::string>>& expected) {
    std::vector<std::string> sorted(got.begin(), got.end());
    std::sort(sorted.begin(), sorted.end());
    if (!expected || sorted == *expected) return;
    Differ(what, ListText(sorted), ListText(*expected));
  }

  void Differ(const std::string& what, const std::string& got,
              const std::string& expected) {
    Add(what, absl::StrCat("got ", got, ", expected ", expected));
  }

  void Add(const std::string& what, const std::string& problem) {
    const std::string gets = KeyPath(path_, "gets");
    v1::RulebookFinding& finding = findings_.emplace_back();
    finding.set_kind(v1::RulebookFinding::EXAMPLE_FAILED);
    finding.set_id(example_.id);
    finding.set_path(what.empty() ? gets : KeyPath(gets, what));
    finding.set_message(absl::StrCat(
        "example ", Shown(example_.id), ": ", what.empty() ? "" : what,
        what.empty() ? "" : ": ", problem, "; mend the rules or the example"));
  }

  const Example& example_;
  const std::string path_;
  const Currency& currency_;
  std::vector<v1::RulebookFinding> findings_;
};

}  // namespace

std::vector<v1::RulebookFinding> RunExamples(const v1::Rulebook& message,
                                             const Rulebook& rulebook,
                                             absl::Time start) {
  Reporter said(nullptr);
  const std::vector<Example> examples =
      CompileExamples(message, rulebook, said);
  std::vector<v1::RulebookFinding> all;
  Pricing pricing{.rulebook = rulebook, .start = start};
  for (size_t i = 0; i < examples.size(); ++i) {
    std::vector<v1::RulebookFinding> findings =
        Comparison(examples[i], EntryPath("examples", i), rulebook.currency)
            .Of(Price(examples[i], pricing));
    std::move(findings.begin(), findings.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace pistis
