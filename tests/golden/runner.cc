#include "tests/golden/runner.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "clients/cli/trace_text.h"
#include "engine/base/status_macros.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/note_queries.h"
#include "engine/operations/queries.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/memory/memory_store.h"
#include "tests/golden/activity_steps.h"
#include "tests/golden/care_steps.h"
#include "tests/golden/code_steps.h"
#include "tests/golden/command.h"
#include "tests/golden/ledger_steps.h"
#include "tests/golden/reservation_steps.h"
#include "tests/golden/rulebook_steps.h"
#include "tests/golden/wording.h"

namespace pistis::golden {
namespace {

class Runner {
 public:
  Runner() {
    EXPECT_TRUE(absl::LoadTimeZone("Europe/Athens", &place_.zone));
    clock_.Set(absl::FromCivil(absl::CivilDay(2026, 1, 1), place_.zone));
  }

  absl::Status Run(const RulebookText& rulebook) {
    PISTIS_RETURN_IF_ERROR(OpenProgram());
    return PublishText(rulebook, place_, ++published_, shop_);
  }

  // What comes of the step.
  absl::StatusOr<Wording> Run(const Step& step) {
    if (!step.time.empty()) {
      PISTIS_ASSIGN_OR_RETURN(const absl::Time now,
                              ParseTraceTime(step.time, place_));
      if (now < clock_.Now()) {
        return absl::InvalidArgumentError("time runs back");
      }
      clock_.Set(now);
    }
    PISTIS_ASSIGN_OR_RETURN(const Command command, ParseCommand(step.command));
    if (command.name.empty()) return Wording();
    if (command.name == "shop") return Place(command);
    PISTIS_RETURN_IF_ERROR(OpenProgram());
    return Do(command);
  }

  void CheckAll() const {
    EXPECT_EQ(Audit(shop_, ProgramId(kProgram)), std::vector<std::string>());
  }

 private:
  // "shop JPY Asia/Tokyo", before everything else.
  absl::StatusOr<Wording> Place(const Command& command) {
    if (opened_ || command.words.size() != 2) {
      return absl::InvalidArgumentError("shop CURRENCY ZONE comes first");
    }
    const std::optional<Currency> currency = FindCurrency(command.words[0]);
    if (!currency || !absl::LoadTimeZone(command.words[1], &place_.zone)) {
      return absl::InvalidArgumentError("no such currency or zone");
    }
    place_.currency = *currency;
    clock_.Set(absl::FromCivil(absl::CivilDay(2026, 1, 1), place_.zone));
    return Wording();
  }

  absl::Status OpenProgram() {
    if (std::exchange(opened_, true)) return absl::OkStatus();
    v1::CreateProgramRequest request;
    request.set_request_id("open");
    v1::Program& program = *request.mutable_program();
    program.set_program_id(std::string(kProgram));
    program.set_currency(place_.currency.code);
    program.set_time_zone(place_.zone.name());
    return shop_.Open(request).status();
  }

  absl::StatusOr<Wording> Do(const Command& command) {
    if (IsLedgerStep(command)) {
      return RunLedgerStep({command, place_, shop_, ++ledger_steps_});
    }
    if (IsActivityStep(command)) {
      return RunActivityStep(command, place_, shop_);
    }
    if (IsCareStep(command)) {
      return RunCareStep({command, place_, shop_, codes_});
    }
    if (IsCodeStep(command)) {
      return RunCodeStep({command, place_, shop_, codes_});
    }
    if (IsReservationStep(command)) {
      return RunReservationStep({command, place_, shop_, codes_});
    }
    if (IsRulebookStep(command)) {
      return RunRulebookStep(command, place_, shop_);
    }
    using Handler = absl::StatusOr<Wording> (Runner::*)(const Command&);
    static constexpr std::pair<absl::string_view, Handler> kHandlers[] = {
        {"member", &Runner::Enrol},        {"lookup", &Runner::Lookup},
        {"quote", &Runner::Quote},         {"explain", &Runner::Explain},
        {"commit", &Runner::Commit},       {"refund", &Runner::Refund},
        {"order", &Runner::ShowOrder},     {"account", &Runner::ShowAccount},
        {"entries", &Runner::ShowEntries}, {"stats", &Runner::ShowStats},
        {"events", &Runner::ShowEvents},   {"notes", &Runner::ShowNotes},
        {"expire", &Runner::Expire},       {"lots", &Runner::ShowLots},
        {"show", &Runner::ShowHold},       {"standing", &Runner::ShowMember},
        {"update", &Runner::Update},       {"members", &Runner::ListAll},
    };
    for (const auto& [name, handler] : kHandlers) {
      if (command.name == name) return (this->*handler)(command);
    }
    return absl::InvalidArgumentError(
        absl::StrCat("no command: ", command.name));
  }

