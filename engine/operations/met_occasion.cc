#include "engine/operations/met_occasion.h"

#include <utility>

#include "engine/operations/ledger_records.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {

void PostOccasion(const ProgramId& program, const MemberId& member,
                  const MetOccasion& met, Points available, Journal& journal) {
  store::v1::OccasionRecord record = met.record;
  record.set_commit_seq(journal.commit_seq());
  PutRecord(OccasionKey(program, member, met.number), record, journal.writes());
  const auto add_event = [&]() -> v1::Event& {
    return journal.AddEvent(met.effective, member, record.rulebook_version());
  };
  *add_event().mutable_member_occasion() = met.event;
  store::v1::TotalsRecord& totals = journal.totals();
  for (const IssuedCode& issued : met.codes) {
    PutRecord(CodeIndexKey(program, issued.hash), issued.record,
              journal.writes());
    v1::CodeIssued& event = *add_event().mutable_code_issued();
    event = issued.event;
    event.set_occasion(met.number);
    totals.set_codes_issued(totals.codes_issued() + 1);
  }
  for (const v1::NoteRequested& note : met.notes) {
    v1::NoteRequested& event = *add_event().mutable_note_requested();
    event = note;
    event.set_available_after(available.value());
    totals.set_notes_requested(totals.notes_requested() + 1);
  }
}

OccasionState ToState(const store::v1::OccasionsRecord& record) {
  return {.count = record.count(),
          .birthday = ExpiryOf(record.birthday_us()),
          .anniversary = ExpiryOf(record.anniversary_us()),
          .birthday_year = record.birthday_year(),
          .noticed = absl::FromUnixMicros(record.noticed_us()),
          .referral = {.referrer = MemberId(record.referrer_id()),
                       .is_over = record.referral_over(),
                       .order = OrderId(record.referral_order_id()),
                       .occasion = record.referral_occasion(),
                       .referrer_occasion = record.referrer_occasion(),
                       .friends = record.friends()}};
}

store::v1::OccasionsRecord ToRecord(const OccasionState& state) {
  store::v1::OccasionsRecord record;
  record.set_count(state.count);
  record.set_birthday_us(ExpiryMicros(state.birthday));
  record.set_anniversary_us(ExpiryMicros(state.anniversary));
  record.set_birthday_year(state.birthday_year);
  record.set_noticed_us(absl::ToUnixMicros(state.noticed));
  const ReferralState& referral = state.referral;
  record.set_referrer_id(referral.referrer.text());
  record.set_referral_over(referral.is_over);
  record.set_referral_order_id(referral.order.text());
  record.set_referral_occasion(referral.occasion);
  record.set_referrer_occasion(referral.referrer_occasion);
  record.set_friends(referral.friends);
  return record;
}

OccasionTerms OccasionTermsOf(const OperationEnv& env,
                              const store::v1::TotalsRecord& totals,
                              absl::Time now) {
  return {.secret = env.secret,
          .oldest = IsImporting(totals, now) ? absl::InfinitePast()
                                             : now - kLatestOccasion};
}

}  // namespace pistis
