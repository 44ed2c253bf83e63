#include "engine/storage/test_stores.h"

#include <utility>

#include "gtest/gtest.h"

#include "engine/storage/memory/memory_store.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

class TestMemoryStore final : public TestStore {
 public:
  Store& store() override { return store_; }

 private:
  MemoryStore store_;
};

class TestRocksDbStore final : public TestStore {
 public:
  TestRocksDbStore() {
    auto opened = RocksDbStore::Open({.path = directory_.path()});
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  Store& store() override { return *store_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<RocksDbStore> store_;
};

template <typename Kind>
std::unique_ptr<TestStore> Make() {
  return std::make_unique<Kind>();
}

}  // namespace

std::vector<StoreKind> AllStoreKinds() {
  return {{.name = "Memory", .make = &Make<TestMemoryStore>},
          {.name = "RocksDb", .make = &Make<TestRocksDbStore>}};
}

}  // namespace pistis
