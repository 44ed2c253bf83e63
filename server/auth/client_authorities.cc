#include "server/auth/client_authorities.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

#include "spdlog/spdlog.h"
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pistis::server {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio BioOver(absl::string_view bytes) {
  return {BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())),
          &BIO_free};
}

struct FreeByOpenssl {
  void operator()(void* bytes) const { OPENSSL_free(bytes); }
};
template <typename Byte>
using OpensslBytes = std::unique_ptr<Byte, FreeByOpenssl>;

// One part of a PEM file, whatever it is.
struct PemPart {
  std::string label;
  OpensslBytes<unsigned char> bytes;
  long size = 0;
};

// The next one; nothing at the end, or where it is damaged.
std::optional<PemPart> NextPart(BIO* pem) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  PemPart part;
  if (PEM_read_bio(pem, &label, &header, &bytes, &part.size) != 1) {
    return std::nullopt;
  }
  const OpensslBytes<char> owned_label(label);
  const OpensslBytes<char> owned_header(header);
  part.label = label;
  part.bytes.reset(bytes);
  return part;
}

// Null where it cannot be read.
CertificatePtr CertificateIn(const PemPart& part) {
  const unsigned char* at = part.bytes.get();
  return CertificatePtr(part.label == PEM_STRING_X509_TRUSTED
                            ? d2i_X509_AUX(nullptr, &at, part.size)
                            : d2i_X509(nullptr, &at, part.size));
}

bool IsCertificate(const PemPart& part) {
  return part.label == PEM_STRING_X509 || part.label == PEM_STRING_X509_OLD ||
         part.label == PEM_STRING_X509_TRUSTED;
}

// How many lines begin or end a part, whole or damaged: the reader passes over
// one that has not all its dashes.
size_t MarksIn(absl::string_view pem) {
  const std::vector<absl::string_view> lines = absl::StrSplit(pem, '\n');
  return static_cast<size_t>(
      std::count_if(lines.begin(), lines.end(), [](absl::string_view line) {
        return absl::StartsWith(line, "-----BEGIN ") ||
               absl::StartsWith(line, "-----END ");
      }));
}

CertificatePtr Share(const CertificatePtr& certificate) {
  X509_up_ref(certificate.get());
  return CertificatePtr(certificate.get());
}

bool Has(const std::vector<CertificatePtr>& certificates,
         const X509* certificate) {
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const CertificatePtr& each) {
                       return X509_cmp(each.get(), certificate) == 0;
                     });
}

bool HasSigned(X509* authority, X509* certificate) {
  return X509_check_issued(authority, certificate) == X509_V_OK &&
         X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
}

// The certificate and all of `known` above it, each once: an old one and a new
// one often have the same name, or the same key. Times are judged elsewhere,
// those of the certificate by each call, those of authorities as connections
// are made.
std::vector<CertificatePtr> ChainOf(const CertificatePtr& certificate,
                                    const std::vector<CertificatePtr>& known) {
  std::vector<CertificatePtr> chain;
  chain.push_back(Share(certificate));
  for (size_t below = 0; below < chain.size(); ++below) {
    for (const CertificatePtr& authority : known) {
      if (!Has(chain, authority.get()) &&
          HasSigned(authority.get(), chain[below].get())) {
        chain.push_back(Share(authority));
      }
    }
  }
  ERR_clear_error();
  return chain;
}

bool PassesOneOf(const std::vector<CertificatePtr>& authorities,
                 const std::vector<CertificatePtr>& chain) {
  return std::any_of(
      chain.begin(), chain.end(),
      [&](const CertificatePtr& link) { return Has(authorities, link.get()); });
}

}  // namespace

CertificatePtr DecodeCertificate(absl::string_view bytes) {
  CertificatePtr certificate;
  if (absl::StartsWith(bytes, "-----")) {
    const Bio bio = BioOver(bytes);
    certificate.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  } else {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    certificate.reset(
        d2i_X509(nullptr, &at, static_cast<int64_t>(bytes.size())));
  }
  ERR_clear_error();
  return certificate;
}

std::vector<CertificatePtr> DecodeCertificates(absl::string_view pem) {
  std::vector<CertificatePtr> certificates;
  const Bio bio = BioOver(pem);
  size_t parts = 0;
  bool is_whole = true;
  ERR_clear_error();
  while (const std::optional<PemPart> part = NextPart(bio.get())) {
    ++parts;
    if (!IsCertificate(*part)) continue;
    certificates.push_back(CertificateIn(*part));
    is_whole = is_whole && certificates.back() != nullptr;
  }
  // At the end there is no further start; any other error is a damaged part.
  is_whole = is_whole &&
             ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE &&
             MarksIn(pem) == 2 * parts;
  ERR_clear_error();
  if (!is_whole) certificates.clear();
  return certificates;
}

ClientAuthorities::ClientAuthorities(std::string file, absl::Duration pause)
    : file_(std::move(file)) {
  const absl::MutexLock lock(&looks_);
  if (file_.path().empty()) return;
  Take(file_.content());
  watch_ = std::thread([this, pause] { Watch(pause); });
}

ClientAuthorities::~ClientAuthorities() {
  ending_.End();
  if (watch_.joinable()) watch_.join();
}

bool ClientAuthorities::Disowns(absl::string_view certificate) const {
  // At the first content nothing was taken out yet.
  if (generation_ <= 1) return false;
  const CertificatePtr decoded = DecodeCertificate(certificate);
  if (decoded == nullptr) return false;
  const absl::ReaderMutexLock lock(&mutex_);
  const Authorities chain = ChainOf(decoded, ever_);
  return PassesOneOf(ever_, chain) && !PassesOneOf(now_, chain);
}

void ClientAuthorities::Look() {
  const absl::MutexLock lock(&looks_);
  if (file_.Look()) Take(file_.content());
}

void ClientAuthorities::Take(const std::string& content) {
  Authorities now = DecodeCertificates(content);
  if (now.empty()) {
    spdlog::error(
        "{} has no certificate, or a damaged one; clients' "
        "certificates stay good that were so before it changed",
        file_.path());
    return;
  }
  const absl::MutexLock lock(&mutex_);
  for (const CertificatePtr& authority : now) {
    if (!Has(ever_, authority.get())) ever_.push_back(Share(authority));
  }
  now_ = std::move(now);
  ++generation_;
}

void ClientAuthorities::Watch(absl::Duration pause) {
  while (!ending_.EndsWithin(pause))
    Look();
}

}  // namespace pistis::server
