#include "server/auth/gate.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/ids.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/order/order.h"
#include "server/limits/peer_network.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr absl::string_view kBearer = "Bearer ";

absl::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

// Nothing, or its last value.
std::optional<absl::string_view> Metadata(
    const grpc::CallbackServerContext& context, const char* name) {
  const auto& metadata = context.client_metadata();
  const auto [begin, end] = metadata.equal_range(name);
  if (begin == end) return std::nullopt;
  return View(std::prev(end)->second);
}

std::string Property(const grpc::CallbackServerContext& context,
                     const char* name) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr) return "";
  const std::vector<grpc::string_ref> values = auth->FindPropertyValues(name);
  return values.empty() ? "" : std::string(View(values.front()));
}

// The HTTP side calls from within the process: nothing else has neither an
// address nor a transport.
bool IsInProcess(const grpc::CallbackServerContext& context) {
  return context.peer() == "unknown" &&
         Property(context, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME).empty();
}

std::string NameOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat(method.service()->name(), "/", method.name());
}

const MethodRow& RowOf(const google::protobuf::MethodDescriptor& method) {
  const std::string name = NameOf(method);
  const MethodRow* row = FindMethodRow(name);
  if (row != nullptr) return *row;
  spdlog::critical("{} has no row among the roles", name);
  std::abort();
}

absl::Status RefuseRole(const MethodRow& row, const Caller& caller) {
  return Refuse(
      Reason::kPermissionDenied,
      absl::StrCat(caller.name, " has the ", v1::Role_Name(caller.access.role),
                   ", which may not call ", std::string(row.method)),
      {{"role", v1::Role_Name(caller.access.role)},
       {"method", std::string(row.method)}});
}

absl::Status RefuseServerWide() {
  return Refuse(Reason::kPermissionDenied,
                "your key names programs, and this is about the whole server; "
                "a key of all programs is wanted");
}

// OK where an order names what its caller is bound to. The refusal repeats an
// id at most.
absl::Status CheckBound(absl::string_view field, const std::string& named,
                        const std::string& bound) {
  if (bound.empty() || named == bound) return absl::OkStatus();
  const bool is_id = IsWellFormedId(named);
  absl::Status refusal = Refuse(
      Reason::kPermissionDenied,
      absl::StrCat(field,
                   is_id ? absl::StrCat(" is \"", named, "\"")
                         : std::string(" is another"),
                   "; your key or certificate is for \"", bound, "\" alone"),
      {{"field", std::string(field)}, {"wanted", bound}});
  AddFieldViolation(field, absl::StrCat("must be \"", bound, "\""), refusal);
  return refusal;
}

// The bytes of a request; `buffer` holds them where they are in pieces.
absl::string_view BytesOf(const grpc::ByteBuffer& request,
                          grpc::Slice& buffer) {
  if (!request.TrySingleSlice(&buffer).ok() &&
      !request.DumpToSingleSlice(&buffer).ok()) {
    return {};
  }
  return {reinterpret_cast<const char*>(buffer.begin()), buffer.size()};
}

}  // namespace

GatedMethod::GatedMethod(const google::protobuf::MethodDescriptor& of_method)
    : descriptor(of_method),
      row(RowOf(of_method)),
      fields(NameFieldsOf(*of_method.input_type())) {}

Gate::Gate(const Parts& parts)
    : parts_(parts),
      dev_(std::make_shared<const Caller>(
          Caller{.name = "dev", .access = {.role = v1::ROLE_OWNER}})) {}

absl::StatusOr<CallerPtr> Gate::Admit(
    const grpc::CallbackServerContext& context, const GatedMethod& method,
    const grpc::ByteBuffer& request) const {
  if (parts_.identity == Identity::kNotAsked) return dev_;
  const absl::Time now = parts_.clock.Now();
  absl::StatusOr<CallerPtr> identified = Identify(ShownBy(context), now);
  if (!identified.ok()) {
    return parts_.limits.Unknown(NetworkOf(context), identified.status(), now);
  }
  CallerPtr caller = *std::move(identified);
  PISTIS_RETURN_IF_ERROR(parts_.limits.Call(caller->CountedAs(), now));
  const Access& access = caller->access;
  if (!MayCall(method.row, access.role)) return RefuseRole(method.row, *caller);
  if (access.reaches_all() && access.store_id.empty()) return caller;
  grpc::Slice slice;
  PISTIS_RETURN_IF_ERROR(CheckNames(access, method, BytesOf(request, slice)));
  return caller;
}

