// A fixture: one real server for a suite, and proof that nothing changed.
#ifndef PISTIS_TESTS_E2E_LIVE_SERVER_H_
#define PISTIS_TESTS_E2E_LIVE_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"

#include "pistis/v1/order.pb.h"

#include "clients/cpp/client.h"
#include "engine/base/refusal.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace pistis {

inline constexpr char kProgram[] = "shop";
// A member, found by kCard, who bought kSoldOrder: two units of one line "1"
// for 10.00 together, and so has 10 points.
inline constexpr char kMember[] = "m1";
inline constexpr char kCard[] = "4711";
inline constexpr char kSoldOrder[] = "sold";

// Each test begins with the program above and must leave it as it was: sums,
// rulebook version and the last event are compared. The server must still be
// there in the end and stop cleanly.
class LiveServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;
  void TearDown() override;

  static Client& client() { return *client_; }
  static const std::string& address() { return server_->address(); }

  // An order that the server would take: by kMember, one line "1".
  static v1::Order GoodOrder(const std::string& order_id);

 private:
  // Everything that a change would show in.
  static std::string State();

  inline static std::unique_ptr<TempDir> folder_;
  inline static std::unique_ptr<ServerProcess> server_;
  inline static std::unique_ptr<Client> client_;
  std::string state_before_;
};

// "FIELD_INVALID", or the status where it has no reason.
std::string ReasonText(const absl::Status& status);

}  // namespace pistis

#endif  // PISTIS_TESTS_E2E_LIVE_SERVER_H_
