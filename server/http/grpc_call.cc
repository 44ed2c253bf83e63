#include "server/http/grpc_call.h"

#include "server/methods.h"

namespace pistis::server {

GrpcCall::GrpcCall(grpc::GenericStub& stub, Terms terms, Post post,
                   std::function<void()> changed)
    : post_(std::move(post)),
      changed_(std::move(changed)),
      request_(ToBuffer(std::move(terms.request))) {
  if (terms.timeout != absl::InfiniteDuration()) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + terms.timeout));
  }
  for (const auto& [key, value] : terms.metadata)
    context_.AddMetadata(key, value);
  stub.PrepareBidiStreamingCall(&context_, terms.path, grpc::StubOptions(),
                                this);
  // Reads are started between gRPC's own callbacks, which a hold allows.
  AddHold();
  StartWriteLast(&request_, grpc::WriteOptions());
  AskForNext();
  StartCall();
}

std::string GrpcCall::Take() {
  grpc::Slice whole;
  std::string bytes;
  if (reply_.DumpToSingleSlice(&whole).ok()) {
    bytes.assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
  }
  has_reply_ = false;
  if (held_) AskForNext();
  return bytes;
}

void GrpcCall::Cancel() {
  if (cancelled_ || done_) return;
  cancelled_ = true;
  has_reply_ = false;
  context_.TryCancel();
  if (!reading_) ExpectNoMore();
}

void GrpcCall::OnReadDone(bool ok) {
  post_([this, ok] { AfterRead(ok); });
}

void GrpcCall::OnDone(const grpc::Status& status) {
  // This may be gone as soon as the strand knows.
  const Post post = post_;
  post([this, status] {
    status_ = status;
    done_ = true;
    changed_();
  });
}

void GrpcCall::AfterRead(bool ok) {
  reading_ = false;
  if (ok && !cancelled_) {
    has_reply_ = true;
  } else {
    ExpectNoMore();
  }
  changed_();
}

void GrpcCall::AskForNext() {
  reading_ = true;
  reply_.Clear();
  StartRead(&reply_);
}

void GrpcCall::ExpectNoMore() {
  if (!held_) return;
  held_ = false;
  RemoveHold();
}

}  // namespace pistis::server
