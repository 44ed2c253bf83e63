#include "engine/operations/expired_lots.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ledger_records.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

bool IsIdleNumber(int64_t number) {
  return number % 2 == 1;
}

std::string KeyAt(const ProgramId& program, const MemberId& member,
                  int64_t number) {
  return ExpiredLotKey(program, member, absl::FromUnixMicros(number));
}

absl::StatusOr<std::optional<ExpiredLot>> FirstIdleExpired(
    const Reader& reader, const ProgramId& program,
    const store::v1::OrderRecord& order) {
  const MemberId member(order.member_id());
  std::optional<ExpiredLot> found;
  bool corrupt = false;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(KeyAt(program, member, order.effective_us() + 2),
                  KeyAt(program, member, -1),
                  [&](absl::string_view key, absl::string_view value) {
                    if (!IsIdleNumber(TrailingNumber(key)))
                      return Visit::kContinue;
                    ExpiredLot& lot = found.emplace();
                    lot.key = std::string(key);
                    corrupt = !lot.record.ParseFromArray(
                        value.data(), static_cast<int>(value.size()));
                    return Visit::kStop;
                  }));
  if (corrupt) return RecordCorrupt("ExpiredLotRecord");
  return found;
}

}  // namespace

int64_t ExpiredLotNumber(const Lot& lot) {
  return absl::ToUnixMicros(lot.expire) + (lot.kind == LotKind::kIdle ? 1 : 0);
}

std::string ExpiredKey(const ProgramId& program, const MemberId& member,
                       const Lot& lot) {
  return KeyAt(program, member, ExpiredLotNumber(lot));
}

bool IsOfOrder(const store::v1::ExpiredLotRecord& expired,
               const store::v1::OrderRecord& order) {
  return expired.since_us() <=
         std::max(order.effective_us(), order.earned_release_us());
}

absl::StatusOr<std::optional<ExpiredLot>> FindExpired(
    const Reader& reader, const ProgramId& program,
    const store::v1::OrderRecord& order) {
  if (order.earned_idle()) return FirstIdleExpired(reader, program, order);
  if (order.earned_expire_us() == 0) return std::nullopt;
  const std::string key =
      KeyAt(program, MemberId(order.member_id()), order.earned_expire_us());
  PISTIS_ASSIGN_OR_RETURN(std::optional<store::v1::ExpiredLotRecord> record,
                          GetRecord<store::v1::ExpiredLotRecord>(reader, key));
  if (!record) return std::nullopt;
  return ExpiredLot{.key = key, .record = *std::move(record)};
}

}  // namespace pistis
