#include "tests/support/temp_dir.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <stdlib.h>

namespace pistis {

TempDir::TempDir() {
  std::error_code error;
  const std::filesystem::path root =
      std::filesystem::temp_directory_path(error);
  path_ = (root / "pistis_XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) {
    std::perror(path_.c_str());
    std::abort();
  }
}

TempDir::~TempDir() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

}  // namespace pistis
