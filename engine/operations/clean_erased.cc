#include "engine/operations/clean_erased.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "google/protobuf/unknown_field_set.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/reservation_records.pb.h"
#include "pistis/v1/care_service.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "engine/base/ids.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/case_records.h"
#include "engine/operations/codes.h"
#include "engine/operations/deferred_notes.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/erased_records.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/follow_ups.h"
#include "engine/operations/points_commit.h"
#include "engine/operations/reservations.h"
#include "engine/storage/care_keys.h"
#include "engine/storage/code_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/keys.h"
#include "engine/storage/note_keys.h"

namespace pistis {
namespace {

constexpr absl::string_view kZero("\0", 1);

using store::v1::CodeRecord;
using store::v1::OrderRecord;
using store::v1::RequestRecord;
using store::v1::ReservationRecord;

KeyRange RangeOf(const ProgramId& program, ErasedTable table) {
  switch (table) {
    case ErasedTable::kDeferredNotes:
      return KeysOf('n', program, "");
    case ErasedTable::kCodes:
      return KeysOf('G', program, "member");
    case ErasedTable::kReservations:
      return KeysOf('S', program, "");
    case ErasedTable::kCases:
      return KeysOf('i', program, "");
    case ErasedTable::kOrders:
      return KeysOf('O', program, "");
    case ErasedTable::kRequests:
      return KeysOf('Q', program, "");
    case ErasedTable::kDone:
      break;
  }
  return {};
}

// What a key says after its program.
absl::string_view RestOf(absl::string_view key, const ProgramId& program) {
  return key.substr(program.text().size() + 2);
}

template <typename Record>
std::optional<Record> Parsed(absl::string_view bytes) {
  std::optional<Record> record(std::in_place);
  if (record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return record;
  }
  return std::nullopt;
}

// The last field of this number, a message or a string; empty: there is none.
std::string FieldOf(const std::string& message, int number) {
  google::protobuf::UnknownFieldSet fields;
  if (!fields.ParseFromString(message)) return "";
  for (int i = fields.field_count() - 1; i >= 0; --i) {
    const google::protobuf::UnknownField& field = fields.field(i);
    if (field.number() == number &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) {
      return field.length_delimited();
    }
  }
  return "";
}

// Whom a message of this type is of, where the bytes may be one and nothing
// else that is known; empty: nobody.
template <typename Message>
std::string PersonOfA(const std::string& bytes, int time_field) {
  // First, because protobuf logs what is no text.
  if (!IsWellFormedId(FieldOf(bytes, Message::kMemberIdFieldNumber)) ||
      FieldOf(bytes, time_field).empty()) {
    return "";
  }
  const std::optional<Message> message = Parsed<Message>(bytes);
  return message && message->GetReflection()->GetUnknownFields(*message).empty()
             ? message->member_id()
             : "";
}

// Whom the reply of an older version, which did not store that, shows with
// personal data; empty: nobody. Any other string may be equal to a member's id
// by chance.
std::string PersonShownBy(const std::string& reply) {
  const std::string member =
      PersonOfA<v1::Member>(reply, v1::Member::kJoinedTimeFieldNumber);
  if (!member.empty()) return member;
  const std::string opened =
      PersonOfA<v1::Case>(reply, v1::Case::kOpenTimeFieldNumber);
  if (!opened.empty()) return opened;
  return PersonOfA<v1::Case>(
      FieldOf(reply, v1::GrantRemedyResponse::kCaseFieldNumber),
      v1::Case::kOpenTimeFieldNumber);
}

// Whose personal data the reply repeats; empty: nobody's.
std::string PersonOf(const RequestRecord& request) {
  return request.member_id().empty() ? PersonShownBy(request.reply())
                                     : request.member_id();
}

// Whose record it is; empty where it is nobody's, or has nothing to clean.
std::string OwnerOf(const ProgramId& program, ErasedTable table,
                    absl::string_view key, absl::string_view value) {
  switch (table) {
    case ErasedTable::kDeferredNotes: {
      const auto name = ParseDeferredNoteKey(program, key);
      return name ? name->member.text() : "";
    }
    case ErasedTable::kCodes: {
      const auto listed = ParseListedCode(RestOf(key, program));
      return listed ? listed->of : "";
    }
    case ErasedTable::kReservations: {
      const auto record = Parsed<ReservationRecord>(value);
      return record ? record->order().member_id() : "";
    }
    case ErasedTable::kCases: {
      const absl::string_view rest = RestOf(key, program);
      return std::string(rest.substr(0, rest.find('\0')));
    }
    case ErasedTable::kOrders: {
      const auto record = Parsed<OrderRecord>(value);
      const bool is_unclean = record && record->erased_digest().empty();
      return is_unclean ? record->member_id() : "";
    }
    case ErasedTable::kRequests: {
      const auto record = Parsed<RequestRecord>(value);
      return record ? PersonOf(*record) : "";
    }
    case ErasedTable::kDone:
      break;
  }
  return "";
}

// The name at the end of a key that is a table, the program and a name.
std::string NameIn(absl::string_view key, const ProgramId& program) {
  absl::string_view name = RestOf(key, program);
  absl::ConsumeSuffix(&name, kZero);
  return std::string(name);
}

// Cleans records of one table in one commit.
class Cleaning {
 public:
  Cleaning(const CleanErasedInput& input, PointsCommit commit)
      : input_(input), commit_(std::move(commit)) {}

