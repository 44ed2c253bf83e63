#include "server/http/tls_files.h"

#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "openssl/ssl.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

using Context = TlsFiles::Context;
using boost::system::error_code;

absl::Status Unusable(const std::string& file, const error_code& error) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", error.message()));
}

// Each connection shows its certificate anew, so that one which was revoked or
// has expired is not believed for an older connection's sake.
void ForbidResumption(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

absl::Status AskForCertificates(const std::string& file, Context& context) {
  error_code error;
  context.load_verify_file(file, error);
  if (error) return Unusable(file, error);
  // Who signs is in the file, whether or not those above it are, too: so does
  // gRPC take it.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.native_handle()),
                              X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_client_CA_list(context.native_handle(),
                             SSL_load_client_CA_file(file.c_str()));
  context.set_verify_mode(boost::asio::ssl::verify_peer, error);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Context>> Load(const HttpTls& files) {
  auto context = std::make_shared<Context>(Context::tls_server);
  ForbidResumption(context->native_handle());
  error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return Unusable(files.certificate, error);
  context->use_private_key_file(files.key, Context::pem, error);
  if (error) return Unusable(files.key, error);
  if (!files.client_ca.empty()) {
    const absl::Status asked = AskForCertificates(files.client_ca, *context);
    if (!asked.ok()) return asked;
  }
  return context;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsFiles>> TlsFiles::Open(HttpTls files) {
  auto opened = absl::WrapUnique(new TlsFiles(std::move(files)));
  opened->seen_ = opened->StampNow();
  auto context = Load(opened->files_);
  if (!context.ok()) return context.status();
  opened->context_ = *std::move(context);
  return opened;
}

const std::shared_ptr<TlsFiles::Context>& TlsFiles::Current() {
  Stamp now = StampNow();
  if (now == seen_) return context_;
  seen_ = std::move(now);
  auto context = Load(files_);
  if (context.ok()) {
    context_ = *std::move(context);
    spdlog::info("HTTP: the certificate was read again");
  } else {
    spdlog::error("HTTP: the certificate in use stays: {}",
                  context.status().ToString());
  }
  return context_;
}

TlsFiles::Stamp TlsFiles::StampNow() const {
  Stamp stamp;
  for (const std::string& file :
       {files_.certificate, files_.key, files_.client_ca}) {
    std::error_code error;
    stamp.push_back(std::filesystem::last_write_time(file, error));
  }
  return stamp;
}

}  // namespace pistis::server
