#include "engine/operations/margin_rows.h"

#include <optional>

#include "pistis/store/v1/margin_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr absl::string_view kRecord = "MarginSumsRecord";

bool HasTooMany(const StoredMargins& whole_day, MarginRows rows) {
  return whole_day.rows[static_cast<size_t>(rows)] >= kMostMarginRows;
}

}  // namespace

std::string ToBytes(const StoredMargins& stored) {
  store::v1::MarginSumsRecord record;
  int used = 0;
  for (size_t i = 0; i < kMeasures; ++i) {
    const int64_t value = stored.sums[static_cast<Measure>(i)];
    record.add_values(value);
    if (value != 0) used = record.values_size();
  }
  record.mutable_values()->Truncate(used);
  if (stored.rows != StoredMargins().rows) {
    record.mutable_rows()->Assign(stored.rows.begin(), stored.rows.end());
  }
  return record.SerializeAsString();
}

absl::StatusOr<StoredMargins> ParseMargins(absl::string_view bytes) {
  store::v1::MarginSumsRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      record.values_size() > static_cast<int>(kMeasures) ||
      record.rows_size() > static_cast<int>(kMarginRows)) {
    return RecordCorrupt(std::string(kRecord));
  }
  StoredMargins stored;
  for (int i = 0; i < record.values_size(); ++i)
    stored.sums.Set(static_cast<Measure>(i), record.values(i));
  std::copy(record.rows().begin(), record.rows().end(), stored.rows.begin());
  return stored;
}

absl::StatusOr<StoredMargins*> MarginBook::Find(const std::string& key) {
  const auto known = rows_.find(key);
  if (known != rows_.end()) return &known->second;
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          reader_.Get(key));
  if (!bytes) return nullptr;
  PISTIS_ASSIGN_OR_RETURN(const StoredMargins stored, ParseMargins(*bytes));
  return &rows_.emplace(key, stored).first->second;
}

absl::StatusOr<StoredMargins*> MarginBook::FindOrOpen(
    absl::CivilDay day, const MarginRow& row, StoredMargins& whole_day) {
  const std::string key =
      MarginRowKey(program_, NameOf(row.rows), day, RowText(row));
  PISTIS_ASSIGN_OR_RETURN(StoredMargins* const found, Find(key));
  if (found != nullptr) return found;
  const bool is_others = row.of == MarginRow::Of::kOthers;
  if (!is_others && HasTooMany(whole_day, row.rows)) {
    return FindOrOpen(
        day, {.rows = row.rows, .of = MarginRow::Of::kOthers, .id = ""},
        whole_day);
  }
  if (!is_others) ++whole_day.rows[static_cast<size_t>(row.rows)];
  return &rows_[key];
}

absl::Status MarginBook::Add(absl::CivilDay day, const RowSums& sums) {
  StoredMargins none;
  std::map<MarginRow, StoredMargins*>& places = places_[day];
  StoredMargins*& whole_day = places[{.rows = MarginRows::kDay}];
  if (whole_day == nullptr) {
    PISTIS_ASSIGN_OR_RETURN(whole_day,
                            FindOrOpen(day, {.rows = MarginRows::kDay}, none));
  }
  for (const auto& [row, change] : sums) {
    StoredMargins*& stored = places[row];
    if (stored == nullptr) {
      PISTIS_ASSIGN_OR_RETURN(stored, FindOrOpen(day, row, *whole_day));
    }
    stored->sums += change;
  }
  return absl::OkStatus();
}

void MarginBook::PutTo(WriteSet& writes) const {
  for (const auto& [key, stored] : rows_)
    writes.Put(key, ToBytes(stored));
}

absl::Status VisitMargins(
    const Reader& reader, const ProgramId& program, MarginRows rows,
    const MarginDays& days,
    absl::FunctionRef<void(absl::CivilDay day, const MarginRow& row,
                           const MarginSums& sums)>
        visit) {
  absl::Status read;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      MarginRowKey(program, NameOf(rows), days.first, ""),
      MarginRowKey(program, NameOf(rows), days.last + 1, ""),
      [&](absl::string_view key, absl::string_view value) {
        const std::optional<MarginRowName> name =
            ParseMarginRowKey(program, key);
        const absl::StatusOr<StoredMargins> stored = ParseMargins(value);
        if (!name || !stored.ok()) {
          read = RecordCorrupt(std::string(kRecord));
          return Visit::kStop;
        }
        visit(name->day, ParseRowText(rows, name->row), stored->sums);
        return Visit::kContinue;
      }));
  return read;
}

}  // namespace pistis
