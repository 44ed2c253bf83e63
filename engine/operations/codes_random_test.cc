// Random sales, holds, refunds, voids and issues with codes against a naive
// model of what each code has left: they must agree, and so must a recount.
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/codes.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
rules: []
codes:
  - {id: plain, discount: {amount: "1.00"}, uses: 2, expires: 3d}
  - {id: kept, discount: {amount: "1.00"}, uses: 2, on_return: kept}
  - {id: each, earn: {points: 5}, uses: 9, uses_per_member: 1}
  - {id: bound, discount: {amount: "1.00"}, uses: 3, bound_to_member: true}
  - {id: word, word: HELLO-WORLD, discount: {amount: "1.00"}, uses: 12, uses_per_member: 2, on_return: kept}
)";
constexpr const char* kMembers[] = {"ann", "ben", "cleo"};

// What is known of one code.
struct ModelCode {
  std::string typed;
  std::string of;
  std::string member;
  absl::Time issued;
  bool is_void = false;
  int used = 0;
  std::map<std::string, int> used_by;

  [[nodiscard]] int uses() const {
    if (of == "each") return 9;
    if (of == "word") return 12;
    return of == "bound" ? 3 : 2;
  }
  [[nodiscard]] int per_member() const {
    if (of == "each") return 1;
    return of == "word" ? 2 : 0;
  }
  [[nodiscard]] bool keeps() const { return of == "kept" || of == "word"; }

  // OK, or the refusal's name.
  [[nodiscard]] std::string Try(const std::string& who, absl::Time now) const {
    if (of == "bound" && who != member) return "CODE_NOT_FOUND";
    if (is_void) return "CODE_NOT_FOUND";
    if (of == "plain" && issued + absl::Hours(72) <= now) return "CODE_EXPIRED";
    if (used >= uses()) return "CODE_USED";
    if (per_member() > 0) {
      if (who.empty()) return "CODE_NOT_APPLICABLE";
      const auto by = used_by.find(who);
      if (by != used_by.end() && by->second >= per_member()) return "CODE_USED";
    }
    return "";
  }
  void Use(const std::string& who, int times) {
    used += times;
    if (per_member() > 0) used_by[who] += times;
  }
};

struct ModelOrder {
  size_t code = 0;
  std::string who;
};

class CodesAndModel {
 public:
  explicit CodesAndModel(uint64_t seed) : random_(seed) {
    OpenWith(kRulebook, shop_);
    for (const char* member : kMembers)
      EXPECT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    codes_.push_back({.typed = "hello world", .of = "word"});
    Issue();
  }

  void Step() {
    clock_.Advance(absl::Minutes(Below(240)));
    ExpireHeld();
    const int kind = Below(100);
    if (kind < 15) return Issue();
    if (kind < 60) return Sell();
    if (kind < 72) return Hold();
    if (kind < 80) return Cancel();
    if (kind < 97) return Refund();
    Void();
  }

  void Compare() {
    for (const ModelCode& code : codes_) {
      v1::GetCodeRequest request;
      request.set_program_id(std::string(kShop));
      request.set_code(code.typed);
      const auto shown = shop_.Ask(GetCode, request);
      ASSERT_TRUE(shown.ok()) << shown.status();
      EXPECT_EQ(shown->used(), code.used) << code.of;
      EXPECT_EQ(shown->state() == v1::Code::VOID, code.is_void);
      for (const char* who : {"", "ann", "ben", "cleo"})
        CompareCheck(code, who);
    }
    EXPECT_EQ(Audit(shop_, ProgramId(std::string(kShop))),
              std::vector<std::string>());
  }

 private:
  int Below(int bound) {
    return static_cast<int>(random_() % static_cast<uint64_t>(bound));
  }
  std::string Anybody() {
    const int who = Below(4);
    return who == 3 ? "" : kMembers[who];
  }
  std::string NextId(absl::string_view kind) {
    return absl::StrCat(kind, "-", ++ids_);
  }

  void CompareCheck(const ModelCode& code, const std::string& who) {
    v1::CheckCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_code(code.typed);
    request.mutable_order()->set_member_id(who);
    const auto checked = shop_.Ask(CheckCode, request);
    ASSERT_TRUE(checked.ok()) << checked.status();
    EXPECT_EQ(checked->reason(), code.Try(who, clock_.Now()))
        << code.of << " by " << who << ": " << checked->message();
  }

