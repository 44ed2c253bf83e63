#include "tests/golden/code_steps.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/status_macros.h"
#include "engine/operations/code_batches.h"
#include "engine/operations/codes.h"
#include "engine/order/order.h"

namespace pistis::golden {
namespace {

constexpr int kPageSize = 2;

absl::Status Usage(const Command& command) {
  return absl::InvalidArgumentError(
      absl::StrCat(command.name, " takes other words; see code_steps.h"));
}

std::string Typed(const CodeStep& step, const std::string& name) {
  const auto issued = step.codes.find(name);
  return issued == step.codes.end() ? name : issued->second;
}

// "gift ..7K3M of ann, used 0 of 1, usable".
std::string CodeText(const v1::Code& code, const Place& place) {
  const std::string state =
      absl::AsciiStrToLower(v1::Code::State_Name(code.state()));
  std::string text = absl::StrCat(
      code.template_id(), code.is_word() ? " word .." : " ..",
      code.last_symbols(),
      code.member_id().empty() ? "" : absl::StrCat(" of ", code.member_id()),
      code.bound_to_member() ? " alone" : "", ", used ", code.used());
  if (code.uses() > 0) absl::StrAppend(&text, " of ", code.uses());
  if (code.has_expire_time()) {
    absl::StrAppend(&text, ", until ", TimeText(code.expire_time(), place));
  }
  absl::StrAppend(&text, ", ", state);
  if (!code.void_reason().empty()) {
    absl::StrAppend(&text, ": ", code.void_reason());
  }
  return text;
}

template <typename Reply, typename Say>
Wording Told(const CodeStep& step, const Contents& before,
             const absl::StatusOr<Reply>& reply, Say say) {
  if (!reply.ok()) {
    EXPECT_EQ(step.shop.AllButRequests(), before);
    return {Refusal(reply.status())};
  }
  return {
      absl::StrCat(step.shop.last_one_wrote() ? "" : "the first reply again: ",
                   say(*reply))};
}

absl::StatusOr<Wording> Issue(const CodeStep& step) {
  const std::vector<std::string>& words = step.command.words;
  if (words.size() < 2) return Usage(step.command);
  v1::IssueCodeRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_request_id(words[0]);
  request.set_template_id(words[1]);
  if (words.size() > 2) request.set_member_id(words[2]);
  if (const std::string time = step.command.Option("expires"); !time.empty()) {
    PISTIS_ASSIGN_OR_RETURN(const absl::Time expire,
                            ParseTraceTime(time, step.place));
    *request.mutable_expire_time() = ToTimestamp(expire);
  }
  const Contents before = step.shop.AllButRequests();
  return Told(step, before, step.shop.Issue(request),
              [&](const v1::IssueCodeResponse& reply) {
                const v1::IssuedCode& code = reply.code();
                step.codes[absl::StrCat(words[0], "/", code.template_id())] =
                    code.code();
                return absl::StrCat("issued ", code.template_id(), " ",
                                    code.code());
              });
}

absl::StatusOr<Wording> Bulk(const CodeStep& step) {
  const std::vector<std::string>& words = step.command.words;
  int64_t count = 0;
  if (words.size() != 3 || !absl::SimpleAtoi(words[2], &count)) {
    return Usage(step.command);
  }
  v1::IssueCodesRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_request_id(words[0]);
  request.set_template_id(words[1]);
  request.set_count(count);
  const Contents before = step.shop.AllButRequests();
  absl::StatusOr<int64_t> issued = 0;
  while (issued.ok() && *issued < count)
    issued = step.shop.IssueNext(request);
  if (!issued.ok())
    return Told(step, before, issued, [](int64_t) { return ""; });
  PISTIS_ASSIGN_OR_RETURN(const IssueCodesInput input,
                          ParseIssueCodes(request));
  PISTIS_ASSIGN_OR_RETURN(
      const v1::IssueCodesResponse codes,
      CodesAfter(step.shop.env(), *step.shop.GetSnapshot(), input, 0));
  Wording wording = {absl::StrCat(codes.done(), " issued")};
  for (int i = 0; i < codes.codes_size(); ++i) {
    step.codes[absl::StrCat(words[0], "/", i + 1)] = codes.codes(i);
    wording.push_back(codes.codes(i));
  }
  return wording;
}

absl::StatusOr<Wording> Void(const CodeStep& step) {
  const std::vector<std::string>& words = step.command.words;
  if (words.size() != 3) return Usage(step.command);
  v1::VoidCodeRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_request_id(words[0]);
  request.set_code(Typed(step, words[1]));
  request.set_reason(words[2]);
  const Contents before = step.shop.AllButRequests();
  return Told(step, before, step.shop.Void(request),
              [&](const v1::Code& code) { return CodeText(code, step.place); });
}

absl::StatusOr<Wording> Show(const CodeStep& step) {
  if (step.command.words.size() != 1) return Usage(step.command);
  v1::GetCodeRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_code(Typed(step, step.command.words[0]));
  const auto code = step.shop.Ask(GetCode, request);
  if (!code.ok()) return Wording{Refusal(code.status())};
  request.clear_code();
  request.set_code_id(code->code_id());
  const auto by_id = step.shop.Ask(GetCode, request);
  EXPECT_TRUE(by_id.ok()) << by_id.status();
  if (by_id.ok()) {
    EXPECT_EQ(by_id->SerializeAsString(), code->SerializeAsString());
  }
  return Wording{CodeText(*code, step.place)};
}

absl::StatusOr<Wording> List(const CodeStep& step) {
  v1::ListCodesRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_template_id(step.command.Option("template"));
  request.set_member_id(step.command.Option("member"));
  request.set_page_size(kPageSize);
  const std::string state = absl::AsciiStrToUpper(step.command.Option("state"));
  v1::Code::State asked = v1::Code::STATE_UNSPECIFIED;
  if (!state.empty() && !v1::Code::State_Parse(state, &asked)) {
    return Usage(step.command);
  }
  request.set_state(asked);
  Wording wording;
  do {
    const auto page = step.shop.Ask(ListCodes, request);
    if (!page.ok()) return Wording{Refusal(page.status())};
    for (const v1::Code& code : page->codes())
      wording.push_back(CodeText(code, step.place));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (wording.empty()) wording.emplace_back("none");
  return wording;
}

absl::StatusOr<Wording> Check(const CodeStep& step) {
  if (step.command.words.size() < 2) return Usage(step.command);
  v1::CheckCodeRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_code(Typed(step, step.command.words[0]));
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(),
                          OrderFrom(step.command, 1, step.place, step.codes));
  const auto reply = step.shop.Ask(CheckCode, request);
  if (!reply.ok()) return Wording{Refusal(reply.status())};
  if (!reply->applies()) {
    return Wording{absl::StrCat(reply->reason(), ": ", reply->message())};
  }
  if (request.order().lines().empty()) return Wording{"may be used now"};
  return Wording{absl::StrCat("gives ", reply->discount_minor(), " of ",
                              reply->requested_minor(), " minor units, ",
                              reply->points_earned(), " points")};
}

using Handler = absl::StatusOr<Wording> (*)(const CodeStep&);
constexpr std::pair<absl::string_view, Handler> kHandlers[] = {
    {"issue", Issue}, {"bulk", Bulk},  {"void", Void},
    {"code", Show},   {"codes", List}, {"check", Check}};

}  // namespace

bool IsCodeStep(const Command& command) {
  for (const auto& [name, handler] : kHandlers) {
    if (command.name == name) return true;
  }
  return false;
}

absl::StatusOr<Wording> RunCodeStep(const CodeStep& step) {
  for (const auto& [name, handler] : kHandlers) {
    if (step.command.name == name) return handler(step);
  }
  return Usage(step.command);
}

std::string SayCodeEvent(const v1::Event& event) {
  if (event.has_codes_issued()) {
    return absl::StrCat(event.codes_issued().codes(), " codes ",
                        event.codes_issued().template_id(), " issued");
  }
  if (event.has_code_voided()) {
    return absl::StrCat("code ", event.code_voided().template_id(), " ..",
                        event.code_voided().last_symbols(),
                        " made void: ", event.code_voided().reason());
  }
  return "";
}

}  // namespace pistis::golden
