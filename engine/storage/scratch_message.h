// A message that is needed for a moment.
#ifndef PISTIS_ENGINE_STORAGE_SCRATCH_MESSAGE_H_
#define PISTIS_ENGINE_STORAGE_SCRATCH_MESSAGE_H_

#include <array>
#include <cstddef>

#include "google/protobuf/arena.h"

namespace pistis {

// An empty message to fill in, serialise and drop. It and what it holds lie on
// an arena whose first `kBytes` are part of this, so that a record of a dozen
// parts is a dozen small allocations less. On the stack; neither copied nor
// moved. Assigning a message to it, or to a part of it, copies all of that:
// fill parts in where they are.
template <typename Message, size_t kBytes = 1024>
class ScratchMessage {
 public:
  ScratchMessage() = default;
  ScratchMessage(const ScratchMessage&) = delete;
  ScratchMessage& operator=(const ScratchMessage&) = delete;

  [[nodiscard]] Message& operator*() { return message_; }
  [[nodiscard]] Message* operator->() { return &message_; }

 private:
  std::array<char, kBytes> block_;
  google::protobuf::Arena arena_{block_.data(), block_.size()};
  Message& message_ = *google::protobuf::Arena::CreateMessage<Message>(&arena_);
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_SCRATCH_MESSAGE_H_
