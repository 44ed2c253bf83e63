#include "engine/operations/sign_checkpoint.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/load_order.h"
#include "engine/order/order.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/codec.h"
#include <openssl/evp.h>

namespace pistis {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// What the signature is over.
std::string SignedBytes(v1::LedgerCheckpoint checkpoint) {
  checkpoint.clear_signature();
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  checkpoint.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::string PublicKeyOf(EVP_PKEY* key) {
  std::string bytes(kKeyBytes, '\0');
  size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, Bytes(bytes), &size) != 1) std::abort();
  return bytes;
}

std::string Sign(EVP_PKEY* key, absl::string_view bytes) {
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  const Context context(EVP_MD_CTX_new());
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), Bytes(signature), &size, Bytes(bytes),
                     bytes.size()) != 1) {
    std::abort();
  }
  return signature;
}

bool IsSignatureOf(EVP_PKEY* key, absl::string_view signature,
                   absl::string_view bytes) {
  const Context context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) ==
             1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                          Bytes(bytes), bytes.size()) == 1;
}

// Without acts: an empty one.
absl::StatusOr<store::v1::AuditHeadRecord> AuditHead(const Reader& reader,
                                                     const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::AuditHeadRecord> head,
      GetRecord<store::v1::AuditHeadRecord>(reader, AuditHeadKey(program)));
  return std::move(head).value_or(store::v1::AuditHeadRecord());
}

}  // namespace

std::string PublicKeyOf(absl::string_view seed) {
  if (seed.size() != kKeyBytes) return "";
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                             Bytes(seed), seed.size()));
  return PublicKeyOf(key.get());
}

absl::StatusOr<v1::LedgerCheckpoint> SignCheckpoint(
    const QueryContext& context, const v1::SignCheckpointRequest& request) {
  return SignCheckpointFor(context, request, {.role = v1::ROLE_OWNER});
}

absl::StatusOr<v1::LedgerCheckpoint> SignCheckpointFor(
    const QueryContext& context, const v1::SignCheckpointRequest& request,
    const Access& by) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  const ProgramId program(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(const store::v1::TotalsRecord totals,
                          LoadTotals(context.reader, program));
  PISTIS_ASSIGN_OR_RETURN(const store::v1::AuditHeadRecord own,
                          AuditHead(context.reader, program));
  PISTIS_ASSIGN_OR_RETURN(const store::v1::AuditHeadRecord servers,
                          AuditHead(context.reader, ProgramId()));
  const std::string& seed = context.env.signing_seed;
  if (seed.size() != kKeyBytes) return RecordCorrupt("FormatRecord");
  const Key key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, Bytes(absl::string_view(seed)), seed.size()));
  if (key == nullptr) std::abort();
  v1::LedgerCheckpoint checkpoint;
  checkpoint.set_program_id(request.program_id());
  checkpoint.set_commit_seq(totals.chain_seq());
  checkpoint.set_chain_hash(totals.chain_hash());
  checkpoint.set_entries(totals.chain_entries());
  checkpoint.set_audit_acts(own.acts());
  checkpoint.set_audit_hash(own.hash());
  if (by.reaches_all()) checkpoint.set_server_audit_acts(servers.acts());
  checkpoint.set_server_audit_hash(servers.hash());
  *checkpoint.mutable_sign_time() = ToTimestamp(context.now);
  checkpoint.set_public_key(PublicKeyOf(key.get()));
  checkpoint.set_signature(Sign(key.get(), SignedBytes(checkpoint)));
  return checkpoint;
}

absl::Status CheckSignature(const v1::LedgerCheckpoint& checkpoint) {
  if (checkpoint.public_key().size() != kKeyBytes) {
    return RefuseField("public_key", "is no Ed25519 key of 32 bytes");
  }
  if (checkpoint.signature().size() != kSignatureBytes) {
    return RefuseField("signature", "is no Ed25519 signature of 64 bytes");
  }
  const Key key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr,
      Bytes(absl::string_view(checkpoint.public_key())),
      checkpoint.public_key().size()));
  if (key == nullptr || !IsSignatureOf(key.get(), checkpoint.signature(),
                                       SignedBytes(checkpoint))) {
    return RefuseField("signature",
                       "is not that of this public key over this checkpoint");
  }
  return absl::OkStatus();
}

}  // namespace pistis
