#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr absl::string_view kPointsPath = "points";
// An account counts the days of its pending points one by one.
constexpr int kMaxPendingDays = 366;

// A point is worth a thousandth to a million minor units, so that no sum of
// points or money leaves 64 bits on its way into the other.
constexpr int64_t kLeastWorthParts = 1000;
constexpr int64_t kMostWorth = 1'000'000;

bool IsSaneWorth(const Rate& value, const Currency& currency) {
  const Int128 worth = Int128{value.numerator()} * currency.minor_per_major();
  const Int128 unit = value.denominator();
  return worth * kLeastWorthParts >= unit && worth <= unit * kMostWorth;
}

std::optional<Rate> ReadPointValue(const TextField& field,
                                   const CompileContext& context) {
  if (field.text.empty()) return std::nullopt;
  const absl::StatusOr<Rate> value = Rate::Parse(field.text);
  if (!value.ok() || absl::EndsWith(field.text, "%")) {
    context.reporter.Add(
        field.path,
        absl::StrCat(Shown(field.text),
                     " is not a decimal; write what one point pays, "
                     "such as \"0.01\""));
    return std::nullopt;
  }
  if (!IsSaneWorth(*value, context.currency)) {
    context.reporter.Add(
        field.path,
        absl::StrCat(Shown(field.text),
                     " is out of range; a point is worth a thousandth of a "
                     "minor unit to a million minor units of ",
                     context.currency.code, ", such as \"0.01\""));
    return std::nullopt;
  }
  return *value;
}

PointsPolicy CompileRedeem(const v1::RedeemPolicy& redeem,
                           const CompileContext& context, PointsPolicy policy) {
  const std::string path = KeyPath(kPointsPath, "redeem");
  policy.minimum = Points(
      ReadCount({.path = KeyPath(path, "minimum"), .value = redeem.minimum()},
                1, context.reporter));
  policy.step =
      Points(ReadCount({.path = KeyPath(path, "step"), .value = redeem.step()},
                       1, context.reporter));
  if (!redeem.max_share().empty()) {
    policy.max_share =
        ReadRate({KeyPath(path, "max_share"), redeem.max_share()},
                 RateMeaning::kCap, context.reporter)
            .value_or(policy.max_share);
  }
  return policy;
}

// The models that `expire` names, in the order of the schema.
std::vector<std::string> NamedModels(const v1::ExpirePolicy& expire) {
  std::vector<std::string> named;
  if (!expire.after().empty()) named.emplace_back("after");
  if (!expire.after_inactivity().empty())
    named.emplace_back("after_inactivity");
  if (!expire.end_of().empty()) named.emplace_back("end_of");
  return named;
}

ExpiryModel CompileEndOf(const v1::ExpirePolicy& expire,
                         const std::string& path, Reporter& reporter) {
  ExpireAtEndOf model;
  model.period =
      ReadChoice<CalendarPeriod>({KeyPath(path, "end_of"), expire.end_of()},
                                 {{"month", CalendarPeriod::kMonth},
                                  {"quarter", CalendarPeriod::kQuarter},
                                  {"year", CalendarPeriod::kYear}},
                                 reporter)
          .value_or(model.period);
  if (!expire.grace().empty()) {
    model.grace_days =
        ReadDays({KeyPath(path, "grace"), expire.grace()}, reporter)
            .value_or(model.grace_days);
  }
  return model;
}

ExpiryModel CompileModel(const v1::ExpirePolicy& expire,
                         const std::string& path, Reporter& reporter) {
  const std::vector<std::string> named = NamedModels(expire);
  if (named.size() > 1) {
    reporter.Add(path, absl::StrCat("has ", absl::StrJoin(named, " and "),
                                    "; give exactly one of after, "
                                    "after_inactivity and end_of"));
    return NeverExpire();
  }
  if (!expire.end_of().empty()) return CompileEndOf(expire, path, reporter);
  if (!expire.grace().empty()) {
    reporter.Add(KeyPath(path, "grace"),
                 "counts from the end of a period; add end_of: year, or "
                 "remove grace");
    return NeverExpire();
  }
  if (!expire.after().empty()) {
    return ExpireAfter{
        ReadDays({KeyPath(path, "after"), expire.after()}, reporter)
            .value_or(kMaxDays)};
  }
  if (!expire.after_inactivity().empty()) {
    return ExpireAfterInactivity{
        ReadDays({KeyPath(path, "after_inactivity"), expire.after_inactivity()},
                 reporter)
            .value_or(kMaxDays)};
  }
  reporter.Add(path,
               "says nothing of when; add after: 365d, after_inactivity: 365d "
               "or end_of: year, or remove expire and points never expire");
  return NeverExpire();
}

