#include "server/http/connect_codec.h"

#include <array>
#include <memory>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/json_util.h"

#include "engine/base/refusal.h"
#include "engine/expr/utf8.h"
#include "server/http/connect_error.h"

namespace pistis::server {
namespace {

namespace protobuf = google::protobuf;

struct TypeRow {
  const char* name;
  BodyType type;
};
constexpr std::array<TypeRow, 4> kTypes = {{
    {"application/json", {Encoding::kJson, Shape::kUnary}},
    {"application/proto", {Encoding::kProto, Shape::kUnary}},
    {"application/connect+json", {Encoding::kJson, Shape::kStream}},
    {"application/connect+proto", {Encoding::kProto, Shape::kStream}},
}};

constexpr size_t kEnvelopeBytes = 5;
constexpr char kMessage = 0;
constexpr char kCompressed = 1;
constexpr char kEnd = 2;
constexpr size_t kMostTimeoutDigits = 10;

std::unique_ptr<protobuf::Message> NewMessage(
    const protobuf::Descriptor& type) {
  return absl::WrapUnique(protobuf::MessageFactory::generated_factory()
                              ->GetPrototype(&type)
                              ->New());
}

std::string Enclose(char flags, absl::string_view bytes) {
  std::string envelope(kEnvelopeBytes, flags);
  for (size_t i = 1; i < kEnvelopeBytes; ++i) {
    envelope[i] =
        static_cast<char>(bytes.size() >> (8 * (kEnvelopeBytes - 1 - i)));
  }
  return absl::StrCat(envelope, bytes);
}

uint32_t LengthIn(absl::string_view envelope) {
  uint32_t length = 0;
  for (size_t i = 1; i < kEnvelopeBytes; ++i) {
    length = (length << 8U) | static_cast<unsigned char>(envelope[i]);
  }
  return length;
}

}  // namespace

std::optional<BodyType> ParseBodyType(absl::string_view content_type) {
  const absl::string_view name = absl::StripAsciiWhitespace(
      content_type.substr(0, content_type.find(';')));
  for (const TypeRow& row : kTypes) {
    if (absl::EqualsIgnoreCase(name, row.name)) return row.type;
  }
  return std::nullopt;
}

absl::string_view ContentTypeOf(BodyType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type.encoding == type.encoding && row.type.shape == type.shape) {
      return row.name;
    }
  }
  return "";
}

absl::StatusOr<absl::Duration> ParseTimeout(absl::string_view text) {
  int64_t milliseconds = 0;
  if (text.size() > kMostTimeoutDigits ||
      text.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(text, &milliseconds)) {
    return RefuseField("connect-timeout-ms",
                       "is no number of milliseconds; at most ten digits are "
                       "wanted");
  }
  return absl::Milliseconds(milliseconds);
}

absl::StatusOr<absl::string_view> OpenEnvelope(absl::string_view body) {
  if (body.size() < kEnvelopeBytes) {
    return RefuseField("request", "is no envelope; five bytes begin one");
  }
  if (body[0] == kCompressed) {
    return RefuseField("request", "is compressed; send it as it is");
  }
  if (body[0] != kMessage) {
    return RefuseField("request", "has unknown flags; 0 is wanted");
  }
  const uint32_t length = LengthIn(body);
  if (body.size() - kEnvelopeBytes != length) {
    return RefuseField("request",
                       absl::StrCat("says it has ", length, " bytes and has ",
                                    body.size() - kEnvelopeBytes,
                                    "; exactly one message is wanted"));
  }
  return body.substr(kEnvelopeBytes);
}

absl::StatusOr<std::string> DecodeRequest(const protobuf::Descriptor& type,
                                          Encoding encoding,
                                          absl::string_view message) {
  if (encoding == Encoding::kProto) return std::string(message);
  if (expr::FirstInvalidUtf8(message)) {
    return RefuseField("request", "is no UTF-8, which JSON is written in");
  }
  const auto parsed = NewMessage(type);
  const auto status = protobuf::util::JsonStringToMessage(
      protobuf::StringPiece(message.data(), message.size()), parsed.get());
  if (!status.ok()) {
    return RefuseField(
        "request", absl::StrCat("is no JSON of ", type.full_name(), ": ",
                                absl::string_view(status.message().data(),
                                                  status.message().size())));
  }
  return parsed->SerializeAsString();
}

absl::StatusOr<std::string> EncodeReply(const protobuf::Descriptor& type,
                                        Encoding encoding,
                                        std::string message) {
  if (encoding == Encoding::kProto) return message;
  const auto parsed = NewMessage(type);
  protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!parsed->ParseFromString(message) ||
      !protobuf::util::MessageToJsonString(*parsed, &json, options).ok()) {
    return absl::InternalError("the reply has no JSON form");
  }
  return json;
}

std::string Envelope(absl::string_view message) {
  return Enclose(kMessage, message);
}

std::string EndOfStream(const grpc::Status& status) {
  if (status.ok()) return Enclose(kEnd, "{}");
  return Enclose(kEnd,
                 absl::StrCat("{\"error\":", ToConnectError(status).body, "}"));
}

}  // namespace pistis::server
