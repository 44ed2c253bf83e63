#include "server/auth/revocations.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "spdlog/spdlog.h"
#include <openssl/err.h>
#include <openssl/pem.h>

namespace pistis::server {
namespace {

constexpr absl::Duration kPoll = absl::Seconds(1);

// Lines that begin and end a list of a PEM file have it, whole or damaged.
constexpr absl::string_view kMark = "----";

template <typename Object, void (*Free)(Object*)>
struct Freed {
  void operator()(Object* object) const { Free(object); }
};
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Crl = std::unique_ptr<X509_CRL, Freed<X509_CRL, &X509_CRL_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, &X509_free>>;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

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

std::vector<Certificate> ParseCertificates(const std::string& bytes) {
  std::vector<Certificate> certificates;
  const Bio bio = BioOver(bytes);
  while (X509* certificate =
             PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  ERR_clear_error();
  return certificates;
}

bool IsSigned(X509_CRL* list, const std::vector<Certificate>& authorities) {
  for (const Certificate& authority : authorities) {
    if (X509_NAME_cmp(X509_get_subject_name(authority.get()),
                      X509_CRL_get_issuer(list)) == 0 &&
        X509_CRL_verify(list, X509_get0_pubkey(authority.get())) == 1) {
      return true;
    }
  }
  ERR_clear_error();
  return false;
}

std::filesystem::file_time_type StampOf(const std::string& path) {
  std::error_code error;
  return std::filesystem::last_write_time(path, error);
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

absl::StatusOr<std::unique_ptr<Revocations>> Revocations::Open(Files files) {
  auto revocations = absl::WrapUnique(new Revocations(std::move(files)));
  if (revocations->files_.crl.empty()) return revocations;
  revocations->seen_ = StampOf(revocations->files_.crl);
  absl::StatusOr<Serials> serials = revocations->Read();
  if (!serials.ok()) return serials.status();
  {
    const absl::MutexLock lock(&revocations->mutex_);
    revocations->serials_ = *std::move(serials);
  }
  revocations->watch_ =
      std::thread([list = revocations.get()] { list->Watch(); });
  return revocations;
}

Revocations::~Revocations() {
  ending_.End();
  if (watch_.joinable()) watch_.join();
}

bool Revocations::Has(const std::string& serial_name) const {
  const absl::ReaderMutexLock lock(&mutex_);
  return serials_.contains(serial_name);
}

absl::StatusOr<Revocations::Serials> Revocations::Read() const {
  const std::vector<Crl> lists = ParseCrls(ReadFile(files_.crl));
  if (lists.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(files_.crl,
                     " is no certificate revocation list, or several, whole "
                     "and nothing else"));
  }
  const std::vector<Certificate> authorities =
      ParseCertificates(ReadFile(files_.ca));
  Serials serials;
  for (const Crl& list : lists) {
    if (!IsSigned(list.get(), authorities)) {
      return absl::InvalidArgumentError(
          absl::StrCat(files_.crl,
                       " has a revocation list that no certificate "
                       "of ",
                       files_.ca, " signed"));
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

void Revocations::Watch() {
  while (!ending_.EndsWithin(kPoll)) {
    const auto stamp = StampOf(files_.crl);
    if (stamp == seen_) continue;
    absl::StatusOr<Serials> serials = Read();
    seen_ = stamp;
    if (!serials.ok()) {
      spdlog::error("{}; what was revoked before it changed stays revoked",
                    std::string(serials.status().message()));
      continue;
    }
    const absl::MutexLock lock(&mutex_);
    serials_ = *std::move(serials);
  }
}

}  // namespace pistis::server
