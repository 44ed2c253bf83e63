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

absl::StatusOr<StoreKeys> WriteFormat(Store& store) {
  const std::unique_ptr<Txn> txn = store.Begin();
  bool empty = true;
  PISTIS_RETURN_IF_ERROR(
      txn->Scan("", "", [&](absl::string_view, absl::string_view) {
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
  txn->Put(FormatKey(), format.SerializeAsString());
  PISTIS_RETURN_IF_ERROR(txn->Commit());
  return StoreKeys{.secret = format.secret(),
                   .signing_seed = format.signing_seed()};
}

}  // namespace

absl::StatusOr<StoreKeys> OpenFormat(Store& store) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::FormatRecord> format,
      GetRecord<store::v1::FormatRecord>(*store.GetSnapshot(), FormatKey()));
  if (!format) return WriteFormat(store);
  if (format->format_version() != kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store has format version ", format->format_version(),
                     ", this program knows version ", kFormatVersion,
                     "; use the program that wrote it, or a newer one"));
  }
  if (format->secret().size() != kSecretBytes ||
      format->signing_seed().size() != kSecretBytes) {
    return RecordCorrupt("FormatRecord");
  }
  return StoreKeys{.secret = format->secret(),
                   .signing_seed = format->signing_seed()};
}

}  // namespace pistis
