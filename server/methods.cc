#include "server/methods.h"

#include "google/protobuf/message.h"

#include "engine/order/order.h"

namespace pistis::server {
namespace {

namespace protobuf = google::protobuf;

// The id that a field of this name holds; empty where there is none.
std::string IdIn(const protobuf::Message& message, const char* name) {
  const protobuf::FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != protobuf::FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  std::string id = message.GetReflection()->GetString(message, field);
  return CheckId(name, id).ok() ? id : "";
}

class Messages final
    : public grpc::MessageAllocator<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  HeldMessages* AllocateMessages() override { return new HeldMessages; }
};

}  // namespace

absl::Status TooMuchUnread() {
  return Refuse(Reason::kOverloaded,
                "too many replies of the server are not read; read them, and "
                "ask again with the same ids");
}

absl::Status CheckSize(const grpc::ByteBuffer& request, size_t most) {
  if (request.Length() <= most) return absl::OkStatus();
  return RefuseField("request",
                     absl::StrCat("has ", request.Length(), " bytes; at most ",
                                  most, " are allowed"));
}

absl::Status HeldMessages::Hold(UnreadReplies* replies,
                                grpc::CallbackServerContext& context,
                                const Caller& caller, size_t bytes) {
  if (replies == nullptr || replies->Hold(context, caller, bytes, unread_)) {
    return absl::OkStatus();
  }
  return TooMuchUnread();
}

grpc::MessageAllocator<grpc::ByteBuffer, grpc::ByteBuffer>& MessagesOfCalls() {
  static Messages messages;
  return messages;
}

grpc::ByteBuffer ToBuffer(std::string bytes) {
  auto* owned = new std::string(std::move(bytes));
  const grpc::Slice slice(
      owned->data(), owned->size(),
      [](void* text) { delete static_cast<std::string*>(text); }, owned);
  return grpc::ByteBuffer(&slice, 1);
}

grpc::Status MayGoOn(const EngineRoom& room, const Caller& caller) {
  if (room.stopping) {
    return {grpc::StatusCode::UNAVAILABLE, "the server stops"};
  }
  return ToWire(room.gate->CheckStanding(caller));
}

void UnaryCall::TellSlow(SlowCall slow) const {
  const auto& method = admitted.method.descriptor;
  const std::unique_ptr<protobuf::Message> parsed(
      protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.input_type())
          ->New());
  grpc::Slice bytes;
  if (admitted.request.DumpToSingleSlice(&bytes).ok() &&
      parsed->ParseFromArray(bytes.begin(), static_cast<int>(bytes.size()))) {
    slow.program = IdIn(*parsed, "program_id");
    slow.request_id = IdIn(*parsed, "request_id");
  }
  slow.method = method.full_name();
  slow.caller = admitted.caller->name;
  slow.times = times;
  meter.TellSlow(slow);
}

}  // namespace pistis::server
