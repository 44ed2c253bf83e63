// Tills race for budgets that run out, while the server is killed again and
// again: no budget is above its limit after any commit, and what is held at the
// end is what orders and reservations have.
#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

#include "tests/crash/client.h"
#include "tests/crash/findings.h"
#include "tests/crash/held_ledger.h"
#include "tests/crash/orders.h"
#include "tests/crash/settings.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace pistis::crash {
namespace {

constexpr int kTills = 64;
constexpr int kStores = 4;
constexpr int64_t kProgramLimit = 5'000;
constexpr int64_t kStoreLimit = 2'000;
constexpr int64_t kTimes = 60;
// An order of 10.00 gets 1.00, where anything is left.
constexpr int64_t kAmount = 1'000;
constexpr int64_t kBenefit = 100;
constexpr absl::Duration kHeldFor = absl::Milliseconds(300);

constexpr absl::string_view kRulebook = R"(
program: crash
currency: EUR
time_zone: Europe/Athens
budgets:
  - {id: all, per: program, max_discount: "50.00"}
  - {id: store, per: store, window: 366d, max_discount: "20.00", max_times: 60}
rules:
  - {id: ten, discount: {percent: "10%"}}
  - {id: base, earn: {points: 1}}
)";

// One till's calls until the server is gone. Nothing is kept of what it
// answers: what is there is asked of the server that comes after it.
class Till {
 public:
  Till(Client& client, uint64_t seed, std::string name)
      : client_(client), random_(seed), name_(std::move(name)) {}

  void Run() {
    while (is_there_) {
      switch (Below(8)) {
        case 0:
        case 1:
        case 2:
          Commit(OrderOf(absl::StrCat("o-", name_, "-", ++orders_)));
          break;
        case 3:
        case 4:
          Hold();
          break;
        case 5:
          EndHeld();
          break;
        default:
          Return();
          break;
      }
    }
  }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }

  // The id begins with the store.
  v1::Order OrderOf(const std::string& id) {
    v1::Order order;
    order.set_store_id(absl::StrCat("s", Below(kStores)));
    if (Below(2) == 0) order.set_member_id(MemberName(Below(kMembers)));
    order.set_order_id(absl::StrCat(order.store_id(), "/", id));
    v1::OrderLine* line = order.add_lines();
    line->set_line_id("l1");
    line->set_sku("tea");
    line->set_quantity(1);
    line->set_amount_minor(kAmount);
    return order;
  }

  void Commit(const v1::Order& order) {
    v1::CommitOrderRequest request;
    request.set_program_id(kProgram);
    *request.mutable_order() = order;
    if (Send(&v1::CheckoutService::Stub::CommitOrder, request)) {
      sold_.push_back(order.order_id());
    }
  }

  void Hold() {
    v1::HoldOrderRequest request;
    request.set_program_id(kProgram);
    *request.mutable_order() =
        OrderOf(absl::StrCat("h-", name_, "-", ++orders_));
    request.set_reservation_id(request.order().order_id());
    const int64_t expire_ms = absl::ToUnixMillis(absl::Now() + kHeldFor);
    request.mutable_expire_time()->set_seconds(expire_ms / 1000);
    request.mutable_expire_time()->set_nanos(
        static_cast<int32_t>(expire_ms % 1000 * 1'000'000));
    if (Send(&v1::CheckoutService::Stub::HoldOrder, request)) {
      held_.push_back(request.reservation_id());
    }
  }

  // Commits or cancels what is held, or finds that it has expired.
  void EndHeld() {
    if (held_.empty()) return;
    const std::string id = held_.back();
    held_.pop_back();
    if (Below(3) == 0) {
      v1::CancelReservationRequest request;
      request.set_program_id(kProgram);
      request.set_reservation_id(id);
      Send(&v1::CheckoutService::Stub::CancelReservation, request);
      return;
    }
    v1::CommitOrderRequest request;
    request.set_program_id(kProgram);
    request.set_reservation_id(id);
    if (Send(&v1::CheckoutService::Stub::CommitOrder, request)) {
      sold_.push_back(id);
    }
  }

  void Return() {
    if (sold_.empty()) return;
    v1::RefundOrderRequest request;
    request.set_program_id(kProgram);
    request.set_order_id(sold_.back());
    request.set_refund_id("r-" + sold_.back());
    sold_.pop_back();
    Send(&v1::CheckoutService::Stub::RefundOrder, request);
  }

  template <typename Method, typename Request>
  bool Send(Method method, const Request& request) {
    const auto reply = Call(*client_.checkout, method, request);
    const grpc::StatusCode code = reply.status.error_code();
    is_there_ = code != grpc::StatusCode::UNAVAILABLE &&
                code != grpc::StatusCode::CANCELLED;
    return reply.ok();
  }

  Client& client_;
  std::mt19937_64 random_;
  const std::string name_;
  bool is_there_ = true;
  int orders_ = 0;
  std::vector<std::string> sold_;
  std::vector<std::string> held_;
};