  void Issue() {
    constexpr const char* kTemplates[] = {"plain", "kept", "each", "bound"};
    ModelCode code{.of = kTemplates[Below(4)], .member = kMembers[Below(3)]};
    code.issued = clock_.Now();
    v1::IssueCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(NextId("issue"));
    request.set_template_id(code.of);
    request.set_member_id(code.member);
    const auto reply = shop_.Issue(request);
    ASSERT_TRUE(reply.ok()) << reply.status();
    code.typed = reply->code().code();
    codes_.push_back(code);
  }

  // What the model foretells of it.
  std::string Foretell(const ModelOrder& order) {
    const std::string refusal = codes_[order.code].Try(order.who, clock_.Now());
    return refusal.empty() ? "OK" : refusal;
  }

  void Sell() {
    const ModelOrder order{
        .code = static_cast<size_t>(Below(static_cast<int>(codes_.size()))),
        .who = Anybody()};
    const std::string id = NextId("order");
    v1::CommitOrderRequest sale = SaleRequest(id, order.who, {1000});
    sale.mutable_order()->add_codes(codes_[order.code].typed);
    const std::string foretold = Foretell(order);
    const auto reply = shop_.Commit(sale);
    EXPECT_EQ(NameOf(reply.status()), foretold) << codes_[order.code].of;
    if (!reply.ok()) return;
    codes_[order.code].Use(order.who, 1);
    sold_[id] = order;
  }

  void Hold() {
    const ModelOrder order{
        .code = static_cast<size_t>(Below(static_cast<int>(codes_.size()))),
        .who = Anybody()};
    const std::string id = NextId("held");
    v1::CommitOrderRequest sale =
        SaleRequest(absl::StrCat("order-of-", id), order.who, {1000});
    sale.mutable_order()->add_codes(codes_[order.code].typed);
    const std::string foretold = Foretell(order);
    const auto reply = shop_.Hold(HoldRequest(id, sale));
    EXPECT_EQ(NameOf(reply.status()), foretold) << codes_[order.code].of;
    if (!reply.ok()) return;
    codes_[order.code].Use(order.who, 1);
    held_[id] = order;
    held_since_[id] = clock_.Now();
  }

  // All holds are over after a quarter of an hour.
  void ExpireHeld() {
    ASSERT_TRUE(shop_.ExpireAll(ProgramId(std::string(kShop))).ok());
    for (auto at = held_.begin(); at != held_.end();) {
      if (held_since_[at->first] + absl::Minutes(15) > clock_.Now()) {
        ++at;
        continue;
      }
      codes_[at->second.code].Use(at->second.who, -1);
      at = held_.erase(at);
    }
  }

  void Cancel() {
    if (held_.empty()) return;
    const auto at = held_.begin();
    const auto reply = shop_.Cancel(CancelRequest(at->first));
    EXPECT_TRUE(reply.ok()) << reply.status();
    codes_[at->second.code].Use(at->second.who, -1);
    held_.erase(at);
  }

  void Refund() {
    if (sold_.empty()) return;
    auto at = sold_.begin();
    std::advance(at, Below(static_cast<int>(sold_.size())));
    const auto reply = shop_.Refund(RefundRequest(at->first, NextId("back")));
    EXPECT_TRUE(reply.ok()) << reply.status();
    ModelCode& code = codes_[at->second.code];
    if (!code.keeps()) code.Use(at->second.who, -1);
    sold_.erase(at);
  }

  // Never the word, which all others would miss.
  void Void() {
    if (codes_.size() < 2) return;
    ModelCode& code =
        codes_[1 +
               static_cast<size_t>(Below(static_cast<int>(codes_.size()) - 1))];
    v1::VoidCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(NextId("void"));
    request.set_code(code.typed);
    request.set_reason("a test");
    const auto reply = shop_.Void(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
    code.is_void = true;
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  std::mt19937_64 random_;
  int ids_ = 0;
  std::vector<ModelCode> codes_;
  std::map<std::string, ModelOrder> sold_;
  std::map<std::string, ModelOrder> held_;
  std::map<std::string, absl::Time> held_since_;
};

TEST(CodesRandomTest, WhateverHappensCodesHaveLeftWhatTheModelSays) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  for (uint64_t round = 0; round < 8; ++round) {
    CodesAndModel both(seed + round);
    for (int step = 1; step <= 150 && !testing::Test::HasFailure(); ++step) {
      both.Step();
      if (step % 30 == 0) both.Compare();
    }
  }
}

}  // namespace
}  // namespace pistis
