// Database files as bytes, for tests that cut and damage them. Each fails the
// test where the file system does.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_TEST_FILES_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_TEST_FILES_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pistis {

[[nodiscard]] std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, absl::string_view bytes);

// Copies what is in `from` into the folder `to`.
void CopyFiles(const std::string& from, const std::string& to);

// Paths of the files whose names contain `text`, sorted.
[[nodiscard]] std::vector<std::string> FilesContaining(
    const std::string& directory, absl::string_view text);

// The write-ahead log that grows, or "".
[[nodiscard]] std::string NewestLog(const std::string& directory);

// Each file's name and bytes.
[[nodiscard]] std::map<std::string, std::string> AllFiles(
    const std::string& directory);

// One bit of a file, turned over for as long as this lives.
class FlippedBit {
 public:
  FlippedBit(std::string path, size_t byte, int bit);
  ~FlippedBit();
  FlippedBit(const FlippedBit&) = delete;
  FlippedBit& operator=(const FlippedBit&) = delete;

 private:
  void Flip() const;

  const std::string path_;
  const size_t byte_;
  const int bit_;
};

// How often to repeat something random: `variable` of the environment, or else
// `otherwise`.
[[nodiscard]] int RoundsFrom(const char* variable, int otherwise);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_TEST_FILES_H_
