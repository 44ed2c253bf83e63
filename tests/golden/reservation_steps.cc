#include "tests/golden/reservation_steps.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/status_macros.h"
#include "engine/operations/reservations.h"
#include "engine/order/order.h"

namespace pistis::golden {
namespace {

std::string Word(const Command& command) {
  return command.words.empty() ? std::string() : command.words[0];
}

// "r1 open until 2026-01-10 10:15".
std::string Head(const v1::Reservation& reservation, const Place& place) {
  const std::string state =
      absl::AsciiStrToLower(v1::Reservation::State_Name(reservation.state()));
  return absl::StrCat(reservation.reservation_id(), " ", state, " until ",
                      TimeText(reservation.expire_time(), place));
}

std::string AccountText(const v1::Account& account) {
  return absl::StrCat(", available ", account.available(), ", held ",
                      account.held());
}

// What the quote says, behind the head.
Wording Behind(std::string head, const v1::Quote& quote, const Place& place) {
  Wording wording = Say(quote, place);
  wording.front() = absl::StrCat(head, ": ", wording.front());
  return wording;
}

Wording SayHeld(const v1::HoldOrderResponse& reply, const Place& place) {
  Wording wording =
      Behind(Head(reply.reservation(), place), reply.quote(), place);
  if (reply.has_account()) {
    absl::StrAppend(&wording.front(), AccountText(reply.account()));
  }
  return wording;
}

Wording SayCancelled(const v1::CancelReservationResponse& reply,
                     const Place& place) {
  std::string text = Head(reply.reservation(), place);
  if (reply.has_account()) absl::StrAppend(&text, AccountText(reply.account()));
  return {std::move(text)};
}

// Sends it, and says what came of it.
template <typename Send, typename SayReply>
Wording Run(const ReservationStep& step, Send send, SayReply say) {
  const Contents before = step.shop.All();
  const auto reply = send();
  if (!reply.ok()) {
    EXPECT_EQ(step.shop.All(), before);
    return {Refusal(reply.status())};
  }
  Wording wording = say(*reply, step.place);
  if (!step.shop.last_one_wrote()) {
    wording.front() = absl::StrCat("the first reply again: ", wording.front());
  }
  return wording;
}

absl::StatusOr<Wording> Reserve(const ReservationStep& step) {
  if (step.command.words.size() < 3) {
    return absl::InvalidArgumentError("reserve RESERVATION ORDER WHO LINES");
  }
  v1::HoldOrderRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_reservation_id(step.command.words[0]);
  Command order = step.command;
  std::erase_if(order.options,
                [](const auto& option) { return option.first == "until"; });
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(),
                          OrderFrom(order, 2, step.place, step.codes));
  request.mutable_order()->set_order_id(step.command.words[1]);
  if (const std::string until = step.command.Option("until"); !until.empty()) {
    PISTIS_ASSIGN_OR_RETURN(const absl::Time expire,
                            ParseTraceTime(until, step.place));
    *request.mutable_expire_time() = ToTimestamp(expire);
  }
  return Run(
      step, [&] { return step.shop.Hold(request); }, SayHeld);
}

absl::StatusOr<Wording> Commit(const ReservationStep& step) {
  const std::string id = step.command.Option("reservation");
  const auto say = [&](const v1::CommitOrderResponse& reply,
                       const Place& place) {
    v1::GetReservationRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_reservation_id(id);
    const auto held = step.shop.Ask(GetReservation, request);
    EXPECT_TRUE(held.ok()) << held.status();
    for (const v1::IssuedCode& code : reply.issued_codes()) {
      step.codes[absl::StrCat(held->reservation().order_id(), "/",
                              code.template_id())] = code.code();
    }
    return Say(reply, place);
  };
  return Run(
      step, [&] { return step.shop.Commit(CommitRequest(id)); }, say);
}

absl::StatusOr<Wording> Cancel(const ReservationStep& step) {
  return Run(
      step, [&] { return step.shop.Cancel(CancelRequest(Word(step.command))); },
      SayCancelled);
}

absl::StatusOr<Wording> Show(const ReservationStep& step) {
  v1::GetReservationRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_reservation_id(Word(step.command));
  const auto held = step.shop.Ask(GetReservation, request);
  if (!held.ok()) return Wording{Refusal(held.status())};
  return Behind(Head(held->reservation(), step.place), held->quote(),
                step.place);
}

}  // namespace

bool IsReservationStep(const Command& command) {
  return command.name == "reserve" || command.name == "cancel" ||
         command.name == "reservation" ||
         (command.name == "commit" && !command.Option("reservation").empty());
}

absl::StatusOr<Wording> RunReservationStep(const ReservationStep& step) {
  if (step.command.name == "reserve") return Reserve(step);
  if (step.command.name == "cancel") return Cancel(step);
  if (step.command.name == "commit") return Commit(step);
  return Show(step);
}

std::string SayReservationEvent(const v1::Event& event, const Place& place) {
  if (event.has_order_held()) {
    const v1::OrderHeld& held = event.order_held();
    return absl::StrCat(held.reservation_id(), " holds ", held.order_id(),
                        ", discount ", Amount(held.discount_minor(), place),
                        ", points ", held.points_held(), ", until ",
                        TimeText(held.expire_time(), place));
  }
  if (event.has_reservation_ended()) {
    const v1::ReservationEnded& ended = event.reservation_ended();
    return absl::StrCat(ended.reservation_id(), " of ", ended.order_id(),
                        ended.expired() ? " expired" : " cancelled");
  }
  return "";
}

}  // namespace pistis::golden
