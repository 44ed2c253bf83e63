// Under which key each record lies. Format version 1.
//
//   key        := table rest                 one byte, then by table:
//   'M' name                     FormatRecord ("format"), SequenceRecord
//                                ("sequence")
//   'P' program                  ProgramRecord
//   'T' program                  TotalsRecord
//   'B' program number           RulebookRecord, number = version
//   'A' program member           AccountRecord
//   'A' program member number    EntryRecord, number = entry number
//   'F' program member           ProfileRecord
//   'E' program member number    OccasionRecord, number = the member's count
//   'J' program hash             member id, by referral code
//   'X' program member number    ExpiredLotRecord, number = expiry, and one
//                                microsecond more for an idle lot
//   'Z' program member number    ReversalRecord, number = entry number
//   'D' program number member    empty; number = when something of the member
//                                falls due; at most one for each member
//   'H' program hold             HoldRecord
//   'I' program hash             member id, by identifier
//   'C' program hash             CodeRecord
//   'O' program order            OrderRecord
//   'R' program refund           RefundRecord
//   'S' program reservation      ReservationRecord
//   'Y' program number reservation
//                                empty; number = when an open reservation
//                                expires
//   'K' program sku              ArticleCostsRecord: all times of one article
//                                in one record, so that a sale reads one for
//                                each and none besides
//   'Q' program request          RequestRecord
//   'V' program number           CommitRecord, number = commit_seq
//   'L' program holder of window number
//                                LimitRecord; holder = the rule, "code/" and
//                                the template, or "budget/" and the budget; of
//                                = whose sum, empty: of everybody; number = the
//                                window's first day, counted from the first of
//                                the year 1. Where the window is "rolling":
//                                RollingRecord of the holder's days; number = 0
//   'W' program                  MarginCursorRecord
//   'W' program kind number row  MarginSumsRecord; kind as MarginRows of
//                                engine/insight; number = a day, counted from
//                                the first of the year 1; row := bytes
//   'N' program order            MarginReturnsRecord, while a part is left
//   'G' program "template" 0 template number hash
//                                empty: codes of a template; number = when they
//                                were issued
//   'G' program "member" 0 member number hash
//                                empty: codes of a member
//   'g' program request          CodeBatchRecord
//   'U' program member number note
//                                NoteRecord; number = when it was asked for
//   'u' program note             member and number of that key
//   'n' program number member note
//                                empty; number = when a deferred note is due
//   'c' program member           ContactRecord
//   'c' program member kind case empty; of format version 1, read no more
//   's' program subscription     SubscriptionRecord
//   'd' program subscription number event
//                                DeliveryRecord; number = commit_seq, event =
//                                4 bytes, big-endian
//   'k' program case             CaseRecord
//   'j' program number case      empty; number = when the case was opened
//   'i' program member number case
//                                empty; the same by member
//   'f' program number case      empty; number = when the case falls due
//   'h' program member           CareStandingRecord
//   'w' program by number value  ComplaintWeekRecord; by = "category", "sku",
//                                "store" or "all"; number = the week's Monday,
//                                counted as in 'L'
//   'y' name                     ApiKeyRecord; name = the key's id
//   'a' program                  AuditHeadRecord; the empty program: acts on
//                                the server
//   'a' program number           AuditRecord, number counted from 1
//   'e' program member           ErasureRecord
//   'e' program 0 member         empty; its records still repeat personal data
//   program, member, holder, ... := bytes without zero, then a zero byte
//   number     := 8 bytes, big-endian; times in microseconds since 1970
//   hash       := 16 bytes
//   name       := bytes
//
// So a program's orders, a member's account and entries, a program's commits
// and its due lots each lie together, in order: what a sale writes is near.
// Requests that are not about a program that exists have the empty id in 'Q':
// those of CreateProgram, and, as the caller's name, a space and the request's
// id, those of CreateApiKey and RevokeApiKey.
#ifndef PISTIS_ENGINE_STORAGE_KEYS_H_
#define PISTIS_ENGINE_STORAGE_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"

