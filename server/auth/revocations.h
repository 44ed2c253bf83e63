// The list of client certificates that are good no more, as its file has it.
#ifndef PISTIS_SERVER_AUTH_REVOCATIONS_H_
#define PISTIS_SERVER_AUTH_REVOCATIONS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

#include "server/ending.h"
#include <openssl/x509.h>

namespace pistis::server {

// A certificate's issuer and serial number, as one name.
[[nodiscard]] std::string SerialName(const X509_NAME* issuer,
                                     const ASN1_INTEGER* serial);

// Reads the file again within seconds of a change. Any thread.
class Revocations {
 public:
  struct Files {
    // CRLs, as PEM or DER; empty: nothing is revoked.
    std::string crl;
    // The certificates that sign them, as PEM.
    std::string ca;
  };

  // InvalidArgument, naming the file, where it has no list, one that is not
  // whole, or one that no certificate of `ca` signed. A file that is so later
  // leaves what was known, and a line in the log.
  static absl::StatusOr<std::unique_ptr<Revocations>> Open(Files files);

  ~Revocations();
  Revocations(const Revocations&) = delete;
  Revocations& operator=(const Revocations&) = delete;

  [[nodiscard]] bool Has(const std::string& serial_name) const;

 private:
  using Serials = absl::flat_hash_set<std::string>;

  explicit Revocations(Files files) : files_(std::move(files)) {}

  [[nodiscard]] absl::StatusOr<Serials> Read() const;
  void Watch();

  const Files files_;
  std::filesystem::file_time_type seen_;
  mutable absl::Mutex mutex_;
  Serials serials_ ABSL_GUARDED_BY(mutex_);
  Ending ending_;
  std::thread watch_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_REVOCATIONS_H_
