#include "server/auth/audit.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/message.h"

#include "engine/base/digest.h"
#include "engine/base/ids.h"
#include "engine/storage/keys.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

namespace protobuf = google::protobuf;

std::string BytesOf(const grpc::ByteBuffer& request) {
  grpc::Slice slice;
  if (!request.DumpToSingleSlice(&slice).ok()) return "";
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

// The value of a field by its path, as text; empty where there is none.
std::string FieldText(const protobuf::Message& message,
                      const std::vector<std::string>& path) {
  const protobuf::Message* at = &message;
  for (size_t i = 0; i < path.size(); ++i) {
    const auto* field = at->GetDescriptor()->FindFieldByName(path[i]);
    if (field == nullptr || field->is_repeated()) return "";
    const protobuf::Reflection& reflection = *at->GetReflection();
    if (field->cpp_type() == protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      at = &reflection.GetMessage(*at, field);
    } else if (field->cpp_type() == protobuf::FieldDescriptor::CPPTYPE_INT64) {
      return absl::StrCat(reflection.GetInt64(*at, field));
    } else if (field->type() == protobuf::FieldDescriptor::TYPE_STRING) {
      return reflection.GetString(*at, field);
    }
  }
  return "";
}

std::string FieldIn(const protobuf::Descriptor& type, const std::string& bytes,
                    absl::string_view path) {
  const auto message =
      absl::WrapUnique(protobuf::MessageFactory::generated_factory()
                           ->GetPrototype(&type)
                           ->New());
  if (path.empty() || !message->ParseFromString(bytes)) return "";
  return FieldText(*message, absl::StrSplit(path, '.'));
}

// True of what somebody typed where an id belongs: an e-mail address, or a
// telephone number as E.164 writes it.
bool IsPersonal(absl::string_view text) {
  if (absl::StrContains(text, '@')) return true;
  return absl::ConsumePrefix(&text, "+") && !text.empty() &&
         absl::c_all_of(text, absl::ascii_isdigit);
}

// What is no id stands for nothing and may be anything, a megabyte or an
// address: the log, out of which nothing is ever taken, has none of it.
std::string IdOrNothing(std::string text) {
  return IsWellFormedId(text) && !IsPersonal(text) ? std::move(text) : "";
}

// An act on its way through the executor, by itself.
constexpr absl::Duration kBetweenActs = absl::Minutes(1);
constexpr size_t kMostCallers = 10'000;

class ActCommand final : public Command {
 public:
  ActCommand(Act act, CallerPtr caller,
             std::function<void(const absl::Status&)> done)
      : act_(std::move(act)),
        caller_(std::move(caller)),
        done_(std::move(done)) {}

  [[nodiscard]] absl::Time deadline() const override {
    return absl::InfiniteFuture();
  }
  [[nodiscard]] WriteSet Decide(const Reader& reader,
                                const CommitContext& context) override {
    CommitContext of_caller = context;
    of_caller.caller = caller_->name;
    WriteSet writes;
    if (!act_.program.empty()) {
      const auto known = reader.Get(ProgramKey(act_.program));
      if (!known.ok() || !known->has_value()) return writes;
    }
    outcome_ = RecordAct(reader, of_caller, act_, writes);
    return outcome_.ok() ? std::move(writes) : WriteSet();
  }
  void Acknowledge() override { done_(outcome_); }
  void Refuse(const absl::Status& why) override { done_(why); }

 private:
  const Act act_;
  const CallerPtr caller_;
  const std::function<void(const absl::Status&)> done_;
  absl::Status outcome_;
};

}  // namespace

bool IsAudited(const AdmittedCall& call) {
  const v1::Role role = call.caller->access.role;
  switch (call.method.row.audit) {
    case Audit::kNo:
      return false;
    case Audit::kYes:
      return true;
    case Audit::kAboveCheckout:
      return !call.caller->is_anybody() && role != v1::ROLE_TERMINAL &&
             role != v1::ROLE_CHECKOUT;
  }
  return true;
}

Act ActOf(const AdmittedCall& call, absl::string_view secret,
          const std::string& reply) {
  const std::string request = BytesOf(call.request);
  const MethodRow& row = call.method.row;
  const protobuf::MethodDescriptor& method = call.method.descriptor;
  const auto names = ReadNames(call.method.fields, request);
  std::string subject = FieldIn(*method.output_type(), reply, row.subject);
  if (subject.empty()) {
    subject = FieldIn(*method.input_type(), request, row.subject);
  }
  return {.program = ProgramId(IdOrNothing(names ? names->program_id : "")),
          .role = call.caller->access.role,
          .method = std::string(row.method),
          .request_hash = HmacSha256(secret, request),
          .subject = IdOrNothing(std::move(subject))};
}

void RecordAlone(const EngineRoom& room, const AdmittedCall& call,
                 const std::string& reply,
                 std::function<void(const absl::Status&)> done) {
  room.executor.Submit(
      std::make_unique<ActCommand>(ActOf(call, room.env.secret, reply),
                                   call.caller, std::move(done)),
      call.caller->TurnsAs());
}

bool StreamActs::IsDue(const AdmittedCall& call, const Act& act,
                       absl::Time now) {
  const std::string name = absl::StrCat(call.caller->name, "\n", act.method,
                                        "\n", act.program.text());
  const absl::MutexLock lock(&mutex_);
  if (next_.size() >= kMostCallers) next_.clear();
  absl::Time& next = next_[name];
  // A clock that was set back forgets, too.
  if (now < next && next - now <= kBetweenActs) return false;
  next = now + kBetweenActs;
  return true;
}

void RecordStream(const EngineRoom& room, const AdmittedCall& call,
                  StreamActs& acts) {
  Act act = ActOf(call, room.env.secret, "");
  // Nothing is read of a program that cannot be.
  if (act.program.empty() && call.method.row.reach == Reach::kProgram) return;
  if (call.method.row.audit == Audit::kAboveCheckout &&
      !acts.IsDue(call, act, room.clock.Now())) {
    return;
  }
  room.executor.Submit(std::make_unique<ActCommand>(
                           std::move(act), call.caller,
                           [&method = call.method](const absl::Status& end) {
                             if (end.ok()) return;
                             spdlog::error("a call of {} is not on record: {}",
                                           std::string(method.row.method),
                                           end.ToString());
                           }),
                       call.caller->TurnsAs());
}

}  // namespace pistis::server
