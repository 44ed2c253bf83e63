// The catalogue of refusals: every way Pistis says no, by name.
#ifndef PISTIS_ENGINE_BASE_REFUSAL_H_
#define PISTIS_ENGINE_BASE_REFUSAL_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pistis {

// Why a request was refused. A refused request changed nothing. The names are
// part of the API: clients branch on ErrorInfo.reason, so none is ever renamed.
enum class Reason {
  // A field of the request is missing, malformed or out of range. Comes with a
  // BadRequest violation that names the field. Do not retry unchanged.
  kFieldInvalid,
  // A rulebook has errors; each comes as a violation with line and column.
  kRulebookInvalid,
  // The thing named in metadata (`kind`, `id`) does not exist in this program.
  kNotFound,
  // The thing named in metadata exists already, made by another request.
  kAlreadyExists,
  // A redemption asks for more points than are available.
  kInsufficientPoints,
  // A number of something has reached its limit, which metadata names (`limit`,
  // `most`).
  kLimitReached,
  // The member is suspended and does not take part.
  kMemberSuspended,
  // The hold was captured, released, or its time is over.
  kHoldNotOpen,
  // The entry cannot be reversed: it was already, or another command undoes
  // what it did. The message says which.
  kEntryNotReversible,
  // A cap bound and the rulebook says to refuse rather than trim.
  kMarginCap,
  // The same of a budget, which metadata names (`budget_id`).
  kBudgetSpent,
  // The reservation's time is over: what it held is given back.
  kReservationExpired,
  // The reservation was committed or cancelled, which metadata tells (`state`).
  kReservationNotOpen,
  // The order was committed before, by another request.
  kOrderExists,
  // The code is unknown, void, or another member's (which looks the same).
  kCodeNotFound,
  // The code's time is over.
  kCodeExpired,
  // The code has no use left.
  kCodeUsed,
  // The code exists but its conditions do not hold for this order.
  kCodeNotApplicable,
  // A refund asks for more than is left of the order.
  kRefundExceedsOrder,
  // The case is not in the state that this takes; the message says which it is
  // in, and what comes first.
  kCaseNotOpen,
  // The remedy is not for this case, or not now; metadata says why (`why`).
  kRemedyRefused,
  // The call brought no key and no client certificate that are good here. The
  // message says what is wrong with them.
  kUnauthenticated,
  // The caller, or the role that it speaks for, may not do this.
  kPermissionDenied,
  // The id was used before with other content. Choose a new id.
  kRequestIdReused,
  // The thing was changed since the caller read it. Read it again, then decide.
  kEtagStale,
  // Points would pass the largest number one order or one balance may have.
  kPointsOverflow,
  // Too many calls of this caller, or codes that are none tried by this caller,
  // terminal or member, or calls without a good key from this address (`of`):
  // try again after a while (`retry_after_s`), with the same ids.
  kRateLimited,
  // The server has too much to do. Nothing was changed; try again after a
  // pause, with the same ids.
  kOverloaded,
  // The caller's deadline passed before the work began. Nothing was changed.
  kDeadlinePassed,
  // Stored bytes are not what was written. An operator must look.
  kRecordCorrupt,
};

// "FIELD_INVALID": the name on the wire.
[[nodiscard]] absl::string_view ReasonName(Reason reason);

// The status code a reason travels with.
[[nodiscard]] absl::StatusCode ReasonCode(Reason reason);

// Facts that go with a refusal, such as {"available", "20"}.
using Metadata =
    std::initializer_list<std::pair<absl::string_view, std::string>>;

// A status that carries `reason` and `metadata` as a google.rpc.ErrorInfo.
[[nodiscard]] absl::Status Refuse(Reason reason, absl::string_view message,
                                  Metadata metadata = {});

// FIELD_INVALID for `field` ("order.lines[2].quantity"), with the value's
// problem and what would be right in one sentence.
[[nodiscard]] absl::Status RefuseField(absl::string_view field,
                                       absl::string_view problem);

// NOT_FOUND for a thing of `kind` ("order") with this id.
[[nodiscard]] absl::Status RefuseNotFound(absl::string_view kind,
                                          absl::string_view id);

// RECORD_CORRUPT: the record of `kind` cannot be read as what was written.
[[nodiscard]] absl::Status RecordCorrupt(absl::string_view kind);

// Adds a BadRequest violation (field, problem) to a refusal.
void AddFieldViolation(absl::string_view field, absl::string_view problem,
                       absl::Status& status);

// A refusal as a serialised google.rpc.Status, and back: what travels on the
// wire and is remembered for a request_id. ParseRefusal gives RECORD_CORRUPT
// where the bytes are none.
[[nodiscard]] std::string SerializeRefusal(const absl::Status& status);
[[nodiscard]] absl::Status ParseRefusal(const std::string& bytes);

// The reason that `status` carries, or nothing where it was not made here.
[[nodiscard]] std::optional<Reason> ReasonOf(const absl::Status& status);

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_REFUSAL_H_
