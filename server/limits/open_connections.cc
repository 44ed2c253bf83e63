#include "server/limits/open_connections.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace pistis::server {
namespace {

constexpr size_t kLookedAt = 64;

// 0 where the descriptor is closed, or no socket any more.
ino_t SocketOf(int descriptor) {
  struct stat about = {};
  const bool is_socket =
      fstat(descriptor, &about) == 0 && S_ISSOCK(about.st_mode);
  return is_socket ? about.st_ino : 0;
}

// gRPC may close the descriptor at any time, and it may be another's then. So
// the socket is looked at by a descriptor of one's own, which stays what it is.
// The first look keeps from taking what is known to be no such socket: to close
// a second descriptor of a file would drop the locks that this process has on
// it.
void Shut(int descriptor, ino_t socket) {
  if (SocketOf(descriptor) != socket) return;
  const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return;
  if (SocketOf(own) == socket) shutdown(own, SHUT_RDWR);
  close(own);
}

}  // namespace

void OpenConnections::Add(int descriptor, const std::string& caller) {
  const ino_t socket = SocketOf(descriptor);
  absl::MutexLock lock(&mutex_);
  connections_.push_back({descriptor, socket, caller});
}

std::vector<std::string> OpenConnections::TakeClosed() {
  std::vector<std::string> closed;
  absl::MutexLock lock(&mutex_);
  std::erase_if(connections_, [&closed](Connection& connection) {
    if (SocketOf(connection.descriptor) == connection.socket) return false;
    closed.push_back(std::move(connection.caller));
    return true;
  });
  return closed;
}

std::vector<int> OpenConnections::AtMost(size_t most) {
  std::vector<int> open;
  absl::MutexLock lock(&mutex_);
  if (connections_.size() > kLookedAt) return open;
  for (const Connection& connection : connections_) {
    if (SocketOf(connection.descriptor) != connection.socket) continue;
    if (open.size() == most) return {};
    open.push_back(connection.descriptor);
  }
  return open;
}

void OpenConnections::ShutAll() {
  absl::MutexLock lock(&mutex_);
  for (const Connection& connection : connections_)
    Shut(connection.descriptor, connection.socket);
}

}  // namespace pistis::server
