// pistis subscription: who is told of events.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/table.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct SubscriptionArguments {
  std::string id;
  std::vector<std::string> kinds;
  std::string from;
  // Of each sink; an empty target: not that one.
  v1::WebhookSink webhook;
  v1::SmtpSink smtp;
  v1::KafkaSink kafka;
  v1::FileSink file;
  std::string cursor;
  bool retire = false;
  bool every_kind = false;
};

// "webhook https://shop.example/hooks".
std::string SinkText(const v1::Subscription& subscription) {
  switch (subscription.sink_case()) {
    case v1::Subscription::kWebhook:
      return absl::StrCat("webhook ", subscription.webhook().url());
    case v1::Subscription::kSmtp:
      return absl::StrCat("smtp ", subscription.smtp().url());
    case v1::Subscription::kKafka:
      return absl::StrCat("kafka ", subscription.kafka().topic());
    case v1::Subscription::kFile:
      return absl::StrCat("file ", subscription.file().name());
    case v1::Subscription::SINK_NOT_SET:
      return "";
  }
  return "";
}

std::string StateText(const v1::Subscription& subscription) {
  return subscription.state() == v1::Subscription::DISABLED ? "disabled"
                                                            : "active";
}

void Show(const Session& session, const v1::Subscription& subscription) {
  if (session.json()) {
    session.PrintJson(subscription);
    return;
  }
  std::string text = absl::StrCat(
      "subscription ", subscription.subscription_id(), " is ",
      StateText(subscription), ", delivered ", subscription.delivered(),
      ", waiting ", subscription.waiting(), ", given up ",
      subscription.dead_letters(), "\n");
  if (!subscription.webhook().secret().empty()) {
    absl::StrAppend(&text, "secret ", subscription.webhook().secret(),
                    ", shown this once\n");
  }
  session.Print(text);
}

// A request about the subscription.
template <typename Request>
absl::StatusOr<Request> About(const Session& session, const std::string& id) {
  Request request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_subscription_id(id);
  return request;
}

absl::Status ShowAnswer(const Session& session,
                        const absl::StatusOr<v1::Subscription>& answer) {
  if (answer.ok()) Show(session, *answer);
  return answer.status();
}

// The sink whose target was named.
void SetSink(const SubscriptionArguments& arguments,
             v1::Subscription& subscription) {
  if (!arguments.webhook.url().empty()) {
    *subscription.mutable_webhook() = arguments.webhook;
  } else if (!arguments.smtp.url().empty()) {
    *subscription.mutable_smtp() = arguments.smtp;
  } else if (!arguments.kafka.brokers().empty()) {
    *subscription.mutable_kafka() = arguments.kafka;
  } else if (!arguments.file.name().empty()) {
    *subscription.mutable_file() = arguments.file;
  }
}

// What was named of the sink that the subscription has.
void ChangeSink(const SubscriptionArguments& arguments,
                v1::Subscription& subscription) {
  switch (subscription.sink_case()) {
    case v1::Subscription::kWebhook:
      subscription.mutable_webhook()->MergeFrom(arguments.webhook);
      return;
    case v1::Subscription::kSmtp:
      // Who signs in goes with the server.
      if (!arguments.smtp.url().empty()) {
        subscription.mutable_smtp()->clear_user();
      }
      subscription.mutable_smtp()->MergeFrom(arguments.smtp);
      return;
    case v1::Subscription::kKafka:
      subscription.mutable_kafka()->MergeFrom(arguments.kafka);
      return;
    case v1::Subscription::kFile:
      subscription.mutable_file()->MergeFrom(arguments.file);
      return;
    case v1::Subscription::SINK_NOT_SET:
      return;
  }
}

absl::Status Create(Session& session, const SubscriptionArguments& arguments) {
  v1::CreateSubscriptionRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_request_id(NewRequestId());
  v1::Subscription& subscription = *request.mutable_subscription();
  subscription.set_subscription_id(arguments.id);
  for (const std::string& kind : arguments.kinds)
    subscription.add_kinds(kind);
  if (!arguments.from.empty()) {
    PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                            session.Facts(request.program_id()));
    PISTIS_ASSIGN_OR_RETURN(*subscription.mutable_from_time(),
                            TypedTime("--from", arguments.from, facts));
  }
  SetSink(arguments, subscription);
  return ShowAnswer(session, session.client().CreateSubscription(request));
}

// The subscription as it is, with nothing that the server alone says.
absl::StatusOr<v1::Subscription> FindSubscription(Session& session,
                                                  const std::string& program,
                                                  const std::string& id) {
  v1::ListSubscriptionsRequest request;
  request.set_program_id(program);
  PISTIS_ASSIGN_OR_RETURN(const v1::ListSubscriptionsResponse list,
                          session.client().ListSubscriptions(request));
  v1::Subscription found;
  found.set_subscription_id(id);
  for (v1::Subscription each : list.subscriptions()) {
    if (each.subscription_id() != id) continue;
    *found.mutable_kinds() = each.kinds();
    if (each.has_webhook()) *found.mutable_webhook() = each.webhook();
    if (each.has_smtp()) *found.mutable_smtp() = each.smtp();
    if (each.has_kafka()) *found.mutable_kafka() = each.kafka();
    if (each.has_file()) *found.mutable_file() = each.file();
  }
  return found;
}

