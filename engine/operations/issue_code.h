// A discount code that a rule issues.
#ifndef PISTIS_ENGINE_OPERATIONS_ISSUE_CODE_H_
#define PISTIS_ENGINE_OPERATIONS_ISSUE_CODE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/journal.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// What it is issued for. Refers to what must outlive it.
struct CodeOrder {
  absl::string_view secret;
  const ProgramId& program;
  // The order that issues it, or a name that is none.
  OrderId source;
  MemberId member;
  absl::Time at;
  int64_t rulebook_version = 0;
  // Instead of what the template says.
  std::optional<absl::Time> expire = std::nullopt;
};

// The code as the reply, the store and the event have it; who issued it is not
// in the event yet.
struct IssuedCode {
  v1::IssuedCode reply;
  // The index key of `record`.
  std::string hash;
  store::v1::CodeRecord record;
  v1::CodeIssued event;
};

// `of` is no word.
[[nodiscard]] IssuedCode IssueCode(const CodeOrder& order,
                                   const CodeTemplate& of);

// Hands an issued code to `journal`: its record, its places in the lists of
// codes, its event, its part of the sums. The event, for who issued it; valid
// until the journal's next one.
v1::CodeIssued& PostCode(const ProgramId& program, const IssuedCode& issued,
                         Journal& journal);

// The same without an event, which tells of many.
void PutIssued(const ProgramId& program, const IssuedCode& issued,
               Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ISSUE_CODE_H_