// What events say was given, commit by commit.
class Spending {
 public:
  explicit Spending(Findings& findings) : findings_(findings) {}

  void Read(const v1::Event& event) {
    if (event.commit_seq() != commit_seq_) Check();
    commit_seq_ = event.commit_seq();
    if (event.has_order_held()) {
      const v1::OrderHeld& held = event.order_held();
      Give(held.order_id(), held.discount_minor());
    } else if (event.has_order_committed()) {
      const v1::OrderCommitted& sale = event.order_committed();
      const auto known = given_.find(sale.order_id());
      if (known == given_.end()) {
        Give(sale.order_id(), sale.discount_minor());
      } else {
        findings_.Expect(known->second, sale.discount_minor(),
                         sale.order_id() + " as it was held");
      }
    } else if (event.has_order_refunded()) {
      TakeBack(event.order_refunded().order_id());
    } else if (event.has_reservation_ended()) {
      TakeBack(event.reservation_ended().order_id());
    }
  }

  void Finish() {
    Check();
    if (most_ < kProgramLimit - kBenefit) {
      findings_.Add("only ", most_, " of ", kProgramLimit, " were ever used");
    }
  }

 private:
  static std::string StoreOf(const std::string& order) {
    return order.substr(0, order.find('/'));
  }

  void Give(const std::string& order, int64_t discount) {
    given_[order] = discount;
    Change(order, discount, discount > 0 ? 1 : 0);
  }
  void TakeBack(const std::string& order) {
    const auto found = given_.find(order);
    if (found == given_.end()) {
      findings_.Add(order, " gave back what it never got");
      return;
    }
    Change(order, -found->second, found->second > 0 ? -1 : 0);
    given_.erase(found);
  }
  void Change(const std::string& order, int64_t discount, int times) {
    spent_ += discount;
    most_ = std::max(most_, spent_);
    by_store_[StoreOf(order)] += discount;
    times_[StoreOf(order)] += times;
  }

  void Check() {
    Within("program", spent_, kProgramLimit);
    for (const auto& [store, spent] : by_store_)
      Within(store, spent, kStoreLimit);
    for (const auto& [store, times] : times_)
      Within(store, times, kTimes);
  }
  void Within(const std::string& what, int64_t spent, int64_t limit) {
    if (spent < 0 || spent > limit) {
      findings_.Add(what, " is at ", spent, " of ", limit, " after commit ",
                    commit_seq_);
    }
  }

  Findings& findings_;
  int64_t commit_seq_ = 0;
  // By order, while something of it is given or held.
  std::map<std::string, int64_t> given_;
  int64_t spent_ = 0;
  int64_t most_ = 0;
  std::map<std::string, int64_t> by_store_;
  std::map<std::string, int64_t> times_;
};

void AuditSpending(Shop& shop, Findings& findings) {
  Spending spending(findings);
  grpc::ClientContext context;
  SetDeadline(context);
  v1::StreamEventsRequest request;
  request.set_program_id(kProgram);
  const auto stream = shop.clients[0]->events->StreamEvents(&context, request);
  v1::Event event;
  while (stream->Read(&event))
    spending.Read(event);
  const grpc::Status end = stream->Finish();
  if (!end.ok()) findings.Add("StreamEvents: ", end.error_message());
  spending.Finish();
}

TEST(BudgetCrashTest, NoBudgetIsEverOverspent) {
  const Settings settings = ReadSettings(3, 1.0);
  const TempDir folder;
  Shop shop{.seed = settings.seed};
  Findings findings;
  std::mt19937_64 random(settings.seed);
  std::unique_ptr<ServerProcess> server;
  for (int cycle = 0; cycle <= settings.cycles; ++cycle) {
    auto started = OpenShop(folder.path() + "/data", shop);
    ASSERT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
    if (cycle == 0) {
      const grpc::Status set_up = crash::SetUp(*shop.clients[0], kRulebook);
      ASSERT_TRUE(set_up.ok()) << set_up.error_message();
    } else {
      VerifyThroughApi(shop, findings);
      AuditSpending(shop, findings);
      ASSERT_EQ(findings.Text(), "");
    }
    if (cycle == settings.cycles) break;
    std::vector<std::thread> tills;
    for (int till = 0; till < kTills; ++till) {
      tills.emplace_back([&shop, cycle, till, seed = random()] {
        Till(*shop.clients[till % kConnections], seed,
             absl::StrCat(cycle, "-", till))
            .Run();
      });
    }
    std::uniform_real_distribution<double> moment(0.3, 1.0);
    absl::SleepFor(absl::Seconds(settings.seconds * moment(random)));
    server->Kill();
    for (std::thread& till : tills)
      till.join();
  }
  const absl::Status stopped = StopOrderly(*server, shop);
  EXPECT_TRUE(stopped.ok()) << stopped;
}

}  // namespace
}  // namespace pistis::crash
