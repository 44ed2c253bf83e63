// Requests on an arena: an order of five lines is fifty small allocations less.
#ifndef PISTIS_SERVER_ARENA_MESSAGES_H_
#define PISTIS_SERVER_ARENA_MESSAGES_H_

#include <array>

#include "google/protobuf/arena.h"
#include "grpcpp/support/message_allocator.h"

namespace pistis::server {

// Gives gRPC the messages of a unary call: the request on an arena of its own,
// the reply, which queries move into place, on the heap. Any thread.
template <typename Request, typename Reply>
class ArenaMessages final : public grpc::MessageAllocator<Request, Reply> {
 public:
  grpc::MessageHolder<Request, Reply>* AllocateMessages() override {
    return new Holder();
  }

 private:
  static constexpr size_t kFirstBlock = 4096;

  class Holder final : public grpc::MessageHolder<Request, Reply> {
   public:
    Holder() : arena_(block_.data(), block_.size()) {
      this->set_request(
          google::protobuf::Arena::CreateMessage<Request>(&arena_));
      this->set_response(&reply_);
    }
    // gRPC hands the messages back here, once.
    void Release() override { delete this; }

   private:
    std::array<char, kFirstBlock> block_;
    google::protobuf::Arena arena_;
    Reply reply_;
  };
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ARENA_MESSAGES_H_
