#include "tests/golden/wording.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

#include "engine/operations/testing.h"
#include "tests/golden/care_steps.h"
#include "tests/golden/code_steps.h"
#include "tests/golden/reservation_steps.h"

namespace pistis::golden {
namespace {

using Pieces = std::vector<std::string>;

std::string Comma(const Pieces& pieces) {
  return absl::StrJoin(pieces, ", ");
}

// "base 12, welcome 100" where more than one rule gave points.
std::string EarnedText(const v1::Quote& quote) {
  std::string text = absl::StrCat("earn ", quote.points_earned());
  if (quote.earned_size() < 2) return text;
  Pieces rules;
  for (const v1::EarnedPoints& earned : quote.earned()) {
    rules.push_back(absl::StrCat(earned.rule_id(), " ", earned.points()));
  }
  return absl::StrCat(text, " (", Comma(rules), ")");
}

std::string PayText(const v1::Quote& quote, const Place& place) {
  std::string text = absl::StrCat("pay ", Amount(quote.total_minor(), place));
  if (quote.lines_size() < 2) return text;
  Pieces lines;
  for (const v1::LineTotal& line : quote.lines()) {
    lines.push_back(
        absl::StrCat(line.line_id(), " ", Amount(line.total_minor(), place)));
  }
  return absl::StrCat(text, " (", Comma(lines), ")");
}

Pieces MainPieces(const v1::Quote& quote, const Place& place) {
  Pieces pieces = {PayText(quote, place)};
  for (const v1::AppliedDiscount& discount : quote.discounts()) {
    std::string text =
        absl::StrCat(discount.rule_id().empty() ? "code" : discount.rule_id(),
                     " -", Amount(discount.amount_minor(), place));
    if (discount.amount_minor() != discount.requested_minor()) {
      absl::StrAppend(&text, " of ", Amount(discount.requested_minor(), place));
    }
    pieces.push_back(text);
  }
  if (quote.points_redeemed() != 0) {
    pieces.push_back(absl::StrCat("redeem ", quote.points_redeemed(), " = ",
                                  Amount(quote.redeemed_minor(), place)));
  }
  if (quote.points_earned() != 0) pieces.push_back(EarnedText(quote));
  if (quote.tier_points() != 0) {
    pieces.push_back(absl::StrCat("tier points ", quote.tier_points()));
  }
  if (quote.segments_to_join_size() > 0) {
    pieces.push_back(
        absl::StrCat("joins ", absl::StrJoin(quote.segments_to_join(), ", ")));
  }
  if (quote.has_margin()) {
    pieces.push_back(absl::StrCat(
        "margin ", Amount(quote.margin().margin_before_minor(), place),
        quote.margin().margin_minor() == quote.margin().margin_before_minor()
            ? ""
            : absl::StrCat(" to ",
                           Amount(quote.margin().margin_minor(), place))));
  }
  return pieces;
}

void AddCaps(const v1::Quote& quote, const Place& place, Wording& wording) {
  for (const v1::BoundCap& cap : quote.caps()) {
    const bool is_of_points = absl::EndsWith(cap.cap_id(), ".max_points");
    const auto amount = [&](int64_t count) {
      return is_of_points ? absl::StrCat(count) : Amount(count, place);
    };
    wording.push_back(absl::StrCat(
        cap.cap_id(), cap.line_id().empty() ? "" : " on ", cap.line_id(),
        cap.budget_of().empty() ? "" : " of ", cap.budget_of(), " allows ",
        amount(cap.limit_minor()), " of ", amount(cap.requested_minor()),
        cap.granted_minor() == cap.limit_minor()
            ? ""
            : absl::StrCat(", granted ", amount(cap.granted_minor()))));
  }
}

// "ten gives nothing: below minimum".
void AddWithheld(const v1::Quote& quote, Wording& wording) {
  for (const v1::WithheldRule& rule : quote.withheld()) {
    wording.push_back(absl::StrCat(
        rule.code().empty() ? rule.rule_id() : "code " + rule.code(),
        " gives nothing: ",
        absl::StrReplaceAll(
            absl::AsciiStrToLower(v1::WithheldRule::Reason_Name(rule.reason())),
            {{"_", " "}})));
  }
}

std::string KindText(v1::LedgerEntry::Kind kind) {
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(v1::LedgerEntry::Kind_Name(kind)), {{"_", " "}});
}

std::string PlaceText(const v1::LotChange& lot, const Place& place) {
  if (lot.place() == v1::LotChange::HELD) return "held, ";
  if (lot.place() == v1::LotChange::AVAILABLE) return "";
  return absl::StrCat("pending to ", TimeText(lot.release_time(), place), ", ");
}

std::string LotsText(const v1::LedgerEntry& entry, const Place& place) {
  Pieces lots;
  for (const v1::LotChange& lot : entry.lots()) {
    lots.push_back(absl::StrFormat(
        "%+d %s%s%s", lot.points(), PlaceText(lot, place),
        lot.has_expire_time()
            ? absl::StrCat("until ", TimeText(lot.expire_time(), place))
            : "for ever",
        lot.idle() ? " if idle" : ""));
  }
  return Comma(lots);
}

// "-10, held +10": how the member's points moved.
std::string MovesText(const v1::LedgerEntry& entry) {
  std::map<int, int64_t> moved;
  for (const v1::Posting& posting : entry.postings())
    moved[posting.account()] += posting.points();
  std::string text =
      absl::StrFormat("%+d", moved[v1::Posting::MEMBER_AVAILABLE]);
  if (const int64_t pending = moved[v1::Posting::MEMBER_PENDING]) {
    absl::StrAppendFormat(&text, ", pending %+d", pending);
  }
  if (const int64_t held = moved[v1::Posting::MEMBER_HELD]) {
    absl::StrAppendFormat(&text, ", held %+d", held);
  }
  if (const int64_t forgiven = moved[v1::Posting::PROGRAM_FORGIVEN]) {
    absl::StrAppend(&text, ", forgiven ", -forgiven);
  }
  if (entry.deficit_change() != 0) {
    absl::StrAppendFormat(&text, ", owed %+d", entry.deficit_change());
  }
  return text;
}

// What a kind of entry alone has to say.
void AddDetails(const v1::LedgerEntry& entry, Pieces& pieces) {
  if (entry.has_hold()) {
    pieces.push_back(absl::StrCat("hold ", entry.hold().hold_id(),
                                  entry.hold().expired() ? " timed out" : ""));
  }
  if (entry.has_transfer()) {
    pieces.push_back(absl::StrCat(
        entry.kind() == v1::LedgerEntry::TRANSFER_OUT ? "to " : "from ",
        entry.transfer().other_member_id()));
  }
  if (entry.has_reverse()) {
    pieces.push_back(
        absl::StrCat("reverses entry ", entry.reverse().entry_number()));
  }
  if (!entry.reason().empty()) {
    pieces.push_back(absl::StrCat("\"", entry.reason(), "\""));
  }
}

absl::string_view StateName(v1::CommittedOrder::State state) {
  if (state == v1::CommittedOrder::PARTLY_REFUNDED) return "partly refunded";
  return state == v1::CommittedOrder::REFUNDED ? "refunded" : "committed";
}

// Of a code that was issued, used or given back.
std::string CodeText(const v1::Event& event, const Place& place) {
  if (event.has_code_issued()) {
    return absl::StrCat("code ", event.code_issued().template_id(), " ..",
                        event.code_issued().last_symbols(), " issued");
  }
  if (event.has_code_used()) {
    return absl::StrCat("code ", event.code_used().template_id(), " ..",
                        event.code_used().last_symbols(), " used for ",
                        Amount(event.code_used().discount_minor(), place));
  }
  if (event.has_code_returned()) {
    return absl::StrCat("code ", event.code_returned().template_id(), " ..",
                        event.code_returned().last_symbols(), " given back");
  }
  return SayCodeEvent(event);
}

// Of a note that is sent, waits or is held back.
std::string NoteText(const v1::Event& event, const Place& place) {
  if (event.has_note_requested()) {
    return absl::StrCat("note ", event.note_requested().template_id(),
                        " asked for");
  }
  if (event.has_note_deferred()) {
    return absl::StrCat("note ", event.note_deferred().template_id(),
                        " waits until ",
                        TimeText(event.note_deferred().until_time(), place));
  }
  return absl::StrCat("note ", event.note_held_back().template_id(),
                      " held back: ", event.note_held_back().reason());
}

std::string OrderText(const v1::Event& event, const Place& place) {
  if (event.has_order_committed()) {
    return absl::StrCat("order ", event.order_committed().order_id(),
                        " committed, pays ",
                        Amount(event.order_committed().total_minor(), place));
  }
  return absl::StrCat("order ", event.order_refunded().order_id(),
                      " refunded by ", event.order_refunded().refund_id(), ", ",
                      Amount(event.order_refunded().refund_minor(), place));
}

std::string EventText(const v1::Event& event, const Place& place) {
  switch (event.payload_case()) {
    case v1::Event::kProgramCreated:
      return absl::StrCat("program opened in ",
                          event.program_created().currency());
    case v1::Event::kRulebookPublished:
      return absl::StrCat("rulebook ", event.rulebook_published().version(),
                          " published");
    case v1::Event::kMemberJoined:
      return "joined";
    case v1::Event::kMemberErased:
      return "erased";
    case v1::Event::kOrderCommitted:
    case v1::Event::kOrderRefunded:
      return OrderText(event, place);
    case v1::Event::kCodeIssued:
    case v1::Event::kCodeUsed:
    case v1::Event::kCodeReturned:
    case v1::Event::kCodesIssued:
    case v1::Event::kCodeVoided:
      return CodeText(event, place);
    case v1::Event::kPointsExpired:
      return absl::StrCat(event.points_expired().points(), " points expired");
    case v1::Event::kPointsPosted:
      return absl::StrFormat("%s %+d, available %d",
                             KindText(event.points_posted().kind()),
                             event.points_posted().available_change(),
                             event.points_posted().available_after());
    case v1::Event::kBudgetReached:
      return absl::StrCat("budget ", event.budget_reached().budget_id(),
                          " spent to ", event.budget_reached().percent(), " %");
    case v1::Event::kTierChanged:
      return SayTierChange(event.tier_changed(), place);
    case v1::Event::kSegmentEntered:
      return absl::StrCat("enters segment ",
                          event.segment_entered().segment_id());
    case v1::Event::kSegmentLeft:
      return absl::StrCat("leaves segment ", event.segment_left().segment_id());
    case v1::Event::kMemberUpdated:
      return "updated";
    case v1::Event::kOrderHeld:
    case v1::Event::kReservationEnded:
      return SayReservationEvent(event, place);
    case v1::Event::kMemberOccasion:
      return SayOccasion(event.member_occasion());
    case v1::Event::kCostsImported:
      return absl::StrCat(event.costs_imported().costs(), " costs imported");
    case v1::Event::kMemberSuspended:
      return "suspended";
    case v1::Event::kMemberReactivated:
      return "takes part again";
    case v1::Event::kNoteRequested:
    case v1::Event::kNoteDeferred:
    case v1::Event::kNoteHeldBack:
      return NoteText(event, place);
    case v1::Event::kCaseOpened:
    case v1::Event::kRemedyAsked:
    case v1::Event::kRemedyGranted:
    case v1::Event::kRemedyDeclined:
    case v1::Event::kCaseResolved:
    case v1::Event::kCaseFollowedUp:
      return SayCareEvent(event, place);
    case v1::Event::kHeartbeat:
    case v1::Event::PAYLOAD_NOT_SET:
      break;
  }
  return "?";
}

void AddAmount(absl::string_view name, int64_t minor, const Place& place,
               Pieces& pieces) {
  if (minor != 0) {
    pieces.push_back(absl::StrCat(name, " ", Amount(minor, place)));
  }
}

void AddCount(absl::string_view name, int64_t count, Pieces& pieces) {
  if (count != 0) pieces.push_back(absl::StrCat(name, " ", count));
}

}  // namespace

