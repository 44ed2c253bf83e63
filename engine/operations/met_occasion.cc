#include "engine/operations/met_occasion.h"

#include <utility>

#include "engine/operations/ask_note.h"
#include "engine/operations/ledger_records.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {

void PostOccasion(const ProgramId& program, const MemberId& member,
                  const MetOccasion& met, Points available, Journal& journal) {
  store::v1::OccasionRecord record = met.record;
  record.set_commit_seq(journal.commit_seq());
  PutRecord(OccasionKey(program, member, met.number), record, journal.writes());
  *journal.AddEvent(met.effective, member, record.rulebook_version())
       .mutable_member_occasion() = met.event;
  for (const IssuedCode& issued : met.codes) {
    PostCode(program, issued, journal).set_occasion(met.number);
  }
  for (const v1::NoteRequested& note : met.notes) {
    NoteAsk ask{.member = member,
                .at = met.effective,
                .rulebook_version = record.rulebook_version(),
                .note = note,
                .is_by_time = met.is_by_time};
    ask.note.set_available_after(available.value());
    AskForNote(ask, journal);
  }
}

OccasionState ToState(const store::v1::OccasionsRecord& record) {
  return {.count = record.count(),
          .birthday = ExpiryOf(record.birthday_us()),
          .anniversary = ExpiryOf(record.anniversary_us()),
          .first_order = ExpiryOf(record.first_order_us()),
          .years = ExpiryOf(record.years_us()),
          .birthday_year = record.birthday_year(),
          .noticed = absl::FromUnixMicros(record.noticed_us()),
          .referral = {.referrer = MemberId(record.referrer_id()),
                       .is_over = record.referral_over(),
                       .order = OrderId(record.referral_order_id()),
                       .occasion = record.referral_occasion(),
                       .referrer_occasion = record.referrer_occasion(),
                       .friends = record.friends()}};
}

void FillRecord(const OccasionState& state,
                store::v1::OccasionsRecord& record) {
  record.set_count(state.count);
  record.set_birthday_us(ExpiryMicros(state.birthday));
  record.set_anniversary_us(ExpiryMicros(state.anniversary));
  record.set_first_order_us(ExpiryMicros(state.first_order));
  record.set_years_us(ExpiryMicros(state.years));
  record.set_birthday_year(state.birthday_year);
  record.set_noticed_us(absl::ToUnixMicros(state.noticed));
  const ReferralState& referral = state.referral;
  record.set_referrer_id(referral.referrer.text());
  record.set_referral_over(referral.is_over);
  record.set_referral_order_id(referral.order.text());
  record.set_referral_occasion(referral.occasion);
  record.set_referrer_occasion(referral.referrer_occasion);
  record.set_friends(referral.friends);
}

OccasionTerms OccasionTermsOf(const OperationEnv& env,
                              const store::v1::TotalsRecord& totals,
                              absl::Time now) {
  return {.secret = env.secret,
          .oldest = IsImporting(totals, now) ? absl::InfinitePast()
                                             : now - kLatestOccasion};
}

}  // namespace pistis
