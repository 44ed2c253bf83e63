#include "engine/rules/limits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr absl::string_view kCodes = "code/";

// The room that one limit leaves after what was used of it.
LimitRoom RoomAfter(const Limit& limit, const LimitUse& used) {
  LimitRoom room;
  if (limit.points) room.points = *limit.points - used.points;
  if (limit.discount) room.discount = *limit.discount - used.discount;
  const bool counts_orders = limit.scope != LimitScope::kOrder;
  room.is_reached =
      (counts_orders && limit.times && used.times >= *limit.times) ||
      (room.points && !room.points->is_positive()) ||
      (room.discount && !room.discount->is_positive());
  return room;
}

template <typename Amount>
std::optional<Amount> Least(const std::optional<Amount>& a,
                            const std::optional<Amount>& b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

std::string HolderOf(const Rule& rule) {
  return rule.is_code ? absl::StrCat(kCodes, rule.id) : rule.id;
}

std::optional<std::string> TemplateOf(absl::string_view holder) {
  if (!absl::ConsumePrefix(&holder, kCodes)) return std::nullopt;
  return std::string(holder);
}

absl::StatusOr<LimitRoom> RoomOf(const Rule& rule, const LimitBook& book,
                                 const MemberId& member) {
  LimitRoom room;
  for (const Limit& limit : rule.limits) {
    LimitUse used;
    if (limit.scope == LimitScope::kMember && member.empty()) {
      return LimitRoom{.is_reached = true};
    }
    if (limit.scope != LimitScope::kOrder && book) {
      PISTIS_ASSIGN_OR_RETURN(used, book(rule, limit));
    }
    const LimitRoom after = RoomAfter(limit, used);
    room = {.is_reached = room.is_reached || after.is_reached,
            .points = Least(room.points, after.points),
            .discount = Least(room.discount, after.discount)};
  }
  return room;
}

absl::CivilDay WindowStart(LimitWindow window, absl::CivilDay day) {
  switch (window) {
    case LimitWindow::kEver:
      return absl::CivilDay();
    case LimitWindow::kDay:
      return day;
    case LimitWindow::kWeek:
      return absl::PrevWeekday(day + 1, absl::Weekday::monday);
    case LimitWindow::kMonth:
      return absl::CivilDay(absl::CivilMonth(day));
    case LimitWindow::kYear:
      return absl::CivilDay(absl::CivilYear(day));
  }
  return day;
}

}  // namespace pistis
