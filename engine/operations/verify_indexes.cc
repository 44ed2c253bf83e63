#include "engine/operations/verify_indexes.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr size_t kIdentifierHashBytes = 16;
constexpr size_t kFingerprintBytes = 32;

std::string MemberName(absl::string_view member) {
  return absl::StrCat("member ", member);
}

std::string IdentifierName(absl::string_view hash, absl::string_view member) {
  return absl::StrCat("identifier ", absl::BytesToHexString(hash),
                      " of member ", member);
}

// A member and a number, as the tables of expired lots and reversals have them.
struct NumberedMember {
  absl::string_view member;
  int64_t number = 0;
};

std::optional<NumberedMember> SplitNumbered(absl::string_view rest) {
  const std::optional<NamedRest> key = SplitName(rest);
  if (!key || key->after.size() != kKeyNumberBytes) return std::nullopt;
  return NumberedMember{.member = key->name,
                        .number = TrailingNumber(key->after)};
}

void VerifyProfile(absl::string_view rest, absl::string_view value,
                   Recount& recount) {
  const std::optional<NamedRest> key = SplitName(rest);
  if (!key || !key->after.empty()) {
    FindMalformedKey('F', rest, recount);
    return;
  }
  const std::string where = MemberName(key->name);
  recount.CountTotal("members", 1);
  recount.tally().Claim(Book::kProfiles, where, 1);
  recount.tally().Claim(Book::kReferralCodes, where, 1);
  const auto profile = recount.Parse<store::v1::ProfileRecord>(
      value, absl::StrCat(where, ", profile"));
  if (!profile) return;
  recount.tally().Claim(Book::kLanguages, where, DigestOf(profile->language()));
  recount.tally().Claim(Book::kJoinedEvents, where, profile->joined_us());
  recount.tally().Claim(Book::kProfiles, ChangesOf(where), profile->changes());
  if (profile->identifier_kinds_size() != profile->identifier_hashes_size()) {
    recount.Find({"index", where},
                 "its profile has not one kind for each identifier");
  }
  for (const std::string& hash : profile->identifier_hashes()) {
    recount.tally().Count(Book::kIdentifiers, IdentifierName(hash, key->name),
                          1);
  }
}

void VerifyIdentifier(absl::string_view rest, absl::string_view value,
                      Recount& recount) {
  if (rest.size() != kIdentifierHashBytes) {
    FindMalformedKey('I', rest, recount);
    return;
  }
  recount.tally().Claim(Book::kIdentifiers, IdentifierName(rest, value), 1);
}

void VerifyDue(absl::string_view rest, absl::string_view value,
               Recount& recount) {
  const std::optional<DueMember> due =
      ParseDueKey(recount.program(),
                  absl::StrCat(TablePrefix('D', recount.program()), rest));
  if (!due || !value.empty()) {
    FindMalformedKey('D', rest, recount);
    return;
  }
  recount.tally().Claim(Book::kDueTimes, MemberName(due->member.text()),
                        absl::ToUnixMicros(due->due));
}

void VerifyExpiredLot(absl::string_view rest, absl::string_view value,
                      Recount& recount) {
  const std::optional<NumberedMember> key = SplitNumbered(rest);
  if (!key) {
    FindMalformedKey('X', rest, recount);
    return;
  }
  const std::string where = ExpiredLotName(key->member, key->number);
  const auto lot = recount.Parse<store::v1::ExpiredLotRecord>(value, where);
  if (!lot) return;
  if (lot->counted() < 0 || lot->counted() > lot->expired()) {
    recount.Find({"lot", where},
                 absl::StrCat("refunds counted ", lot->counted(), " of ",
                              lot->expired(), " expired points"));
  }
  recount.tally().Claim(Book::kExpiredPoints, where, lot->expired());
  recount.tally().Claim(Book::kExpiredTime, where, lot->expire_us());
  recount.tally().Claim(Book::kExpiredSince, where, lot->since_us());
  recount.tally().Claim(Book::kExpiredCounted, where, lot->counted());
}

void VerifyReversal(absl::string_view rest, absl::string_view value,
                    Recount& recount) {
  const std::optional<NumberedMember> key = SplitNumbered(rest);
  if (!key) {
    FindMalformedKey('Z', rest, recount);
    return;
  }
  const std::string where =
      absl::StrCat(MemberName(key->member), ", entry ", key->number);
  const auto reversal = recount.Parse<store::v1::ReversalRecord>(value, where);
  if (!reversal) return;
  recount.tally().Claim(Book::kReversals, where, reversal->reversed_by());
}

void VerifyRequest(absl::string_view rest, absl::string_view value,
                   Recount& recount) {
  const std::optional<NamedRest> key = SplitName(rest);
  if (!key || !key->after.empty()) {
    FindMalformedKey('Q', rest, recount);
    return;
  }
  const std::string where = absl::StrCat("request ", key->name);
  const auto request = recount.Parse<store::v1::RequestRecord>(value, where);
  if (!request) return;
  if (request->fingerprint().size() != kFingerprintBytes ||
      (!request->reply().empty() && !request->refusal().empty())) {
    recount.Find({"record", where}, "is no answer to a request");
  }
}

}  // namespace

absl::Status VerifyIndexes(Recount& recount,
                           const store::v1::TotalsRecord& totals) {
  using Verify = void (*)(absl::string_view, absl::string_view, Recount&);
  const auto verify = [&](const StageTable& table, Verify record) {
    return recount.Scan(table,
                        [&](absl::string_view rest, absl::string_view value) {
                          record(rest, value, recount);
                          return absl::OkStatus();
                        });
  };
  const int64_t members = totals.members();
  PISTIS_RETURN_IF_ERROR(verify(
      {.letter = 'F', .stage = "profiles", .of = members}, VerifyProfile));
  PISTIS_RETURN_IF_ERROR(
      verify({.letter = 'I', .stage = "identifiers"}, VerifyIdentifier));
  PISTIS_RETURN_IF_ERROR(
      verify({.letter = 'D', .stage = "due-queue"}, VerifyDue));
  PISTIS_RETURN_IF_ERROR(
      verify({.letter = 'X', .stage = "expired lots"}, VerifyExpiredLot));
  PISTIS_RETURN_IF_ERROR(
      verify({.letter = 'Z', .stage = "reversals"}, VerifyReversal));
  return verify({.letter = 'Q', .stage = "requests"}, VerifyRequest);
}

}  // namespace pistis
