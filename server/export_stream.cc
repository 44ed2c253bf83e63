#include "server/export_stream.h"

#include <memory>
#include <optional>
#include <utility>

#include "pistis/v1/member_service.grpc.pb.h"

#include "engine/base/clock.h"
#include "engine/base/refusal.h"
#include "engine/operations/export_member.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

constexpr int kMostExports = 2;
constexpr absl::Duration kPatience = absl::Minutes(10);

// At any time exactly one thing is under way: a read on the pool, or a write;
// each starts the next.
class ExportStream final : public StreamReactor {
 public:
  ExportStream(const EngineRoom& room, const v1::ExportMemberRequest& request,
               std::atomic<int>& open)
      : room_(room),
        request_(request),
        open_(open),
        snapshot_(room.store.GetSnapshot()) {
    ReadOnPool();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      WriteNext();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnCancel() override { gone_ = true; }

  void OnDone() override {
    --open_;
    delete this;
  }

 private:
  void ReadOnPool() {
    if (!room_.reads.Run([this] { Read(); })) {
      Finish(ToWire(Refuse(Reason::kOverloaded,
                           "the server has too much to read; try again after "
                           "a pause")));
    }
  }

  // A page may have nothing of the member.
  void Read() {
    if (gone_ || steady_.Elapsed() - began_ > kPatience) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    if (room_.stopping) {
      Finish({grpc::StatusCode::UNAVAILABLE, "the server stops"});
      return;
    }
    absl::StatusOr<MemberExport::Parts> parts = ReadPage(
        {.env = room_.env, .reader = *snapshot_, .now = room_.clock.Now()});
    if (!parts.ok()) {
      Finish(ToWire(parts.status()));
      return;
    }
    parts_ = *std::move(parts);
    next_ = 0;
    WriteNext();
  }

  absl::StatusOr<MemberExport::Parts> ReadPage(const QueryContext& context) {
    if (!export_) {
      PISTIS_ASSIGN_OR_RETURN(export_, MemberExport::Begin(context, request_));
    }
    return export_->Next(context);
  }

  void WriteNext() {
    if (next_ < parts_.size()) {
      out_ = ToBuffer(parts_[next_++].SerializeAsString());
      StartWrite(&out_);
    } else if (export_->is_done()) {
      Finish(grpc::Status::OK);
    } else {
      ReadOnPool();
    }
  }

  const EngineRoom& room_;
  const v1::ExportMemberRequest request_;
  std::atomic<int>& open_;
  const BootClock steady_;
  const absl::Duration began_ = steady_.Elapsed();
  const std::unique_ptr<Snapshot> snapshot_;
  std::optional<MemberExport> export_;
  MemberExport::Parts parts_;
  size_t next_ = 0;
  // What is being written.
  grpc::ByteBuffer out_;
  std::atomic<bool> gone_{false};
};

}  // namespace

StreamMethod Exports(const EngineRoom& room, std::atomic<int>& open) {
  return Streams<v1::ExportMemberRequest>(
      [&room, &open](const v1::ExportMemberRequest& request) -> StreamReactor* {
        if (++open > kMostExports) {
          --open;
          return new RefusedStream(
              Refuse(Reason::kOverloaded,
                     "members are being exported; try again after a pause"));
        }
        return new ExportStream(room, request, open);
      });
}

}  // namespace pistis::server