  absl::Status Clean() {
    if (input_.table == ErasedTable::kDeferredNotes) return HoldBack();
    for (const std::string& key : input_.keys) {
      const absl::StatusOr<bool> cleaned = CleanOne(key);
      // What is gone or cannot be read keeps up nobody else's.
      if (ReasonOf(cleaned.status())) continue;
      PISTIS_RETURN_IF_ERROR(cleaned.status());
      if (*cleaned) ++reply_.cleaned;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Decided<CleanErasedReply>> Take() {
    Decided<CleanErasedReply> decided{.reply = reply_, .writes = {}};
    if (reply_.cleaned == 0) return decided;
    PISTIS_ASSIGN_OR_RETURN(
        decided.writes,
        std::move(commit_.journal()).Take(commit_.env(), commit_.reader()));
    return decided;
  }

 private:
  [[nodiscard]] WriteSet& writes() { return commit_.journal().writes(); }

  // As FingerprintLike says.
  [[nodiscard]] std::string Keyed(const std::string& fingerprint) const {
    return KeyedFingerprint(commit_.env().secret, fingerprint);
  }

  absl::StatusOr<bool> CleanOne(const std::string& key) {
    switch (input_.table) {
      case ErasedTable::kCodes:
        return MakeVoid(key);
      case ErasedTable::kReservations:
        return CleanReservation(ReservationId(NameIn(key, commit_.program())));
      case ErasedTable::kCases:
        return CleanCase(key);
      case ErasedTable::kOrders:
        return CleanOrder(key);
      case ErasedTable::kRequests:
        return CleanRequest(key);
      case ErasedTable::kDeferredNotes:
      case ErasedTable::kDone:
        break;
    }
    return false;
  }

  absl::Status HoldBack() {
    std::vector<NoteName> waiting;
    for (const std::string& key : input_.keys) {
      auto name = ParseDeferredNoteKey(commit_.program(), key);
      if (name) waiting.push_back(*std::move(name));
    }
    PISTIS_ASSIGN_OR_RETURN(const size_t count,
                            DecideWaitingNotes(commit_.env(), commit_.reader(),
                                               waiting, commit_.journal()));
    reply_.cleaned += static_cast<int64_t>(count);
    return absl::OkStatus();
  }

  // One that is over or void may stay; a use may still be given back.
  absl::StatusOr<bool> MakeVoid(const std::string& key) {
    const auto listed = ParseListedCode(RestOf(key, commit_.program()));
    if (!listed) return false;
    PISTIS_ASSIGN_OR_RETURN(
        CodeRecord code,
        GetExpectedRecord<CodeRecord>(
            commit_.reader(), CodeIndexKey(commit_.program(), listed->hash)));
    const int64_t now_us = absl::ToUnixMicros(commit_.context().now);
    const bool is_over = !code.void_reason().empty() ||
                         (code.expire_us() != 0 && code.expire_us() <= now_us);
    if (is_over) return false;
    code.set_void_reason(kErasedReason);
    PostVoid(listed->hash, code, code.rulebook_version(), commit_.journal());
    return true;
  }

  absl::StatusOr<bool> CleanReservation(const ReservationId& id) {
    const OverlayReader view(commit_.reader(), {&writes()});
    PISTIS_ASSIGN_OR_RETURN(ReservationRecord record,
                            LoadReservation(view, commit_.program(), id));
    bool changed = record.state() == ReservationRecord::HELD;
    if (changed) {
      PISTIS_RETURN_IF_ERROR(ExpireReservations({.env = commit_.env(),
                                                 .reader = commit_.reader(),
                                                 .context = commit_.context(),
                                                 .program = commit_.program()},
                                                {{commit_.context().now, id}},
                                                commit_.rulebook(),
                                                commit_.journal())
                                 .status());
      PISTIS_ASSIGN_OR_RETURN(record,
                              LoadReservation(view, commit_.program(), id));
    }
    const std::string before = record.order().SerializeAsString();
    if (!StripSale(*record.mutable_order())) {
      return RecordCorrupt("ReservationRecord");
    }
    changed |= record.order().SerializeAsString() != before;
    if (changed) {
      record.set_fingerprint(Keyed(record.fingerprint()));
      PutReservation(commit_.program(), id, std::move(record), writes());
    }
    return changed;
  }

  absl::StatusOr<bool> CleanCase(const std::string& key) {
    const absl::string_view rest = RestOf(key, commit_.program());
    const auto at = ParseCaseAt(rest.substr(rest.find('\0') + 1));
    if (!at) return false;
    PISTIS_ASSIGN_OR_RETURN(
        StoredCase stored,
        LoadCase(commit_.reader(), commit_.program(), at->id));
    const std::string before = stored.message.SerializeAsString();
    stored.message.clear_words();
    for (v1::FollowUp& answer : *stored.message.mutable_follow_ups())
      answer.clear_words();
    const bool is_clean = stored.message.state() == v1::Case::CLOSED &&
                          stored.message.SerializeAsString() == before;
    if (is_clean) return false;
    EndCase(kErasedReason, std::move(stored), commit_.journal());
    return true;
  }

  absl::StatusOr<bool> CleanOrder(const std::string& key) {
    PISTIS_ASSIGN_OR_RETURN(OrderRecord order, GetExpectedRecord<OrderRecord>(
                                                   commit_.reader(), key));
    if (!order.erased_digest().empty()) return false;
    if (!StripSale(order)) return RecordCorrupt("OrderRecord");
    order.set_fingerprint(Keyed(order.fingerprint()));
    order.set_erased_digest(ErasedDigest(order));
    PutRecord(key, order, writes());
    return true;
  }

  // A retry is told what any other call on the member is told.
  absl::StatusOr<bool> CleanRequest(const std::string& key) {
    PISTIS_ASSIGN_OR_RETURN(
        RequestRecord request,
        GetExpectedRecord<RequestRecord>(commit_.reader(), key));
    const std::string person = PersonOf(request);
    if (person.empty()) return false;
    request.set_refusal(SerializeRefusal(RefuseNotFound("member", person)));
    request.clear_reply();
    request.clear_member_id();
    PutRecord(key, request, writes());
    return true;
  }

  const CleanErasedInput& input_;
  PointsCommit commit_;
  CleanErasedReply reply_;
};

}  // namespace

absl::StatusOr<UncleanMembers> FindUnclean(const Reader& reader,
                                           const ProgramId& program,
                                           const std::set<MemberId>& known,
                                           size_t most) {
  const std::string prefix = UncleanKey(program, MemberId());
  std::string end = prefix;
  end.back() = '\1';
  UncleanMembers found;
  absl::Status read;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      prefix, end, [&](absl::string_view key, absl::string_view /*value*/) {
        if (found.members.size() == most) return Visit::kStop;
        absl::string_view name = key.substr(prefix.size());
        absl::ConsumeSuffix(&name, kZero);
        MemberId member(name);
        if (known.contains(member)) return Visit::kContinue;
        read = GetExpectedRecord<store::v1::ErasureRecord>(
                   reader, ErasureKey(program, member))
                   .status();
        if (read.ok()) {
          found.members.insert(std::move(member));
        } else if (ReasonOf(read)) {
          ++found.unreadable;
          read = absl::OkStatus();
        }
        return read.ok() ? Visit::kContinue : Visit::kStop;
      }));
  PISTIS_RETURN_IF_ERROR(read);
  return found;
}

absl::StatusOr<CleanErasedInput> ErasureWalk::Next(const Reader& reader,
                                                   size_t max_keys) {
  CleanErasedInput found{.program = program_, .table = table_, .keys = {}};
  const KeyRange range = RangeOf(program_, table_);
  size_t seen = 0;
  bool more = false;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      after_.empty() ? range.begin : absl::StrCat(after_, kZero), range.end,
      [&](absl::string_view key, absl::string_view value) {
        more = seen == max_keys;
        if (more) return Visit::kStop;
        ++seen;
        after_ = std::string(key);
        const MemberId owner(OwnerOf(program_, table_, key, value));
        if (members_.contains(owner)) found.keys.emplace_back(key);
        return Visit::kContinue;
      }));
  if (!more) {
    table_ = static_cast<ErasedTable>(static_cast<int>(table_) + 1);
    after_.clear();
  }
  return found;
}

absl::StatusOr<Decided<CleanErasedReply>> CleanErased(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CleanErasedInput& input) {
  PISTIS_ASSIGN_OR_RETURN(
      PointsCommit commit,
      PointsCommit::Open(env, reader, context, input.program));
  Cleaning cleaning(input, std::move(commit));
  PISTIS_RETURN_IF_ERROR(cleaning.Clean());
  return cleaning.Take();
}

absl::StatusOr<Decided<CleanErasedReply>> FinishCleaning(
    const Reader& reader, const ProgramId& program,
    const std::set<MemberId>& members) {
  Decided<CleanErasedReply> decided{.reply = CleanErasedReply(), .writes = {}};
  for (const MemberId& member : members) {
    const std::string key = ErasureKey(program, member);
    auto record = GetExpectedRecord<store::v1::ErasureRecord>(reader, key);
    if (ReasonOf(record.status())) continue;
    PISTIS_RETURN_IF_ERROR(record.status());
    record->set_clean(true);
    PutRecord(key, *record, decided.writes);
    decided.writes.Delete(UncleanKey(program, member));
    ++decided.reply->cleaned;
  }
  return decided;
}

}  // namespace pistis
