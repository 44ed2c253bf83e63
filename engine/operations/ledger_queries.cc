// GetAccount, ListEntries, ListLots and GetHold.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/holds.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/members.h"
#include "engine/operations/paging.h"
#include "engine/operations/program_view.h"
#include "engine/operations/queries.h"
#include "engine/operations/reservations.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr absl::string_view kMethod = "ListEntries";
// Entries looked at for one page, so that a filter that leaves nearly all out
// does not hold a thread for long.
constexpr int kMaxLookedAt = 20'000;
// Stored bytes in one page, so that its message stays small.
constexpr size_t kMaxPageBytes = size_t{1} << 20U;
constexpr int kMaxKinds = 16;

// Which entries are wanted.
class EntryFilter {
 public:
  static absl::StatusOr<EntryFilter> Parse(
      const v1::ListEntriesRequest& request) {
    EntryFilter filter(request);
    if (request.has_from_time()) {
      PISTIS_ASSIGN_OR_RETURN(filter.from_,
                              ParseAnyTime("from_time", request.from_time()));
    }
    if (request.has_until_time()) {
      PISTIS_ASSIGN_OR_RETURN(filter.until_,
                              ParseAnyTime("until_time", request.until_time()));
    }
    if (request.kinds_size() > kMaxKinds) {
      return RefuseField("kinds", absl::StrCat("has ", request.kinds_size(),
                                               " entries; at most ", kMaxKinds,
                                               " are allowed"));
    }
    if (filter.until_ < filter.from_) {
      return RefuseField("until_time", "lies before from_time");
    }
    if (!request.order_id().empty()) {
      PISTIS_RETURN_IF_ERROR(CheckId("order_id", request.order_id()));
    }
    return filter;
  }

  // Entries run forward in time, so nothing wanted comes after such a one.
  [[nodiscard]] bool IsPast(const store::v1::EntryRecord& entry) const {
    return absl::FromUnixMicros(entry.effective_us()) >= until_;
  }

  [[nodiscard]] bool Wants(const store::v1::EntryRecord& entry) const {
    const auto& kinds = request_.kinds();
    return absl::FromUnixMicros(entry.effective_us()) >= from_ &&
           (kinds.empty() || std::find(kinds.begin(), kinds.end(),
                                       entry.kind()) != kinds.end()) &&
           (request_.order_id().empty() ||
            request_.order_id() == entry.order_id());
  }

 private:
  explicit EntryFilter(const v1::ListEntriesRequest& request)
      : request_(request) {}

  // Any time, the future too.
  static absl::StatusOr<absl::Time> ParseAnyTime(
      absl::string_view field, const google::protobuf::Timestamp& time) {
    return ParsePastTime(field, time, absl::InfiniteFuture());
  }

  const v1::ListEntriesRequest& request_;
  absl::Time from_ = absl::InfinitePast();
  absl::Time until_ = absl::InfiniteFuture();
};

absl::StatusOr<MemberLedger> LoadNow(const QueryContext& context,
                                     const ProgramView& view,
                                     const MemberId& member) {
  return MemberLedger::Load(
      context.reader,
      {.program = view.program,
       .member = member,
       .at = view.now,
       .rulebook = view.rulebook.get(),
       .occasions = OccasionTermsOf(context.env, view.totals, context.now)});
}

v1::LotBalance ToBalance(const Lot& lot) {
  v1::LotBalance balance;
  balance.set_points(lot.points.value());
  if (lot.expire != absl::InfiniteFuture()) {
    *balance.mutable_expire_time() = ToTimestamp(lot.expire);
  }
  balance.set_idle(lot.kind == LotKind::kIdle);
  return balance;
}

absl::StatusOr<store::v1::HoldRecord> LoadHold(const QueryContext& context,
                                               const ProgramView& view,
                                               const HoldId& id) {
  PISTIS_ASSIGN_OR_RETURN(std::optional<store::v1::HoldRecord> record,
                          GetRecord<store::v1::HoldRecord>(
                              context.reader, HoldKey(view.program, id)));
  if (!record) return RefuseNotFound("hold", id.text());
  return *std::move(record);
}