  absl::StatusOr<Wording> Enrol(const Command& command) {
    PISTIS_ASSIGN_OR_RETURN(v1::CreateMemberRequest request,
                            MemberFrom(command, place_));
    FillInReferral(request, shop_);
    const Contents before = shop_.AllButRequests();
    const auto reply = shop_.Enrol(request);
    if (!reply.ok()) {
      EXPECT_EQ(shop_.AllButRequests(), before);
    }
    return SayWritten(reply);
  }

  absl::StatusOr<Wording> Commit(const Command& command) {
    if (command.words.empty()) {
      return absl::InvalidArgumentError("commit ORDER WHO LINES");
    }
    v1::CommitOrderRequest request;
    request.set_program_id(std::string(kProgram));
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(),
                            OrderFrom(command, 1, place_, codes_));
    request.mutable_order()->set_order_id(command.words[0]);
    const Contents before = shop_.All();
    const auto reply = shop_.Commit(request);
    if (!reply.ok()) {
      EXPECT_EQ(shop_.All(), before);
      return Wording{Refusal(reply.status())};
    }
    for (const v1::IssuedCode& code : reply->issued_codes()) {
      codes_[absl::StrCat(command.words[0], "/", code.template_id())] =
          code.code();
    }
    return SayWritten(reply);
  }

  absl::StatusOr<Wording> Refund(const Command& command) {
    PISTIS_ASSIGN_OR_RETURN(const v1::RefundOrderRequest request,
                            RefundFrom(command, place_));
    const Contents before = shop_.All();
    const auto reply = shop_.Refund(request);
    if (!reply.ok()) {
      EXPECT_EQ(shop_.All(), before);
    }
    return SayWritten(reply);
  }

  absl::StatusOr<Wording> Quote(const Command& command) {
    v1::QuoteOrderRequest request;
    request.set_program_id(std::string(kProgram));
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(),
                            OrderFrom(command, 0, place_, codes_));
    return SayReply(shop_.Ask(QuoteOrder, request));
  }

