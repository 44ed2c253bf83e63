// Who may call what: every call passes here before any service sees it.
#ifndef PISTIS_SERVER_AUTH_GATE_H_
#define PISTIS_SERVER_AUTH_GATE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/clock.h"
#include "server/auth/caller.h"
#include "server/auth/certificates.h"
#include "server/auth/http_identity.h"
#include "server/auth/key_ring.h"
#include "server/auth/request_names.h"
#include "server/auth/roles.h"
#include "server/limits/rate_limits.h"

namespace pistis::server {

// A method, and what the gate goes by. Lives as long as its service.
struct GatedMethod {
  // Ends the process where the method has no row among the roles.
  explicit GatedMethod(const google::protobuf::MethodDescriptor& of_method);

  const google::protobuf::MethodDescriptor& descriptor;
  const MethodRow& row;
  NameFields fields;
};

// Whether callers show keys or certificates; --dev does without.
enum class Identity { kAsked, kNotAsked };

// Any thread; never blocks.
class Gate {
 public:
  // What it goes by; all outlive it.
  struct Parts {
    Identity identity = Identity::kAsked;
    const Clock& clock;
    KeyRing& keys;
    Certificates& certificates;
    RateLimits& limits;
  };
  explicit Gate(const Parts& parts);

  // Whose call it is, where it may be made. Refusals, in this order:
  // UNAUTHENTICATED; RATE_LIMITED; PERMISSION_DENIED (the role may not, or the
  // server is beyond it); FIELD_INVALID (no such request); NOT_FOUND (a program
  // beyond it, whether there is one or not); PERMISSION_DENIED (an order of
  // another store or terminal).
  [[nodiscard]] absl::StatusOr<CallerPtr> Admit(
      const grpc::CallbackServerContext& context, const GatedMethod& method,
      const grpc::ByteBuffer& request) const;

  // OK where a call by HTTP may send its body: Admit judges it once that came.
  // Refusals, in this order: UNAUTHENTICATED; PERMISSION_DENIED by the role;
  // for either RATE_LIMITED, and so is a caller who calls too often. What is OK
  // counts against no limit yet.
  [[nodiscard]] absl::Status CheckHead(const HttpCallHead& head) const;
  // Counts a call by HTTP whose head was OK and whose body is no message, which
  // Admit never sees. RATE_LIMITED, or UNAUTHENTICATED by now.
  [[nodiscard]] absl::Status CountBroken(const HttpCallHead& head) const;

  // OK while the key or certificate of a caller that Admit gave is good: what a
  // call asks that lasts. UNAUTHENTICATED.
  [[nodiscard]] absl::Status CheckStanding(const Caller& caller) const;

  [[nodiscard]] KeyRing& keys() const { return parts_.keys; }

 private:
  // What a call shows of its caller. Where there is an authorization, nothing
  // else counts.
  struct Shown {
    std::optional<absl::string_view> authorization = {};
    // PEM or DER; empty: none.
    std::string certificate = {};
  };
  static Shown ShownBy(const grpc::CallbackServerContext& context);
  static Shown ShownBy(const HttpCallHead& head);

  [[nodiscard]] absl::StatusOr<CallerPtr> Identify(const Shown& shown,
                                                   absl::Time now) const;

  const Parts parts_;
  // Of --dev.
  const CallerPtr dev_;
};

// The network that a call comes from (limits/peer_network.h).
[[nodiscard]] std::string NetworkOf(const grpc::CallbackServerContext& context);

// OK where the caller may make such a request: what Admit asks after the role.
[[nodiscard]] absl::Status CheckNames(const Access& access,
                                      const GatedMethod& method,
                                      absl::string_view request);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_GATE_H_
