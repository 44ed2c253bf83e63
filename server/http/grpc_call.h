// One call of the gRPC server in the same process, driven without waiting.
#ifndef PISTIS_SERVER_HTTP_GRPC_CALL_H_
#define PISTIS_SERVER_HTTP_GRPC_CALL_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"

namespace pistis::server {

// A call with one request and any number of replies, one of which is held at a
// time: the server's next write waits for Take(). Belongs to one strand: its
// methods are called there, and its state changes there alone.
class GrpcCall
    : private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  struct Terms {
    // "/pistis.v1.LedgerService/GetAccount".
    std::string path;
    std::string request;
    // From now; infinite: no deadline.
    absl::Duration timeout;
    // Keys and values must be such that gRPC takes them.
    std::vector<std::pair<std::string, std::string>> metadata;
  };
  // Runs a function on the strand, soon, from any thread.
  using Post = std::function<void(std::function<void()>)>;

  // Starts. `changed` runs on the strand after each change of what the methods
  // below tell.
  GrpcCall(grpc::GenericStub& stub, Terms terms, Post post,
           std::function<void()> changed);
  GrpcCall(const GrpcCall&) = delete;
  GrpcCall& operator=(const GrpcCall&) = delete;
  // Once done() alone.
  ~GrpcCall() = default;

  [[nodiscard]] bool has_reply() const { return has_reply_; }
  // The reply that has come; the next is asked for.
  [[nodiscard]] std::string Take();

  // Nothing more comes; status() is how it went.
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] const grpc::Status& status() const { return status_; }

  // Ends the call soon; a reply that was not taken is lost. May be repeated.
  void Cancel();

 private:
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void AfterRead(bool ok);
  void AskForNext();
  void ExpectNoMore();

  const Post post_;
  const std::function<void()> changed_;
  grpc::ClientContext context_;
  const grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
  bool reading_ = false;
  bool has_reply_ = false;
  bool cancelled_ = false;
  bool held_ = true;
  bool done_ = false;
  grpc::Status status_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_GRPC_CALL_H_