std::string Amount(int64_t minor, const Place& place) {
  return FormatMoney(Money(minor), place.currency);
}

std::string TimeText(const google::protobuf::Timestamp& timestamp,
                     const Place& place) {
  return absl::FormatTime(
      "%Y-%m-%d %H:%M", absl::FromUnixSeconds(timestamp.seconds()), place.zone);
}

std::string Refusal(const absl::Status& status) {
  std::string text = NameOf(status);
  if (absl::StrContains(text, ' ')) return text;
  for (const auto& [key, value] : FactsOf(status)) {
    if (!value.empty()) absl::StrAppend(&text, " ", key, "=", value);
  }
  return text;
}

Wording Say(const v1::Quote& quote, const Place& place) {
  Wording wording = {Comma(MainPieces(quote, place))};
  AddCaps(quote, place, wording);
  AddWithheld(quote, wording);
  for (const std::string& code : quote.codes_to_issue()) {
    wording.push_back(absl::StrCat("would issue ", code));
  }
  for (const std::string& note : quote.notes_to_send()) {
    wording.push_back(absl::StrCat("would ask for note ", note));
  }
  return wording;
}

Wording Say(const v1::CommitOrderResponse& reply, const Place& place) {
  Pieces main = MainPieces(reply.quote(), place);
  if (reply.has_account()) {
    main.push_back(absl::StrCat("available ", reply.account().available()));
    AddCount("pending", reply.account().pending(), main);
    AddCount("held", reply.account().held(), main);
  }
  Wording wording = {Comma(main)};
  AddCaps(reply.quote(), place, wording);
  AddWithheld(reply.quote(), wording);
  for (const v1::IssuedCode& code : reply.issued_codes()) {
    wording.push_back(absl::StrCat(
        "issued ", code.template_id(), " ", code.code(),
        code.has_expire_time()
            ? absl::StrCat(" until ", TimeText(code.expire_time(), place))
            : ""));
  }
  for (const std::string& note : reply.quote().notes_to_send()) {
    wording.push_back(absl::StrCat("asked for note ", note));
  }
  return wording;
}

