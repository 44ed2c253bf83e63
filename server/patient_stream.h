// A stream of replies that waits for who reads it, but not for ever.
#ifndef PISTIS_SERVER_PATIENT_STREAM_H_
#define PISTIS_SERVER_PATIENT_STREAM_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"

#include "engine/base/clock.h"
#include "server/methods.h"

namespace pistis::server {

// How long the next `messages` may take to be read, all together.
struct Patience {
  absl::Duration time;
  int64_t messages = 1;
};

// At any time exactly one thing is under way: Next on the read pool, a write,
// or what the derived stream starts; each starts the next, by GoOn or Write, or
// ends the stream by End. So memory holds one message. The stream ends with
// kCancelled where the client goes or is slower than the patience, whatever the
// machine's clock is set to, and as MayGoOn says. It deletes itself once gRPC
// is through with it. That may take as long as the connection is open, where
// the client reads nothing of it: so what others wait for is given back before.
class PatientStream : public StreamReactor {
 public:
  ~PatientStream() override;
  void OnWriteDone(bool ok) final;
  void OnCancel() final { gone_ = true; }
  void OnDone() final { delete this; }

 protected:
  // The room outlives the stream. A derived constructor calls GoOn, last.
  PatientStream(const EngineRoom& room, const StreamCall& call,
                Patience patience);

  [[nodiscard]] const EngineRoom& room() const { return room_; }
  [[nodiscard]] const Caller& caller() const { return *caller_; }
  // OK where the stream goes on.
  [[nodiscard]] grpc::Status WhyOver() const;
  // Next, on the pool; OVERLOADED where that is full.
  void GoOn();
  // Sends the message, then calls Written.
  void Write(std::string message);
  // Gives back what the stream holds, and tells the client. The stream may be
  // gone when this returns.
  void End(const grpc::Status& status);

 private:
  class Watch;
  // By End alone.
  using StreamReactor::Finish;

  virtual void Next() = 0;
  // Places, snapshots and the like, as the stream ends or its patience does.
  // Once, and nothing of the derived stream is called after it.
  virtual void GiveBack() = 0;
  // The message was taken. On a thread of gRPC: never blocks.
  virtual void Written() { GoOn(); }
  void EndWrite(bool ok);
  // Gives back, where that was not done.
  void LetGo();

  const EngineRoom& room_;
  grpc::CallbackServerContext& context_;
  const CallerPtr caller_;
  // What is being written.
  grpc::ByteBuffer out_;
  // Its alarm may outlive the stream.
  const std::shared_ptr<Watch> watch_;
  std::atomic<bool> gone_{false};
  // Of what is under way alone.
  bool is_given_back_ = false;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_PATIENT_STREAM_H_
