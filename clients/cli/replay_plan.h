// The requests that a sales file becomes. Pure: the same file, calendar and
// program make the same requests, so that a second replay has no effect.
#ifndef PISTIS_CLIENTS_CLI_REPLAY_PLAN_H_
#define PISTIS_CLIENTS_CLI_REPLAY_PLAN_H_

#include <cstdint>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "clients/cli/refund_links.h"
#include "clients/cli/sales_file.h"
#include "engine/base/decimal.h"

namespace pistis {

// Puts the shop's clock on the time line, moved by whole days.
struct ReplayCalendar {
  absl::TimeZone zone = absl::UTCTimeZone();
  int64_t shift_days = 0;

  [[nodiscard]] absl::Time At(absl::CivilSecond time) const;
};

// How many days to move a file so that what happened `last` falls on the day of
// `now`, or on the day before where it would be later than `now`.
[[nodiscard]] int64_t DaysUntilToday(absl::CivilSecond last, absl::Time now,
                                     const absl::TimeZone& zone);

// How many days a file was moved whose sale of `original` was stored with
// `placed`.
[[nodiscard]] int64_t DaysMoved(absl::CivilSecond original, absl::Time placed,
                                const absl::TimeZone& zone);

// What a replay is of: a program, its money and the file's place in time.
struct ReplayTarget {
  std::string program_id;
  Currency currency;
  ReplayCalendar calendar;
};

// The sale, by its member where it has one, on channel "web", without codes and
// without points to pay with.
[[nodiscard]] v1::CommitOrderRequest OrderOf(const Invoice& sale,
                                             const ReplayTarget& target);

// The enrolment of the sale's member, as of that sale: the file's number is the
// id, the card, and for want of another the name.
[[nodiscard]] v1::CreateMemberRequest EnrolmentOf(const Invoice& sale,
                                                  const ReplayTarget& target);

// What `cancellation` takes back of `sale`, as the refund
// "<cancellation>/<sale>".
[[nodiscard]] v1::RefundOrderRequest RefundOf(const Invoice& cancellation,
                                              const Invoice& sale,
                                              const LinkedRefund& link,
                                              const ReplayTarget& target);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_REPLAY_PLAN_H_
