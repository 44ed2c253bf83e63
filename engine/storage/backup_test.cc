#include "engine/storage/backup.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/storage/testing.h"

namespace pistis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::Time kNow = absl::FromUnixMicros(1768000000123456);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A store of two files.
class TwoFiles final : public BackupSource {
 public:
  absl::Status CopyTo(const std::string& directory) override {
    std::filesystem::create_directory(directory);
    WriteFile(directory + "/first", "first content");
    WriteFile(directory + "/second", std::string(700000, 's'));
    return absl::OkStatus();
  }
};

class NoFiles final : public BackupSource {
 public:
  absl::Status CopyTo(const std::string& /*directory*/) override {
    return absl::ResourceExhaustedError("the disk is full");
  }
};

// A store that leaves something which cannot be copied.
class NestedFiles final : public BackupSource {
 public:
  absl::Status CopyTo(const std::string& directory) override {
    std::filesystem::create_directories(directory + "/nested");
    return absl::OkStatus();
  }
};

class BackupTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto made =
        CreateBackup(source_, backup_, {.commit_seq = 42, .now = kNow});
    ASSERT_TRUE(made.ok()) << made.status();
    manifest_ = *made;
  }

  void ExpectDamaged(const std::string& file) const {
    const absl::Status checked = CheckBackup(backup_);
    EXPECT_EQ(checked.code(), absl::StatusCode::kDataLoss) << checked;
    EXPECT_THAT(std::string(checked.message()), HasSubstr(file));
    EXPECT_EQ(RestoreBackup(backup_, restored_).code(),
              absl::StatusCode::kDataLoss);
    EXPECT_FALSE(std::filesystem::exists(restored_));
    EXPECT_FALSE(std::filesystem::exists(restored_ + ".partial"));
  }

  TemporaryDirectory place_;
  TwoFiles source_;
  const std::string backup_ = place_.path() + "/deep/down/backup";
  const std::string restored_ = place_.path() + "/restored";
  store::v1::BackupManifest manifest_;
};

TEST_F(BackupTest, ManifestSaysWhatTheFolderHolds) {
  EXPECT_EQ(manifest_.commit_seq(), 42);
  EXPECT_EQ(manifest_.create_us(), absl::ToUnixMicros(kNow));
  ASSERT_EQ(manifest_.files_size(), 2);
  EXPECT_EQ(manifest_.files(0).name(), "first");
  EXPECT_EQ(manifest_.files(0).bytes(), 13);
  EXPECT_EQ(manifest_.files(0).sha256(),
            "2cd4837c7726f70047c8fdafb52801dbfef2cb4f7bc4cfb2e0441980f9d4a3b8");
  EXPECT_EQ(manifest_.files(1).bytes(), 700000);
  const auto read = ReadBackupManifest(backup_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), manifest_.SerializeAsString());
  EXPECT_TRUE(CheckBackup(backup_).ok());
  EXPECT_TRUE(CheckBackup(backup_ + "/").ok());
}

TEST_F(BackupTest, ChangedByteIsFound) {
  std::string bytes = ReadFile(backup_ + "/second");
  bytes[500000] = 't';
  WriteFile(backup_ + "/second", bytes);
  ExpectDamaged("/second");
}

TEST_F(BackupTest, MissingFileIsFound) {
  std::filesystem::remove(backup_ + "/first");
  ExpectDamaged("/first");
}

TEST_F(BackupTest, ExtraFileIsFound) {
  for (const std::string name : {"a", "pistis-backup.json.partial", "zzz"}) {
    WriteFile(absl::StrCat(backup_, "/", name), "");
    ExpectDamaged(absl::StrCat("/", name));
    std::filesystem::remove(absl::StrCat(backup_, "/", name));
  }
  std::filesystem::create_directory(backup_ + "/folder");
  ExpectDamaged("/folder");
}

TEST_F(BackupTest, CutFileIsFoundBySize) {
  std::filesystem::resize_file(backup_ + "/second", 699999);
  ExpectDamaged("/second has 699999 bytes; it was written with 700000");
}

TEST_F(BackupTest, SizesAloneTellWhatIsMissingOrCut) {
  ASSERT_TRUE(CheckBackupSizes(backup_).ok());
  WriteFile(backup_ + "/first", "other content");
  EXPECT_TRUE(CheckBackupSizes(backup_).ok());
  WriteFile(backup_ + "/first", "first conten");
  EXPECT_TRUE(absl::IsDataLoss(CheckBackupSizes(backup_)));
  std::filesystem::remove(backup_ + "/first");
  EXPECT_TRUE(absl::IsDataLoss(CheckBackupSizes(backup_)));
}

