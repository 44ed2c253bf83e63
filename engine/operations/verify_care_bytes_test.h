// What a recount can see of complaints, for the test that flips bits.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_CARE_BYTES_TEST_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_CARE_BYTES_TEST_H_

#include <string>

#include "google/protobuf/timestamp.pb.h"

#include "pistis/store/v1/care_records.pb.h"
#include "pistis/v1/care_service.pb.h"
#include "pistis/v1/event_service.pb.h"

namespace pistis {

// Times are whole microseconds.
inline void ClearNanos(google::protobuf::Timestamp& time) {
  time.set_nanos(time.nanos() / 1000);
}

// A text of which only that there is one means something.
inline void ClearText(std::string& text) {
  if (!text.empty()) text = "some";
}

// The case without what no other record tells: words, who acted and in which
// role, when a follow-up was asked for.
inline void ClearCase(v1::Case& message, const store::v1::CaseRecord& record) {
  message.DiscardUnknownFields();
  message.clear_words();
  message.clear_resolver();
  ClearNanos(*message.mutable_open_time());
  ClearNanos(*message.mutable_resolved_time());
  if (message.has_follow_up_time()) {
    ClearNanos(*message.mutable_follow_up_time());
    if (record.follow_up_asked()) message.mutable_follow_up_time()->Clear();
  }
  for (v1::Remedy& remedy : *message.mutable_remedies()) {
    remedy.clear_actor();
    remedy.clear_role();
    ClearText(*remedy.mutable_approver());
    ClearNanos(*remedy.mutable_asked_time());
    ClearNanos(*remedy.mutable_decided_time());
  }
  for (v1::FollowUp& answer : *message.mutable_follow_ups()) {
    answer.clear_words();
    ClearNanos(*answer.mutable_time());
  }
}

inline std::string OfCase(const std::string& value) {
  store::v1::CaseRecord record;
  v1::Case message;
  if (!record.ParseFromString(value) ||
      !message.ParseFromString(record.case_())) {
    return value;
  }
  record.DiscardUnknownFields();
  ClearCase(message, record);
  record.set_case_(message.SerializeAsString());
  return record.SerializeAsString();
}

// Takes into `kept` what is told of a case by an event.
inline void KeepCareEvent(const v1::Event& event, v1::Event& kept) {
  if (event.has_case_opened()) {
    kept.set_member_id(event.member_id());
    *kept.mutable_case_opened() = event.case_opened();
  } else if (event.has_remedy_asked()) {
    kept.set_rulebook_version(event.rulebook_version());
    *kept.mutable_remedy_asked() = event.remedy_asked();
  } else if (event.has_remedy_granted()) {
    kept.set_rulebook_version(event.rulebook_version());
    *kept.mutable_remedy_granted() = event.remedy_granted();
  } else if (event.has_remedy_declined()) {
    kept.set_rulebook_version(event.rulebook_version());
    *kept.mutable_remedy_declined() = event.remedy_declined();
  } else if (event.has_case_resolved()) {
    kept.mutable_case_resolved()->set_case_id(event.case_resolved().case_id());
  } else if (event.has_case_followed_up()) {
    *kept.mutable_case_followed_up() = event.case_followed_up();
    // Nothing says when it was that nobody had answered.
    if (event.case_followed_up().silent()) return;
  } else {
    return;
  }
  *kept.mutable_effective_time() = event.effective_time();
  ClearNanos(*kept.mutable_effective_time());
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_CARE_BYTES_TEST_H_
