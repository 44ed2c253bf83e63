// Well-formed requests, made of any bytes, to the methods of the API, one after
// the other: as request_fuzz, but that every field is filled in by its type,
// ids with those of the shop, so that most calls get past the first check.
//
//   input := call{0,6}
//   call  := method:u8 hours:u8 field*
//
// Its promises are those of request_fuzz. Beside calls there is time: "hours"
// passes before each, and what fell due is not worked off.
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/stubs/logging.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/shop.h"

namespace pistis {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;

constexpr int kMostCalls = 6;
constexpr size_t kRecounted = 8;
constexpr int kDeepest = 5;
constexpr size_t kMostText = 24;
constexpr int kUnixDay = 86'400;

using Words = std::vector<std::string>;

// What the shop knows by this name of a field.
const std::map<std::string, Words>& Known() {
  static const auto& known = *new std::map<std::string, Words>{
      {"program_id", {"shop"}},
      {"request_id", {"f1", "f2", "f3", "e1", "costs", "yes"}},
      {"member_id", {"ann", "ben", "cleo", "dora", "eli", "new"}},
      {"from_member_id", {"ann", "ben"}},
      {"to_member_id", {"cleo", "dora"}},
      {"order_id", {"last", "o1", "o2", "o6", "n1", "n2", "words-of-ben"}},
      {"refund_id", {"b1", "b2", "r1"}},
      {"reservation_id", {"r-open", "r-committed", "s1", "s2"}},
      {"hold_id", {"h-open", "h-long", "h-captured", "h1", "h2"}},
      {"line_id", {"l1", "l2", "l3"}},
      {"case_id", {"granted", "waits", "approved", "silent", "c1"}},
      {"template_id", {"gift", "parcel", "large", "summer", "thanks", "sorry"}},
      {"subscription_id", {"hooks", "reader", "u1"}},
      {"role", {"till", "manager"}},
      {"sku", {"hat", "tea"}},
      {"category", {"delivery/late", "drinks"}},
      {"currency", {"EUR", "USD"}},
      {"kind", {"card", "email"}},
      {"value", {"card of ann", "x@example.org"}},
      {"language", {"en", "el-CY"}},
      {"time_zone", {"Europe/Athens", "UTC"}},
      {"from_day", {"2026-01-01", "2026-02-01"}},
      {"to_day", {"2026-03-01", "2026-12-31"}},
      {"birthday", {"1987-03-21", "2000-02-29"}},
      {"name", {"visit", "greeted"}},
      {"note_id", {"thanks", "sorry"}},
      {"update_fields", {"state", "display_name", "attributes"}},
      {"yaml",
       {absl::StrCat("program: shop\ncurrency: EUR\ntime_zone: Europe/Athens\n",
                     kFuzzRulebook)}},
      {"code", Shop::Get().codes()},
      {"codes", Shop::Get().codes()}};
  return known;
}

const std::string& Any(const Words& words, Input& input) {
  return words[input.Choice(words.size())];
}

std::string AnyText(const FieldDescriptor& field, Input& input) {
  static const auto& plain =
      *new Words{"", "a", "1.00", "0.5", "ann", "2026-01-10", "30d", "day"};
  const auto known = Known().find(field.name());
  const uint8_t choice = input.Byte();
  if (known != Known().end() && choice < 224) return Any(known->second, input);
  if (choice < 240) return Any(plain, input);
  return std::string(input.Take(choice % kMostText));
}

int64_t AnyNumber(Input& input) {
  static constexpr std::array<int64_t, 12> kNumbers = {
      0, 1, 2, 3, 5, 20, 1000, 10'000, 100'00, INT64_MAX, INT64_MIN, -1};
  const uint8_t choice = input.Byte();
  if (choice < 160) return kNumbers[choice % 9];
  if (choice < 230) return input.Byte() * int64_t{100};
  if (choice < 245) return kNumbers[choice % kNumbers.size()];
  return input.Number();
}

int64_t AnyTime(Input& input) {
  const uint8_t choice = input.Byte();
  if (choice > 250) return input.Number();
  return absl::ToUnixSeconds(Shop::Get().now()) +
         (int64_t{choice} - 100) * kUnixDay / 4;
}

// Sets or adds one value.
class Value {
 public:
  Value(Message& message, const FieldDescriptor& field)
      : message_(message), field_(field), by_(*message.GetReflection()) {}