TEST_F(BackupTest, ARemovedBackupIsGoneAndItsNeighboursAreNot) {
  const std::string next = backup_ + "-2";
  ASSERT_TRUE(CreateBackup(source_, next, {.now = kNow}).ok());
  ASSERT_TRUE(RemoveBackup(backup_).ok());
  EXPECT_FALSE(std::filesystem::exists(backup_));
  EXPECT_TRUE(CheckBackup(next).ok());
  EXPECT_TRUE(RemoveBackup(backup_).ok()) << "what is not there";
}

TEST_F(BackupTest, LinkInsteadOfAFileIsFound) {
  std::filesystem::rename(backup_ + "/first", place_.path() + "/first");
  std::filesystem::create_symlink(place_.path() + "/first", backup_ + "/first");
  ExpectDamaged("/first");
}

TEST_F(BackupTest, FolderWithoutAManifestIsNoBackup) {
  std::filesystem::remove(backup_ + "/pistis-backup.json");
  EXPECT_EQ(CheckBackup(backup_).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RestoreBackup(backup_, restored_).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CheckBackup(place_.path() + "/none").code(),
            absl::StatusCode::kFailedPrecondition);
}

// Also in what the manifest says besides the files.
TEST_F(BackupTest, FlippedBitInTheManifestIsFoundOrMeansNothing) {
  const std::string path = backup_ + "/pistis-backup.json";
  const std::string sound = ReadFile(path);
  for (size_t place = 0; place < sound.size(); ++place) {
    SCOPED_TRACE(place);
    std::string damaged = sound;
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << place % 8));
    WriteFile(path, damaged);
    const auto read = ReadBackupManifest(backup_);
    if (!read.ok()) continue;
    EXPECT_EQ(read->SerializeAsString(), manifest_.SerializeAsString());
  }
}

TEST_F(BackupTest, RestoringMakesTheSameFilesAndNoOther) {
  ASSERT_TRUE(RestoreBackup(backup_, restored_).ok());
  EXPECT_EQ(ReadFile(restored_ + "/first"), "first content");
  EXPECT_EQ(ReadFile(restored_ + "/second"), std::string(700000, 's'));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(restored_), {}),
            2);
  EXPECT_FALSE(std::filesystem::exists(restored_ + ".partial"));
  EXPECT_TRUE(CheckBackup(backup_).ok());
}

TEST_F(BackupTest, RestoresIntoAnEmptyFolder) {
  std::filesystem::create_directory(restored_);
  ASSERT_TRUE(RestoreBackup(backup_, restored_ + "/").ok());
  EXPECT_EQ(ReadFile(restored_ + "/first"), "first content");
}

TEST_F(BackupTest, RestoringNeverTouchesWhatIsThere) {
  std::filesystem::create_directory(restored_);
  WriteFile(restored_ + "/mine", "precious");
  EXPECT_EQ(RestoreBackup(backup_, restored_).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadFile(restored_ + "/mine"), "precious");
  const std::string file = place_.path() + "/file";
  WriteFile(file, "precious");
  EXPECT_EQ(RestoreBackup(backup_, file).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadFile(file), "precious");
  const std::string other = place_.path() + "/other";
  std::filesystem::create_directory(other + ".partial");
  const absl::Status unfinished = RestoreBackup(backup_, other);
  EXPECT_EQ(unfinished.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(unfinished.message()),
              AllOf(HasSubstr("other.partial"), HasSubstr("remove it")));
}

TEST_F(BackupTest, SecondBackupToTheSameFolderIsRefused) {
  EXPECT_EQ(CreateBackup(source_, backup_, {.now = kNow}).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(CheckBackup(backup_).ok());
}

TEST_F(BackupTest, FailedBackupLeavesNothing) {
  NoFiles none;
  const std::string path = place_.path() + "/failed";
  EXPECT_EQ(CreateBackup(none, path, {.now = kNow}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(std::filesystem::exists(path));
  NestedFiles nested;
  EXPECT_FALSE(CreateBackup(nested, path, {.now = kNow}).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(BackupTest, LaterFormatIsNamed) {
  const std::string path = backup_ + "/pistis-backup.json";
  WriteFile(path, R"({"format_version": 2, "something_new": 7})");
  const absl::Status checked = CheckBackup(backup_);
  EXPECT_EQ(checked.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(checked.message()), HasSubstr("format version 2"));
}

// A manifest must not make restoring write elsewhere.
TEST_F(BackupTest, ManifestThatNamesAPathIsRefused) {
  const std::string path = backup_ + "/pistis-backup.json";
  std::string json = ReadFile(path);
  json.replace(json.find("first"), 5, "../up");
  WriteFile(path, json);
  EXPECT_EQ(RestoreBackup(backup_, restored_).code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pistis
