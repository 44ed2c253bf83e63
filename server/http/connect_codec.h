// Messages as the Connect protocol carries them: JSON or protobuf, whole or in
// envelopes. https://connectrpc.com/docs/protocol
//
//   envelope    := flags:u8 length:u32be bytes
//   stream body := envelope* end-of-stream       (flags 2: JSON of an error)
#ifndef PISTIS_SERVER_HTTP_CONNECT_CODEC_H_
#define PISTIS_SERVER_HTTP_CONNECT_CODEC_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/support/status.h"

namespace pistis::server {

enum class Encoding { kJson, kProto };
enum class Shape { kUnary, kStream };

// What a content type says of a body.
struct BodyType {
  Encoding encoding = Encoding::kJson;
  Shape shape = Shape::kUnary;
};

// Nothing where `content_type` is none of the four that Connect knows.
[[nodiscard]] std::optional<BodyType> ParseBodyType(
    absl::string_view content_type);
[[nodiscard]] absl::string_view ContentTypeOf(BodyType type);

// A `connect-timeout-ms`: at most ten digits. FIELD_INVALID otherwise.
[[nodiscard]] absl::StatusOr<absl::Duration> ParseTimeout(
    absl::string_view text);

// The one message of a stream's request. FIELD_INVALID where the body is not
// exactly one envelope, or a compressed one. Views `body`.
[[nodiscard]] absl::StatusOr<absl::string_view> OpenEnvelope(
    absl::string_view body);

// A request as gRPC takes it. FIELD_INVALID where JSON is none of `type`; bytes
// of protobuf are given on as they are.
[[nodiscard]] absl::StatusOr<std::string> DecodeRequest(
    const google::protobuf::Descriptor& type, Encoding encoding,
    absl::string_view message);

// A reply of `type` in `encoding`, JSON with the field names of the protos.
// Internal where the bytes are none.
[[nodiscard]] absl::StatusOr<std::string> EncodeReply(
    const google::protobuf::Descriptor& type, Encoding encoding,
    std::string message);

// `message` as one envelope of a stream, and the envelope that ends a stream
// and says whether it went well.
[[nodiscard]] std::string Envelope(absl::string_view message);
[[nodiscard]] std::string EndOfStream(const grpc::Status& status);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_CONNECT_CODEC_H_
