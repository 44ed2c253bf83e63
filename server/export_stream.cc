#include "server/export_stream.h"

#include <memory>
#include <optional>
#include <utility>

#include "pistis/v1/member_service.grpc.pb.h"

#include "engine/base/refusal.h"
#include "engine/operations/export_member.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kLongest = absl::Minutes(10);

class ExportStream final : public PatientStream {
 public:
  ExportStream(const EngineRoom& room, const StreamCall& call,
               const v1::ExportMemberRequest& request,
               StreamPlaces::PlacePtr place, Patience patience)
      : PatientStream(room, call, patience),
        request_(request),
        place_(std::move(place)),
        snapshot_(room.store.GetSnapshot()) {
    GoOn();
  }

 private:
  void Next() override {
    if (steady_.Elapsed() - began_ > kLongest) {
      End(grpc::Status::CANCELLED);
    } else if (next_ < parts_.size()) {
      Write(parts_[next_++].SerializeAsString());
    } else if (export_ && export_->is_done()) {
      End(grpc::Status::OK);
    } else {
      Read();
    }
  }

  void GiveBack() override {
    place_.reset();
    export_.reset();
    snapshot_.reset();
    parts_.clear();
  }

  // A page may have nothing of the member.
  void Read() {
    next_ = 0;
    absl::StatusOr<MemberExport::Parts> parts = ReadPage(
        {.env = room().env, .reader = *snapshot_, .now = room().clock.Now()});
    if (!parts.ok()) {
      End(ToWire(parts.status()));
      return;
    }
    parts_ = *std::move(parts);
    GoOn();
  }

  absl::StatusOr<MemberExport::Parts> ReadPage(const QueryContext& context) {
    if (!export_) {
      PISTIS_ASSIGN_OR_RETURN(export_, MemberExport::Begin(context, request_));
    }
    return export_->Next(context);
  }

  const v1::ExportMemberRequest request_;
  StreamPlaces::PlacePtr place_;
  const BootClock steady_;
  const absl::Duration began_ = steady_.Elapsed();
  std::unique_ptr<Snapshot> snapshot_;
  std::optional<MemberExport> export_;
  MemberExport::Parts parts_;
  size_t next_ = 0;
};

}  // namespace

StreamMethod Exports(const EngineRoom& room, StreamPlaces& places,
                     Patience patience) {
  return Streams<v1::ExportMemberRequest>(
      [&room, &places, patience](
          const StreamCall& call,
          const v1::ExportMemberRequest& request) -> StreamReactor* {
        StreamPlaces::PlacePtr place =
            places.Take(*call.admitted.caller, request.program_id());
        if (place == nullptr) {
          return new RefusedStream(
              Refuse(Reason::kOverloaded,
                     "members are being exported, one for a caller at a time; "
                     "try again after a pause"));
        }
        return new ExportStream(room, call, request, std::move(place),
                                patience);
      });
}

}  // namespace pistis::server
