// pistis subscription: who is told of events.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "clients/cli/commands.h"
#include "clients/cli/table.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// An option of a sink that was named.
struct SinkOption {
  v1::Subscription::SinkCase sink;
  std::string name;
  std::function<void(v1::Subscription&)> set;
};

struct SubscriptionArguments {
  std::string id;
  std::vector<std::string> kinds;
  std::string from;
  std::string request_id;
  // Where events go, and how; as named.
  std::vector<SinkOption> targets;
  std::vector<SinkOption> details;
  std::string smtp_password;
  // The new one.
  std::string secret;
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

// Sets what was named of the sink. A usage error where an option is another
// sink's.
absl::Status SetSink(const SubscriptionArguments& arguments,
                     v1::Subscription& subscription) {
  for (const SinkOption& target : arguments.targets)
    target.set(subscription);
  for (const SinkOption& detail : arguments.details) {
    if (detail.sink != subscription.sink_case()) {
      return UsageError(
          absl::StrCat(detail.name, " is of another sink than this one"));
    }
    detail.set(subscription);
  }
  if (subscription.has_smtp() && !arguments.smtp_password.empty()) {
    subscription.mutable_smtp()->set_password(arguments.smtp_password);
  }
  return absl::OkStatus();
}

absl::Status Create(Session& session, const SubscriptionArguments& arguments) {
  v1::CreateSubscriptionRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  v1::Subscription& subscription = *request.mutable_subscription();
  subscription.set_subscription_id(arguments.id);
  for (const std::string& kind : arguments.kinds)
    subscription.add_kinds(kind);
  if (!arguments.from.empty()) {
    PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                            session.Facts(request.program_id()));
    PISTIS_ASSIGN_OR_RETURN(
        *subscription.mutable_from_time(),
        RepeatableTime("--from", arguments.from,
                       {"--request-id", arguments.request_id}, facts));
  }
  PISTIS_RETURN_IF_ERROR(SetSink(arguments, subscription));
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
  PISTIS_RETURN_IF_ERROR(SetSink(arguments, subscription));
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
  request.set_secret(arguments.secret);
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

constexpr char kTimeoutForm[] = "a time such as 5s or 500ms";

// Empty: the text is a time.
std::string TimeoutProblem(const std::string& text) {
  absl::Duration timeout;
  const bool is_time = absl::ParseDuration(text, &timeout) &&
                       timeout > absl::ZeroDuration() &&
                       timeout < absl::Hours(1);
  return is_time ? "" : kTimeoutForm;
}

void SetTimeout(v1::WebhookSink& webhook, const std::string& text) {
  absl::Duration timeout;
  if (!absl::ParseDuration(text, &timeout)) return;
  google::protobuf::Duration& set = *webhook.mutable_timeout();
  set.set_seconds(absl::IDivDuration(timeout, absl::Seconds(1), &timeout));
  set.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(timeout)));
}

// Adds options of one kind of sink.
template <typename Sink>
struct SinkOptions {
  v1::Subscription::SinkCase sink;
  Sink* (v1::Subscription::*mutable_sink)();

  // One that goes to `named` with how to set its value.
  template <typename Value>
  CLI::Option* Add(CLI::App* app, const char* name,
                   std::vector<SinkOption>& named,
                   std::function<void(Sink&, const Value&)> set) const {
    return app->add_option_function<Value>(name, [*this, name, &named,
                                                  set](const Value& value) {
      named.push_back(
          {sink, name,
           [field = mutable_sink, set, value](v1::Subscription& subscription) {
             set(*(subscription.*field)(), value);
           }});
    });
  }
};

const SinkOptions<v1::WebhookSink> kWebhook{v1::Subscription::kWebhook,
                                            &v1::Subscription::mutable_webhook};
const SinkOptions<v1::SmtpSink> kSmtp{v1::Subscription::kSmtp,
                                      &v1::Subscription::mutable_smtp};
const SinkOptions<v1::KafkaSink> kKafka{v1::Subscription::kKafka,
                                        &v1::Subscription::mutable_kafka};
const SinkOptions<v1::FileSink> kFile{v1::Subscription::kFile,
                                      &v1::Subscription::mutable_file};

void AddTargets(CLI::App* command, std::vector<SinkOption>& targets) {
  using Text = std::string;
  CLI::Option_group* sinks =
      command->add_option_group("sink",
                                "Where events go; created with nowhere: read "
                                "and acknowledge them");
  kWebhook
      .Add<Text>(sinks, "--webhook", targets,
                 [](auto& webhook, const auto& url) { webhook.set_url(url); })
      ->description("A web server, by its address");
  kSmtp
      .Add<Text>(sinks, "--smtp", targets,
                 [](auto& smtp, const auto& url) { smtp.set_url(url); })
      ->description("A mail server, for notes: smtp://mail.example:25");
  kKafka
      .Add<Text>(
          sinks, "--kafka", targets,
          [](auto& kafka, const auto& brokers) { kafka.set_brokers(brokers); })
      ->description("A Kafka cluster: broker1:9092,broker2:9092");
  kFile
      .Add<Text>(sinks, "--file", targets,
                 [](auto& file, const auto& name) { file.set_name(name); })
      ->description(
          "Files of JSON lines of this name, in the server's --events_dir");
  sinks->require_option(0, 1);
}

void AddSinkOptions(CLI::App* command, SubscriptionArguments& arguments) {
  using Text = std::string;
  AddTargets(command, arguments.targets);
  std::vector<SinkOption>& details = arguments.details;
  kWebhook.Add<Text>(command, "--timeout", details, &SetTimeout)
      ->check(TimeoutProblem)
      ->description("How long one delivery to a webhook may take: 5s, 500ms");
  kSmtp
      .Add<Text>(command, "--sender", details,
                 [](auto& smtp, const auto& from) { smtp.set_from(from); })
      ->description("Who sends mail: \"Corner shop <shop@mail.example>\"");
  kSmtp
      .Add<Text>(command, "--user", details,
                 [](auto& smtp, const auto& user) { smtp.set_user(user); })
      ->description(
          "Who signs in at the mail server; the password comes from the "
          "environment, PISTIS_SMTP_PASSWORD");
  command->add_option("--smtp-password", arguments.smtp_password)
      ->envname("PISTIS_SMTP_PASSWORD")
      ->group("");
  kKafka
      .Add<Text>(command, "--topic", details,
                 [](auto& kafka, const auto& topic) { kafka.set_topic(topic); })
      ->description("The topic of the Kafka cluster");
  kFile
      .Add<int64_t>(
          command, "--max-bytes", details,
          [](auto& file, int64_t bytes) { file.set_max_bytes(bytes); })
      ->description("When a file is full; 0: as where none is given");
  kFile
      .Add<int32_t>(command, "--keep", details,
                    [](auto& file, int32_t keep) { file.set_keep(keep); })
      ->description("How many full files are kept; 0: as where none is given");
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
  kWebhook
      .Add<std::string>(
          create, "--secret", arguments->details,
          [](auto& webhook, const auto& secret) { webhook.set_secret(secret); })
      ->description(
          "Signs what goes to the webhook; made by the server where none is "
          "given");
  AddRequestIdOption(create, arguments->request_id);
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
      command->add_option(
          "--secret", arguments->secret,
          "The new one; made by the server where none is given");
      command->add_flag("--retire", arguments->retire,
                        "No new one: the one before signs no more");
    }
  }
}

}  // namespace pistis
