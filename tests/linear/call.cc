#include "tests/linear/call.h"

#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/hold_order.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/members.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/rulebooks.h"
#include "engine/operations/testing.h"

namespace pistis {
namespace {

// How a method shapes its requests and decides on them.
template <typename Request, typename Input, typename Reply>
struct Method {
  using RequestType = Request;
  using ReplyType = Reply;

  absl::StatusOr<Input> (*parse)(const Request&, absl::Time);
  absl::StatusOr<DecidedReply<Reply>> (*decide)(const OperationEnv&,
                                                const Reader&,
                                                const CommitContext&,
                                                const Input&);
};
template <typename Request, typename Input, typename Reply>
Method(absl::StatusOr<Input> (*)(const Request&, absl::Time),
       absl::StatusOr<DecidedReply<Reply>> (*)(const OperationEnv&,
                                               const Reader&,
                                               const CommitContext&,
                                               const Input&))
    -> Method<Request, Input, Reply>;

auto MethodOf(const v1::CommitOrderRequest& /*request*/) {
  return Method{ParseCommitOrder, CommitOrder};
}
auto MethodOf(const v1::RefundOrderRequest& /*request*/) {
  return Method{ParseRefundOrder, RefundOrder};
}
auto MethodOf(const v1::HoldOrderRequest& /*request*/) {
  return Method{ParseHoldOrder, HoldOrder};
}
auto MethodOf(const v1::CancelReservationRequest& /*request*/) {
  return Method{ParseCancelReservation, CancelReservation};
}
auto MethodOf(const v1::EarnPointsRequest& /*request*/) {
  return Method{ParseEarnPoints, EarnPoints};
}
auto MethodOf(const v1::RedeemPointsRequest& /*request*/) {
  return Method{ParseRedeemPoints, RedeemPoints};
}
auto MethodOf(const v1::HoldPointsRequest& /*request*/) {
  return Method{ParseHoldPoints, HoldPoints};
}
auto MethodOf(const v1::CaptureHoldRequest& /*request*/) {
  return Method{ParseCaptureHold, CaptureHold};
}
auto MethodOf(const v1::ReleaseHoldRequest& /*request*/) {
  return Method{ParseReleaseHold, ReleaseHold};
}
auto MethodOf(const v1::AdjustPointsRequest& /*request*/) {
  return Method{ParseAdjustPoints, AdjustPoints};
}
auto MethodOf(const v1::TransferPointsRequest& /*request*/) {
  return Method{ParseTransferPoints, TransferPoints};
}
auto MethodOf(const v1::ReverseEntryRequest& /*request*/) {
  return Method{ParseReverseEntry, ReverseEntry};
}
auto MethodOf(const v1::CreateMemberRequest& /*request*/) {
  return Method{ParseCreateMember, CreateMember};
}
auto MethodOf(const v1::PublishRulebookRequest& /*request*/) {
  return Method{ParsePublishRulebook, PublishRulebook};
}

// Where each method has room for other content.
void Alter(v1::CommitOrderRequest& request) {
  if (request.reservation_id().empty()) {
    request.mutable_order()->set_store_id("elsewhere");
  }
}
void Alter(v1::HoldOrderRequest& request) {
  request.mutable_order()->set_store_id("elsewhere");
}
void Alter(v1::CancelReservationRequest& /*request*/) {}
void Alter(v1::RefundOrderRequest& request) {
  request.set_order_id(absl::StrCat(request.order_id(), "-other"));
}
void Alter(v1::CreateMemberRequest& request) {
  request.mutable_member()->set_display_name("Other");
}
void Alter(v1::PublishRulebookRequest& request) {
  request.mutable_yaml()->append("# other\n");
}
void Alter(WorkOffDueInput& /*job*/) {}
template <typename Request>
void Alter(Request& request) {
  request.set_reason(absl::StrCat(request.reason(), " or other"));
}

Decision Refused(const absl::Status& status) {
  EXPECT_TRUE(ReasonOf(status)) << "no refusal: " << status;
  return {.answer = {.reply = {}, .refusal = SerializeRefusal(status)},
          .writes = {}};
}

template <typename Request>
Call Shape(const Request& request, absl::Time now) {
  const auto method = MethodOf(request);
  auto input = method.parse(request, now);
  if (!input.ok()) {
    ADD_FAILURE() << input.status() << ": " << request.ShortDebugString();
    return [status = input.status()](
               const OperationEnv& /*env*/, const Reader& /*reader*/,
               const CommitContext& /*context*/) { return Refused(status); };
  }
  return [decide = method.decide, input = *std::move(input)](
             const OperationEnv& env, const Reader& reader,
             const CommitContext& context) {
    auto decided = decide(env, reader, context, input);
    if (!decided.ok()) return Refused(decided.status());
    Decision decision;
    if (decided->reply.ok()) {
      decision.answer.reply = std::move(decided->reply->bytes);
    } else {
      decision = Refused(decided->reply.status());
    }
    decision.writes = std::move(decided->writes);
    return decision;
  };
}

Call Shape(const WorkOffDueInput& input, absl::Time /*now*/) {
  return [input](const OperationEnv& env, const Reader& reader,
                 const CommitContext& context) {
    auto decided = WorkOffDue(env, reader, context, input);
    if (!decided.ok()) return Refused(decided.status());
    if (!decided->reply.ok()) return Refused(decided->reply.status());
    const WorkOffDueReply& reply = *decided->reply;
    return Decision{
        .answer = {.reply = absl::StrCat(absl::ToUnixMicros(reply.reached.due),
                                         " ", reply.reached.member.text(),
                                         reply.more ? " more" : ""),
                   .refusal = {}},
        .writes = std::move(decided->writes)};
  };
}

}  // namespace

std::string KindOf(const AnyRequest& request) {
  return std::visit(
      [](const auto& known) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(known)>,
                                     WorkOffDueInput>) {
          return "WorkOffDue";
        } else {
          return std::string(
              absl::StripSuffix(known.GetDescriptor()->name(), "Request"));
        }
      },
      request);
}

std::string TextOf(const AnyRequest& request) {
  const std::string fields = std::visit(
      [](const auto& known) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(known)>,
                                     WorkOffDueInput>) {
          return absl::StrCat("max_members: ", known.max_members);
        } else {
          return known.ShortDebugString();
        }
      },
      request);
  return absl::StrCat(KindOf(request), " {", fields, "}");
}

std::string NameOf(const Answer& answer) {
  if (answer.accepted()) return "OK";
  return NameOf(ParseRefusal(answer.refusal));
}

AnyRequest Altered(AnyRequest request) {
  std::visit([](auto& known) { Alter(known); }, request);
  return request;
}

Call CallOf(const AnyRequest& request, absl::Time now) {
  return std::visit([now](const auto& known) { return Shape(known, now); },
                    request);
}

int64_t CommitSeqIn(const AnyRequest& request, const std::string& reply) {
  return std::visit(
      [&](const auto& known) -> int64_t {
        using Known = std::decay_t<decltype(known)>;
        if constexpr (std::is_same_v<Known, WorkOffDueInput> ||
                      std::is_same_v<Known, v1::CreateMemberRequest> ||
                      std::is_same_v<Known, v1::PublishRulebookRequest>) {
          return 0;
        } else {
          typename decltype(MethodOf(known))::ReplyType message;
          EXPECT_TRUE(message.ParseFromString(reply)) << TextOf(request);
          return message.commit_seq();
        }
      },
      request);
}

}  // namespace pistis
