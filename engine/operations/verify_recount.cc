#include "engine/operations/verify_recount.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"

#include "engine/base/digest.h"

namespace pistis {
namespace {

constexpr int kMaxFindings = 1000;
constexpr int64_t kRecordsBetweenProgress = 512;

}  // namespace

void Recount::Find(const Place& place, std::string problem) {
  v1::VerifyReport& report = parts_.report;
  report.set_finding_count(report.finding_count() + 1);
  if (report.findings_size() >= kMaxFindings) return;
  v1::VerifyFinding* finding = report.add_findings();
  finding->set_kind(std::string(place.kind));
  finding->set_where(std::string(place.where));
  finding->set_problem(std::move(problem));
}

void Recount::Expect(const Place& place, absl::string_view what, int64_t is,
                     int64_t should) {
  if (is == should) return;
  Find(place, absl::StrCat(what, ": ", is, " stored, ", should, " recounted"));
}

void Recount::CountTotal(absl::string_view sum, int64_t amount) {
  parts_.tally.Count(Book::kTotals, sum, amount);
}

void Recount::CheckBytes(const google::protobuf::Message& record,
                         absl::string_view bytes, absl::string_view where) {
  const google::protobuf::Descriptor* type = record.GetDescriptor();
  if (type->file()->package() != "pistis.store.v1") return;
  const std::unique_ptr<google::protobuf::Message> known(record.New());
  known->CopyFrom(record);
  known->DiscardUnknownFields();
  if (known->ByteSizeLong() == bytes.size()) return;
  Find({"record", std::string(where)},
       absl::StrCat("holds bytes that are no part of a ", type->name()));
}

void Recount::FindUnreadable(absl::string_view where,
                             const std::string& record) {
  Find({"record", where}, absl::StrCat("cannot be read as ", record));
}

bool Recount::Tell(const StageTable& table, int64_t done) const {
  v1::VerifyProgress progress;
  progress.set_stage(std::string(table.stage));
  progress.set_done(done);
  progress.set_of(table.of == 0 ? 0 : std::max(done, table.of));
  return parts_.progress(progress);
}

absl::Status Recount::Scan(const StageTable& table, Visitor visit) {
  const std::string begin = TablePrefix(table.letter, program());
  std::string end = begin;
  end.back() = '\1';
  return ScanKeys(table, begin, end,
                  [&](absl::string_view key, absl::string_view value) {
                    return visit(key.substr(begin.size()), value);
                  });
}

absl::Status Recount::ScanKeys(const StageTable& table, absl::string_view begin,
                               absl::string_view end, Visitor visit) {
  int64_t done = 0;
  absl::Status stopped;
  const absl::Status scanned = reader().Scan(
      begin, end, [&](absl::string_view key, absl::string_view value) {
        stopped = visit(key, value);
        if (stopped.ok() && ++done % kRecordsBetweenProgress == 0 &&
            !Tell(table, done)) {
          stopped = absl::CancelledError("nobody waits for the recount");
        }
        return stopped.ok() ? Visit::kContinue : Visit::kStop;
      });
  if (!scanned.ok()) return scanned;
  if (stopped.ok() && !Tell(table, done)) {
    stopped = absl::CancelledError("nobody waits for the recount");
  }
  return stopped;
}

std::string TimeName(int64_t us) {
  return absl::FormatTime(absl::RFC3339_full, absl::FromUnixMicros(us),
                          absl::UTCTimeZone());
}

std::string TablePrefix(char letter, const ProgramId& program) {
  return absl::StrCat(std::string(1, letter), program.text(),
                      std::string(1, '\0'));
}

std::optional<NamedRest> SplitName(absl::string_view rest) {
  const size_t zero = rest.find('\0');
  if (zero == absl::string_view::npos || zero == 0) return std::nullopt;
  return NamedRest{.name = rest.substr(0, zero),
                   .after = rest.substr(zero + 1)};
}

void FindMalformedKey(char letter, absl::string_view rest, Recount& recount) {
  recount.Find({"record", absl::StrCat("table ", std::string(1, letter),
                                       ", key ", Printable(rest))},
               "the key is none of this table");
}

std::string ExpiredLotName(absl::string_view member, int64_t number) {
  const bool is_idle = number % 2 == 1;
  return absl::StrCat("member ", member,
                      is_idle ? ", the idle lot of " : ", the lot of ",
                      TimeName(number - (is_idle ? 1 : 0)));
}

std::string ExpiryName(absl::string_view member_name, int64_t at_us) {
  return absl::StrCat(member_name, ", expiry at ", TimeName(at_us));
}

std::string ChangesOf(absl::string_view member_name) {
  return absl::StrCat(member_name, ", changes");
}

std::string BesideOrderName(absl::string_view order, absl::string_view what) {
  return absl::StrCat("order ", order, ", ", what);
}

std::string CapName(absl::string_view cap, absl::string_view sum) {
  return absl::StrCat("cap ", cap, ", ", sum);
}

int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return absl::ToUnixMicros(absl::FromUnixSeconds(time.seconds()) +
                            absl::Nanoseconds(time.nanos()));
}

std::string Printable(absl::string_view bytes) {
  return absl::CHexEscape(bytes);
}

int64_t DigestOf(absl::string_view facts) {
  const std::string digest = Sha256(facts);
  int64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof(number));
  return number;
}

}  // namespace pistis
