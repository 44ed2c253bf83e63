// The certificate and key of the HTTP port, as they are in their files now.
#ifndef PISTIS_SERVER_HTTP_TLS_FILES_H_
#define PISTIS_SERVER_HTTP_TLS_FILES_H_

#include <filesystem>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "boost/asio/ssl/context.hpp"
#include "server/http/http_options.h"

namespace pistis::server {

// One thread at a time.
class TlsFiles {
 public:
  using Context = boost::asio::ssl::context;

  // InvalidArgument, naming the file, where one cannot be used.
  static absl::StatusOr<std::unique_ptr<TlsFiles>> Open(HttpTls files);

  // What new connections are made with: read again where a file has changed.
  // Files that cannot be used leave what was there, and a line in the log.
  [[nodiscard]] const std::shared_ptr<Context>& Current();

 private:
  using Stamp = std::vector<std::filesystem::file_time_type>;

  explicit TlsFiles(HttpTls files) : files_(std::move(files)) {}
  [[nodiscard]] Stamp StampNow() const;

  const HttpTls files_;
  Stamp seen_;
  std::shared_ptr<Context> context_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_TLS_FILES_H_
