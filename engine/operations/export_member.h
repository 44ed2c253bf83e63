// The use case ExportMember: all that is stored of a member, part by part.
#ifndef PISTIS_ENGINE_OPERATIONS_EXPORT_MEMBER_H_
#define PISTIS_ENGINE_OPERATIONS_EXPORT_MEMBER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "engine/operations/queries.h"
#include "engine/operations/stream_events.h"

namespace pistis {

// An export on its way, in memory of a page's size. Profile, account, entries,
// codes, notes and cases come first; orders, reservations and refunds come with
// the events that tell of them, for which all commits of the program are gone
// through. One thread at a time; each call is given the same snapshot.
class MemberExport {
 public:
  using Parts = std::vector<v1::ExportMemberResponse>;

  // FIELD_INVALID, NOT_FOUND (program, member).
  static absl::StatusOr<MemberExport> Begin(
      const QueryContext& context, const v1::ExportMemberRequest& request);

  // The next parts: none where a page has nothing of the member.
  // RECORD_CORRUPT.
  absl::StatusOr<Parts> Next(const QueryContext& context);

  [[nodiscard]] bool is_done() const { return stage_ == Stage::kDone; }

 private:
  enum class Stage {
    kMember,
    kEntries,
    kCodes,
    kNotes,
    kCases,
    kEvents,
    kDone
  };

  MemberExport(v1::ExportMemberRequest request, EventsToRead events)
      : request_(std::move(request)), events_(std::move(events)) {}

  // Goes on with the next stage where this was the last page of one.
  void EndPage(std::string next_page_token);
  // Fills in a request for a page of what the member has.
  template <typename Request>
  [[nodiscard]] Request PageRequest() const;
  // A part of this kind and name.
  static absl::Status Add(const char* kind, const std::string& id,
                          const google::protobuf::Message& message,
                          Parts& parts);
  absl::StatusOr<Parts> Profile(const QueryContext& context);
  absl::StatusOr<Parts> Entries(const QueryContext& context);
  absl::StatusOr<Parts> Codes(const QueryContext& context);
  absl::StatusOr<Parts> Notes(const QueryContext& context);
  absl::StatusOr<Parts> Cases(const QueryContext& context);
  absl::StatusOr<Parts> Events(const QueryContext& context);
  // What the event tells of.
  [[nodiscard]] absl::Status AddSubject(const QueryContext& context,
                                        const v1::Event& event,
                                        Parts& parts) const;

  v1::ExportMemberRequest request_;
  Stage stage_ = Stage::kMember;
  std::string page_token_;
  EventsToRead events_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_EXPORT_MEMBER_H_
