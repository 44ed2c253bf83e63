// The certificates that sign those of clients, as their file has them now.
#ifndef PISTIS_SERVER_AUTH_CLIENT_AUTHORITIES_H_
#define PISTIS_SERVER_AUTH_CLIENT_AUTHORITIES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "server/auth/settled_file.h"
#include "server/ending.h"
#include <openssl/x509.h>

namespace pistis::server {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;

// `bytes` are PEM or DER; null where they are no certificate.
[[nodiscard]] CertificatePtr DecodeCertificate(absl::string_view bytes);

// All of a file of PEM: those between the lines BEGIN and END CERTIFICATE, X509
// CERTIFICATE or TRUSTED CERTIFICATE, as the TLS layer reads them. What else is
// whole there, and any other line, is left aside. None where one is damaged.
[[nodiscard]] std::vector<CertificatePtr> DecodeCertificates(
    absl::string_view pem);

// Takes the file up again within seconds of a change. Any thread.
//
// The TLS layer holds a certificate against this file as a connection is made,
// and then no more. So what a connection of long ago showed is held against it
// here, where the file has changed. As for the TLS layer of gRPC, each
// certificate of the file is trusted by itself: a CA below another one is good
// without it. A certificate that is signed by none that the file ever had,
// because clients send the CA between, is left to the TLS layer.
class ClientAuthorities {
 public:
  // `file`: certificates as PEM; empty: there are none, and never will be. What
  // it holds as this begins counts; then it is looked at after each `pause`.
  explicit ClientAuthorities(std::string file,
                             absl::Duration pause = absl::Seconds(1));
  ~ClientAuthorities();
  ClientAuthorities(const ClientAuthorities&) = delete;
  ClientAuthorities& operator=(const ClientAuthorities&) = delete;

  // Another one after each change of the file. One that holds no certificate,
  // or a damaged one, changes nothing, and gives a line in the log.
  [[nodiscard]] int64_t generation() const { return generation_; }

  // True where the chain of the certificate, PEM or DER, passes one that the
  // file had since the server started, and none that it has now. The chain is
  // made of all that the file ever had: a till stays good while one of those
  // above it is there. What is asked after generation() goes by that content or
  // a later one.
  [[nodiscard]] bool Disowns(absl::string_view certificate) const;

  // Looks at the file now: what two looks in a row find counts.
  void Look();

 private:
  using Authorities = std::vector<CertificatePtr>;

  void Take(const std::string& content) ABSL_EXCLUSIVE_LOCKS_REQUIRED(looks_);
  void Watch(absl::Duration pause);

  absl::Mutex looks_;
  SettledFile file_ ABSL_GUARDED_BY(looks_);
  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(looks_);
  Authorities now_ ABSL_GUARDED_BY(mutex_);
  // All that it had, those of now too; each once.
  Authorities ever_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int64_t> generation_{0};
  Ending ending_;
  std::thread watch_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_CLIENT_AUTHORITIES_H_
