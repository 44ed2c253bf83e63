#include "server/unread_replies.h"

#include "grpc/grpc.h"

#include "server/auth/gate.h"

namespace pistis::server {

bool UnreadReplies::Hold(grpc::CallbackServerContext& context,
                         const Caller& caller, size_t bytes, Part& part) {
  if (bytes < kCountedBytes) return true;
  part.call_ = context.c_call();
  part.caller_ = caller.is_anybody() ? NetworkOf(context) : caller.CountedAs();
  part.bytes_ = bytes;
  part.since_ = steady_.Elapsed();
  std::vector<grpc_call*> overdue;
  {
    const absl::MutexLock lock(&mutex_);
    if (Enter(part)) return true;
    overdue = Overdue();
  }
  // Cancelling may call back from within, so no lock is held meanwhile.
  for (grpc_call* call : overdue) {
    grpc_call_cancel(call, nullptr);
    grpc_call_unref(call);
  }
  return false;
}

bool UnreadReplies::Enter(Part& part) {
  const auto allowed = [&part](size_t most) {
    return part.bytes_ < kPageBytes ? most + most / 4 : most;
  };
  if (bytes_ + part.bytes_ > allowed(most_.bytes_in_all)) return false;
  size_t& own = of_caller_[part.caller_];
  if (own > 0 && own + part.bytes_ > allowed(most_.bytes_of_a_caller)) {
    return false;
  }
  own += part.bytes_;
  bytes_ += part.bytes_;
  part.place_ = parts_.insert(parts_.end(), &part);
  part.replies_ = this;
  return true;
}

// Each is held until it is cancelled.
std::vector<grpc_call*> UnreadReplies::Overdue() {
  std::vector<grpc_call*> overdue;
  const absl::Duration now = steady_.Elapsed();
  for (Part* const part : parts_) {
    if (now - part->since_ < most_.patience) break;
    // Once is enough, where gRPC takes its time to end it.
    part->since_ = now;
    grpc_call_ref(part->call_);
    overdue.push_back(part->call_);
  }
  return overdue;
}

void UnreadReplies::GiveBack(const Part& part) {
  const absl::MutexLock lock(&mutex_);
  parts_.erase(part.place_);
  bytes_ -= part.bytes_;
  const auto own = of_caller_.find(part.caller_);
  own->second -= part.bytes_;
  if (own->second == 0) of_caller_.erase(own);
}

}  // namespace pistis::server
