// Random reads and writes, which a store and a std::map must answer alike.
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/storage/overlay.h"
#include "engine/storage/store.h"
#include "engine/storage/test_stores.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

constexpr int kOperations = 2'000;
constexpr int kSnapshotsKept = 3;

Contents Slice(const Contents& model, const std::string& begin,
               const std::string& end) {
  if (!end.empty() && begin >= end) return {};
  const auto last = end.empty() ? model.end() : model.lower_bound(end);
  return {model.lower_bound(begin), last};
}

// Draws keys that collide often and hold the bytes that break orderings.
class Dice {
 public:
  explicit Dice(uint64_t seed) : bits_(seed) {}

  int Below(int bound) {
    return static_cast<int>(bits_() % static_cast<uint64_t>(bound));
  }
  std::string Key() {
    static constexpr char kBytes[] = {'\0', 'a', 'b', '\x7f', '\xff'};
    std::string key;
    const int length = 1 + Below(3);
    for (int i = 0; i < length; ++i)
      key.push_back(kBytes[Below(5)]);
    return key;
  }
  std::string Value() {
    return std::string(static_cast<size_t>(Below(50)), 'v') +
           absl::StrCat(bits_() % 1000);
  }
  std::string Bound() { return Below(5) == 0 ? std::string() : Key(); }

 private:
  std::mt19937_64 bits_;
};

// A reader and the map that it must equal.
void ExpectAgrees(const Reader& reader, const Contents& model, Dice& dice) {
  const std::string key = dice.Key();
  const auto known = model.find(key);
  EXPECT_EQ(ValueOf(reader, key),
            known == model.end() ? "<absent>" : known->second);
  const std::string begin = dice.Bound();
  const std::string end = dice.Bound();
  EXPECT_EQ(ContentsOf(reader, begin, end), Slice(model, begin, end));
  EXPECT_EQ(ContentsBackward(reader, begin, end), Slice(model, begin, end));
}

template <typename Writer>
void WriteSomething(Writer& writer, Contents& model, Dice& dice) {
  const std::string key = dice.Key();
  if (dice.Below(3) == 0) {
    writer.Delete(key);
    model.erase(key);
    return;
  }
  const std::string value = dice.Value();
  writer.Put(key, value);
  model[key] = value;
}

class StoreModelTest : public testing::TestWithParam<StoreKind> {
 protected:
  struct Kept {
    std::unique_ptr<Snapshot> snapshot;
    Contents model;
  };

  void BeginIfNone() {
    if (txn_ != nullptr) return;
    txn_ = store().Begin();
    in_txn_ = committed_;
  }

  void Commit() {
    BeginIfNone();
    ASSERT_TRUE(txn_->Commit().ok());
    committed_ = in_txn_;
    txn_.reset();
  }

  void KeepSnapshot(size_t place) {
    kept_.resize(kSnapshotsKept);
    kept_[place] = {store().GetSnapshot(), committed_};
  }

  // Two sets over a snapshot, then one merged into the other.
  void CheckOverlay(Dice& dice) {
    const auto base = store().GetSnapshot();
    Contents model = committed_;
    WriteSet older;
    WriteSet newer;
    const OverlayReader both(*base, {&newer, &older});
    for (int i = dice.Below(8); i > 0; --i)
      WriteSomething(older, model, dice);
    ExpectAgrees(both, model, dice);
    for (int i = dice.Below(8); i > 0; --i)
      WriteSomething(newer, model, dice);
    ExpectAgrees(both, model, dice);
    older.Merge(std::move(newer));
    ExpectAgrees(both, model, dice);
    EXPECT_EQ(ContentsOf(both), model);
  }

  void Step(Dice& dice) {
    const int choice = dice.Below(20);
    if (choice < 9) {
      BeginIfNone();
      WriteSomething(*txn_, in_txn_, dice);
    } else if (choice < 12) {
      BeginIfNone();
      ExpectAgrees(*txn_, in_txn_, dice);
    } else if (choice < 14) {
      Commit();
    } else if (choice < 15) {
      txn_.reset();
    } else if (choice < 16) {
      KeepSnapshot(static_cast<size_t>(dice.Below(kSnapshotsKept)));
    } else if (choice < 18) {
      CheckOverlay(dice);
    } else {
      ExpectAgrees(*store().GetSnapshot(), committed_, dice);
    }
    for (const Kept& kept : kept_) {
      if (kept.snapshot != nullptr) {
        ExpectAgrees(*kept.snapshot, kept.model, dice);
      }
    }
  }

  Store& store() { return home_->store(); }

 private:
  const std::unique_ptr<TestStore> home_ = GetParam().make();
  std::unique_ptr<Txn> txn_;
  Contents in_txn_;
  Contents committed_;
  std::vector<Kept> kept_;
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreModelTest,
                         testing::ValuesIn(AllStoreKinds()),
                         [](const testing::TestParamInfo<StoreKind>& kind) {
                           return kind.param.name;
                         });

TEST_P(StoreModelTest, RandomOperationsAgreeWithAMap) {
  const uint64_t seed = TestSeed();
  RecordProperty("seed", absl::StrCat(seed));
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  Dice dice(seed);
  for (int i = 0; i < kOperations && !HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("operation ", i));
    Step(dice);
  }
}

}  // namespace
}  // namespace pistis