Wording Say(const v1::RefundOrderResponse& reply, const Place& place) {
  Pieces pieces = {
      absl::StrCat("refund ", Amount(reply.refund_minor(), place))};
  AddCount("clawed back", reply.points_clawed_back(), pieces);
  AddCount("restored", reply.points_restored(), pieces);
  if (reply.has_account()) {
    pieces.push_back(absl::StrCat("available ", reply.account().available()));
    AddCount("pending", reply.account().pending(), pieces);
    AddCount("held", reply.account().held(), pieces);
  }
  if (reply.whole()) pieces.emplace_back("nothing left");
  return {Comma(pieces)};
}

Wording Say(const v1::CommittedOrder& order, const Place& place) {
  Pieces pieces = {
      std::string(StateName(order.state())),
      absl::StrCat("on ", TimeText(order.effective_time(), place)),
      absl::StrCat("rulebook ", order.committed().quote().rulebook_version())};
  AddAmount("gave back", order.refunded_minor(), place, pieces);
  AddCount("clawed back", order.points_clawed_back(), pieces);
  AddCount("restored", order.points_restored(), pieces);
  for (const v1::LineRefund& line : order.refunded_lines()) {
    pieces.push_back(absl::StrCat(line.line_id(), " returned ",
                                  Amount(line.amount_minor(), place)));
  }
  return {Comma(pieces)};
}

