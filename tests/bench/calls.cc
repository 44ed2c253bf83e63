#include "tests/bench/calls.h"

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"

#include "bench_empty.grpc.pb.h"
#include "pistis/v1/admin_service.grpc.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/insight_service.grpc.pb.h"
#include "pistis/v1/member_service.grpc.pb.h"
#include "pistis/v1/rulebook_service.grpc.pb.h"

#include "tests/bench/orders.h"

namespace pistis::bench {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(30);

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
}

// `Caller` starts one call: (context, request, response, done).
// `Filler` makes the next request: false where there is none.
template <typename Request, typename Response>
class UnarySlot final : public Slot {
 public:
  using Caller =
      std::function<void(grpc::ClientContext*, const Request*, Response*,
                         std::function<void(grpc::Status)>)>;
  using Filler = std::function<bool(Request&)>;

  UnarySlot(Caller call, Filler fill)
      : call_(std::move(call)), fill_(std::move(fill)) {}

  bool Start(const Done& done) override {
    if (!fill_(request_)) return false;
    SetDeadline(context_.emplace());
    call_(&*context_, &request_, &response_, done);
    return true;
  }

 private:
  Caller call_;
  Filler fill_;
  std::optional<grpc::ClientContext> context_;
  Request request_;
  Response response_;
};

const std::shared_ptr<grpc::Channel>& ChannelOf(const Load& load, int slot) {
  return load.channels[slot % load.channels.size()];
}

std::string PrefixOf(const Load& load, int slot) {
  return absl::StrCat(load.prefix, "-", slot);
}

absl::Status FromGrpc(const grpc::Status& status, const std::string& what) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(what, ": ", status.error_message()));
}

absl::Status OpenProgram(const Load& load) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::CreateProgramRequest request;
  request.set_request_id("bench-program");
  request.mutable_program()->set_program_id(kProgram);
  request.mutable_program()->set_currency("EUR");
  request.mutable_program()->set_time_zone("Europe/Athens");
  v1::Program program;
  const auto service = v1::AdminService::NewStub(load.channels[0]);
  return FromGrpc(service->CreateProgram(&context, request, &program),
                  "CreateProgram");
}

absl::Status Publish(const Load& load, const std::string& rulebook_yaml) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::PublishRulebookRequest request;
  request.set_program_id(kProgram);
  request.set_request_id("bench-rulebook");
  request.set_yaml(rulebook_yaml);
  v1::PublishedRulebook published;
  const auto service = v1::RulebookService::NewStub(load.channels[0]);
  return FromGrpc(service->PublishRulebook(&context, request, &published),
                  "PublishRulebook");
}

absl::Status Enrol(const Load& load) {
  using Service = v1::MemberService::Stub;
  std::atomic<int> next = 0;
  Slots slots;
  for (int slot = 0; slot < load.in_flight; ++slot) {
    const std::shared_ptr<Service> service =
        v1::MemberService::NewStub(ChannelOf(load, slot));
    slots.push_back(
        std::make_unique<UnarySlot<v1::CreateMemberRequest, v1::Member>>(
            [service](auto* context, auto* request, auto* response, auto done) {
              service->async()->CreateMember(context, request, response,
                                             std::move(done));
            },
            [&load, &next](v1::CreateMemberRequest& request) {
              const int number = next.fetch_add(1);
              if (number >= load.members) return false;
              const std::string name = MemberName(number);
              request.set_program_id(kProgram);
              request.set_request_id(absl::StrCat("bench-", name));
              request.mutable_member()->set_member_id(name);
              request.mutable_member()->set_language("en");
              return true;
            }));
  }
  const auto result = RunClosedLoop(slots, LoopPlan{});
  if (result->first_error.empty()) return absl::OkStatus();
  return absl::UnknownError(
      absl::StrCat("CreateMember: ", result->first_error));
}

// Requests for an OrderMaker's orders, encoded ahead: what a call costs the
// load is to copy one and to write a new order id into it.
template <typename Request>
class EncodedSales {
 public:
  explicit EncodedSales(OrderMaker maker) : maker_(std::move(maker)) {
    Request request;
    request.set_program_id(kProgram);
    for (int64_t number = 1; number <= kPrepared; ++number) {
      maker_.Next(*request.mutable_order());
      Sale& sale = sales_.emplace_back();
      sale.bytes = request.SerializeAsString();
      sale.id_at = sale.bytes.find(maker_.IdOf(number));
    }
  }

