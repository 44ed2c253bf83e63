// What the tests of all stores share. Not for programs.
#ifndef PISTIS_ENGINE_STORAGE_TESTING_H_
#define PISTIS_ENGINE_STORAGE_TESTING_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/storage/store.h"

namespace pistis {

// A new directory, removed with all it holds at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Contents = std::map<std::string, std::string>;

// All keys in [begin, end) and their values. Fails the test, returning what it
// has, where the scan fails or visits keys out of order.
Contents ContentsOf(const Reader& reader, absl::string_view begin = "",
                    absl::string_view end = "");
// The same, read by ScanBackward.
Contents ContentsBackward(const Reader& reader, absl::string_view begin = "",
                          absl::string_view end = "");

// The value of `key`, or "<absent>", or the error's text.
std::string ValueOf(const Reader& reader, absl::string_view key);

// Commits `writes` in one transaction that reads nothing.
absl::Status CommitAll(Store& store, const Contents& writes);

// From PISTIS_TEST_SEED where it is set, so that a failure can be run again;
// else a new one. Say it in every failure.
uint64_t TestSeed();

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_TESTING_H_
