#include "engine/rulebook/triggers.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "engine/base/nearest.h"

namespace pistis {
namespace {

using expr::ObjectType;
using expr::Type;

constexpr std::array<absl::string_view, kTriggers> kNames = {
    "order.committed",
    "order.refunded",
    "member.joined",
    "member.birthday",
    "member.anniversary",
    "member.years",
    "tier.changed",
    "points.expiring",
    "referral.qualified",
    "case.resolved",
    ""};
constexpr size_t kMaxNameBytes = 64;

struct NamedField {
  const char* name;
  Type type;
};

NamedField Declared(EventField field) {
  switch (field) {
    case EventField::kName:
      return {"name", Type::String()};
    case EventField::kTime:
      return {"time", Type::Timestamp()};
    case EventField::kAttributes:
      return {"attributes", Type::Map(Type::String(), Type::String())};
    case EventField::kYears:
      return {"years", Type::Int()};
    case EventField::kPoints:
      return {"points", Type::Int()};
    case EventField::kExpires:
      return {"expires", Type::Timestamp()};
    case EventField::kOldTier:
      return {"old_tier", Type::String()};
    case EventField::kNewTier:
      return {"new_tier", Type::String()};
    case EventField::kUp:
      return {"up", Type::Bool()};
    case EventField::kOrderId:
      return {"order_id", Type::String()};
    case EventField::kRefundMinor:
      return {"refund_minor", Type::Int()};
    case EventField::kWhole:
      return {"whole", Type::Bool()};
    case EventField::kRole:
      return {"role", Type::String()};
    case EventField::kFriends:
      return {"friends", Type::Int()};
  }
  return {"", Type::Dyn()};
}

std::vector<EventField> FieldsBeside(Trigger trigger) {
  switch (trigger) {
    case Trigger::kOrderCommitted:
    case Trigger::kMemberJoined:
      return {};
    case Trigger::kOrderRefunded:
      return {EventField::kOrderId, EventField::kRefundMinor,
              EventField::kWhole};
    case Trigger::kMemberBirthday:
    case Trigger::kMemberAnniversary:
    case Trigger::kMemberYears:
      return {EventField::kYears};
    case Trigger::kTierChanged:
      return {EventField::kOldTier, EventField::kNewTier, EventField::kUp};
    case Trigger::kPointsExpiring:
      return {EventField::kPoints, EventField::kExpires};
    case Trigger::kReferralQualified:
      return {EventField::kRole, EventField::kOrderId, EventField::kFriends};
    case Trigger::kCaseResolved:
      return {EventField::kAttributes, EventField::kOrderId};
    case Trigger::kActivity:
      return {EventField::kAttributes};
  }
  return {};
}

// By trigger: the fields, and the type that they make.
struct Event {
  std::vector<EventField> fields;
  std::shared_ptr<const ObjectType> type;
};

const std::vector<Event>& Events() {
  static const auto* const events = [] {
    auto* made = new std::vector<Event>();
    for (int i = 0; i < kTriggers; ++i) {
      Event event{.fields = {EventField::kName, EventField::kTime},
                  .type = nullptr};
      for (const EventField field : FieldsBeside(static_cast<Trigger>(i)))
        event.fields.push_back(field);
      ObjectType type{"event", {}};
      for (const EventField field : event.fields) {
        const NamedField declared = Declared(field);
        type.fields.push_back({declared.name, declared.type});
      }
      event.type = std::make_shared<const ObjectType>(std::move(type));
      made->push_back(std::move(event));
    }
    return made;
  }();
  return *events;
}

bool IsWord(absl::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    const auto symbol = static_cast<unsigned char>(c);
    return absl::ascii_islower(symbol) || absl::ascii_isdigit(symbol) ||
           c == '-' || c == '_';
  });
}

}  // namespace

absl::string_view TriggerName(Trigger trigger) {
  return kNames.at(static_cast<size_t>(trigger));
}

std::string ActivityNameProblem(absl::string_view name) {
  const std::vector<absl::string_view> words = absl::StrSplit(name, '.');
  if (name.size() > kMaxNameBytes ||
      !std::all_of(words.begin(), words.end(), IsWord)) {
    return "is not the name of an event; write words of a-z, 0-9, - and _ with "
           "dots between them, such as review.written";
  }
  const std::vector<std::string> known(kNames.begin(), kNames.end() - 1);
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    return "is an event of the engine's own, which nobody has to tell it of";
  }
  if (const auto nearest = NearestName(name, known)) {
    return absl::StrCat("is not an event of the engine; did you mean \"",
                        *nearest, "\"?");
  }
  static constexpr absl::string_view kReserved[] = {
      "order", "member", "tier", "points", "referral", "case"};
  if (std::find(std::begin(kReserved), std::end(kReserved), words.front()) !=
      std::end(kReserved)) {
    return absl::StrCat(
        "is not an event of the engine, whose names begin with "
        "\"",
        words.front(), "\"; call your own one otherwise");
  }
  return "";
}

const std::vector<EventField>& EventFields(Trigger trigger) {
  return Events().at(static_cast<size_t>(trigger)).fields;
}

const std::shared_ptr<const ObjectType>& EventType(Trigger trigger) {
  return Events().at(static_cast<size_t>(trigger)).type;
}

}  // namespace pistis