PointsPolicy CompileExpire(const v1::ExpirePolicy& expire,
                           const CompileContext& context, PointsPolicy policy) {
  const std::string path = KeyPath(kPointsPath, "expire");
  policy.expiry = CompileModel(expire, path, context.reporter);
  if (!expire.refund_grace().empty()) {
    policy.refund_grace_days =
        ReadDays({KeyPath(path, "refund_grace"), expire.refund_grace()},
                 context.reporter)
            .value_or(policy.refund_grace_days);
  }
  return policy;
}

std::optional<int> CompilePending(const v1::PendingPolicy& pending,
                                  Reporter& reporter) {
  const std::string path = KeyPath(kPointsPath, "pending");
  if (pending.for_().empty()) {
    reporter.Add(path,
                 "says nothing of how long; add for: 14d, or remove pending "
                 "and points are available at once");
    return std::nullopt;
  }
  const std::optional<int> days =
      ReadDays({KeyPath(path, "for"), pending.for_()}, reporter);
  if (days && *days > kMaxPendingDays) {
    reporter.Add(KeyPath(path, "for"),
                 absl::StrCat("is longer than ", kMaxPendingDays,
                              "d; points are to be had one day"));
  }
  return days;
}

std::optional<int> CompileNotice(const v1::PointsPolicy& points,
                                 Reporter& reporter) {
  const std::string path = KeyPath(kPointsPath, "expiring_notice");
  if (!points.has_expire()) {
    reporter.Add(path,
                 "announces that points expire, and they never do; "
                 "add expire: {after: 365d} or remove it");
  }
  const std::optional<int> days =
      ReadDays({path, points.expiring_notice()}, reporter);
  if (days && *days > kMaxPendingDays) {
    reporter.Add(path, absl::StrCat("is longer than ", kMaxPendingDays, "d"));
  }
  return days;
}

}  // namespace

PointsPolicy CompilePoints(const v1::PointsPolicy& points,
                           const CompileContext& context) {
  PointsPolicy policy;
  policy.value =
      ReadPointValue({KeyPath(kPointsPath, "value"), points.value()}, context);
  if (points.has_redeem()) {
    policy = CompileRedeem(points.redeem(), context, policy);
    if (points.value().empty()) {
      context.reporter.Add(KeyPath(kPointsPath, "redeem"),
                           "has no effect while points have no value; add "
                           "points.value, such as \"0.01\", or remove redeem");
    }
  }
  if (points.has_expire()) {
    policy = CompileExpire(points.expire(), context, policy);
  }
  if (points.has_pending()) {
    policy.pending_days = CompilePending(points.pending(), context.reporter);
  }
  if (!points.expiring_notice().empty()) {
    policy.expiring_notice_days = CompileNotice(points, context.reporter);
  }
  policy.refund_shortfall =
      ReadChoice<RefundShortfall>(
          {KeyPath(kPointsPath, "refund_shortfall"), points.refund_shortfall()},
          {{"negative", RefundShortfall::kNegative},
           {"forgive", RefundShortfall::kForgive}},
          context.reporter)
          .value_or(RefundShortfall::kNegative);
  policy.on_return =
      ReadChoice<OnReturn>(
          {KeyPath(kPointsPath, "on_return"), points.on_return()},
          {{"proportional", OnReturn::kProportional},
           {"recompute", OnReturn::kRecompute}},
          context.reporter)
          .value_or(OnReturn::kProportional);
  return policy;
}

}  // namespace pistis