absl::Status Gate::CheckHead(const HttpCallHead& head) const {
  const MethodRow* row = FindMethodRow(NameOf(head.method));
  if (parts_.identity == Identity::kNotAsked || row == nullptr) {
    return absl::OkStatus();
  }
  const absl::Time now = parts_.clock.Now();
  const absl::StatusOr<CallerPtr> caller = Identify(ShownBy(head), now);
  if (!caller.ok()) {
    return parts_.limits.Unknown(head.address, caller.status(), now);
  }
  if (MayCall(*row, (*caller)->access.role)) {
    return parts_.limits.Ask((*caller)->CountedAs(), now);
  }
  PISTIS_RETURN_IF_ERROR(parts_.limits.Call((*caller)->CountedAs(), now));
  return RefuseRole(*row, **caller);
}

absl::Status Gate::CountBroken(const HttpCallHead& head) const {
  if (parts_.identity == Identity::kNotAsked) return absl::OkStatus();
  const absl::Time now = parts_.clock.Now();
  const absl::StatusOr<CallerPtr> caller = Identify(ShownBy(head), now);
  if (!caller.ok()) {
    return parts_.limits.Unknown(head.address, caller.status(), now);
  }
  return parts_.limits.Call((*caller)->CountedAs(), now);
}

Gate::Shown Gate::ShownBy(const HttpCallHead& head) {
  Shown shown = {.certificate = head.certificate};
  if (!head.authorization.empty()) shown.authorization = head.authorization;
  return shown;
}

Gate::Shown Gate::ShownBy(const grpc::CallbackServerContext& context) {
  if (const auto authorization = Metadata(context, kAuthorization)) {
    return {.authorization = authorization};
  }
  if (!IsInProcess(context)) {
    return {.certificate = Property(context, GRPC_X509_PEM_CERT_PROPERTY_NAME)};
  }
  const auto certificate = Metadata(context, kHttpCertificate);
  return {.certificate = std::string(certificate.value_or(""))};
}

absl::StatusOr<CallerPtr> Gate::Identify(const Shown& shown,
                                         absl::Time now) const {
  if (shown.authorization) {
    absl::string_view key = *shown.authorization;
    if (!absl::ConsumePrefix(&key, kBearer)) {
      return Refuse(Reason::kUnauthenticated,
                    "authorization is no \"Bearer pistis_...\"");
    }
    return parts_.keys.Find(key, now);
  }
  if (!shown.certificate.empty()) {
    return parts_.certificates.Find(shown.certificate, now);
  }
  return Refuse(Reason::kUnauthenticated,
                "the call has no key; send \"authorization: Bearer "
                "pistis_...\", or a client certificate");
}

absl::Status Gate::CheckStanding(const Caller& caller) const {
  if (caller.is_anybody()) return absl::OkStatus();
  const absl::Time now = parts_.clock.Now();
  return caller.key_hash.empty() ? parts_.certificates.Check(caller, now)
                                 : parts_.keys.Check(caller, now);
}

std::string NetworkOf(const grpc::CallbackServerContext& context) {
  if (const auto address = Metadata(context, kHttpPeer);
      address && IsInProcess(context)) {
    return std::string(*address);
  }
  return NetworkOfPeer(context.peer());
}

absl::Status CheckNames(const Access& access, const GatedMethod& method,
                        absl::string_view request) {
  if (method.row.reach == Reach::kOwn) return absl::OkStatus();
  if (method.row.reach == Reach::kServer) {
    return access.reaches_all() ? absl::OkStatus() : RefuseServerWide();
  }
  const std::optional<RequestNames> names = ReadNames(method.fields, request);
  if (!names) {
    return RefuseField("request",
                       absl::StrCat("is no serialised ",
                                    method.descriptor.input_type()->name()));
  }
  if (names->program_id.empty() &&
      method.row.reach == Reach::kProgramOrServer) {
    return access.reaches_all() ? absl::OkStatus() : RefuseServerWide();
  }
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", names->program_id));
  if (!access.Reaches(names->program_id)) {
    return RefuseNotFound("program", names->program_id);
  }
  // A checkout of one store may commit what it held there: that names no order.
  const bool names_order = names->has_order || access.role == v1::ROLE_TERMINAL;
  if (method.fields.order == 0 || !names_order) return absl::OkStatus();
  PISTIS_RETURN_IF_ERROR(
      CheckBound("order.store_id", names->store_id, access.store_id));
  return CheckBound("order.terminal_id", names->terminal_id,
                    access.terminal_id);
}

}  // namespace pistis::server
