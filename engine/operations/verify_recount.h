// What the stages of a recount share: what they read, where they put what they
// find, and how they go over a table.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_RECOUNT_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_RECOUNT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/admin_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/verify_ledger.h"
#include "engine/operations/verify_tally.h"
#include "engine/storage/store.h"

namespace pistis {

// Where a finding is: its kind and the record's name.
struct Place {
  absl::string_view kind;
  absl::string_view where;
};

// A table of keys.h as a stage of its own: its name for progress, and about how
// many records it has (0: nobody knows).
struct StageTable {
  char letter = 0;
  absl::string_view stage;
  int64_t of = 0;
};

// One pass over what is stored of a program. Owns nothing; one thread.
class Recount {
 public:
  // What a pass reads and writes; all outlive it.
  struct Parts {
    const Reader& reader;
    const ProgramId& program;
    VerifyProgressCallback progress;
    Tally& tally;
    v1::VerifyReport& report;
  };
  explicit Recount(const Parts& parts) : parts_(parts) {}

  // The same pass on what another reader shows, which outlives it.
  [[nodiscard]] Recount On(const Reader& reader) const {
    return Recount({.reader = reader,
                    .program = parts_.program,
                    .progress = parts_.progress,
                    .tally = parts_.tally,
                    .report = parts_.report});
  }

  [[nodiscard]] const Reader& reader() const { return parts_.reader; }
  [[nodiscard]] const ProgramId& program() const { return parts_.program; }
  [[nodiscard]] Tally& tally() { return parts_.tally; }
  [[nodiscard]] v1::VerifyReport& report() { return parts_.report; }

  // Keeps a finding, or counts it where there are many already.
  void Find(const Place& place, std::string problem);
  // A finding where `what` is not what it should be.
  void Expect(const Place& place, absl::string_view what, int64_t is,
              int64_t should);

  // Adds to one of the program's sums, by its name in TotalsRecord.
  void CountTotal(absl::string_view sum, int64_t amount);

  // The record in `bytes`, which is named `where`; a finding and nothing where
  // they are none.
  template <typename Record>
  std::optional<Record> Parse(absl::string_view bytes,
                              absl::string_view where) {
    std::optional<Record> record(std::in_place);
    if (!record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      FindUnreadable(where, Record::descriptor()->name());
      return std::nullopt;
    }
    CheckBytes(*record, bytes, where);
    return record;
  }

  // Visits the program's records of the table in key order; `rest` is the key
  // after the program. Stops at the first error. Cancelled where nobody waits
  // for the recount any more.
  using Visitor = absl::FunctionRef<absl::Status(absl::string_view rest,
                                                 absl::string_view value)>;
  absl::Status Scan(const StageTable& table, Visitor visit);

  // The same for keys of no program, or of another: those in [begin, end),
  // visited whole. The table's letter does not count.
  absl::Status ScanKeys(const StageTable& table, absl::string_view begin,
                        absl::string_view end, Visitor visit);

 private:
  void FindUnreadable(absl::string_view where, const std::string& record);
  // A finding where a stored record holds bytes that Pistis never writes, such
  // as a field that a flipped bit made another one. Messages of the API may
  // hold what a newer client sent.
  void CheckBytes(const google::protobuf::Message& record,
                  absl::string_view bytes, absl::string_view where);
  bool Tell(const StageTable& table, int64_t done) const;

  Parts parts_;
};

// A time of a record, for people.
[[nodiscard]] std::string TimeName(int64_t us);

// The beginning of the keys of a program's records in a table.
[[nodiscard]] std::string TablePrefix(char letter, const ProgramId& program);

// The name in front of a key's rest and what comes after it; nothing where the
// rest does not begin with a name.
struct NamedRest {
  absl::string_view name;
  absl::string_view after;
};
[[nodiscard]] std::optional<NamedRest> SplitName(absl::string_view rest);

// A finding for a key that is none of its table.
void FindMalformedKey(char letter, absl::string_view rest, Recount& recount);

// The name of what expired of a member's lot, by the number in its key.
[[nodiscard]] std::string ExpiredLotName(absl::string_view member,
                                         int64_t number);

// The name of an expiry of a member's points ("member ann").
[[nodiscard]] std::string ExpiryName(absl::string_view member_name,
                                     int64_t at_us);

// The name of the changes of a member's profile ("member ann").
[[nodiscard]] std::string ChangesOf(absl::string_view member_name);

// The names of what goes with an order.
struct BesideOrder {
  static constexpr absl::string_view kCodesIssued = "codes issued";
  static constexpr absl::string_view kCodesUsed = "codes used";
  static constexpr absl::string_view kCodesReturned = "codes returned";
};
[[nodiscard]] std::string BesideOrderName(absl::string_view order,
                                          absl::string_view what);

// The name of one of a cap's sums.
[[nodiscard]] std::string CapName(absl::string_view cap, absl::string_view sum);

// -amount, modulo 2^64: stored bytes may say anything.
[[nodiscard]] constexpr int64_t Minus(int64_t amount) {
  return static_cast<int64_t>(0 - static_cast<uint64_t>(amount));
}

// Microseconds since 1970, as records have them.
[[nodiscard]] int64_t MicrosOf(const google::protobuf::Timestamp& time);

// Bytes in printable form.
[[nodiscard]] std::string Printable(absl::string_view bytes);

// A digest of facts to be told to a tally, where they are no amount.
[[nodiscard]] int64_t DigestOf(absl::string_view facts);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_RECOUNT_H_
