#include "engine/storage/rocksdb/test_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "gtest/gtest.h"

namespace pistis {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, absl::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_TRUE(file.good()) << path;
}

void CopyFiles(const std::string& from, const std::string& to) {
  // A live store removes files it needs no longer: then copied anew.
  constexpr int kAttempts = 100;
  std::error_code failed;
  for (int i = 0; i < kAttempts; ++i) {
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive,
                          failed);
    if (failed != std::errc::no_such_file_or_directory) break;
    for (const auto& entry : std::filesystem::directory_iterator(to))
      std::filesystem::remove_all(entry);
  }
  EXPECT_FALSE(failed) << failed.message();
}

std::vector<std::string> FilesContaining(const std::string& directory,
                                         absl::string_view text) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (absl::StrContains(entry.path().filename().string(), text)) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string NewestLog(const std::string& directory) {
  const std::vector<std::string> logs = FilesContaining(directory, ".log");
  return logs.empty() ? "" : logs.back();
}

std::map<std::string, std::string> AllFiles(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const std::string& path : FilesContaining(directory, "")) {
    files[path] = ReadFile(path);
  }
  return files;
}

FlippedBit::FlippedBit(std::string path, size_t byte, int bit)
    : path_(std::move(path)), byte_(byte), bit_(bit) {
  Flip();
}

FlippedBit::~FlippedBit() {
  Flip();
}

void FlippedBit::Flip() const {
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  const auto place = static_cast<std::streamoff>(byte_);
  file.seekg(place);
  const int byte = file.get();
  file.seekp(place);
  file.put(static_cast<char>(byte ^ (1 << bit_)));
  EXPECT_TRUE(file.good()) << path_;
}

int RoundsFrom(const char* variable, int otherwise) {
  int rounds = 0;
  const char* given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr && absl::SimpleAtoi(given, &rounds) ? rounds
                                                              : otherwise;
}

}  // namespace pistis