Wording Say(const v1::Account& account, const Place& place) {
  Pieces pieces = {absl::StrCat("available ", account.available())};
  AddCount("pending", account.pending(), pieces);
  AddCount("held", account.held(), pieces);
  AddAmount("worth", account.worth_minor(), place, pieces);
  if (account.has_next_expiry_time()) {
    pieces.push_back(absl::StrCat(account.next_expiry_points(), " expire on ",
                                  TimeText(account.next_expiry_time(), place)));
  }
  if (account.has_next_release_time()) {
    pieces.push_back(
        absl::StrCat(account.next_release_points(), " become available on ",
                     TimeText(account.next_release_time(), place)));
  }
  return {Comma(pieces)};
}

Wording Say(const v1::LedgerEntry& entry, const Place& place) {
  Pieces pieces = {absl::StrCat(entry.entry_number(), ". ",
                                TimeText(entry.effective_time(), place), " ",
                                KindText(entry.kind()), " ", MovesText(entry))};
  AddDetails(entry, pieces);
  pieces.push_back(absl::StrCat("available ", entry.available_after()));
  if (entry.lots_size() > 0) {
    pieces.push_back(absl::StrCat("lots ", LotsText(entry, place)));
  }
  return {Comma(pieces)};
}

Wording Say(const v1::Hold& hold, const Place& place) {
  Pieces pieces = {
      absl::StrCat(hold.hold_id(), " ",
                   absl::AsciiStrToLower(v1::Hold::State_Name(hold.state()))),
      absl::StrCat(hold.points(), " points of ", hold.member_id())};
  AddCount("captured", hold.captured_points(), pieces);
  pieces.push_back(absl::StrCat("until ", TimeText(hold.expire_time(), place)));
  return {Comma(pieces)};
}

