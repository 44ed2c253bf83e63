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

#include "server/ending.h"
#include <openssl/x509.h>

namespace pistis::server {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;

// `bytes` are PEM or DER; null where they are no certificate.
[[nodiscard]] CertificatePtr DecodeCertificate(absl::string_view bytes);

// Reads the file again within seconds of a change. Any thread.
//
// The TLS layer holds a certificate against this file as a connection is made,
// and then no more. So what a connection of long ago showed is held against it
// here, where the file has changed. A certificate whose chain this file never
// had as a whole, because clients send a part of it, is left to the TLS layer.
class ClientAuthorities {
 public:
  // `file`: certificates as PEM; empty: there are none, and never will be.
  explicit ClientAuthorities(std::string file);
  ~ClientAuthorities();
  ClientAuthorities(const ClientAuthorities&) = delete;
  ClientAuthorities& operator=(const ClientAuthorities&) = delete;

  // Another one after each change of the file. One that holds no certificate,
  // or a damaged one, changes nothing, and gives a line in the log.
  [[nodiscard]] int64_t generation() const { return generation_; }

  // True where the certificate, PEM or DER, was signed by an authority that the
  // file had since the server started, and by none that it has now. What is
  // asked after generation() goes by that content or a later one.
  [[nodiscard]] bool Disowns(absl::string_view certificate) const;

 private:
  using Authorities = std::vector<CertificatePtr>;

  void Read();
  void Watch();

  const std::string file_;
  // What it last held; of the watch alone once that runs.
  std::string content_;
  mutable absl::Mutex mutex_;
  Authorities now_ ABSL_GUARDED_BY(mutex_);
  // All that it had, those of now too; each once.
  Authorities ever_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int64_t> generation_{0};
  Ending ending_;
  std::thread watch_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_CLIENT_AUTHORITIES_H_
