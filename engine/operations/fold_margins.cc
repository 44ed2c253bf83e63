#include "engine/operations/fold_margins.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pistis/store/v1/margin_records.pb.h"
#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/refund_records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/load_order.h"
#include "engine/operations/margin_facts.h"
#include "engine/operations/margin_rows.h"
#include "engine/operations/refund_order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/scratch_message.h"

namespace pistis {
namespace {

// Enough for one write of rows, and memory that nobody misses.
constexpr size_t kCommitsPerStep = 1000;
// An order of a dozen lines.
constexpr size_t kOrderBytes = size_t{4} << 10U;

absl::StatusOr<int64_t> LoadCursor(const Reader& reader,
                                   const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(const auto cursor,
                          GetRecord<store::v1::MarginCursorRecord>(
                              reader, MarginCursorKey(program)));
  return cursor ? cursor->commit_seq() : 0;
}

// True where more commits than `most` follow the cursor.
absl::StatusOr<bool> HasMore(const Reader& reader, const ProgramId& program,
                             int64_t cursor, size_t most) {
  size_t commits = 0;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(CommitKey(program, cursor + 1), CommitKey(program, -1),
                  [&](absl::string_view /*key*/, absl::string_view /*value*/) {
                    return ++commits > most ? Visit::kStop : Visit::kContinue;
                  }));
  return commits > most;
}

// Adds what commits change to the rows of a program.
class MarginFold {
 public:
  explicit MarginFold(const MarginReader& from)
      : from_(from), book_(from.reader, from.program) {}

  absl::Status Add(const store::v1::CommitRecord& commit) {
    for (const std::string& bytes : commit.events()) {
      ScratchMessage<v1::Event> event;
      if (!event->ParseFromString(bytes)) return RecordCorrupt("CommitRecord");
      if (event->has_order_committed()) {
        PISTIS_RETURN_IF_ERROR(
            AddSale(OrderId(event->order_committed().order_id())));
      } else if (event->has_order_refunded()) {
        PISTIS_RETURN_IF_ERROR(AddRefund(*event));
      }
    }
    return absl::OkStatus();
  }

  [[nodiscard]] size_t bytes() const { return bytes_; }

  void PutTo(WriteSet& writes) const {
    book_.PutTo(writes);
    for (const auto& [order, returns] : returns_) {
      const std::string key = MarginReturnsKey(from_.program, order);
      if (SumReturned(returns.lines).whole) {
        writes.Delete(key);
      } else {
        PutRecord(key, ToRecord(returns), writes);
      }
    }
  }

 private:
  absl::Status LoadOrder(const OrderId& order,
                         store::v1::OrderRecord& record) const {
    PISTIS_ASSIGN_OR_RETURN(
        const bool is_there,
        ReadRecord(from_.reader, OrderKey(from_.program, order), record));
    return is_there ? absl::OkStatus() : RecordCorrupt("OrderRecord");
  }

  absl::Status AddSale(const OrderId& order) {
    ScratchMessage<store::v1::OrderRecord, kOrderBytes> record;
    PISTIS_RETURN_IF_ERROR(LoadOrder(order, *record));
    bytes_ += record->ByteSizeLong();
    PISTIS_ASSIGN_OR_RETURN(MarginFacts facts, FactsOf(from_, *record));
    RowSums sums = SumsOf(facts.order, ReturnsOf(facts, nullptr).Left());
    sums.merge(facts.caps);
    return book_.Add(facts.day, sums);
  }

  absl::Status AddRefund(const v1::Event& event) {
    const v1::OrderRefunded& refunded = event.order_refunded();
    const OrderId order(refunded.order_id());
    ScratchMessage<store::v1::OrderRecord, kOrderBytes> record;
    PISTIS_RETURN_IF_ERROR(LoadOrder(order, *record));
    bytes_ += 2 * record->ByteSizeLong();
    PISTIS_ASSIGN_OR_RETURN(const MarginFacts facts, FactsOf(from_, *record));
    PISTIS_ASSIGN_OR_RETURN(CountedReturns * counted, Counted(order, facts));
    const CountedReturns before = *counted;
    PISTIS_ASSIGN_OR_RETURN(
        counted->lines,
        LinesAfter(*record, RefundId(refunded.refund_id()), before.lines));
    counted->clawed_back += Points(refunded.points_clawed_back());
    const absl::Time at =
        absl::FromUnixSeconds(event.effective_time().seconds());
    return book_.Add(absl::ToCivilDay(at, from_.zone),
                     RefundSums(facts.order, before.Left(), counted->Left()));
  }

  // What the rows have counted of the order's returns so far.
  absl::StatusOr<CountedReturns*> Counted(const OrderId& order,
                                          const MarginFacts& facts) {
    const auto known = returns_.find(order);
    if (known != returns_.end()) return &known->second;
    PISTIS_ASSIGN_OR_RETURN(
        const auto stored,
        GetRecord<store::v1::MarginReturnsRecord>(
            from_.reader, MarginReturnsKey(from_.program, order)));
    return &returns_
                .emplace(order, ReturnsOf(facts, stored ? &*stored : nullptr))
                .first->second;
  }

