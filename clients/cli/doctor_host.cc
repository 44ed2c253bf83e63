#include "clients/cli/doctor_host.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/open_store.h"
#include "engine/storage/backup.h"
#include "engine/storage/codec.h"
#include "engine/storage/files.h"
#include "engine/storage/keys.h"
#include "engine/storage/rocksdb/stopped_store.h"
#include <fcntl.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

namespace pistis {
namespace {

constexpr int64_t kGibibyte = int64_t{1} << 30U;
constexpr absl::Duration kSlowSync = absl::Milliseconds(20);
constexpr absl::Duration kOldBackup = absl::Hours(48);
constexpr absl::Duration kRenewWithin = absl::Hours(24 * 21);
constexpr int kSyncs = 5;
constexpr int kConnectSeconds = 10;
constexpr int64_t kFewFiles = 8192;

Finding CheckSpace(const std::string& data_dir) {
  std::error_code error;
  const auto space = std::filesystem::space(data_dir, error);
  if (error) {
    return {Verdict::kBad, "disk",
            absl::StrCat(data_dir, ": ", error.message(),
                         "; name the folder with --data_dir")};
  }
  const auto free = static_cast<int64_t>(space.available);
  const std::string words =
      absl::StrCat(free / (kGibibyte >> 10U), " MiB free at ", data_dir);
  if (free >= 2 * kGibibyte) return {Verdict::kOk, "disk", words};
  return {Verdict::kBad, "disk",
          absl::StrCat(words,
                       "; make room: below --min_free_disk nothing is "
                       "changed any more")};
}

Finding CheckSync(const std::string& data_dir) {
  const std::string path =
      absl::StrCat(AbsolutePath(data_dir), ".doctor-", getpid());
  absl::Duration slowest = absl::ZeroDuration();
  absl::Status written;
  for (int i = 0; i < kSyncs && written.ok(); ++i) {
    const absl::Time begin = absl::Now();
    written = WriteNewFile(path, std::string(4096, 'x'));
    slowest = std::max(slowest, absl::Now() - begin);
    unlink(path.c_str());
  }
  if (!written.ok()) {
    return {Verdict::kBad, "sync",
            absl::StrCat(written.message(),
                         "; the doctor wants to be run as who runs pistisd")};
  }
  const std::string words =
      absl::StrCat("the slowest of ", kSyncs, " synced files took ",
                   absl::ToInt64Microseconds(slowest), " microseconds");
  if (slowest < kSlowSync) return {Verdict::kOk, "sync", words};
  return {Verdict::kWarn, "sync",
          absl::StrCat(words, "; every sale waits so long: use a faster disk")};
}

// The process that has the store open; 0 where none has.
pid_t HolderOf(const std::string& data_dir) {
  const int lock =
      open(absl::StrCat(data_dir, "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (lock < 0) return 0;
  struct flock held {};
  held.l_type = F_WRLCK;
  held.l_whence = SEEK_SET;
  const bool is_held =
      fcntl(lock, F_GETLK, &held) == 0 && held.l_type != F_UNLCK;
  close(lock);
  return is_held ? held.l_pid : 0;
}

// The soft limit; nothing where it cannot be read.
std::optional<int64_t> MostFilesOf(pid_t process) {
  std::ifstream limits(absl::StrCat("/proc/", process, "/limits"));
  std::string line;
  while (std::getline(limits, line)) {
    absl::string_view words = line;
    if (!absl::ConsumePrefix(&words, "Max open files")) continue;
    words = absl::StripLeadingAsciiWhitespace(words);
    int64_t most = 0;
    if (absl::SimpleAtoi(words.substr(0, words.find(' ')), &most)) return most;
  }
  return std::nullopt;
}

Finding CheckFiles(const std::string& data_dir) {
  const pid_t holder = HolderOf(data_dir);
  if (holder == 0) {
    return {Verdict::kWarn, "files",
            absl::StrCat("no server has ", data_dir, " open")};
  }
  const std::optional<int64_t> most = MostFilesOf(holder);
  if (!most) {
    return {Verdict::kWarn, "files",
            absl::StrCat("the limits of process ", holder,
                         " cannot be read; run the doctor as root")};
  }
  const std::string words =
      absl::StrCat("process ", holder, " may open ", *most);
  if (*most >= kFewFiles) return {Verdict::kOk, "files", words};
  return {Verdict::kWarn, "files",
          absl::StrCat(words, "; each connection is one: raise LimitNOFILE")};
}

absl::StatusOr<int> FormatVersionAt(const std::string& folder) {
  PISTIS_ASSIGN_OR_RETURN(const std::unique_ptr<StoppedStore> store,
                          StoppedStore::Open({.path = folder}));
  const std::unique_ptr<Snapshot> snapshot = store->GetSnapshot();
  PISTIS_RETURN_IF_ERROR(CheckFormatVersion(*snapshot));
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::FormatRecord> format,
      GetRecord<store::v1::FormatRecord>(*snapshot, FormatKey()));
  if (!format) return absl::NotFoundError("there is no format version");
  return format->format_version();
}

// The folder of the latest finished backup; empty where there is none.
std::string LatestBackup(const std::string& backup_dir) {
  std::string latest;
  int64_t latest_us = 0;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(backup_dir, error)) {
    const auto manifest = ReadBackupManifest(entry.path().string());
    if (!manifest.ok() || manifest->create_us() <= latest_us) continue;
    latest = entry.path().string();
    latest_us = manifest->create_us();
  }
  return latest;
}

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

Finding BadCertificate(const std::string& words) {
  return {Verdict::kBad, "certificate", words};
}

Finding CheckEnd(const X509& certificate, absl::Time now) {
  const absl::Time end = TimeOf(X509_get0_notAfter(&certificate));
  const std::string words = absl::StrCat(
      "valid until ", absl::FormatTime("%Y-%m-%d", end, absl::UTCTimeZone()));
  if (end - now > kRenewWithin) return {Verdict::kOk, "certificate", words};
  return {Verdict::kWarn, "certificate",
          absl::StrCat(words,
                       "; renew it: the server reads the new one without "
                       "a restart")};
}

}  // namespace

std::vector<Finding> CheckDisk(const std::string& data_dir) {
  std::vector<Finding> findings = {CheckSpace(data_dir)};
  if (!PathExists(data_dir)) return findings;
  findings.push_back(CheckSync(data_dir));
  findings.push_back(CheckFiles(data_dir));
  return findings;
}

std::optional<Finding> CheckFormat(const std::string& data_dir,
                                   const std::string& backup_dir) {
  const bool is_stopped =
      PathExists(absl::StrCat(data_dir, "/CURRENT")) && HolderOf(data_dir) == 0;
  const std::string folder = is_stopped ? data_dir : LatestBackup(backup_dir);
  if (folder.empty()) return std::nullopt;
  const absl::StatusOr<int> version = FormatVersionAt(folder);
  if (!version.ok()) {
    return Finding{
        Verdict::kBad, "format",
        absl::StrCat(folder, ": ", version.status().message(),
                     "; install that version of Pistis, or see Restore in "
                     "the runbook")};
  }
  return Finding{Verdict::kOk, "format",
                 absl::StrCat("version ", *version, " in ", folder,
                              "; this program reads ", kOldestFormatVersion,
                              " to ", kFormatVersion)};
}

Finding CheckBackups(const std::string& backup_dir, absl::Time now) {
  const absl::Time last = LatestBackupTime(backup_dir);
  if (last == absl::InfinitePast()) {
    return {Verdict::kBad, "backup",
            absl::StrCat("none in ", backup_dir,
                         "; run pistis backup, and set --backup_every")};
  }
  const std::string words =
      absl::StrCat("the latest is ", (now - last) / absl::Hours(1), " h old");
  if (now - last < kOldBackup) return {Verdict::kOk, "backup", words};
  return {Verdict::kWarn, "backup",
          absl::StrCat(words, "; the server's log tells why")};
}

Finding CheckCertificate(const std::string& address, const std::string& ca_file,
                         absl::Time now) {
  const std::unique_ptr<SSL_CTX, FreeContext> context(
      SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || SSL_CTX_load_verify_locations(
                                context.get(), ca_file.c_str(), nullptr) != 1) {
    return BadCertificate(absl::StrCat(ca_file, " holds no certificates"));
  }
  const std::unique_ptr<BIO, FreeBio> connection(
      BIO_new_ssl_connect(context.get()));
  SSL* ssl = nullptr;
  BIO_get_ssl(connection.get(), &ssl);
  BIO_set_conn_hostname(connection.get(), address.c_str());
  const std::string host = address.substr(0, address.rfind(':'));
  SSL_set_tlsext_host_name(ssl, host.c_str());
  if (BIO_do_connect_retry(connection.get(), kConnectSeconds, 0) != 1 &&
      SSL_get0_peer_certificate(ssl) == nullptr) {
    return BadCertificate("no TLS is spoken there; is --ca meant?");
  }
  const X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return BadCertificate("none was shown");
  if (const int64_t why = SSL_get_verify_result(ssl); why != X509_V_OK) {
    return BadCertificate(absl::StrCat(X509_verify_cert_error_string(why),
                                       "; is ", ca_file, " who signed it?"));
  }
  return CheckEnd(*certificate, now);
}

}  // namespace pistis
