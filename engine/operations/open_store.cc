#include "engine/operations/open_store.h"

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr int kSecretBytes = 32;

absl::Status CheckVersion(const store::v1::FormatRecord& format) {
  const int version = format.format_version();
  if (version >= kOldestFormatVersion && version <= kFormatVersion) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the store has format version ", version,
      ", this program knows versions ", kOldestFormatVersion, " to ",
      kFormatVersion, "; use the program that wrote it, or a newer one"));
}

absl::Status PutFormat(Store& store, const store::v1::FormatRecord& format) {
  const std::unique_ptr<Txn> txn = store.Begin();
  txn->Put(FormatKey(), format.SerializeAsString());
  return txn->Commit();
}

absl::StatusOr<StoreKeys> WriteFormat(Store& store) {
  bool empty = true;
  PISTIS_RETURN_IF_ERROR(store.GetSnapshot()->Scan(
      "", "", [&](absl::string_view, absl::string_view) {
        empty = false;
        return Visit::kStop;
      }));
  if (!empty) {
    return absl::FailedPreconditionError(
        "the store holds records but no format version: it is not one of "
        "Pistis, or it is damaged");
  }
  store::v1::FormatRecord format;
  format.set_format_version(kFormatVersion);
  format.set_secret(RandomBytes(kSecretBytes));
  format.set_signing_seed(RandomBytes(kSecretBytes));
  PISTIS_RETURN_IF_ERROR(PutFormat(store, format));
  return StoreKeys{.secret = format.secret(),
                   .signing_seed = format.signing_seed()};
}

}  // namespace

absl::StatusOr<StoreKeys> OpenFormat(Store& store) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::FormatRecord> format,
      GetRecord<store::v1::FormatRecord>(*store.GetSnapshot(), FormatKey()));
  if (!format) return WriteFormat(store);
  PISTIS_RETURN_IF_ERROR(CheckVersion(*format));
  if (format->secret().size() != kSecretBytes ||
      format->signing_seed().size() != kSecretBytes) {
    return RecordCorrupt("FormatRecord");
  }
  if (format->format_version() < kFormatVersion) {
    format->set_format_version(kFormatVersion);
    PISTIS_RETURN_IF_ERROR(PutFormat(store, *format));
  }
  return StoreKeys{.secret = format->secret(),
                   .signing_seed = format->signing_seed()};
}

absl::Status CheckFormatVersion(const Reader& reader) {
  const auto format = GetRecord<store::v1::FormatRecord>(reader, FormatKey());
  if (!format.ok() || !format->has_value()) return absl::OkStatus();
  return CheckVersion(**format);
}

}  // namespace pistis
