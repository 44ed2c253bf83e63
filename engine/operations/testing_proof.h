// A shop in which everything has happened, and what is stored of it, to be
// tampered with. Not for programs.
#ifndef PISTIS_ENGINE_OPERATIONS_TESTING_PROOF_H_
#define PISTIS_ENGINE_OPERATIONS_TESTING_PROOF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "pistis/v1/admin_service.pb.h"

#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/store.h"
#include "engine/storage/testing.h"

namespace pistis {

// Sales with codes, caps, pending points and redemptions; refunds in part, as a
// whole and after an expiry; holds that are open, captured, released and
// expired; earns, redemptions, adjustments, transfers and reversals; lots that
// expire at a time and by inactivity; orders that are held, committed, given
// back and expired; deliveries that wait and that were given up. Members ann,
// ben and cleo.
class BusyShop {
 public:
  BusyShop();

  [[nodiscard]] TestShop& shop() { return shop_; }
  [[nodiscard]] const TestShop& shop() const { return shop_; }
  [[nodiscard]] FakeClock& clock() { return clock_; }

 private:
  void Trade();
  void MovePoints();
  void HoldPoints();
  void GrowIdle();
  void BringFriends();
  void TradeCodes();
  void HoldOrders();
  // Sent, held back, and waiting.
  void WriteNotes();
  void Deliver();

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

// Reads contents as a store would. They must outlive it.
class ContentsReader final : public Reader {
 public:
  explicit ContentsReader(const Contents& contents) : contents_(contents) {}

  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override;
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override;
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override;

 private:
  const Contents& contents_;
};

// The recount of the program "shop". Fails the test where there is none.
[[nodiscard]] v1::VerifyReport RecountOf(
    const Contents& contents,
    const std::vector<v1::LedgerCheckpoint>& checkpoints = {});

// The findings, as "kind: where: problem".
[[nodiscard]] std::vector<std::string> FindingsOf(
    const v1::VerifyReport& report);

// The keys of one table of the program.
[[nodiscard]] std::vector<std::string> KeysOf(const Contents& contents,
                                              char table);

// The busy shop's contents, to be changed before they are recounted.
class TamperTest : public testing::Test {
 protected:
  void SetUp() override { contents_ = busy_.shop().All(); }

  // A finding of this kind whose place begins like this.
  void ExpectFound(absl::string_view kind, absl::string_view where) const;

  // Changes the record under `key`, which must be there.
  template <typename Record, typename Change>
  void Tamper(const std::string& key, Change change) {
    Record record;
    ASSERT_TRUE(contents_.contains(key));
    ASSERT_TRUE(record.ParseFromString(contents_[key]));
    change(record);
    contents_[key] = record.SerializeAsString();
  }

  // Of the shop as it is, whatever was changed here.
  [[nodiscard]] v1::LedgerCheckpoint Checkpoint() const;

  // The numbers of the commits that have a link.
  [[nodiscard]] std::vector<int64_t> Links() const;

  // Computes every link anew, as one would who can write to the disk.
  void Rechain();

  BusyShop busy_;
  Contents contents_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_TESTING_PROOF_H_
