// Whether a note is sent, waits or is held back. Pure.
#ifndef PISTIS_ENGINE_NOTES_CONTACT_H_
#define PISTIS_ENGINE_NOTES_CONTACT_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {

// So many of the latest times at which a member was written to answer every
// question that a policy may ask: its `max` is no larger.
inline constexpr size_t kMostContacts = 100;

enum class NoteFate { kSend, kDefer, kHoldBack };

struct NoteDecision {
  NoteFate fate = NoteFate::kSend;
  // Of a deferred one: when it is to be decided on again.
  absl::Time until = {};
  // Why it is not sent, as the API's Note.reason; lives as long as the process.
  absl::string_view reason = {};
};

// What is known of a note and of its member.
struct NoteQuestion {
  const NoteTemplate& note;
  absl::Time at;
  // When the member was written to, in order, none of them after `at`.
  absl::Span<const absl::Time> sent;
  // What the member said to the channel.
  std::optional<bool> consent;
  // The member's.
  absl::TimeZone zone;
  // True: the member was told this kind on this occasion.
  bool already_told = false;
  // False: the member has addresses, but none for the channel.
  bool has_address = true;
  // True: the member does not take part any more.
  bool suspended = false;
  // Why it is not to be told any more, of what happened while it waited; empty:
  // nothing did. Lives as long as the process.
  absl::string_view overtaken_by = {};
  // True: it lies in the past, as of an import; the hour of the day is
  // nobody's.
  bool is_past = false;
};

// What comes first decides: suspended, overtaken, already told, no address,
// consent, quiet hours, the cap. Notes that are printed need no address and no
// consent and are not under `policy`; where there is none, no note is, but who
// declined a channel is not written to by it.
[[nodiscard]] NoteDecision DecideNote(const ContactPolicy* policy,
                                      const NoteQuestion& asked);

// Whether what the member said to a channel, of `consent`, forbids to write to
// it, by `policy` where there is one.
[[nodiscard]] bool LacksConsent(const ContactPolicy* policy,
                                std::optional<bool> consent);

// When the quiet hours that `at` lies in are over, by the clock on the wall in
// `zone`; nothing where it lies in none. What the wall clock shows twice in
// autumn is quiet twice.
[[nodiscard]] std::optional<absl::Time> QuietUntil(const Validity::Hours& quiet,
                                                   absl::Time at,
                                                   absl::TimeZone zone);

// `sent` and `at`, which is none earlier, without what no policy asks for any
// more.
[[nodiscard]] std::vector<absl::Time> WithContact(std::vector<absl::Time> sent,
                                                  absl::Time at);

}  // namespace pistis

#endif  // PISTIS_ENGINE_NOTES_CONTACT_H_
