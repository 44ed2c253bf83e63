// Every kind of store, for the suites that all of them must pass. A new kind
// adds itself in test_stores.cc.
#ifndef PISTIS_ENGINE_STORAGE_TEST_STORES_H_
#define PISTIS_ENGINE_STORAGE_TEST_STORES_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/storage/store.h"

namespace pistis {

// A store, empty at first, with whatever it needs to live.
class TestStore {
 public:
  virtual ~TestStore() = default;
  virtual Store& store() = 0;
};

struct StoreKind {
  std::string name;
  std::unique_ptr<TestStore> (*make)();
};

[[nodiscard]] std::vector<StoreKind> AllStoreKinds();

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_TEST_STORES_H_
