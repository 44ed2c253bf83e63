#include "engine/storage/testing.h"

#include <cstdlib>
#include <filesystem>
#include <random>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pistis {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = absl::StrCat(testing::TempDir(), "/pistis_storage_XXXXXX");
  const char* made = mkdtemp(name.data());
  EXPECT_NE(made, nullptr) << name;
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Contents ContentsOf(const Reader& reader, absl::string_view begin,
                    absl::string_view end) {
  Contents contents;
  const absl::Status scanned = reader.Scan(
      begin, end, [&](absl::string_view key, absl::string_view value) {
        EXPECT_TRUE(contents.empty() || contents.rbegin()->first < key);
        contents.emplace(key, value);
        return Visit::kContinue;
      });
  EXPECT_TRUE(scanned.ok()) << scanned;
  return contents;
}

Contents ContentsBackward(const Reader& reader, absl::string_view begin,
                          absl::string_view end) {
  Contents contents;
  const absl::Status scanned = reader.ScanBackward(
      begin, end, [&](absl::string_view key, absl::string_view value) {
        EXPECT_TRUE(contents.empty() || contents.begin()->first > key);
        contents.emplace(key, value);
        return Visit::kContinue;
      });
  EXPECT_TRUE(scanned.ok()) << scanned;
  return contents;
}

std::string ValueOf(const Reader& reader, absl::string_view key) {
  const auto value = reader.Get(key);
  if (!value.ok()) return value.status().ToString();
  return value->value_or("<absent>");
}

absl::Status CommitAll(Store& store, const Contents& writes) {
  const auto txn = store.Begin();
  for (const auto& [key, value] : writes)
    txn->Put(key, value);
  return txn->Commit();
}

uint64_t TestSeed() {
  uint64_t seed = 0;
  const char* given =
      std::getenv("PISTIS_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  if (given != nullptr && absl::SimpleAtoi(given, &seed)) return seed;
  return std::random_device()();
}

}  // namespace pistis