  // "explain o1" of a committed order, "explain WHO LINES" of a quote.
  absl::StatusOr<Wording> Explain(const Command& command) {
    absl::StatusOr<v1::Quote> quote;
    if (command.words.size() == 1) {
      v1::ExplainOrderRequest request;
      request.set_program_id(std::string(kProgram));
      request.set_order_id(command.words[0]);
      quote = shop_.Ask(ExplainOrder, request);
    } else {
      v1::QuoteOrderRequest request;
      request.set_program_id(std::string(kProgram));
      request.set_explain(true);
      PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(),
                              OrderFrom(command, 0, place_, codes_));
      quote = shop_.Ask(QuoteOrder, request);
    }
    if (!quote.ok()) return Wording{Refusal(quote.status())};
    return TraceLines(quote->trace(), {.program_id = std::string(kProgram),
                                       .currency = place_.currency,
                                       .zone = place_.zone});
  }

  absl::StatusOr<Wording> Lookup(const Command& command) {
    v1::LookupMemberRequest request;
    request.set_program_id(std::string(kProgram));
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_identifier(),
                            ParseIdentifier(OnlyWord(command)));
    return SayReply(shop_.Ask(LookupMember, request));
  }

  absl::StatusOr<Wording> Update(const Command& command) {
    PISTIS_ASSIGN_OR_RETURN(v1::UpdateMemberRequest request,
                            UpdateFrom(command));
    if (request.request_id().empty()) {
      request.set_request_id(absl::StrCat("update-", ++updates_));
    }
    const Contents before = shop_.AllButRequests();
    const auto reply = shop_.Update(request);
    if (!reply.ok()) {
      EXPECT_EQ(shop_.AllButRequests(), before);
    }
    return SayWritten(reply);
  }

  // In pages of two.
  absl::StatusOr<Wording> ListAll(const Command& /*command*/) {
    v1::ListMembersRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_page_size(2);
    Wording wording;
    do {
      const auto page = shop_.Ask(ListMembers, request);
      if (!page.ok()) return Wording{Refusal(page.status())};
      for (const v1::Member& member : page->members())
        wording.push_back(Say(member, place_).front());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return wording;
  }

  absl::StatusOr<Wording> ShowMember(const Command& command) {
    v1::GetMemberRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_member_id(OnlyWord(command));
    return SayReply(shop_.Ask(GetMember, request));
  }

  absl::StatusOr<Wording> ShowOrder(const Command& command) {
    v1::GetOrderRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_order_id(OnlyWord(command));
    return SayReply(shop_.Ask(GetOrder, request));
  }

  absl::StatusOr<Wording> ShowAccount(const Command& command) {
    v1::GetAccountRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_member_id(OnlyWord(command));
    return SayReply(shop_.Ask(GetAccount, request));
  }

  absl::StatusOr<Wording> ShowEntries(const Command& command) {
    v1::ListEntriesRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_member_id(command.words.empty() ? "" : command.words[0]);
    request.set_order_id(command.Option("order"));
    const auto page = shop_.Ask(ListEntries, request);
    if (!page.ok()) return Wording{Refusal(page.status())};
    Wording wording;
    for (const v1::LedgerEntry& entry : page->entries()) {
      wording.push_back(Say(entry, place_).front());
    }
    if (wording.empty()) wording.emplace_back("none");
    return wording;
  }

  absl::StatusOr<Wording> ShowLots(const Command& command) {
    v1::ListLotsRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_member_id(OnlyWord(command));
    return SayReply(shop_.Ask(ListLots, request));
  }

  absl::StatusOr<Wording> ShowHold(const Command& command) {
    v1::GetHoldRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_hold_id(OnlyWord(command));
    return SayReply(shop_.Ask(GetHold, request));
  }

  absl::StatusOr<Wording> ShowStats(const Command& /*command*/) {
    v1::GetProgramStatsRequest request;
    request.set_program_id(std::string(kProgram));
    return SayReply(shop_.Ask(GetProgramStats, request));
  }

  absl::StatusOr<Wording> ShowEvents(const Command& /*command*/) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<v1::Event> events,
                            NewEvents(events_cursor_));
    Wording wording;
    for (const v1::Event& event : events) {
      wording.push_back(Say(event, place_).front());
    }
    if (wording.empty()) wording.emplace_back("none");
    return wording;
  }

  absl::StatusOr<Wording> ListNotesOf(const Command& command) {
    v1::ListNotesRequest request;
    request.set_program_id(std::string(kProgram));
    request.set_member_id(OnlyWord(command));
    request.set_page_size(2);
    Wording wording;
    do {
      const auto page = shop_.Ask(ListNotes, request);
      if (!page.ok()) return Wording{Refusal(page.status())};
      for (const v1::Note& note : page->notes())
        wording.push_back(SayNote(note, place_));
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    if (wording.empty()) wording.emplace_back("none");
    return wording;
  }

  absl::StatusOr<Wording> ShowNotes(const Command& command) {
    if (!command.words.empty()) return ListNotesOf(command);
    PISTIS_ASSIGN_OR_RETURN(const std::vector<v1::Event> events,
                            NewEvents(notes_cursor_));
    Wording wording;
    for (const v1::Event& event : events) {
      if (event.has_note_requested()) wording.push_back(SayNote(event));
    }
    if (wording.empty()) wording.emplace_back("none");
    return wording;
  }

  absl::StatusOr<Wording> Expire(const Command& /*command*/) {
    std::string cursor;
    PISTIS_RETURN_IF_ERROR(NewEvents(cursor).status());
    PISTIS_RETURN_IF_ERROR(shop_.ExpireAll(ProgramId(kProgram)));
    PISTIS_ASSIGN_OR_RETURN(const std::vector<v1::Event> events,
                            NewEvents(cursor));
    Wording wording;
    for (const v1::Event& event : events) {
      wording.push_back(Say(event, place_).front());
    }
    if (wording.empty()) wording.emplace_back("nothing due");
    return wording;
  }

  // The events after `cursor`, which moves behind them.
  absl::StatusOr<std::vector<v1::Event>> NewEvents(std::string& cursor) {
    PISTIS_ASSIGN_OR_RETURN(std::vector<v1::Event> events,
                            shop_.Events(ProgramId(kProgram), cursor));
    if (!events.empty()) cursor = events.back().cursor();
    return events;
  }

  static std::string OnlyWord(const Command& command) {
    return command.words.size() == 1 ? command.words[0] : std::string();
  }

  template <typename Reply>
  Wording SayReply(const absl::StatusOr<Reply>& reply) const {
    if (!reply.ok()) return {Refusal(reply.status())};
    return Say(*reply, place_);
  }

  template <typename Reply>
  Wording SayWritten(const absl::StatusOr<Reply>& reply) const {
    Wording wording = SayReply(reply);
    if (reply.ok() && !shop_.last_one_wrote()) {
      wording = {absl::StrCat("the first reply again: ", wording.front())};
    }
    return wording;
  }

  golden::Place place_;
  MemoryStore store_;
  FakeClock clock_{absl::UnixEpoch()};
  TestShop shop_{store_, clock_};
  bool opened_ = false;
  int published_ = 0;
  int ledger_steps_ = 0;
  int updates_ = 0;
  IssuedCodes codes_;
  std::string events_cursor_;
  std::string notes_cursor_;
};

}  // namespace

absl::StatusOr<Trace> RunTrace(Trace trace) {
  Runner runner;
  for (Part& part : trace.parts) {
    if (const auto* rulebook = std::get_if<RulebookText>(&part)) {
      PISTIS_RETURN_IF_ERROR(runner.Run(*rulebook));
    }
    auto* step = std::get_if<Step>(&part);
    if (step == nullptr) continue;
    SCOPED_TRACE(absl::StrCat("line ", step->line, ": ", step->command));
    absl::StatusOr<Wording> outcome = runner.Run(*step);
    if (!outcome.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", step->line, ": ", outcome.status().message()));
    }
    step->outcome = *std::move(outcome);
  }
  runner.CheckAll();
  return trace;
}

}  // namespace pistis::golden