Wording Say(const v1::ListLotsResponse& lots, const Place& place) {
  Wording wording;
  for (const v1::LotBalance& lot : lots.lots()) {
    wording.push_back(absl::StrCat(
        lot.points(),
        lot.has_expire_time()
            ? absl::StrCat(" until ", TimeText(lot.expire_time(), place))
            : " for ever",
        lot.idle() ? " if idle" : "",
        lot.has_release_time()
            ? absl::StrCat(", pending to ", TimeText(lot.release_time(), place))
            : ""));
  }
  for (const v1::Hold& hold : lots.holds())
    wording.push_back(Say(hold, place).front());
  if (lots.deficit() != 0) {
    wording.push_back(absl::StrCat("owed ", lots.deficit()));
  }
  if (wording.empty()) wording.emplace_back("none");
  return wording;
}

Wording Say(const v1::ProgramStats& stats, const Place& place) {
  Pieces counts = {absl::StrCat("members ", stats.members())};
  AddCount("orders", stats.orders(), counts);
  AddCount("refunds", stats.refunds(), counts);
  AddCount("codes issued", stats.codes_issued(), counts);
  AddCount("codes used", stats.codes_used(), counts);
  AddCount("notes", stats.notes_requested(), counts);
  Pieces money = {absl::StrCat("sales ", Amount(stats.sales_minor(), place))};
  AddAmount("returned", stats.returned_minor(), place, money);
  AddAmount("discounts", stats.discount_minor(), place, money);
  AddAmount("paid by points", stats.redeemed_minor(), place, money);
  AddAmount("margin before", stats.margin_before_minor(), place, money);
  Pieces points = {absl::StrCat("points issued ", stats.points_issued())};
  AddCount("redeemed", stats.points_redeemed(), points);
  AddCount("expired", stats.points_expired(), points);
  AddCount("forgiven", stats.points_forgiven(), points);
  AddCount("adjusted", stats.points_adjusted(), points);
  AddCount("outstanding", stats.points_outstanding(), points);
  AddCount("of them pending", stats.points_pending(), points);
  AddCount("of them held", stats.points_held(), points);
  AddAmount("worth", stats.outstanding_worth_minor(), place, points);
  Wording wording = {Comma(counts), Comma(money), Comma(points)};
  for (const v1::CapCount& cap : stats.caps()) {
    wording.push_back(absl::StrCat(cap.cap_id(), " bound ", cap.orders(),
                                   " times, cut ",
                                   absl::EndsWith(cap.cap_id(), ".max_points")
                                       ? absl::StrCat(cap.trimmed_minor())
                                       : Amount(cap.trimmed_minor(), place)));
  }
  return wording;
}

Wording Say(const v1::Event& event, const Place& place) {
  return {absl::StrCat(TimeText(event.effective_time(), place), " ",
                       event.member_id(), event.member_id().empty() ? "" : ": ",
                       EventText(event, place))};
}

std::string SayNote(const v1::Event& event) {
  const v1::NoteRequested& note = event.note_requested();
  return absl::StrCat(note.channel(), " in ", note.language(), " to ",
                      event.member_id(), ": ", note.text());
}

}  // namespace pistis::golden
