// `pistis member export` and `pistis member erase`.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/json_object.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct ExportArguments {
  v1::ExportMemberRequest request;
  // Empty: standard output.
  std::string out;
};

struct EraseArguments {
  v1::EraseMemberRequest request;
  bool yes = false;
};

// {"kind":"order","id":"o-1","json":{...}}
std::string LineOf(const v1::ExportMemberResponse& part) {
  std::string head =
      JsonObject().Add("kind", part.kind()).Add("id", part.id()).Text();
  head.pop_back();
  return absl::StrCat(head, ",\"json\":", part.json(), "}\n");
}

absl::Status ExportTo(std::ostream& out, const v1::ExportMemberRequest& request,
                      Session& session) {
  return session.client().ExportMember(
      request, [&](const v1::ExportMemberResponse& part) {
        out << LineOf(part);
        return out.good() ? Visit::kContinue : Visit::kStop;
      });
}

absl::Status Export(Session& session, const ExportArguments& arguments) {
  v1::ExportMemberRequest request = arguments.request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  if (arguments.out.empty()) return ExportTo(std::cout, request, session);
  std::ofstream file(arguments.out, std::ios::binary);
  absl::Status exported = ExportTo(file, request, session);
  file.close();
  if (exported.ok() && !file) {
    exported = UsageError(absl::StrCat(arguments.out, " cannot be written to"));
  }
  // A part of it would look like the whole.
  if (!exported.ok()) std::remove(arguments.out.c_str());
  return exported;
}

absl::Status Confirm(const std::string& member) {
  std::cerr << "There is no way back. Type the member's id to erase them: "
            << std::flush;
  std::string typed;
  std::getline(std::cin, typed);
  if (typed == member) return absl::OkStatus();
  return UsageError("nobody was erased: that is not the member's id");
}

absl::Status Erase(Session& session, const EraseArguments& arguments) {
  v1::EraseMemberRequest request = arguments.request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  if (!arguments.yes) {
    PISTIS_RETURN_IF_ERROR(Confirm(request.member_id()));
  }
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
  PISTIS_ASSIGN_OR_RETURN(const v1::EraseMemberResponse reply,
                          session.client().EraseMember(request));
  if (session.json()) {
    session.PrintJson(reply);
  } else {
    session.Print(absl::StrCat("member ", reply.member_id(), " is erased; ",
                               reply.points_forfeited(),
                               " points were forfeited\n"));
  }
  return absl::OkStatus();
}

}  // namespace

void AddPersonalDataCommands(CLI::App* members, CommandLine& line) {
  const auto exported = std::make_shared<ExportArguments>();
  CLI::App* all = members->add_subcommand(
      "export", "All that is stored of a member, as lines of JSON");
  all->add_option("member", *exported->request.mutable_member_id(),
                  "The member's id")
      ->required();
  all->add_option("--out", exported->out,
                  "The file to write; standard output where it is left out");
  all->callback([&line, exported] {
    line.chosen = [exported](Session& session) {
      return Export(session, *exported);
    };
  });

  const auto erased = std::make_shared<EraseArguments>();
  CLI::App* erase = members->add_subcommand(
      "erase", "Forget who a member is; the ledger stays whole");
  erase
      ->add_option("member", *erased->request.mutable_member_id(),
                   "The member's id")
      ->required();
  erase->add_flag("--yes", erased->yes, "Ask nothing");
  AddRequestIdOption(erase, *erased->request.mutable_request_id());
  erase->callback([&line, erased] {
    line.chosen = [erased](Session& session) {
      return Erase(session, *erased);
    };
  });
}

}  // namespace pistis