namespace pistis {

[[nodiscard]] std::string FormatKey();
[[nodiscard]] std::string SequenceKey();
[[nodiscard]] std::string ProgramKey(const ProgramId& program);
[[nodiscard]] std::string TotalsKey(const ProgramId& program);
[[nodiscard]] std::string RulebookKey(const ProgramId& program,
                                      int64_t version);
[[nodiscard]] std::string AccountKey(const ProgramId& program,
                                     const MemberId& member);
[[nodiscard]] std::string ProfileKey(const ProgramId& program,
                                     const MemberId& member);
[[nodiscard]] std::string EntryKey(const ProgramId& program,
                                   const MemberId& member, int64_t number);
[[nodiscard]] std::string ExpiredLotKey(const ProgramId& program,
                                        const MemberId& member,
                                        absl::Time expire);
[[nodiscard]] std::string ReversalKey(const ProgramId& program,
                                      const MemberId& member, int64_t number);
[[nodiscard]] std::string OccasionKey(const ProgramId& program,
                                      const MemberId& member, int64_t number);
[[nodiscard]] std::string ReferralIndexKey(const ProgramId& program,
                                           absl::string_view hash);
[[nodiscard]] std::string DueKey(const ProgramId& program, absl::Time due,
                                 const MemberId& member);
[[nodiscard]] std::string HoldKey(const ProgramId& program, const HoldId& hold);
[[nodiscard]] std::string IdentifierIndexKey(const ProgramId& program,
                                             absl::string_view hash);
[[nodiscard]] std::string CodeIndexKey(const ProgramId& program,
                                       absl::string_view hash);
[[nodiscard]] std::string OrderKey(const ProgramId& program,
                                   const OrderId& order);
[[nodiscard]] std::string RefundKey(const ProgramId& program,
                                    const RefundId& refund);
[[nodiscard]] std::string ReservationKey(const ProgramId& program,
                                         const ReservationId& reservation);
[[nodiscard]] std::string ReservationDueKey(const ProgramId& program,
                                            absl::Time expire,
                                            const ReservationId& reservation);
[[nodiscard]] std::string RequestKey(const ProgramId& program,
                                     const RequestId& request);
[[nodiscard]] std::string CommitKey(const ProgramId& program,
                                    int64_t commit_seq);
// `sku` has no zero byte; empty: where the articles begin.
[[nodiscard]] std::string ArticleCostsKey(const ProgramId& program,
                                          absl::string_view sku);
// The end of the program's articles.
[[nodiscard]] std::string ArticleCostsEnd(const ProgramId& program);
// The article of an ArticleCostsKey of `program`.
[[nodiscard]] absl::string_view SkuOfCostsKey(const ProgramId& program,
                                              absl::string_view key);

[[nodiscard]] std::string MarginCursorKey(const ProgramId& program);
// `kind` is a word; `row` may hold any bytes.
[[nodiscard]] std::string MarginRowKey(const ProgramId& program,
                                       absl::string_view kind,
                                       absl::CivilDay day,
                                       absl::string_view row);
[[nodiscard]] std::string MarginReturnsKey(const ProgramId& program,
                                           const OrderId& order);

// The window of a limit or budget, by everything but table and program.
struct LimitWindowKey {
  std::string holder;
  // Whose sum; empty: of everybody.
  std::string of;
  // "day", "month", ...
  std::string window;
  // Its first day.
  absl::CivilDay start;
};
[[nodiscard]] std::string LimitWindowRest(const LimitWindowKey& key);
// And back; nothing where the bytes are none.
[[nodiscard]] std::optional<LimitWindowKey> ParseLimitWindow(
    absl::string_view rest);
[[nodiscard]] std::string LimitKey(const ProgramId& program,
                                   absl::string_view rest);

// A row of sums, read back from a MarginRowKey of `program`.
struct MarginRowName {
  absl::string_view kind;
  absl::CivilDay day;
  absl::string_view row;
};
// Nothing where `key` is none. Refers to `key`.
[[nodiscard]] std::optional<MarginRowName> ParseMarginRowKey(
    const ProgramId& program, absl::string_view key);

// The first key of all programs, and the end of them.
[[nodiscard]] std::string ProgramsBegin();
[[nodiscard]] std::string ProgramsEnd();

// The number that ends a key, as in EntryKey and CommitKey.
[[nodiscard]] int64_t TrailingNumber(absl::string_view key);

// A member with something due, read back from its key.
struct DueMember {
  absl::Time due;
  MemberId member;
};
// Nothing where `key` is no DueKey of `program`.
[[nodiscard]] std::optional<DueMember> ParseDueKey(const ProgramId& program,
                                                   absl::string_view key);

// An open reservation and when it expires, read back from its key.
struct DueReservation {
  absl::Time expire;
  ReservationId reservation;
};
// Nothing where `key` is no ReservationDueKey of `program`.
[[nodiscard]] std::optional<DueReservation> ParseReservationDueKey(
    const ProgramId& program, absl::string_view key);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_KEYS_H_