absl::Status Update(Session& session, const SubscriptionArguments& arguments) {
  v1::UpdateSubscriptionRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_request_id(NewRequestId());
  PISTIS_ASSIGN_OR_RETURN(
      v1::Subscription subscription,
      FindSubscription(session, request.program_id(), arguments.id));
  v1::Subscription named;
  SetSink(arguments, named);
  if (named.sink_case() == v1::Subscription::SINK_NOT_SET ||
      named.sink_case() == subscription.sink_case()) {
    ChangeSink(arguments, subscription);
  } else {
    SetSink(arguments, subscription);
  }
  if (arguments.every_kind || !arguments.kinds.empty()) {
    subscription.clear_kinds();
  }
  for (const std::string& kind : arguments.kinds)
    subscription.add_kinds(kind);
  *request.mutable_subscription() = std::move(subscription);
  return ShowAnswer(session, session.client().UpdateSubscription(request));
}

absl::Status List(Session& session, const SubscriptionArguments& /*none*/) {
  v1::ListSubscriptionsRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const v1::ListSubscriptionsResponse list,
                          session.client().ListSubscriptions(request));
  Table table({{"subscription", Table::Align::kLeft},
               {"sink", Table::Align::kLeft},
               {"state", Table::Align::kLeft},
               {"delivered", Table::Align::kRight},
               {"waiting", Table::Align::kRight},
               {"given up", Table::Align::kRight},
               {"trouble", Table::Align::kLeft}});
  for (const v1::Subscription& subscription : list.subscriptions()) {
    if (session.json()) session.PrintJson(subscription);
    table.AddRow(
        {subscription.subscription_id(), SinkText(subscription),
         StateText(subscription), absl::StrCat(subscription.delivered()),
         absl::StrCat(subscription.waiting()),
         absl::StrCat(subscription.dead_letters()), subscription.trouble()});
  }
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

absl::Status Delete(Session& session, const SubscriptionArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(
      v1::DeleteSubscriptionRequest request,
      About<v1::DeleteSubscriptionRequest>(session, arguments.id));
  request.set_request_id(NewRequestId());
  PISTIS_ASSIGN_OR_RETURN(const v1::Subscription deleted,
                          session.client().DeleteSubscription(request));
  if (session.json()) {
    session.PrintJson(deleted);
  } else {
    session.Print(
        absl::StrCat("subscription ", deleted.subscription_id(), " is gone\n"));
  }
  return absl::OkStatus();
}

absl::Status Ack(Session& session, const SubscriptionArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(v1::AckEventsRequest request,
                          About<v1::AckEventsRequest>(session, arguments.id));
  request.set_cursor(arguments.cursor);
  return ShowAnswer(session, session.client().AckEvents(request));
}

absl::Status Rotate(Session& session, const SubscriptionArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(
      v1::RotateSecretRequest request,
      About<v1::RotateSecretRequest>(session, arguments.id));
  request.set_request_id(NewRequestId());
  request.set_secret(arguments.webhook.secret());
  request.set_retire_previous(arguments.retire);
  absl::StatusOr<v1::Subscription> rotated =
      session.client().RotateSecret(request);
  if (rotated.ok() && arguments.retire) {
    rotated->mutable_webhook()->clear_secret();
  }
  return ShowAnswer(session, rotated);
}

absl::Status Replay(Session& session, const SubscriptionArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(
      v1::ReplayDeadLettersRequest request,
      About<v1::ReplayDeadLettersRequest>(session, arguments.id));
  request.set_request_id(NewRequestId());
  PISTIS_ASSIGN_OR_RETURN(const v1::ReplayDeadLettersResponse replayed,
                          session.client().ReplayDeadLetters(request));
  if (session.json()) {
    session.PrintJson(replayed);
    return absl::OkStatus();
  }
  session.Print(absl::StrCat(replayed.replayed(), " events wait again\n"));
  Show(session, replayed.subscription());
  return absl::OkStatus();
}

using Arguments = std::shared_ptr<SubscriptionArguments>;

void Choose(CLI::App* command, const Arguments& arguments, CommandLine& line,
            absl::Status (*run)(Session&, const SubscriptionArguments&)) {
  command->callback([&line, arguments, run] {
    line.chosen = [arguments, run](Session& session) {
      return run(session, *arguments);
    };
  });
}

// An option that sets a text of a message.
template <typename Message>
CLI::Option* AddText(CLI::App* command, const char* name, Message& message,
                     std::string* (Message::*field)(), const char* meaning) {
  return command->add_option_function<std::string>(
      name,
      [&message, field](const std::string& text) {
        *(message.*field)() = text;
      },
      meaning);
}

