#include "engine/operations/verify_erasures.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "pistis/store/v1/access_records.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/erased_records.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

std::string AccountOf(absl::string_view where) {
  return absl::StrCat(where, ", account");
}

std::string TimeOf(absl::string_view where) {
  return absl::StrCat(where, ", when");
}

std::string UncleanOf(absl::string_view where) {
  return absl::StrCat(where, ", records to clean");
}

bool IsEmpty(const store::v1::ProfileRecord& profile) {
  store::v1::ProfileRecord left;
  left.set_joined_us(profile.joined_us());
  left.set_changes(profile.changes());
  return left.SerializeAsString() == profile.SerializeAsString();
}

absl::Status VerifyErasure(absl::string_view member, absl::string_view value,
                           Recount& recount) {
  const std::string where = absl::StrCat("member ", member);
  const auto record = recount.Parse<store::v1::ErasureRecord>(
      value, absl::StrCat(where, ", erasure"));
  if (!record) return absl::OkStatus();
  Tally& tally = recount.tally();
  tally.Claim(Book::kErasures, where, record->commit_seq());
  tally.Claim(Book::kErasures, TimeOf(where), record->erase_us());
  tally.Count(Book::kErasures, AccountOf(where), 1);
  tally.Count(Book::kErasures, UncleanOf(where), record->clean() ? 0 : 1);
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<std::string> bytes,
      recount.reader().Get(ProfileKey(recount.program(), MemberId(member))));
  store::v1::ProfileRecord profile;
  // One that cannot be read is a finding of another stage.
  if (bytes && profile.ParseFromString(*bytes) && !IsEmpty(profile)) {
    recount.Find({"index", where}, "is erased, and yet has a profile");
  }
  return absl::OkStatus();
}

}  // namespace

void TellErased(const std::string& where,
                const store::v1::AccountRecord& account, Recount& recount) {
  recount.tally().Claim(Book::kErasures, AccountOf(where),
                        account.erased() ? 1 : 0);
  if (!account.erased()) return;
  const bool is_bare = account.lots().empty() && account.pending().empty() &&
                       account.holds().empty() && account.deficit() == 0 &&
                       account.language().empty() && account.due_us() == 0 &&
                       account.standing().segments().empty();
  if (!is_bare) {
    recount.Find({"balance", where}, "is erased, and yet has something");
  }
}

void CountErasedEvent(int64_t commit_seq, const v1::Event& event,
                      Recount& recount) {
  if (!event.has_member_erased()) return;
  const std::string where = absl::StrCat("member ", event.member_id());
  recount.tally().Count(Book::kErasures, where, commit_seq);
  recount.tally().Count(Book::kErasures, TimeOf(where),
                        MicrosOf(event.effective_time()));
}

void CheckErasedOrder(absl::string_view where,
                      const store::v1::OrderRecord& order, Recount& recount) {
  if (order.erased_digest().empty() ||
      order.erased_digest() == ErasedDigest(order)) {
    return;
  }
  recount.Find({"order", where}, "its digest is that of another record");
}

absl::Status VerifyErasures(Recount& recount) {
  return recount.Scan(
      {.letter = 'e', .stage = "erased members"},
      [&](absl::string_view rest, absl::string_view value) {
        absl::string_view name = rest;
        const bool is_unclean =
            absl::ConsumePrefix(&name, absl::string_view("\0", 1));
        const std::optional<NamedRest> key = SplitName(name);
        if (!key || !key->after.empty() || (is_unclean && !value.empty())) {
          FindMalformedKey('e', rest, recount);
          return absl::OkStatus();
        }
        if (!is_unclean) return VerifyErasure(key->name, value, recount);
        recount.tally().Claim(Book::kErasures,
                              UncleanOf(absl::StrCat("member ", key->name)), 1);
        return absl::OkStatus();
      });
}

}  // namespace pistis
