#include "engine/storage/delivery_keys.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

constexpr char kSubscriptions = 's';
constexpr char kDeliveries = 'd';
constexpr size_t kEventBytes = 4;

// The first key that does not begin with `prefix`, which ends with a zero byte.
std::string EndOf(std::string prefix) {
  prefix.back() = '\1';
  return prefix;
}

}  // namespace

std::string SubscriptionKey(const ProgramId& program,
                            absl::string_view subscription) {
  return TableKey(kSubscriptions, program, subscription);
}

std::string SubscriptionsEnd(const ProgramId& program) {
  return EndOf(SubscriptionKey(program, ""));
}

std::string DeliveryKey(const ProgramId& program, const DeliveryName& name) {
  std::string key =
      NumberedKey(kDeliveries, program, name.subscription, name.commit_seq);
  std::string event;
  AppendKeyNumber(name.event, event);
  return key.append(event, kKeyNumberBytes - kEventBytes, kEventBytes);
}

std::string DeliveriesBegin(const ProgramId& program,
                            absl::string_view subscription) {
  return TableKey(kDeliveries, program, subscription);
}

std::string DeliveriesEnd(const ProgramId& program,
                          absl::string_view subscription) {
  return EndOf(DeliveriesBegin(program, subscription));
}

std::optional<DeliveryName> ParseDeliveryKey(const ProgramId& program,
                                             absl::string_view key) {
  const std::string prefix = TableKey(kDeliveries, program, "");
  if (!absl::ConsumePrefix(&key, prefix)) return std::nullopt;
  const size_t zero = key.find('\0');
  if (zero == absl::string_view::npos || zero == 0 ||
      key.size() != zero + 1 + kKeyNumberBytes + kEventBytes) {
    return std::nullopt;
  }
  const std::string event =
      absl::StrCat(std::string(kKeyNumberBytes - kEventBytes, '\0'),
                   key.substr(key.size() - kEventBytes));
  return DeliveryName{.subscription = std::string(key.substr(0, zero)),
                      .commit_seq = ReadKeyNumber(key.substr(zero + 1)),
                      .event = ReadKeyNumber(event)};
}

}  // namespace pistis