  // The order's lines after one more refund; as they are now where its record
  // does not say what came back.
  absl::StatusOr<std::vector<SoldLine>> LinesAfter(
      const store::v1::OrderRecord& order, const RefundId& refund,
      const std::vector<SoldLine>& before) const {
    PISTIS_ASSIGN_OR_RETURN(
        const auto record, GetExpectedRecord<store::v1::RefundRecord>(
                               from_.reader, RefundKey(from_.program, refund)));
    std::vector<ReturnedPart> parts;
    for (const store::v1::RefundPartRecord& part : record.parts()) {
      if (part.line() < 0 || part.line() >= order.lines_size()) {
        return RecordCorrupt("RefundRecord");
      }
      ReturnedPart& returned = parts.emplace_back();
      returned.line_id = order.lines(part.line()).line_id();
      if (part.quantity() > 0) returned.quantity = part.quantity();
      if (part.amount_minor() > 0) returned.amount = Money(part.amount_minor());
    }
    const bool is_known = record.rest() || !parts.empty();
    absl::StatusOr<std::vector<SoldLine>> after = ReturnParts(before, parts);
    return is_known && after.ok() ? *std::move(after) : SoldLinesOf(order);
  }

  const MarginReader from_;
  MarginBook book_;
  size_t bytes_ = 0;
  std::map<OrderId, CountedReturns> returns_;
};

}  // namespace

absl::StatusOr<FoldedMargins> FoldMargins(const OperationEnv& env,
                                          const Reader& reader,
                                          const ProgramId& program,
                                          const FoldBounds& bounds) {
  PISTIS_ASSIGN_OR_RETURN(const absl::TimeZone zone, LoadZone(reader, program));
  FoldedMargins folded;
  PISTIS_ASSIGN_OR_RETURN(folded.from_commit, LoadCursor(reader, program));
  folded.to_commit = folded.from_commit;
  MarginFold fold(
      {.env = env, .reader = reader, .program = program, .zone = zone});
  size_t commits = 0;
  absl::Status added;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      CommitKey(program, folded.from_commit + 1), CommitKey(program, -1),
      [&](absl::string_view key, absl::string_view value) {
        folded.more = commits++ == bounds.max_commits ||
                      (commits > 1 && fold.bytes() > bounds.max_bytes);
        if (folded.more) return Visit::kStop;
        ScratchMessage<store::v1::CommitRecord> commit;
        added =
            commit->ParseFromArray(value.data(), static_cast<int>(value.size()))
                ? fold.Add(*commit)
                : RecordCorrupt("CommitRecord");
        if (!added.ok()) return Visit::kStop;
        folded.to_commit = TrailingNumber(key);
        return Visit::kContinue;
      }));
  PISTIS_RETURN_IF_ERROR(added);
  folded.bytes = fold.bytes();
  if (folded.to_commit == folded.from_commit) return folded;
  fold.PutTo(folded.writes);
  store::v1::MarginCursorRecord cursor;
  cursor.set_commit_seq(folded.to_commit);
  PutRecord(MarginCursorKey(program), cursor, folded.writes);
  return folded;
}

absl::StatusOr<Decided<PutMarginsReply>> PutMargins(const Reader& reader,
                                                    const ProgramId& program,
                                                    FoldedMargins folded) {
  Decided<PutMarginsReply> decided{.reply = PutMarginsReply(), .writes = {}};
  PISTIS_ASSIGN_OR_RETURN(const int64_t cursor, LoadCursor(reader, program));
  if (cursor != folded.from_commit) return decided;
  decided.reply->is_put = true;
  decided.writes = std::move(folded.writes);
  return decided;
}

absl::StatusOr<FoldedMargins> FoldTheRest(const OperationEnv& env,
                                          const Reader& reader,
                                          const ProgramId& program,
                                          const FoldBounds& bounds) {
  FoldedMargins rest;
  PISTIS_ASSIGN_OR_RETURN(rest.from_commit, LoadCursor(reader, program));
  PISTIS_ASSIGN_OR_RETURN(rest.more, HasMore(reader, program, rest.from_commit,
                                             bounds.max_commits));
  if (rest.more) return rest;
  do {
    const FoldBounds step_bounds{.max_commits = kCommitsPerStep,
                                 .max_bytes = bounds.max_bytes - rest.bytes};
    PISTIS_ASSIGN_OR_RETURN(
        FoldedMargins step,
        FoldMargins(env, OverlayReader(reader, {&rest.writes}), program,
                    step_bounds));
    rest.writes.Merge(std::move(step.writes));
    rest.to_commit = step.to_commit;
    rest.more = step.more;
    rest.bytes += step.bytes;
  } while (rest.more && rest.bytes < bounds.max_bytes);
  return rest;
}

}  // namespace pistis
