#include "server/auth/settled_file.h"

#include <fstream>
#include <sstream>

namespace pistis::server {

bool SettledFile::Look() {
  std::string now = Read();
  if (now == content_) {
    found_.reset();
    return false;
  }
  if (found_ != now) {
    found_ = std::move(now);
    return false;
  }
  content_ = std::move(now);
  found_.reset();
  return true;
}

std::string SettledFile::Read() const {
  if (path_.empty()) return "";
  std::ifstream file(path_, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace pistis::server
