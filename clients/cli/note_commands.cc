// `pistis note`.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "pistis/v1/note_service.pb.h"

#include "clients/cli/card.h"
#include "clients/cli/commands.h"
#include "clients/cli/files.h"
#include "clients/cli/table.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr int kPageSize = 1000;

struct ListArguments {
  std::string member;
  std::string state;
};

struct CardArguments {
  std::string note;
  std::string file;
};

struct PreviewArguments {
  v1::PreviewNoteRequest request;
  std::vector<std::string> values;
};

std::string StateText(const v1::Note& note) {
  if (note.state() == v1::Note::REQUESTED) return "to send";
  return note.state() == v1::Note::DEFERRED ? "waits" : "held back";
}

std::string About(const v1::Note& note) {
  if (!note.case_id().empty()) return absl::StrCat("case ", note.case_id());
  if (!note.order_id().empty()) return absl::StrCat("order ", note.order_id());
  return absl::StrCat("occasion ", note.occasion());
}

absl::StatusOr<v1::Note::State> StateOf(const std::string& text) {
  if (text.empty()) return v1::Note::STATE_UNSPECIFIED;
  if (text == "to-send") return v1::Note::REQUESTED;
  if (text == "waits") return v1::Note::DEFERRED;
  if (text == "held-back") return v1::Note::HELD_BACK;
  return UsageError("--state is to-send, waits or held-back");
}

absl::Status List(Session& session, const ListArguments& arguments) {
  v1::ListNotesRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const v1::Note::State state,
                          StateOf(arguments.state));
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  request.set_member_id(arguments.member);
  request.set_state(state);
  request.set_page_size(kPageSize);
  Table table({{"asked for", Table::Align::kLeft},
               {"member", Table::Align::kLeft},
               {"note", Table::Align::kLeft},
               {"by", Table::Align::kLeft},
               {"about", Table::Align::kLeft},
               {"state", Table::Align::kLeft},
               {"at", Table::Align::kLeft},
               {"why", Table::Align::kLeft},
               {"id", Table::Align::kLeft}});
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListNotesResponse page,
                            session.client().ListNotes(request));
    for (const v1::Note& note : page.notes()) {
      if (session.json()) {
        session.PrintJson(note);
        continue;
      }
      table.AddRow(
          {facts.TimeText(note.asked_time()), note.member_id(),
           note.template_id(), note.channel(), About(note), StateText(note),
           note.has_send_time() ? facts.TimeText(note.send_time()) : "",
           note.reason(), note.note_id()});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

void AddText(const v1::RenderedNote& text, Table& table) {
  table.AddRow({"language", text.language()});
  if (text.sms_parts() > 0) {
    table.AddRow({"messages", absl::StrCat(text.sms_parts())});
  }
  if (!text.subject().empty()) table.AddRow({"subject", text.subject()});
  const auto add_lines = [&](std::string title, const std::string& lines) {
    for (const absl::string_view line : absl::StrSplit(lines, '\n')) {
      table.AddRow({std::move(title), std::string(line)});
      title.clear();
    }
  };
  add_lines("text", text.text());
  if (!text.html().empty()) add_lines("html", text.html());
  for (const std::string& warning : text.warnings())
    table.AddRow({"beware", warning});
}

absl::StatusOr<v1::Note> Load(Session& session, const std::string& id) {
  v1::GetNoteRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_note_id(id);
  return session.client().GetNote(request);
}

absl::Status Show(Session& session, const std::string& id) {
  PISTIS_ASSIGN_OR_RETURN(const v1::Note note, Load(session, id));
  if (session.json()) {
    session.PrintJson(note);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const std::string program, session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program));
  Table table({{"", Table::Align::kLeft}, {"", Table::Align::kLeft}});
  table.AddRow({"note", note.note_id()});
  table.AddRow({"member", note.member_id()});
  table.AddRow({"template", absl::StrCat(note.template_id(), ", ", note.kind(),
                                         ", by ", note.channel())});
  table.AddRow({"about", About(note)});
  table.AddRow({"asked for", facts.TimeText(note.asked_time())});
  const std::string at =
      note.has_send_time()
          ? absl::StrCat(", ", facts.TimeText(note.send_time()))
          : "";
  const std::string why =
      note.reason().empty() ? "" : absl::StrCat(", ", note.reason());
  table.AddRow({"state", absl::StrCat(StateText(note), at, why)});
  AddText(note.text(), table);
  session.Print(table.Text());
  return absl::OkStatus();
}