// What a hold's record would say of a reservation's points.
absl::StatusOr<store::v1::HoldRecord> LoadHeldFor(const QueryContext& context,
                                                  const ProgramView& view,
                                                  const ReservationId& id) {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ReservationRecord reservation,
                          LoadReservation(context.reader, view.program, id));
  store::v1::HoldRecord record;
  record.set_member_id(reservation.order().member_id());
  record.set_points(reservation.order().points_redeemed());
  record.set_create_us(reservation.order().priced_us());
  record.set_expire_us(reservation.expire_us());
  return record;
}

}  // namespace

absl::StatusOr<v1::Account> GetAccount(const QueryContext& context,
                                       const v1::GetAccountRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  PISTIS_ASSIGN_OR_RETURN(
      const MemberLedger ledger,
      LoadNow(context, view, MemberId(request.member_id())));
  return ToMessage(ledger.member_id(), ledger.account(), view.rulebook.get());
}

absl::StatusOr<v1::ListEntriesResponse> ListEntries(
    const QueryContext& context, const v1::ListEntriesRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  PISTIS_ASSIGN_OR_RETURN(const int page_size,
                          ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(const int64_t last,
                          ParsePageToken(kMethod, request.page_token()));
  PISTIS_ASSIGN_OR_RETURN(const EntryFilter filter,
                          EntryFilter::Parse(request));
  const ProgramId program(request.program_id());
  const MemberId member(request.member_id());
  PISTIS_RETURN_IF_ERROR(LoadProgram(context.reader, program).status());
  PISTIS_RETURN_IF_ERROR(LoadMember(context.reader, program, member).status());
  v1::ListEntriesResponse page;
  bool corrupt = false;
  int looked_at = 0;
  size_t page_bytes = 0;
  int64_t reached = last;
  PISTIS_RETURN_IF_ERROR(context.reader.Scan(
      EntryKey(program, member, last + 1), EntryKey(program, member, -1),
      [&](absl::string_view key, absl::string_view value) {
        if (page.entries_size() == page_size || looked_at == kMaxLookedAt ||
            page_bytes >= kMaxPageBytes) {
          page.set_next_page_token(PageToken(kMethod, reached));
          return Visit::kStop;
        }
        store::v1::EntryRecord record;
        corrupt = !record.ParseFromArray(value.data(),
                                         static_cast<int>(value.size()));
        if (corrupt || filter.IsPast(record)) return Visit::kStop;
        reached = TrailingNumber(key);
        ++looked_at;
        if (filter.Wants(record)) {
          page_bytes += value.size();
          *page.add_entries() = ToMessage(record, reached);
        }
        return Visit::kContinue;
      }));
  if (corrupt) return RecordCorrupt("EntryRecord");
  return page;
}

absl::StatusOr<v1::ListLotsResponse> ListLots(
    const QueryContext& context, const v1::ListLotsRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  PISTIS_ASSIGN_OR_RETURN(
      const MemberLedger ledger,
      LoadNow(context, view, MemberId(request.member_id())));
  const AccountState& state = ledger.account().state();
  v1::ListLotsResponse lots;
  for (const Lot& lot : state.lots)
    *lots.add_lots() = ToBalance(lot);
  for (const PendingLot& pending : state.pending) {
    v1::LotBalance* balance = lots.add_lots();
    *balance = ToBalance(pending.lot);
    *balance->mutable_release_time() = ToTimestamp(pending.release);
  }
  for (const OpenHold& hold : state.holds) {
    const std::optional<ReservationId> reservation = ReservationOf(hold.id);
    PISTIS_ASSIGN_OR_RETURN(const store::v1::HoldRecord record,
                            reservation
                                ? LoadHeldFor(context, view, *reservation)
                                : LoadHold(context, view, hold.id));
    *lots.add_holds() = ToMessage(hold.id, record, ledger.account());
  }
  lots.set_deficit(state.deficit.value());
  return lots;
}

absl::StatusOr<v1::Hold> GetHold(const QueryContext& context,
                                 const v1::GetHoldRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("hold_id", request.hold_id()));
  const HoldId id(request.hold_id());
  PISTIS_ASSIGN_OR_RETURN(const store::v1::HoldRecord record,
                          LoadHold(context, view, id));
  PISTIS_ASSIGN_OR_RETURN(const MemberLedger ledger,
                          LoadNow(context, view, MemberId(record.member_id())));
  return ToMessage(id, record, ledger.account());
}

}  // namespace pistis
