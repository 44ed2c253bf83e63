#include "engine/notes/contact.h"

#include <algorithm>

#include "absl/time/civil_time.h"

namespace pistis {
namespace {

constexpr int kMinutesPerHour = 60;

NoteDecision HoldBack(absl::string_view reason) {
  return {.fate = NoteFate::kHoldBack, .reason = reason};
}

bool IsFull(const ContactPolicy& policy, const NoteQuestion& asked) {
  if (!policy.max || asked.note.beyond_cap) return false;
  const auto first = std::upper_bound(asked.sent.begin(), asked.sent.end(),
                                      asked.at - policy.window);
  return asked.sent.end() - first >= *policy.max;
}

bool IsQuiet(const Validity::Hours& quiet, int minute) {
  if (quiet.begin < quiet.end) {
    return minute >= quiet.begin && minute < quiet.end;
  }
  return minute >= quiet.begin || minute < quiet.end;
}

}  // namespace

NoteDecision DecideNote(const ContactPolicy* policy,
                        const NoteQuestion& asked) {
  if (asked.suspended) return HoldBack("suspended");
  if (!asked.overtaken_by.empty()) return HoldBack(asked.overtaken_by);
  if (asked.already_told) return HoldBack("already_told");
  if (asked.note.channel == Channel::kPrint) return {};
  if (!asked.has_address) return HoldBack("no_address");
  if (LacksConsent(policy, asked.consent)) return HoldBack("no_consent");
  if (policy == nullptr) return {};
  if (policy->quiet && !asked.is_past) {
    const auto until = QuietUntil(*policy->quiet, asked.at, asked.zone);
    if (until) {
      return {
          .fate = NoteFate::kDefer, .until = *until, .reason = "quiet_hours"};
    }
  }
  if (IsFull(*policy, asked)) return HoldBack("contact_cap");
  return {};
}

bool LacksConsent(const ContactPolicy* policy, std::optional<bool> consent) {
  const bool needs = policy != nullptr && policy->needs_consent;
  return !consent.value_or(!needs);
}

std::optional<absl::Time> QuietUntil(const Validity::Hours& quiet,
                                     absl::Time at, absl::TimeZone zone) {
  const absl::CivilSecond now = absl::ToCivilSecond(at, zone);
  const int minute = now.hour() * kMinutesPerHour + now.minute();
  if (!IsQuiet(quiet, minute)) return std::nullopt;
  const absl::CivilDay day = absl::CivilDay(now) + (minute < quiet.end ? 0 : 1);
  const absl::TimeZone::TimeInfo end =
      zone.At(absl::CivilMinute(day) + quiet.end);
  if (end.kind == absl::TimeZone::TimeInfo::SKIPPED) return end.trans;
  return end.pre > at ? end.pre : end.post;
}

std::vector<absl::Time> WithContact(std::vector<absl::Time> sent,
                                    absl::Time at) {
  sent.push_back(at);
  if (sent.size() > kMostContacts) sent.erase(sent.begin());
  return sent;
}

}  // namespace pistis
