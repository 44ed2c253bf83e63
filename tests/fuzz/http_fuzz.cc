// Any bytes as what a connection of HTTP brings, in pieces whose sizes the
// input chooses:
//
//   input := count:u8 size:u8{count % 8} bytes
//
// Read as server/http/session reads it, request after request:
//   pieces   however they fall, the same requests are seen. What ends them may
//            be another fault: a bad head that is cut short is bad or cut short
//   replies  have a status, headers of one line each, and where they are errors
//            a JSON object in UTF-8 that has a code
//   calls    a message in JSON becomes bytes of its type, and they come back
//            as JSON of the same message; an envelope opened and closed is the
//            same envelope
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/care_service.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/code_service.pb.h"
#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/member_service.pb.h"
#include "pistis/v1/note_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "boost/asio/buffer.hpp"
#include "boost/beast/http/error.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/string_body.hpp"
#include "engine/expr/utf8.h"
#include "server/http/connect_codec.h"
#include "server/http/request_gate.h"
#include "server/http/request_head.h"
#include "server/wire_status.h"
#include "spdlog/spdlog.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace pistis::server {
namespace {

namespace http = boost::beast::http;
using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

constexpr char kOrigin[] = "https://shop.example";
constexpr int kOk = 200;
constexpr int kLastStatus = 599;

const HttpOptions& Options() {
  static const auto& options = *new HttpOptions{.cors_origins = {kOrigin}};
  return options;
}

// One of each service, so that the linker takes them all.
size_t CountServices() {
  const std::vector<const Descriptor*> requests = {
      v1::ListProgramsRequest::descriptor(),
      v1::GetCaseRequest::descriptor(),
      v1::QuoteOrderRequest::descriptor(),
      v1::GetCodeRequest::descriptor(),
      v1::StreamEventsRequest::descriptor(),
      v1::GetProgramStatsRequest::descriptor(),
      v1::GetAccountRequest::descriptor(),
      v1::GetMemberRequest::descriptor(),
      v1::GetNoteRequest::descriptor(),
      v1::GetRulebookRequest::descriptor()};
  return requests.size();
}

bool IsOneLine(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char symbol) {
    return absl::ascii_isprint(static_cast<unsigned char>(symbol));
  });
}

// What an error says; its fields come in no order.
std::string SaidBy(const std::string& body) {
  Require(!expr::FirstInvalidUtf8(body), "an error is UTF-8");
  google::protobuf::Struct object;
  Require(google::protobuf::util::JsonStringToMessage(body, &object).ok() &&
              object.fields().contains("code"),
          absl::StrCat("an error is JSON with a code: ", body));
  return absl::StrCat(object.fields().at("code").string_value(), ": ",
                      object.fields().at("message").string_value());
}

std::string Held(const HttpReply& reply) {
  Require(reply.status >= kOk && reply.status <= kLastStatus,
          "a reply has a status");
  Require(IsOneLine(reply.content_type), "a content type is one line");
  for (const auto& [name, value] : reply.headers) {
    Require(IsOneLine(name) && IsOneLine(value), "a header is one line");
  }
  if (reply.content_type == "application/json" && reply.status != kOk) {
    return absl::StrCat("reply ", reply.status, " ", SaidBy(reply.body));
  }
  return absl::StrCat("reply ", reply.status, " ", reply.body);
}

std::string Held(const absl::Status& refusal) {
  return Held(RefusalReply(ToWire(refusal)));
}

std::unique_ptr<Message> Parsed(const Descriptor& type,
                                const std::string& bytes) {
  auto message = absl::WrapUnique(
      MessageFactory::generated_factory()->GetPrototype(&type)->New());
  return message->ParseFromString(bytes) ? std::move(message) : nullptr;
}

void RequireBack(const Descriptor& type, const std::string& bytes) {
  const auto message = Parsed(type, bytes);
  Require(message != nullptr, "what JSON becomes is a message of its type");
  const auto json = EncodeReply(type, Encoding::kJson, bytes);
  Require(json.ok(), "what was JSON can be JSON again");
  const auto again = DecodeRequest(type, Encoding::kJson, *json);
  Require(again.ok(), "what was written as JSON can be read");
  const auto other = Parsed(type, *again);
  Require(
      other != nullptr &&
          google::protobuf::util::MessageDifferencer::Equals(*message, *other),
      "JSON comes back as the same message");
}

