// Memory that bodies take up, of all connections together.
#ifndef PISTIS_SERVER_HTTP_HELD_BYTES_H_
#define PISTIS_SERVER_HTTP_HELD_BYTES_H_

#include <atomic>
#include <cstddef>

namespace pistis::server {

// What may be held at one time. On any thread.
class ByteBudget {
 public:
  explicit ByteBudget(size_t most) : most_(most) {}

  // False, and nothing is taken, where that is too much.
  bool Take(size_t bytes) {
    if (taken_.fetch_add(bytes) + bytes <= most_) return true;
    GiveBack(bytes);
    return false;
  }
  void GiveBack(size_t bytes) { taken_.fetch_sub(bytes); }

 private:
  const size_t most_;
  std::atomic<size_t> taken_ = 0;
};

// What one holder has taken, given back when it goes. One thread at a time.
class HeldBytes {
 public:
  explicit HeldBytes(ByteBudget& budget) : budget_(budget) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;
  ~HeldBytes() { budget_.GiveBack(held_); }

  // Holds at least `bytes` in all. False where the budget has no such room.
  bool GrowTo(size_t bytes) {
    if (bytes <= held_) return true;
    if (!budget_.Take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }

 private:
  ByteBudget& budget_;
  size_t held_ = 0;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_HELD_BYTES_H_
