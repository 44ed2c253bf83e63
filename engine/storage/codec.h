// Records in and out of storage.
#ifndef PISTIS_ENGINE_STORAGE_CODEC_H_
#define PISTIS_ENGINE_STORAGE_CODEC_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// Reads the record under `key` into `record`, which must be empty; false where
// there is none. RECORD_CORRUPT where its bytes are no `Record`.
template <typename Record>
absl::StatusOr<bool> ReadRecord(const Reader& reader, absl::string_view key,
                                Record& record) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          reader.Get(key));
  if (!bytes) return false;
  if (!record.ParseFromString(*bytes)) {
    return RecordCorrupt(Record::descriptor()->name());
  }
  return true;
}

// The record under `key`, or nothing where there is none. RECORD_CORRUPT where
// its bytes are no `Record`.
template <typename Record>
absl::StatusOr<std::optional<Record>> GetRecord(const Reader& reader,
                                                absl::string_view key) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          reader.Get(key));
  if (!bytes) return std::nullopt;
  std::optional<Record> record(std::in_place);
  if (!record->ParseFromString(*bytes)) {
    return RecordCorrupt(Record::descriptor()->name());
  }
  return record;
}

// The record under `key`, which must be there: RECORD_CORRUPT where it is not.
template <typename Record>
absl::StatusOr<Record> GetExpectedRecord(const Reader& reader,
                                         absl::string_view key) {
  PISTIS_ASSIGN_OR_RETURN(std::optional<Record> record,
                          GetRecord<Record>(reader, key));
  if (!record) return RecordCorrupt(Record::descriptor()->name());
  return *std::move(record);
}

template <typename Record>
void PutRecord(absl::string_view key, const Record& record, WriteSet& writes) {
  writes.Put(key, record.SerializeAsString());
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_CODEC_H_
