#include "clients/cli/event_text.h"

#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace pistis {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;

const google::protobuf::OneofDescriptor& Payloads() {
  return *v1::Event::descriptor()->FindOneofByName("payload");
}

// A field's value as people write it; nothing for a list, and for a type that
// has no short form.
std::optional<std::string> ValueText(const Message& message,
                                     const FieldDescriptor& field,
                                     const ProgramFacts& facts) {
  if (field.is_repeated()) return std::nullopt;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    const int64_t number = reflection.GetInt64(message, &field);
    return absl::EndsWith(field.name(), "_minor") ? facts.MoneyText(number)
                                                  : absl::StrCat(number);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
    return absl::StrCat(reflection.GetInt32(message, &field));
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    const std::string text = absl::StrReplaceAll(
        reflection.GetString(message, &field), {{"\n", " "}, {"\"", "'"}});
    return absl::StrContains(text, ' ') ? absl::StrCat("\"", text, "\"") : text;
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return absl::AsciiStrToLower(reflection.GetEnum(message, &field)->name());
  }
  if (field.message_type() == Timestamp::descriptor()) {
    const auto* time = google::protobuf::DynamicCastToGenerated<Timestamp>(
        &reflection.GetMessage(message, &field));
    if (time != nullptr) return facts.TimeText(*time);
  }
  return std::nullopt;
}

}  // namespace

std::string EventKind(const v1::Event& event) {
  const FieldDescriptor* field =
      event.GetReflection()->GetOneofFieldDescriptor(event, &Payloads());
  return field == nullptr ? "" : field->name();
}

std::string EventText(const v1::Event& event, const ProgramFacts& facts) {
  std::string text = absl::StrFormat(
      "%s  %-18s  %-12s",
      facts.TimeText(event.has_effective_time() ? event.effective_time()
                                                : event.commit_time()),
      EventKind(event), event.member_id());
  const google::protobuf::Reflection& reflection = *event.GetReflection();
  const FieldDescriptor* kind =
      reflection.GetOneofFieldDescriptor(event, &Payloads());
  if (kind != nullptr) {
    const Message& payload = reflection.GetMessage(event, kind);
    std::vector<const FieldDescriptor*> fields;
    payload.GetReflection()->ListFields(payload, &fields);
    for (const FieldDescriptor* field : fields) {
      const auto value = ValueText(payload, *field, facts);
      if (!value) continue;
      absl::StrAppend(&text, "  ", absl::StripSuffix(field->name(), "_minor"),
                      "=", *value);
    }
  }
  absl::StripTrailingAsciiWhitespace(&text);
  return text;
}

}  // namespace pistis
