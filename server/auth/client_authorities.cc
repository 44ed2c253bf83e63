#include "server/auth/client_authorities.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

#include "spdlog/spdlog.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pistis::server {
namespace {

constexpr absl::Duration kPoll = absl::Seconds(1);
constexpr absl::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr int kMostLinks = 8;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio BioOver(absl::string_view bytes) {
  return {BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())),
          &BIO_free};
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// Nothing where the file holds none, or one that cannot be read.
std::vector<CertificatePtr> CertificatesIn(const std::string& pem) {
  std::vector<CertificatePtr> certificates;
  const Bio bio = BioOver(pem);
  while (X509* certificate =
             PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  ERR_clear_error();
  const std::vector<absl::string_view> marks = absl::StrSplit(pem, kBegin);
  if (marks.size() != certificates.size() + 1) return {};
  return certificates;
}

CertificatePtr Share(const CertificatePtr& certificate) {
  X509_up_ref(certificate.get());
  return CertificatePtr(certificate.get());
}

// Whether its chain ends among the authorities. Each of them is tried: an old
// one and a new one often have the same name. Times are judged elsewhere, those
// of the certificate by each call, those of authorities as connections are
// made.
bool IsSignedBy(const std::vector<CertificatePtr>& authorities,
                X509* certificate, int most_links) {
  for (const CertificatePtr& authority : authorities) {
    if (X509_check_issued(authority.get(), certificate) != X509_V_OK ||
        X509_verify(certificate, X509_get0_pubkey(authority.get())) != 1) {
      continue;
    }
    const bool is_root =
        X509_check_issued(authority.get(), authority.get()) == X509_V_OK;
    if (is_root || (most_links > 0 &&
                    IsSignedBy(authorities, authority.get(), most_links - 1))) {
      return true;
    }
  }
  ERR_clear_error();
  return false;
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

ClientAuthorities::ClientAuthorities(std::string file)
    : file_(std::move(file)) {
  if (file_.empty()) return;
  Read();
  watch_ = std::thread([this] { Watch(); });
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
  return !IsSignedBy(now_, decoded.get(), kMostLinks) &&
         IsSignedBy(ever_, decoded.get(), kMostLinks);
}

void ClientAuthorities::Read() {
  std::string content = ReadFile(file_);
  if (content == content_) return;
  content_ = std::move(content);
  Authorities now = CertificatesIn(content_);
  if (now.empty()) {
    spdlog::error(
        "{} has no certificate, or a damaged one; clients' "
        "certificates stay good that were so before it changed",
        file_);
    return;
  }
  const absl::MutexLock lock(&mutex_);
  for (const CertificatePtr& authority : now) {
    const bool is_known = std::any_of(
        ever_.begin(), ever_.end(), [&](const CertificatePtr& known) {
          return X509_cmp(known.get(), authority.get()) == 0;
        });
    if (!is_known) ever_.push_back(Share(authority));
  }
  now_ = std::move(now);
  ++generation_;
}

void ClientAuthorities::Watch() {
  while (!ending_.EndsWithin(kPoll))
    Read();
}

}  // namespace pistis::server
