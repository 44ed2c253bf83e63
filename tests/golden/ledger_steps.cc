#include "tests/golden/ledger_steps.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/status_macros.h"
#include "engine/order/order.h"

namespace pistis::golden {
namespace {

std::string Word(const Command& command, size_t index) {
  return index < command.words.size() ? command.words[index] : std::string();
}

absl::StatusOr<int64_t> Count(const Command& command, size_t index) {
  int64_t count = 0;
  if (!absl::SimpleAtoi(Word(command, index), &count)) {
    return absl::InvalidArgumentError(
        absl::StrCat("no number: ", Word(command, index)));
  }
  return count;
}

// Fills what all requests have; a hold has an id instead of a request's.
template <typename Request>
Request Begin(const LedgerStep& step) {
  Request request;
  request.set_program_id(std::string(kProgram));
  request.set_reason(step.command.Option("reason"));
  if constexpr (!std::is_same_v<Request, v1::HoldPointsRequest>) {
    const std::string id = step.command.Option("request");
    request.set_request_id(
        id.empty() ? absl::StrCat(step.command.name, "-", step.number) : id);
  }
  return request;
}

absl::StatusOr<google::protobuf::Timestamp> TimeOption(
    const LedgerStep& step, absl::string_view option) {
  PISTIS_ASSIGN_OR_RETURN(
      const absl::Time time,
      ParseTraceTime(step.command.Option(option), step.place));
  return ToTimestamp(time);
}

template <typename Request>
absl::Status SetExpire(const LedgerStep& step, Request& request) {
  if (step.command.Option("expire").empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_expire_time(),
                          TimeOption(step, "expire"));
  return absl::OkStatus();
}

template <typename Request>
absl::Status SetPlaced(const LedgerStep& step, Request& request) {
  if (step.command.Option("placed").empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_placed_time(),
                          TimeOption(step, "placed"));
  return absl::OkStatus();
}

Wording Said(const Wording& first, const v1::Account& account,
             const Place& place) {
  return {absl::StrCat(first.front(), "; ", Say(account, place).front())};
}

// An entry without its number and time, which the step says.
Wording SayEntry(const v1::LedgerEntry& entry, const Place& place) {
  const std::string text = Say(entry, place).front();
  return {text.substr(text.find(' ', text.find(':')) + 1)};
}

template <typename Reply>
Wording Say(const Reply& reply, const Place& place) {
  if constexpr (std::is_same_v<Reply, v1::TransferPointsResponse>) {
    return {
        Said(SayEntry(reply.out_entry(), place), reply.from_account(), place)
            .front(),
        Said(SayEntry(reply.in_entry(), place), reply.to_account(), place)
            .front()};
  } else if constexpr (std::is_same_v<Reply, v1::HoldPointsResponse> ||
                       std::is_same_v<Reply, v1::CaptureHoldResponse> ||
                       std::is_same_v<Reply, v1::ReleaseHoldResponse>) {
    return Said(golden::Say(reply.hold(), place), reply.account(), place);
  } else {
    return Said(SayEntry(reply.entry(), place), reply.account(), place);
  }
}

template <typename Request>
Wording Post(const LedgerStep& step, const Request& request) {
  const Contents before = step.shop.AllButRequests();
  const auto reply = step.shop.Post(request);
  if (!reply.ok()) {
    EXPECT_EQ(step.shop.AllButRequests(), before);
    return {Refusal(reply.status())};
  }
  Wording wording = Say(*reply, step.place);
  if (!step.shop.last_one_wrote()) {
    wording.front() = absl::StrCat("the first reply again: ", wording.front());
  }
  return wording;
}

absl::StatusOr<Wording> Earn(const LedgerStep& step) {
  auto request = Begin<v1::EarnPointsRequest>(step);
  request.set_member_id(Word(step.command, 0));
  PISTIS_ASSIGN_OR_RETURN(const int64_t points, Count(step.command, 1));
  request.set_points(points);
  request.set_pending(step.command.Option("pending") == "yes");
  PISTIS_RETURN_IF_ERROR(SetExpire(step, request));
  PISTIS_RETURN_IF_ERROR(SetPlaced(step, request));
  return Post(step, request);
}

absl::StatusOr<Wording> Redeem(const LedgerStep& step) {
  auto request = Begin<v1::RedeemPointsRequest>(step);
  request.set_member_id(Word(step.command, 0));
  PISTIS_ASSIGN_OR_RETURN(const int64_t points, Count(step.command, 1));
  request.set_points(points);
  PISTIS_RETURN_IF_ERROR(SetPlaced(step, request));
  return Post(step, request);
}

absl::StatusOr<Wording> Adjust(const LedgerStep& step) {
  auto request = Begin<v1::AdjustPointsRequest>(step);
  request.set_member_id(Word(step.command, 0));
  PISTIS_ASSIGN_OR_RETURN(const int64_t points, Count(step.command, 1));
  request.set_points(points);
  request.set_allow_negative(step.command.Option("negative") == "yes");
  PISTIS_RETURN_IF_ERROR(SetExpire(step, request));
  return Post(step, request);
}

absl::StatusOr<Wording> Transfer(const LedgerStep& step) {
  auto request = Begin<v1::TransferPointsRequest>(step);
  request.set_from_member_id(Word(step.command, 0));
  request.set_to_member_id(Word(step.command, 1));
  PISTIS_ASSIGN_OR_RETURN(const int64_t points, Count(step.command, 2));
  request.set_points(points);
  return Post(step, request);
}

absl::StatusOr<Wording> MakeHold(const LedgerStep& step) {
  auto request = Begin<v1::HoldPointsRequest>(step);
  request.set_hold_id(Word(step.command, 0));
  request.set_member_id(Word(step.command, 1));
  PISTIS_ASSIGN_OR_RETURN(const int64_t points, Count(step.command, 2));
  request.set_points(points);
  PISTIS_RETURN_IF_ERROR(SetExpire(step, request));
  return Post(step, request);
}

absl::StatusOr<Wording> Capture(const LedgerStep& step) {
  auto request = Begin<v1::CaptureHoldRequest>(step);
  request.set_hold_id(Word(step.command, 0));
  if (step.command.words.size() > 1) {
    PISTIS_ASSIGN_OR_RETURN(const int64_t points, Count(step.command, 1));
    request.set_points(points);
  }
  return Post(step, request);
}

absl::StatusOr<Wording> Release(const LedgerStep& step) {
  auto request = Begin<v1::ReleaseHoldRequest>(step);
  request.set_hold_id(Word(step.command, 0));
  return Post(step, request);
}

absl::StatusOr<Wording> Reverse(const LedgerStep& step) {
  auto request = Begin<v1::ReverseEntryRequest>(step);
  request.set_member_id(Word(step.command, 0));
  PISTIS_ASSIGN_OR_RETURN(const int64_t number, Count(step.command, 1));
  request.set_entry_number(number);
  return Post(step, request);
}

using Handler = absl::StatusOr<Wording> (*)(const LedgerStep&);
constexpr std::pair<absl::string_view, Handler> kHandlers[] = {
    {"earn", Earn},         {"redeem", Redeem},   {"adjust", Adjust},
    {"transfer", Transfer}, {"hold", MakeHold},   {"capture", Capture},
    {"release", Release},   {"reverse", Reverse},
};

}  // namespace

bool IsLedgerStep(const Command& command) {
  for (const auto& [name, handler] : kHandlers) {
    if (command.name == name) return true;
  }
  return false;
}

absl::StatusOr<Wording> RunLedgerStep(const LedgerStep& step) {
  for (const auto& [name, handler] : kHandlers) {
    if (step.command.name == name) return handler(step);
  }
  return absl::InvalidArgumentError(step.command.name);
}

}  // namespace pistis::golden
