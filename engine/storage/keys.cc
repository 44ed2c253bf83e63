#include "engine/storage/keys.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

// From which days are counted.
constexpr absl::CivilDay kFirstDay(1, 1, 1);

// The time and the text of a TimedKey.
struct TimedText {
  absl::Time time;
  absl::string_view text;
};

// Nothing where `key` is none of the table and program.
std::optional<TimedText> ParseTimedKey(char table, const ProgramId& program,
                                       absl::string_view key) {
  const std::string prefix = TableKey(table, program, "");
  if (!absl::ConsumePrefix(&key, prefix) || key.size() <= kKeyNumberBytes + 1 ||
      key.back() != '\0') {
    return std::nullopt;
  }
  const absl::Time time = absl::FromUnixMicros(ReadKeyNumber(key));
  key.remove_prefix(kKeyNumberBytes);
  key.remove_suffix(1);
  return TimedText{.time = time, .text = key};
}

}  // namespace

std::string FormatKey() {
  return "Mformat";
}

std::string SequenceKey() {
  return "Msequence";
}

std::string ProgramKey(const ProgramId& program) {
  return TableKey('P', program, "");
}

std::string TotalsKey(const ProgramId& program) {
  return TableKey('T', program, "");
}

std::string RulebookKey(const ProgramId& program, int64_t version) {
  return NumberedKey('B', program, "", version);
}

std::string AccountKey(const ProgramId& program, const MemberId& member) {
  return TableKey('A', program, member.text());
}

std::string ProfileKey(const ProgramId& program, const MemberId& member) {
  return TableKey('F', program, member.text());
}

std::string EntryKey(const ProgramId& program, const MemberId& member,
                     int64_t number) {
  return NumberedKey('A', program, member.text(), number);
}

std::string ExpiredLotKey(const ProgramId& program, const MemberId& member,
                          absl::Time expire) {
  return NumberedKey('X', program, member.text(), absl::ToUnixMicros(expire));
}

std::string ReversalKey(const ProgramId& program, const MemberId& member,
                        int64_t number) {
  return NumberedKey('Z', program, member.text(), number);
}

std::string OccasionKey(const ProgramId& program, const MemberId& member,
                        int64_t number) {
  return NumberedKey('E', program, member.text(), number);
}

std::string ReferralIndexKey(const ProgramId& program, absl::string_view hash) {
  return absl::StrCat(TableKey('J', program, ""), hash);
}

std::string DueKey(const ProgramId& program, absl::Time due,
                   const MemberId& member) {
  return TimedKey('D', program, due, member.text());
}

std::string HoldKey(const ProgramId& program, const HoldId& hold) {
  return TableKey('H', program, hold.text());
}

std::string IdentifierIndexKey(const ProgramId& program,
                               absl::string_view hash) {
  return absl::StrCat(TableKey('I', program, ""), hash);
}

std::string CodeIndexKey(const ProgramId& program, absl::string_view hash) {
  return absl::StrCat(TableKey('C', program, ""), hash);
}

std::string OrderKey(const ProgramId& program, const OrderId& order) {
  return TableKey('O', program, order.text());
}

std::string RefundKey(const ProgramId& program, const RefundId& refund) {
  return TableKey('R', program, refund.text());
}

std::string ReservationKey(const ProgramId& program,
                           const ReservationId& reservation) {
  return TableKey('S', program, reservation.text());
}

std::string ReservationDueKey(const ProgramId& program, absl::Time expire,
                              const ReservationId& reservation) {
  return TimedKey('Y', program, expire, reservation.text());
}

std::string RequestKey(const ProgramId& program, const RequestId& request) {
  return TableKey('Q', program, request.text());
}

std::string CommitKey(const ProgramId& program, int64_t commit_seq) {
  return NumberedKey('V', program, "", commit_seq);
}

std::string MarginCursorKey(const ProgramId& program) {
  return TableKey('W', program, "");
}

std::string MarginRowKey(const ProgramId& program, absl::string_view kind,
                         absl::CivilDay day, absl::string_view row) {
  return absl::StrCat(NumberedKey('W', program, kind, day - kFirstDay), row);
}

std::string MarginReturnsKey(const ProgramId& program, const OrderId& order) {
  return TableKey('N', program, order.text());
}

std::optional<MarginRowName> ParseMarginRowKey(const ProgramId& program,
                                               absl::string_view key) {
  if (!absl::ConsumePrefix(&key, TableKey('W', program, "")))
    return std::nullopt;
  const size_t kind = key.find('\0');
  if (kind == absl::string_view::npos || key.size() <= kind + kKeyNumberBytes) {
    return std::nullopt;
  }
  return MarginRowName{.kind = key.substr(0, kind),
                       .day = kFirstDay + ReadKeyNumber(key.substr(kind + 1)),
                       .row = key.substr(kind + 1 + kKeyNumberBytes)};
}

std::string LimitWindowRest(const LimitWindowKey& key) {
  std::string rest;
  AppendKeyText(key.holder, rest);
  AppendKeyText(key.of, rest);
  AppendKeyText(key.window, rest);
  AppendKeyNumber(key.start - kFirstDay, rest);
  return rest;
}

std::optional<LimitWindowKey> ParseLimitWindow(absl::string_view rest) {
  LimitWindowKey key;
  for (std::string* text : {&key.holder, &key.of, &key.window}) {
    const size_t zero = rest.find('\0');
    if (zero == absl::string_view::npos) return std::nullopt;
    *text = std::string(rest.substr(0, zero));
    rest.remove_prefix(zero + 1);
  }
  if (rest.size() != kKeyNumberBytes) return std::nullopt;
  key.start = kFirstDay + ReadKeyNumber(rest);
  return key;
}

std::string LimitKey(const ProgramId& program, absl::string_view rest) {
  return absl::StrCat(TableKey('L', program, ""), rest);
}

std::string ProgramsBegin() {
  return "P";
}

std::string ArticleCostsKey(const ProgramId& program, absl::string_view sku) {
  return TableKey('K', program, sku);
}

std::string ArticleCostsEnd(const ProgramId& program) {
  std::string end = ArticleCostsKey(program, "");
  end.back() = '\1';
  return end;
}

absl::string_view SkuOfCostsKey(const ProgramId& program,
                                absl::string_view key) {
  key.remove_prefix(ArticleCostsKey(program, "").size());
  return key.substr(0, key.find('\0'));
}

std::string ProgramsEnd() {
  return "Q";
}

int64_t TrailingNumber(absl::string_view key) {
  return key.size() < kKeyNumberBytes
             ? 0
             : ReadKeyNumber(key.substr(key.size() - kKeyNumberBytes));
}

std::optional<DueMember> ParseDueKey(const ProgramId& program,
                                     absl::string_view key) {
  const std::optional<TimedText> due = ParseTimedKey('D', program, key);
  if (!due) return std::nullopt;
  return DueMember{.due = due->time, .member = MemberId(due->text)};
}

std::optional<DueReservation> ParseReservationDueKey(const ProgramId& program,
                                                     absl::string_view key) {
  const std::optional<TimedText> due = ParseTimedKey('Y', program, key);
  if (!due) return std::nullopt;
  return DueReservation{.expire = due->time,
                        .reservation = ReservationId(due->text)};
}

}  // namespace pistis
