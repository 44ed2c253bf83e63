#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

TierGoal CompileGoal(const v1::TierGoal& source, const std::string& path,
                     const CompileContext& context) {
  Reporter& reporter = context.reporter;
  TierGoal goal;
  const auto count = [&](absl::string_view key,
                         int64_t value) -> std::optional<int64_t> {
    const CountField field{.path = KeyPath(path, key), .value = value};
    if (value == 0 && !reporter.Stated(field.path)) return std::nullopt;
    return CheckCount(field, reporter) ? value : int64_t{1};
  };
  if (!source.spend().empty()) {
    goal.spend = ReadMoney({KeyPath(path, "spend"), source.spend()},
                           context.currency, reporter);
  }
  goal.orders = count("orders", source.orders());
  if (const auto points = count("tier_points", source.tier_points())) {
    goal.tier_points = Points(*points);
  }
  if (source.spend().empty() && !goal.orders && !goal.tier_points) {
    reporter.Add(path,
                 "asks for nothing; add spend: \"500.00\", orders: 10 or "
                 "tier_points: 1000");
  }
  if (source.within().empty()) return goal;
  const TextField within{KeyPath(path, "within"), source.within()};
  goal.within_days = ReadDays(within, reporter);
  if (goal.within_days && *goal.within_days > kMaxTierWindowDays) {
    reporter.Add(within.path,
                 absl::StrCat("is longer than ", kMaxTierWindowDays,
                              "d; write fewer days, or leave it out to count "
                              "over all time"));
  }
  return goal;
}

Tier CompileTier(const v1::Tier& source, const std::string& path,
                 const CompileContext& context) {
  Tier tier{.id = source.id()};
  if (source.has_qualify()) {
    tier.qualify =
        CompileGoal(source.qualify(), KeyPath(path, "qualify"), context);
  } else {
    context.reporter.Add(path,
                         "does not say what it takes; add qualify: {spend: "
                         "\"500.00\", within: 365d}");
  }
  if (!source.keep_for().empty()) {
    tier.keep_days = ReadDays({KeyPath(path, "keep_for"), source.keep_for()},
                              context.reporter);
  }
  return tier;
}

// A tier that asks for less than the one below it would always be skipped to.
void CheckAboveLower(const Tier& lower, const Tier& tier,
                     const std::string& path, Reporter& reporter) {
  const TierGoal& low = lower.qualify;
  const TierGoal& high = tier.qualify;
  if (low.within_days != high.within_days) return;
  const auto asks_no_more = [](const auto& above, const auto& below) {
    return !above || (below && *above <= *below);
  };
  if (asks_no_more(high.spend, low.spend) &&
      asks_no_more(high.orders, low.orders) &&
      asks_no_more(high.tier_points, low.tier_points)) {
    reporter.Add(KeyPath(path, "qualify"),
                 absl::StrCat("asks for no more than tier ", Shown(lower.id),
                              " before it; put the lowest tier first"));
  }
}

// True where the name stands in the condition as a word, be it in a text.
bool Mentions(const Condition& condition, absl::string_view name) {
  if (condition == nullptr) return false;
  const absl::string_view source = condition->source();
  const auto is_word = [&](size_t at) {
    return at < source.size() &&
           (source[at] == '_' ||
            absl::ascii_isalnum(static_cast<unsigned char>(source[at])));
  };
  for (size_t at = source.find(name); at != absl::string_view::npos;
       at = source.find(name, at + 1)) {
    if ((at == 0 || !is_word(at - 1)) && !is_word(at + name.size())) {
      return true;
    }
  }
  return false;
}

bool AsksProfile(const Condition& condition) {
  return Mentions(condition, "joined") || Mentions(condition, "birthday") ||
         Mentions(condition, "attributes");
}

bool AsksProfile(const Discount& discount) {
  const auto* buy = std::get_if<BuyAndGet>(&discount.shape);
  return buy != nullptr && AsksProfile(buy->buy_lines);
}

bool AsksProfile(const std::optional<Discount>& discount) {
  return discount && AsksProfile(*discount);
}

template <typename Entry>
bool AsksProfile(const Entry& entry) {
  return AsksProfile(entry.when) || AsksProfile(entry.lines) ||
         AsksProfile(entry.discount);
}

}  // namespace

std::vector<Tier> CompileTiers(const v1::Rulebook& rulebook,
                               const CompileContext& context) {
  std::vector<Tier> tiers;
  IdIndex ids;
  for (const v1::Tier& source : rulebook.tiers()) {
    const std::string path = EntryPath("tiers", tiers.size());
    ids.Add({KeyPath(path, "id"), source.id()}, tiers.size(), context.reporter);
    Tier tier = CompileTier(source, path, context);
    if (!tiers.empty() && context.reporter.ok()) {
      CheckAboveLower(tiers.back(), tier, path, context.reporter);
    }
    tiers.push_back(std::move(tier));
  }
  return tiers;
}

std::vector<Segment> CompileSegments(const v1::Rulebook& rulebook,
                                     const CompileContext& context,
                                     References& references) {
  std::vector<Segment> segments;
  for (const v1::Segment& source : rulebook.segments()) {
    const std::string path = EntryPath("segments", segments.size());
    references.segments.Add({KeyPath(path, "id"), source.id()}, segments.size(),
                            context.reporter);
    references.has_condition.push_back(!source.when().empty());
    segments.push_back(
        {.id = source.id(),
         .when = ReadCondition({KeyPath(path, "when"), source.when()},
                               context.vocabulary.members, context.reporter)});
  }
  return segments;
}

void NoteWhatIsAsked(Rulebook& rulebook) {
  const auto asks = [](const auto& entry) { return AsksProfile(entry); };
  rulebook.asks_profile =
      (rulebook.referral && AsksProfile(rulebook.referral->qualify)) ||
      std::any_of(rulebook.rules.begin(), rulebook.rules.end(), asks) ||
      std::any_of(rulebook.codes.begin(), rulebook.codes.end(), asks);
  for (const Segment& segment : rulebook.segments) {
    rulebook.asks_profile |= AsksProfile(segment.when);
    rulebook.segments_follow_time |= Mentions(segment.when, "now");
  }
}

}  // namespace pistis
