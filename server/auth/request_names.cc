#include "server/auth/request_names.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include "pistis/v1/order.pb.h"

namespace pistis::server {
namespace {

namespace protobuf = google::protobuf;
using protobuf::internal::WireFormatLite;
using protobuf::io::CodedInputStream;

int NumberOf(const protobuf::Descriptor& type, const char* field) {
  const protobuf::FieldDescriptor* found = type.FindFieldByName(field);
  return found == nullptr ? 0 : found->number();
}

uint32_t TagOf(int field) {
  return WireFormatLite::MakeTag(field,
                                 WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

bool ReadText(CodedInputStream& input, std::string& text) {
  return WireFormatLite::ReadString(&input, &text);
}

// The rest of a message, or of an order where it has a limit.
bool ReadOrder(CodedInputStream& input, RequestNames& names) {
  names.has_order = true;
  uint32_t size = 0;
  if (!input.ReadVarint32(&size) ||
      static_cast<int64_t>(size) > input.BytesUntilTotalBytesLimit()) {
    return false;
  }
  const CodedInputStream::Limit limit = input.PushLimit(static_cast<int>(size));
  while (const uint32_t tag = input.ReadTag()) {
    if (tag == TagOf(v1::Order::kStoreIdFieldNumber)) {
      if (!ReadText(input, names.store_id)) return false;
    } else if (tag == TagOf(v1::Order::kTerminalIdFieldNumber)) {
      if (!ReadText(input, names.terminal_id)) return false;
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return false;
    }
  }
  if (!input.ConsumedEntireMessage()) return false;
  input.PopLimit(limit);
  return true;
}

}  // namespace

NameFields NameFieldsOf(const protobuf::Descriptor& type) {
  NameFields fields{.program_id = NumberOf(type, "program_id")};
  const protobuf::FieldDescriptor* order = type.FindFieldByName("order");
  if (order != nullptr && order->message_type() == v1::Order::descriptor()) {
    fields.order = order->number();
  }
  return fields;
}

std::optional<RequestNames> ReadNames(const NameFields& fields,
                                      absl::string_view bytes) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  input.SetTotalBytesLimit(static_cast<int>(bytes.size()));
  RequestNames names;
  while (const uint32_t tag = input.ReadTag()) {
    if (fields.program_id != 0 && tag == TagOf(fields.program_id)) {
      if (!ReadText(input, names.program_id)) return std::nullopt;
    } else if (fields.order != 0 && tag == TagOf(fields.order)) {
      if (!ReadOrder(input, names)) return std::nullopt;
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return std::nullopt;
    }
  }
  if (!input.ConsumedEntireMessage()) return std::nullopt;
  return names;
}

}  // namespace pistis::server
