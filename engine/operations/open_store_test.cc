#include "engine/operations/open_store.h"

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

using testing::HasSubstr;

std::string FormatOf(int version, const std::string& secret) {
  store::v1::FormatRecord format;
  format.set_format_version(version);
  format.set_secret(secret);
  format.set_signing_seed(std::string(32, 'k'));
  return format.SerializeAsString();
}

TEST(OpenStoreTest, AnEmptyStoreGetsTheFormatAndASecretOfItsOwn) {
  MemoryStore store;
  MemoryStore other;
  const auto keys = OpenFormat(store);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->secret.size(), 32U);
  EXPECT_EQ(keys->signing_seed.size(), 32U);
  EXPECT_NE(keys->secret, keys->signing_seed);
  EXPECT_NE(keys->secret, OpenFormat(other)->secret);
  EXPECT_NE(keys->signing_seed, OpenFormat(other)->signing_seed);
  store::v1::FormatRecord format;
  ASSERT_TRUE(
      format.ParseFromString(ValueOf(*store.GetSnapshot(), FormatKey())));
  EXPECT_EQ(format.format_version(), kFormatVersion);
}

TEST(OpenStoreTest, OpeningAgainChangesNothing) {
  MemoryStore store;
  const StoreKeys keys = OpenFormat(store).value();
  const Contents before = ContentsOf(*store.GetSnapshot());
  EXPECT_EQ(OpenFormat(store)->secret, keys.secret);
  EXPECT_EQ(OpenFormat(store)->signing_seed, keys.signing_seed);
  EXPECT_EQ(ContentsOf(*store.GetSnapshot()), before);
}

TEST(OpenStoreTest, AnOlderVersionBecomesTheCurrentOneWithItsKeys) {
  MemoryStore store;
  const std::string secret(32, 's');
  ASSERT_TRUE(
      CommitAll(store, {{FormatKey(), FormatOf(kOldestFormatVersion, secret)}})
          .ok());
  const auto keys = OpenFormat(store);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->secret, secret);
  EXPECT_EQ(keys->signing_seed, std::string(32, 'k'));
  EXPECT_EQ(ValueOf(*store.GetSnapshot(), FormatKey()),
            FormatOf(kFormatVersion, secret));
}

TEST(OpenStoreTest, AnotherFormatVersionIsRefusedNamingBoth) {
  for (const int version : {0, kFormatVersion + 1}) {
    MemoryStore store;
    ASSERT_TRUE(
        CommitAll(store, {{FormatKey(), FormatOf(version, "secret")}}).ok());
    const Contents before = ContentsOf(*store.GetSnapshot());
    const absl::Status status = OpenFormat(store).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(CheckFormatVersion(*store.GetSnapshot()), status);
    EXPECT_EQ(ContentsOf(*store.GetSnapshot()), before);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("version ", version, ",")));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("to ", kFormatVersion, ";")));
  }
}

TEST(OpenStoreTest, AForeignStoreIsRefusedAndLeftAlone) {
  MemoryStore store;
  const Contents foreign = {{"their key", "their value"}};
  ASSERT_TRUE(CommitAll(store, foreign).ok());
  EXPECT_EQ(OpenFormat(store).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ContentsOf(*store.GetSnapshot()), foreign);
}

TEST(OpenStoreTest, ADamagedFormatIsDataLoss) {
  for (const std::string& damaged :
       {std::string("\xff\xff"), FormatOf(kFormatVersion, ""),
        FormatOf(kFormatVersion, "short")}) {
    MemoryStore store;
    ASSERT_TRUE(CommitAll(store, {{FormatKey(), damaged}}).ok());
    EXPECT_EQ(OpenFormat(store).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(OpenStoreTest, AStoreThatCannotWriteIsNotOpened) {
  MemoryStore store(
      {.sync = [] { return absl::ResourceExhaustedError("disk full"); }});
  EXPECT_EQ(OpenFormat(store).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ContentsOf(*store.GetSnapshot()).empty());
}

}  // namespace
}  // namespace pistis