void AddSinkOptions(CLI::App* command, SubscriptionArguments& arguments) {
  using Webhook = v1::WebhookSink;
  CLI::Option_group* sinks =
      command->add_option_group("sink",
                                "Where events go; created with nowhere: read "
                                "and acknowledge them");
  AddText(sinks, "--webhook", arguments.webhook, &Webhook::mutable_url,
          "A web server, by its address");
  AddText(sinks, "--smtp", arguments.smtp, &v1::SmtpSink::mutable_url,
          "A mail server, for notes: smtp://mail.example:25");
  AddText(sinks, "--kafka", arguments.kafka, &v1::KafkaSink::mutable_brokers,
          "A Kafka cluster: broker1:9092,broker2:9092");
  AddText(sinks, "--file", arguments.file, &v1::FileSink::mutable_name,
          "Files of JSON lines of this name, in the server's --events_dir");
  sinks->require_option(0, 1);
  AddText(command, "--sender", arguments.smtp, &v1::SmtpSink::mutable_from,
          "Who sends mail: \"Corner shop <shop@mail.example>\"");
  AddText(command, "--user", arguments.smtp, &v1::SmtpSink::mutable_user,
          "Who signs in at the mail server; the password comes from the "
          "environment, PISTIS_SMTP_PASSWORD");
  AddText(command, "--smtp-password", arguments.smtp,
          &v1::SmtpSink::mutable_password, "")
      ->envname("PISTIS_SMTP_PASSWORD")
      ->group("");
  AddText(command, "--topic", arguments.kafka, &v1::KafkaSink::mutable_topic,
          "The topic of the Kafka cluster");
  command->add_option_function<int64_t>(
      "--max-bytes",
      [&arguments](int64_t bytes) { arguments.file.set_max_bytes(bytes); },
      "When a file is full");
  command->add_option_function<int32_t>(
      "--keep", [&arguments](int32_t keep) { arguments.file.set_keep(keep); },
      "How many full files are kept");
}

void AddCreate(CLI::App* group, const Arguments& arguments, CommandLine& line) {
  CLI::App* create = group->add_subcommand("create", "Have events told");
  create->add_option("--id", arguments->id,
                     "Its id; made by the server where none is given");
  create->add_option("--kind", arguments->kinds,
                     "Only events of this kind; may be given again");
  create->add_option(
      "--from", arguments->from,
      std::string("Also of what was committed since: ") + kTimeForms);
  AddSinkOptions(create, *arguments);
  AddText(create, "--secret", arguments->webhook,
          &v1::WebhookSink::mutable_secret,
          "Signs what goes to the webhook; made by the server where none is "
          "given");
  Choose(create, arguments, line, &Create);
}

void AddUpdate(CLI::App* group, const Arguments& arguments, CommandLine& line) {
  CLI::App* update = group->add_subcommand(
      "update",
      "Change what one is told and where that goes; what is not "
      "named stays, and one that is disabled goes on");
  update->add_option("id", arguments->id, "The subscription")->required();
  CLI::Option* kinds = update->add_option(
      "--kind", arguments->kinds,
      "Only events of this kind, not of those before; may be given again");
  update->add_flag("--every-kind", arguments->every_kind, "Events of all kinds")
      ->excludes(kinds);
  AddSinkOptions(update, *arguments);
  Choose(update, arguments, line, &Update);
}

}  // namespace

void AddSubscriptionCommands(CommandLine& line) {
  const auto arguments = std::make_shared<SubscriptionArguments>();
  CLI::App* group =
      line.app.add_subcommand("subscription", "Who is told of events");
  group->require_subcommand(1);
  AddCreate(group, arguments, line);
  AddUpdate(group, arguments, line);
  Choose(group->add_subcommand("list", "List who is told, and how far"),
         arguments, line, &List);
  struct About {
    const char* name;
    const char* meaning;
    absl::Status (*run)(Session&, const SubscriptionArguments&);
  };
  for (const About& about :
       {About{"delete", "Have one told no more", &Delete},
        About{"ack", "Say how far one without a sink was read", &Ack},
        About{"rotate", "Sign with another secret, and with the one before",
              &Rotate},
        About{"replay",
              "Deliver once more what was given up, and go on with "
              "one that is disabled",
              &Replay}}) {
    CLI::App* command = group->add_subcommand(about.name, about.meaning);
    command->add_option("id", arguments->id, "The subscription")->required();
    Choose(command, arguments, line, about.run);
    if (about.run == &Ack) {
      command
          ->add_option("--cursor", arguments->cursor,
                       "Of the last event that need not be told again")
          ->required();
    } else if (about.run == &Rotate) {
      AddText(command, "--secret", arguments->webhook,
              &v1::WebhookSink::mutable_secret,
              "The new one; made by the server where none is given");
      command->add_flag("--retire", arguments->retire,
                        "No new one: the one before signs no more");
    }
  }
}

}  // namespace pistis
