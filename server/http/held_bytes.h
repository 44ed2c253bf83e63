// Memory that bodies take up, of all connections together.
#ifndef PISTIS_SERVER_HTTP_HELD_BYTES_H_
#define PISTIS_SERVER_HTTP_HELD_BYTES_H_

#include <atomic>
#include <cstddef>
#include <limits>

namespace pistis::server {

// What may be held at one time, of bytes or of anything else that is counted.
// On any thread.
class ByteBudget {
 public:
  explicit ByteBudget(size_t most) : most_(most) {}

  // False, and nothing is taken, where that is too much. It never is for whom
  // `alone` bytes belong to, while nothing else is taken.
  bool Take(size_t bytes, size_t alone = kNobodys) {
    const size_t before = taken_.fetch_add(bytes);
    if (before + bytes <= most_ || before == alone) return true;
    GiveBack(bytes);
    return false;
  }
  void GiveBack(size_t bytes) { taken_.fetch_sub(bytes); }

 private:
  static constexpr size_t kNobodys = std::numeric_limits<size_t>::max();

  const size_t most_;
  std::atomic<size_t> taken_ = 0;
};

// What one holder has taken, of its address's share and of all, given back when
// it goes. One thread at a time.
class HeldBytes {
 public:
  HeldBytes(ByteBudget& share, ByteBudget& all) : share_(share), all_(all) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;
  ~HeldBytes() {
    share_.GiveBack(held_);
    all_.GiveBack(held_);
  }

  // Holds at least `bytes` in all. False where there is no such room. Where
  // nobody else has of the share, it may be passed.
  bool GrowTo(size_t bytes) {
    if (bytes <= held_) return true;
    const size_t more = bytes - held_;
    if (!share_.Take(more, held_)) return false;
    if (!all_.Take(more)) {
      share_.GiveBack(more);
      return false;
    }
    held_ = bytes;
    return true;
  }

 private:
  ByteBudget& share_;
  ByteBudget& all_;
  size_t held_ = 0;
};

// What one address may take up at one time.
struct AddressShare {
  // Large messages that are converted or wait for it.
  static constexpr size_t kConversions = 2;

  explicit AddressShare(size_t most_bytes) : bytes(most_bytes) {}

  ByteBudget bytes;
  ByteBudget conversions{kConversions};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_HELD_BYTES_H_