  void Next(grpc::ByteBuffer& request) {
    const std::string id = maker_.IdOf(++sold_);
    Sale& sale = sales_[static_cast<size_t>(sold_) % sales_.size()];
    sale.bytes.replace(sale.id_at, id.size(), id);
    const grpc::Slice slice(sale.bytes);
    request = grpc::ByteBuffer(&slice, 1);
  }

 private:
  static constexpr int64_t kPrepared = 64;
  struct Sale {
    std::string bytes;
    size_t id_at = 0;
  };

  OrderMaker maker_;
  std::vector<Sale> sales_;
  int64_t sold_ = 0;
};

// Calls of `method` with an OrderMaker's orders. Neither are requests encoded
// nor replies parsed: the processors that the load shares with the server are
// not spent on that.
template <typename Request>
Slots Sales(const Load& load, const std::string& method) {
  Slots slots;
  for (int slot = 0; slot < load.in_flight; ++slot) {
    const auto service =
        std::make_shared<grpc::GenericStub>(ChannelOf(load, slot));
    slots.push_back(
        std::make_unique<UnarySlot<grpc::ByteBuffer, grpc::ByteBuffer>>(
            [service, method](auto* context, auto* request, auto* response,
                              auto done) {
              service->UnaryCall(context, method, {}, request, response,
                                 std::move(done));
            },
            [sales = EncodedSales<Request>(
                 OrderMaker(PrefixOf(load, slot), load.members))](
                grpc::ByteBuffer& request) mutable {
              sales.Next(request);
              return true;
            }));
  }
  return slots;
}

}  // namespace

std::vector<std::shared_ptr<grpc::Channel>> Connect(const std::string& target,
                                                    int count) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(grpc::CreateCustomChannel(
        target, grpc::InsecureChannelCredentials(), arguments));
  }
  return channels;
}

Slots EmptyCalls(const Load& load) {
  Slots slots;
  for (int slot = 0; slot < load.in_flight; ++slot) {
    const std::shared_ptr<EmptyService::Stub> service =
        EmptyService::NewStub(ChannelOf(load, slot));
    slots.push_back(std::make_unique<UnarySlot<EmptyRequest, EmptyResponse>>(
        [service](auto* context, auto* request, auto* response, auto done) {
          service->async()->Call(context, request, response, std::move(done));
        },
        [](EmptyRequest&) { return true; }));
  }
  return slots;
}

Slots Commits(const Load& load) {
  return Sales<v1::CommitOrderRequest>(
      load, "/pistis.v1.CheckoutService/CommitOrder");
}

Slots Quotes(const Load& load) {
  return Sales<v1::QuoteOrderRequest>(load,
                                      "/pistis.v1.CheckoutService/QuoteOrder");
}

absl::Status SetUp(const Load& load, const std::string& rulebook_yaml) {
  absl::Status status = OpenProgram(load);
  if (status.ok()) status = Publish(load, rulebook_yaml);
  if (status.ok()) status = Enrol(load);
  return status;
}

std::string DescribeProgram(const Load& load) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::GetProgramStatsRequest request;
  request.set_program_id(kProgram);
  v1::ProgramStats stats;
  const auto service = v1::InsightService::NewStub(load.channels[0]);
  const grpc::Status status =
      service->GetProgramStats(&context, request, &stats);
  if (!status.ok()) return FromGrpc(status, "GetProgramStats").ToString();
  std::string text = absl::StrCat(
      stats.members(), " members, ", stats.orders(), " orders, sales ",
      stats.sales_minor(), ", discounts ", stats.discount_minor(), ", points ",
      stats.points_issued(), ", codes ", stats.codes_issued());
  for (const v1::CapCount& cap : stats.caps()) {
    absl::StrAppend(&text, ", ", cap.cap_id(), " bound ", cap.orders());
  }
  return text;
}

}  // namespace pistis::bench
