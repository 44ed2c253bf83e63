// One connection of the HTTP port.
#ifndef PISTIS_SERVER_HTTP_SESSION_H_
#define PISTIS_SERVER_HTTP_SESSION_H_

#include <functional>
#include <memory>

#include "grpcpp/generic/generic_stub.h"

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "server/http/held_bytes.h"
#include "server/http/http_options.h"
#include "server/http/message_converter.h"
#include "server/http/tls_files.h"

namespace pistis::server {

// What all sessions share; outlives them.
struct SessionRoom {
  // What their strands are of. Threads of gRPC let go of a strand after the
  // session has gone on, and may be the last to.
  const std::shared_ptr<boost::asio::io_context>& io;
  const HttpOptions& options;
  grpc::GenericStub& stub;
  ByteBudget& bytes;
  MessageConverter& converter;
};

// Reads calls from its connection, one at a time, and answers them. Lives on
// its socket's strand until the client goes, a limit is passed or it is told.
class Session {
 public:
  virtual ~Session() = default;
  // Both on any thread. Stop: no more calls; a unary one under way is answered,
  // a stream ends as `unavailable`. Abort: the connection closes now.
  virtual void Stop() = 0;
  virtual void Abort() = 0;
};

// Starts one for a socket whose executor is a strand of its own. `share`: what
// its address may hold. `tls`: null for plain HTTP. `ended` runs once on the
// strand, as the last thing.
std::shared_ptr<Session> StartSession(boost::asio::ip::tcp::socket socket,
                                      const SessionRoom& room,
                                      std::shared_ptr<AddressShare> share,
                                      TlsFiles::Context* tls,
                                      std::function<void()> ended);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_SESSION_H_