absl::Status Preview(Session& session, PreviewArguments arguments) {
  v1::PreviewNoteRequest& request = arguments.request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  for (const std::string& text : arguments.values) {
    const std::vector<std::string> parts =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (parts.size() != 2 || parts[0].empty()) {
      return UsageError(absl::StrCat(
          "--value wants NAME=VALUE, such as name=Ann, not ", text));
    }
    (*request.mutable_values())[parts[0]] = parts[1];
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::RenderedNote note,
                          session.client().PreviewNote(request));
  if (session.json()) {
    session.PrintJson(note);
    return absl::OkStatus();
  }
  Table table({{"", Table::Align::kLeft}, {"", Table::Align::kLeft}});
  table.AddRow({"channel", note.channel()});
  AddText(note, table);
  session.Print(table.Text());
  return absl::OkStatus();
}

// " U+1F600 U+4E2D".
std::string CodePoints(const std::set<char32_t>& letters) {
  std::string text;
  for (const char32_t letter : letters)
    absl::StrAppendFormat(&text, " U+%04X", static_cast<uint32_t>(letter));
  return text;
}

absl::Status PrintCard(Session& session, const CardArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(const v1::Note note, Load(session, arguments.note));
  const v1::RenderedNote& text = note.text();
  PISTIS_ASSIGN_OR_RETURN(
      const PrintedCard card,
      CardPdf({.language = text.language(),
               .heading = text.subject(),
               .text = text.text(),
               .code = text.code(),
               .time = absl::FromUnixSeconds(note.asked_time().seconds())}));
  if (!card.missing.empty()) {
    std::fputs(
        absl::StrCat("no font here has these letters, so boxes stand in their "
                     "place:",
                     CodePoints(card.missing),
                     "; install fonts that do, such as fonts-noto\n")
            .c_str(),
        stderr);
  }
  if (arguments.file == "-") {
    session.Print(card.pdf);
    return absl::OkStatus();
  }
  return WriteFile(arguments.file, card.pdf);
}

void AddPreview(CLI::App* group, CommandLine& line) {
  const auto arguments = std::make_shared<PreviewArguments>();
  CLI::App* preview = group->add_subcommand(
      "preview", "What a note of a template would say; nothing is sent");
  v1::PreviewNoteRequest& request = arguments->request;
  preview
      ->add_option("template", *request.mutable_template_id(),
                   "The template, of the rulebook in force")
      ->required();
  preview->add_option("--member", *request.mutable_member_id(),
                      "Whose name and language it takes; else an example's");
  preview->add_option("--language", *request.mutable_language(),
                      "Instead of the member's");
  preview
      ->add_option("--value", arguments->values,
                   "What stands for a placeholder, such as name=Ann; "
                   "repeatable")
      ->allow_extra_args(false);
  preview->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Preview(session, *arguments);
    };
  });
}

}  // namespace

void AddNoteCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand(
      "note", "What members are told, and what was held back");
  group->require_subcommand(1);
  const auto list_arguments = std::make_shared<ListArguments>();
  CLI::App* list =
      group->add_subcommand("list", "Notes, and what became of them");
  list->add_option("--member", list_arguments->member, "Those of this member");
  list->add_option("--state", list_arguments->state,
                   "Those that are: to-send, waits or held-back");
  list->callback([&line, list_arguments] {
    line.chosen = [list_arguments](Session& session) {
      return List(session, *list_arguments);
    };
  });
  const auto shown = std::make_shared<std::string>();
  CLI::App* show = group->add_subcommand("show", "A note with its text");
  show->add_option("note", *shown, "The note's id")->required();
  show->callback([&line, shown] {
    line.chosen = [shown](Session& session) { return Show(session, *shown); };
  });
  AddPreview(group, line);
  const auto card_arguments = std::make_shared<CardArguments>();
  CLI::App* card = group->add_subcommand(
      "card", "A card for the parcel: a PDF of A6, the code also as QR");
  card->add_option("note", card_arguments->note, "The note's id")->required();
  card->add_option("file", card_arguments->file,
                   "Where it is written; - is standard output")
      ->required();
  card->callback([&line, card_arguments] {
    line.chosen = [card_arguments](Session& session) {
      return PrintCard(session, *card_arguments);
    };
  });
}

}  // namespace pistis
