// A folder for the life of a test.
#ifndef PISTIS_TESTS_SUPPORT_TEMP_DIR_H_
#define PISTIS_TESTS_SUPPORT_TEMP_DIR_H_

#include <string>

namespace pistis {

// A new, empty folder under $TMPDIR (/tmp), removed with everything in it when
// this goes. Stops the process where none can be made.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace pistis

#endif  // PISTIS_TESTS_SUPPORT_TEMP_DIR_H_