std::string Held(const HttpCall& call, absl::string_view body) {
  Require(call.method != nullptr && call.most_bytes > 0, "a call has a method");
  if (body.size() > call.most_bytes) return Held(BodyTooLarge(call.most_bytes));
  absl::string_view text = body;
  if (call.type.shape == Shape::kStream) {
    const auto message = OpenEnvelope(body);
    if (!message.ok()) return Held(message.status());
    Require(Envelope(*message) == body, "an envelope is what closes it");
    text = *message;
  }
  const Descriptor& type = *call.method->input_type();
  const auto request = DecodeRequest(type, call.type.encoding, text);
  if (!request.ok()) return Held(request.status());
  if (call.type.encoding == Encoding::kJson) RequireBack(type, *request);
  return absl::StrCat("call ", call.method->full_name(), " ", *request);
}

// What is answered, where that does not hang on the body; else what is called.
std::string Held(const HttpRequest& request) {
  const RequestHead head = HeadOf(request);
  Require(IsOneLine(head.authorization), "gRPC takes an authorization");
  for (const auto& [name, value] : CorsHeaders(head.origin, Options())) {
    Require(IsOneLine(name) && IsOneLine(value), "a header is one line");
  }
  const absl::Status framed = CheckFraming(request);
  if (!framed.ok()) return Held(framed);
  const auto passed = PassGate(head, Options());
  if (const auto* reply = std::get_if<HttpReply>(&passed)) return Held(*reply);
  return Held(std::get<HttpCall>(passed), request.body());
}

// A connection's bytes, piece by piece.
class Pieces {
 public:
  Pieces(absl::string_view bytes, std::vector<size_t> sizes)
      : input_(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
        sizes_(std::move(sizes)) {}

  // False where no more came.
  bool More() {
    if (input_.empty()) return false;
    absl::StrAppend(&held_, sizes_.empty()
                                ? input_.Rest()
                                : input_.Take(sizes_[next_++ % sizes_.size()]));
    return true;
  }
  [[nodiscard]] const std::string& held() const { return held_; }
  void Used(size_t bytes) { held_.erase(0, bytes); }

 private:
  Input input_;
  const std::vector<size_t> sizes_;
  size_t next_ = 0;
  std::string held_;
};

using Parser = http::request_parser<http::string_body>;

// Reads one request. Why it did not come whole.
boost::system::error_code ReadRequest(Pieces& pieces, Parser& parser) {
  parser.header_limit(static_cast<uint32_t>(Options().limits.header_bytes));
  parser.body_limit(kMaxRulebookBodyBytes);
  boost::system::error_code error;
  while (!parser.is_done()) {
    const std::string& held = pieces.held();
    const size_t used = parser.put(boost::asio::buffer(held), error);
    pieces.Used(used);
    if (error && error != http::error::need_more) return error;
    const bool stuck = error == http::error::need_more || used == 0;
    if (stuck && !parser.is_done() && !pieces.More()) {
      return http::error::partial_message;
    }
    error = {};
  }
  return error;
}

// What the requests of a connection are answered, up to the first fault.
std::vector<std::string> Answers(Pieces pieces) {
  std::vector<std::string> answers;
  while (!pieces.held().empty() || pieces.More()) {
    Parser parser;
    const auto error = ReadRequest(pieces, parser);
    if (error) {
      const auto refusal = RefusalOf(error, Options().limits);
      if (refusal) Held(*refusal);
      break;
    }
    answers.push_back(Held(parser.get()));
    if (!parser.keep_alive() || !CheckFraming(parser.get()).ok()) break;
  }
  return answers;
}

void Try(Input input) {
  static const size_t services = CountServices();
  Require(services > 0, "there are services");
  std::vector<size_t> sizes(input.Choice(8));
  for (size_t& size : sizes)
    size = 1 + input.Byte();
  const absl::string_view bytes = input.Rest();
  const auto whole = Answers({bytes, {}});
  const auto pieces = Answers({bytes, std::move(sizes)});
  Require(whole == pieces,
          absl::StrCat("the same requests are seen however the bytes come: ",
                       absl::StrJoin(whole, " | "),
                       "; in pieces: ", absl::StrJoin(pieces, " | ")));
}

}  // namespace
}  // namespace pistis::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silent;
  spdlog::set_level(spdlog::level::off);
  pistis::server::Try({data, size});
  return 0;
}
