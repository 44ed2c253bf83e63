#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/order_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// What the commands take; each uses what concerns it.
struct ReservationArguments {
  std::string path;
  std::string reservation_id;
  std::string duration;
  std::string until;
};

using Act = absl::Status (*)(Session&, const ProgramFacts&,
                             const ReservationArguments&);

template <typename Reply>
absl::Status PrintReply(Session& session, const Reply& reply,
                        const ProgramFacts& facts) {
  if (session.json()) {
    session.PrintJson(reply);
  } else {
    session.Print(ReservationText(reply, facts));
  }
  return absl::OkStatus();
}

absl::Status Hold(Session& session, const ProgramFacts& facts,
                  const ReservationArguments& arguments) {
  v1::HoldOrderRequest request;
  request.set_program_id(facts.program_id);
  request.set_reservation_id(arguments.reservation_id.empty()
                                 ? NewRequestId()
                                 : arguments.reservation_id);
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(), ReadOrder(arguments.path));
  const RetryId retry{"--reservation", arguments.reservation_id};
  if (!arguments.duration.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_expire_time(),
        RepeatableTime("--for", absl::StrCat("+", arguments.duration), retry,
                       facts));
  } else if (!arguments.until.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_expire_time(),
        RepeatableTime("--until", arguments.until, retry, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::HoldOrderResponse reply,
                          session.client().HoldOrder(request));
  return PrintReply(session, reply, facts);
}

absl::Status Cancel(Session& session, const ProgramFacts& facts,
                    const ReservationArguments& arguments) {
  v1::CancelReservationRequest request;
  request.set_program_id(facts.program_id);
  request.set_reservation_id(arguments.reservation_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::CancelReservationResponse reply,
                          session.client().CancelReservation(request));
  return PrintReply(session, reply, facts);
}

absl::Status Show(Session& session, const ProgramFacts& facts,
                  const ReservationArguments& arguments) {
  v1::GetReservationRequest request;
  request.set_program_id(facts.program_id);
  request.set_reservation_id(arguments.reservation_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::HeldOrder held,
                          session.client().GetReservation(request));
  return PrintReply(session, held, facts);
}

}  // namespace

void AddReservationCommands(CLI::App* orders, CommandLine& line) {
  const auto arguments = std::make_shared<ReservationArguments>();
  CLI::App* hold = orders->add_subcommand(
      "hold", "Set aside what an order gets, until it is committed");
  hold->add_option("file", arguments->path,
                   "An order in protobuf JSON; - for standard input")
      ->required();
  hold->add_option("--reservation", arguments->reservation_id,
                   "The reservation's id: held once, however often this is run "
                   "with it");
  CLI::Option* lasts = hold->add_option(
      "--for", arguments->duration,
      "How long: 90s, 15m (where neither is given), 2h, 3d; at most 31d");
  hold->add_option("--until", arguments->until, "Until when")->excludes(lasts);
  ChooseWithFacts(hold, line, arguments, Hold);
  CLI::App* cancel = orders->add_subcommand(
      "cancel", "Give back what a reservation has set aside");
  CLI::App* show = orders->add_subcommand("reservation", "Show a reservation");
  for (CLI::App* command : {cancel, show}) {
    command
        ->add_option("reservation,--reservation", arguments->reservation_id,
                     "The reservation")
        ->required();
  }
  ChooseWithFacts(cancel, line, arguments, Cancel);
  ChooseWithFacts(show, line, arguments, Show);
}

}  // namespace pistis
