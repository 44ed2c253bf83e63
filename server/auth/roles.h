// Which role may call which method: the one table of it. A method without a row
// is nobody's.
#ifndef PISTIS_SERVER_AUTH_ROLES_H_
#define PISTIS_SERVER_AUTH_ROLES_H_

#include "absl/strings/string_view.h"

#include "pistis/v1/admin_service.pb.h"

namespace pistis::server {

// What a method is about, beside its role.
enum class Reach {
  // The program that the request names, which the caller must reach.
  kProgram,
  // That, or the server where the request names none.
  kProgramOrServer,
  // The server: callers that are bound to programs have no business there.
  kServer,
  // What the caller reaches: the method looks after it.
  kOwn,
};

// Whether an act is put on record in the audit log.
enum class Audit {
  kNo,
  kYes,
  // Where a role above a checkout's does what tills and checkouts do all day.
  kAboveCheckout,
};

struct MethodRow {
  // "CheckoutService/CommitOrder".
  absl::string_view method;
  // One letter for each role that may: T terminal, C checkout, K care,
  // A analyst, D admin, O owner.
  absl::string_view roles;
  Reach reach = Reach::kProgram;
  Audit audit = Audit::kNo;
  // The field, of the reply or else of the request, that says what an audited
  // act was about: "version", "api_key.key_id".
  absl::string_view subject = "";
};

// Null where there is no row.
[[nodiscard]] const MethodRow* FindMethodRow(absl::string_view method);

[[nodiscard]] bool MayCall(const MethodRow& row, v1::Role role);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_ROLES_H_
