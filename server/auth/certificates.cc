#include "server/auth/certificates.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "engine/base/ids.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include <openssl/x509v3.h>

namespace pistis::server {
namespace {

constexpr absl::string_view kScheme = "pistis://";
constexpr size_t kMostRemembered = 4096;

absl::Status RefuseCertificate(absl::string_view problem) {
  return Refuse(Reason::kUnauthenticated,
                absl::StrCat("the client certificate ", problem));
}

std::vector<std::string> TillUris(const X509* certificate) {
  std::vector<std::string> uris;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    std::string uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                    static_cast<size_t>(ASN1_STRING_length(text)));
    if (absl::StartsWith(uri, kScheme)) uris.push_back(std::move(uri));
  }
  return uris;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::optional<Caller> CallerIn(absl::string_view uri) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::StripPrefix(uri, kScheme), '/');
  const bool are_ids =
      std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
        return IsWellFormedId(part) && !absl::StrContains(part, "%");
      });
  if (parts.size() != 3 || !are_ids) return std::nullopt;
  return Caller{.name = absl::StrCat("certificate ", parts[1], "/", parts[2]),
                .access = {.role = v1::ROLE_TERMINAL,
                           .programs = {parts[0]},
                           .store_id = parts[1],
                           .terminal_id = parts[2]}};
}

}  // namespace

absl::StatusOr<TillCertificate> ParseTillCertificate(absl::string_view bytes) {
  const CertificatePtr certificate = DecodeCertificate(bytes);
  if (certificate == nullptr) return RefuseCertificate("cannot be read");
  const std::vector<std::string> uris = TillUris(certificate.get());
  std::optional<Caller> caller =
      uris.size() == 1 ? CallerIn(uris.front()) : std::nullopt;
  if (!caller) {
    return RefuseCertificate(
        "names no till: one URI pistis://PROGRAM/STORE/TERMINAL is wanted "
        "among its subject's alternative names");
  }
  caller->serial_name = SerialName(X509_get_issuer_name(certificate.get()),
                                   X509_get0_serialNumber(certificate.get()));
  caller->certificate = std::string(bytes);
  caller->end = TimeOf(X509_get0_notAfter(certificate.get()));
  return TillCertificate{
      .caller = std::make_shared<const Caller>(*std::move(caller)),
      .begin = TimeOf(X509_get0_notBefore(certificate.get()))};
}

absl::StatusOr<CallerPtr> Certificates::Find(absl::string_view bytes,
                                             absl::Time now) {
  PISTIS_ASSIGN_OR_RETURN(const Known known, Look(bytes));
  PISTIS_RETURN_IF_ERROR(Judge(known, now));
  return known.certificate->caller;
}

absl::Status Certificates::Check(const Caller& caller, absl::Time now) {
  PISTIS_ASSIGN_OR_RETURN(const Known known, Look(caller.certificate));
  return Judge(known, now);
}

absl::Status Certificates::Judge(const Known& known, absl::Time now) const {
  const TillCertificate& certificate = *known.certificate;
  if (now < certificate.begin) {
    return RefuseCertificate(absl::StrCat("is not valid before ",
                                          absl::FormatTime(certificate.begin)));
  }
  const Caller& caller = *certificate.caller;
  if (revocations_.Has(caller.serial_name)) {
    return RefuseCertificate("was revoked");
  }
  if (known.is_disowned) {
    return RefuseCertificate(
        "is signed by an authority that this server accepts no more");
  }
  if (now > caller.end) {
    return RefuseCertificate(
        absl::StrCat("was valid until ", absl::FormatTime(caller.end)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Certificates::Known> Certificates::Look(
    absl::string_view bytes) {
  const int64_t generation = authorities_.generation();
  {
    const absl::ReaderMutexLock lock(&mutex_);
    const auto found = known_.find(bytes);
    if (found != known_.end() && found->second.generation == generation) {
      return found->second;
    }
  }
  PISTIS_ASSIGN_OR_RETURN(TillCertificate certificate,
                          ParseTillCertificate(bytes));
  const Known known{.certificate = std::make_shared<const TillCertificate>(
                        std::move(certificate)),
                    .generation = generation,
                    .is_disowned = authorities_.Disowns(bytes)};
  const absl::MutexLock lock(&mutex_);
  if (known_.size() >= kMostRemembered) known_.clear();
  known_.insert_or_assign(std::string(bytes), known);
  return known;
}

}  // namespace pistis::server
