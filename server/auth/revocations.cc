#include "server/auth/revocations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "engine/base/status_macros.h"
#include "server/auth/client_authorities.h"
#include "spdlog/spdlog.h"
#include <openssl/err.h>
#include <openssl/pem.h>

namespace pistis::server {
namespace {

// Lines that begin and end a list of a PEM file have it, whole or damaged.
constexpr absl::string_view kMark = "----";

template <typename Object, void (*Free)(Object*)>
struct Freed {
  void operator()(Object* object) const { Free(object); }
};
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Crl = std::unique_ptr<X509_CRL, Freed<X509_CRL, &X509_CRL_free>>;

Bio BioOver(const std::string& bytes) {
  return {BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())),
          &BIO_free};
}

// The lists of a file, one after another; of a file with anything else in it
// but comments, none: a list cut short is no end of the file.
std::vector<Crl> ParseDerCrls(const std::string& bytes) {
  std::vector<Crl> lists;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  while (at != end) {
    lists.emplace_back(d2i_X509_CRL(nullptr, &at, end - at));
    if (lists.back() == nullptr) return {};
  }
  return lists;
}

std::vector<Crl> ParsePemCrls(const std::string& bytes) {
  std::vector<Crl> lists;
  const Bio bio = BioOver(bytes);
  while (X509_CRL* list =
             PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    lists.emplace_back(list);
  }
  // The reader takes a list that it cannot read for the end, and one that does
  // not begin as it should for a comment.
  const std::vector<absl::string_view> lines = absl::StrSplit(bytes, '\n');
  const auto marks = static_cast<size_t>(std::count_if(
      lines.begin(), lines.end(),
      [](absl::string_view line) { return absl::StrContains(line, kMark); }));
  if (marks != 2 * lists.size()) return {};
  return lists;
}

std::vector<Crl> ParseCrls(const std::string& bytes) {
  std::vector<Crl> lists = absl::StrContains(bytes, kMark)
                               ? ParsePemCrls(bytes)
                               : ParseDerCrls(bytes);
  ERR_clear_error();
  return lists;
}

bool IsSigned(X509_CRL* list, const std::vector<CertificatePtr>& authorities) {
  for (const CertificatePtr& authority : authorities) {
    if (X509_NAME_cmp(X509_get_subject_name(authority.get()),
                      X509_CRL_get_issuer(list)) == 0 &&
        X509_CRL_verify(list, X509_get0_pubkey(authority.get())) == 1) {
      return true;
    }
  }
  ERR_clear_error();
  return false;
}

// The same for names that X509_NAME_cmp calls the same, whatever kind of string
// they are encoded as.
std::string NameText(const X509_NAME* name) {
  const Bio text(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  std::string canonical =
      absl::AsciiStrToLower({bytes, static_cast<size_t>(size)});
  absl::RemoveExtraAsciiWhitespace(&canonical);
  return canonical;
}

}  // namespace

std::string SerialName(const X509_NAME* issuer, const ASN1_INTEGER* serial) {
  const int length = ASN1_STRING_length(serial);
  return absl::StrCat(NameText(issuer), "\n",
                      absl::string_view(reinterpret_cast<const char*>(
                                            ASN1_STRING_get0_data(serial)),
                                        static_cast<size_t>(length)));
}

absl::StatusOr<std::unique_ptr<Revocations>> Revocations::Open(
    Files files, absl::Duration pause) {
  const bool has_list = !files.crl.empty();
  auto opened = absl::WrapUnique(new Revocations(std::move(files)));
  if (!has_list) return opened;
  {
    const absl::MutexLock lock(&opened->looks_);
    PISTIS_RETURN_IF_ERROR(opened->Take());
  }
  opened->watch_ =
      std::thread([list = opened.get(), pause] { list->Watch(pause); });
  return opened;
}

Revocations::~Revocations() {
  ending_.End();
  if (watch_.joinable()) watch_.join();
}

bool Revocations::Has(const std::string& serial_name) const {
  const absl::ReaderMutexLock lock(&mutex_);
  return serials_.contains(serial_name);
}

void Revocations::Look() {
  const absl::MutexLock lock(&looks_);
  const bool is_new_list = crl_.Look();
  const bool are_new_authorities = ca_.Look();
  if (!is_new_list && !are_new_authorities) return;
  if (const absl::Status taken = Take(); !taken.ok()) {
    spdlog::error("{}; what was revoked before it changed stays revoked",
                  std::string(taken.message()));
  }
}

absl::Status Revocations::Take() {
  PISTIS_ASSIGN_OR_RETURN(Serials serials, Decode());
  const absl::MutexLock lock(&mutex_);
  serials_ = std::move(serials);
  return absl::OkStatus();
}

absl::StatusOr<Revocations::Serials> Revocations::Decode() const {
  const std::vector<Crl> lists = ParseCrls(crl_.content());
  if (lists.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(crl_.path(),
                     " is no certificate revocation list, or several, whole "
                     "and nothing else"));
  }
  const std::vector<CertificatePtr> authorities =
      DecodeCertificates(ca_.content());
  if (authorities.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(ca_.path(), " has no certificate, or a damaged one"));
  }
  Serials serials;
  for (const Crl& list : lists) {
    if (!IsSigned(list.get(), authorities)) {
      return absl::InvalidArgumentError(
          absl::StrCat(crl_.path(),
                       " has a revocation list that no certificate "
                       "of ",
                       ca_.path(), " signed"));
    }
    STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
      serials.insert(SerialName(
          X509_CRL_get_issuer(list.get()),
          X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i))));
    }
  }
  return serials;
}

void Revocations::Watch(absl::Duration pause) {
  while (!ending_.EndsWithin(pause))
    Look();
}

}  // namespace pistis::server