  void Fill(Input& input, int depth) {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return Put<&Reflection::SetString, &Reflection::AddString>(
            AnyText(field_, input));
      case FieldDescriptor::CPPTYPE_INT64:
        return Put<&Reflection::SetInt64, &Reflection::AddInt64>(
            AnyNumber(input));
      case FieldDescriptor::CPPTYPE_UINT64:
        return Put<&Reflection::SetUInt64, &Reflection::AddUInt64>(
            static_cast<uint64_t>(AnyNumber(input)));
      case FieldDescriptor::CPPTYPE_INT32:
        return Put<&Reflection::SetInt32, &Reflection::AddInt32>(
            static_cast<int32_t>(AnyNumber(input)));
      case FieldDescriptor::CPPTYPE_UINT32:
        return Put<&Reflection::SetUInt32, &Reflection::AddUInt32>(
            static_cast<uint32_t>(AnyNumber(input)));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Put<&Reflection::SetDouble, &Reflection::AddDouble>(
            static_cast<double>(AnyNumber(input)));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Put<&Reflection::SetFloat, &Reflection::AddFloat>(
            static_cast<float>(AnyNumber(input)));
      case FieldDescriptor::CPPTYPE_BOOL:
        return Put<&Reflection::SetBool, &Reflection::AddBool>(
            input.Byte() % 2 == 0);
      case FieldDescriptor::CPPTYPE_ENUM:
        return Put<&Reflection::SetEnumValue, &Reflection::AddEnumValue>(
            static_cast<int>(input.Choice(field_.enum_type()->value_count())));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return FillMessage(input, depth);
    }
  }

 private:
  template <auto kSet, auto kAdd, typename Given>
  void Put(Given given) {
    if (field_.is_repeated()) {
      (by_.*kAdd)(&message_, &field_, std::move(given));
    } else {
      (by_.*kSet)(&message_, &field_, std::move(given));
    }
  }
  void FillMessage(Input& input, int depth);

  Message& message_;
  const FieldDescriptor& field_;
  const Reflection& by_;
};

void FillFields(Message& message, Input& input, int depth) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const uint8_t choice = input.Byte();
    const bool is_named = Known().count(field.name()) > 0;
    if (input.empty() || choice % 8 >= (is_named || depth == 0 ? 7 : 3)) {
      continue;
    }
    const int many = field.is_repeated() ? 1 + choice / 8 % 3 : 1;
    for (int j = 0; j < many; ++j)
      Value(message, field).Fill(input, depth);
  }
}

void Value::FillMessage(Input& input, int depth) {
  Message& inner = field_.is_repeated()
                       ? *by_.AddMessage(&message_, &field_)
                       : *by_.MutableMessage(&message_, &field_);
  const auto& type = *inner.GetDescriptor();
  if (type.full_name() == "google.protobuf.Timestamp") {
    inner.GetReflection()->SetInt64(&inner, type.FindFieldByName("seconds"),
                                    AnyTime(input));
  } else if (depth < kDeepest) {
    FillFields(inner, input, depth + 1);
  }
}

std::string AnyRequest(const Method& method, Input& input) {
  const auto request =
      absl::WrapUnique(MessageFactory::generated_factory()
                           ->GetPrototype(method.descriptor->input_type())
                           ->New());
  FillFields(*request, input, 0);
  return request->SerializeAsString();
}

void Try(Input input, bool recounts) {
  Visitor visitor = Shop::Get().Enter();
  bool done = false;
  for (int calls = 0; calls < kMostCalls && !input.empty(); ++calls) {
    const Method& method = Methods()[input.Choice(Methods().size())];
    visitor.Wait(absl::Hours(input.Byte() % 32));
    if (method.run(visitor, AnyRequest(method, input)).ok()) done = true;
  }
  if (done && recounts) RequireSound(visitor);
}

}  // namespace
}  // namespace pistis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silent;
  pistis::Try({data, size}, size % pistis::kRecounted == 0);
  return 0;
}
