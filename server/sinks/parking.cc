#include "server/sinks/parking.h"

#include <algorithm>

namespace pistis::server {
namespace {

using store::v1::DeliveryRecord;

}  // namespace

EventCursor EventOf(const DeliveryRecord& delivery) {
  return {.commit_seq = delivery.commit_seq(), .index = delivery.event()};
}

Parking::Parking(std::vector<DeliveryRecord> waiting) {
  for (const DeliveryRecord& delivery : waiting)
    Put(delivery);
}

bool Parking::HasRowOf(const std::string& member) const {
  return rows_.contains(member);
}

std::vector<DeliveryRecord> Parking::Due(absl::Time now) const {
  std::vector<DeliveryRecord> due;
  for (const auto& [member, row] : rows_) {
    const DeliveryRecord& first = row.begin()->second;
    if (first.next_us() <= absl::ToUnixMicros(now)) due.push_back(first);
  }
  std::sort(due.begin(), due.end(),
            [](const DeliveryRecord& a, const DeliveryRecord& b) {
              return EventOf(a) < EventOf(b);
            });
  return due;
}

std::optional<absl::Time> Parking::NextDue() const {
  std::optional<absl::Time> next;
  for (const auto& [member, row] : rows_) {
    const absl::Time due = absl::FromUnixMicros(row.begin()->second.next_us());
    if (!next || due < *next) next = due;
  }
  return next;
}

void Parking::Put(const DeliveryRecord& delivery) {
  Row& row = rows_[delivery.member_id()];
  size_ += row.insert_or_assign(EventOf(delivery), delivery).second ? 1 : 0;
}

void Parking::Remove(const DeliveryRecord& delivery) {
  const auto row = rows_.find(delivery.member_id());
  if (row == rows_.end()) return;
  size_ -= row->second.erase(EventOf(delivery));
  if (row->second.empty()) rows_.erase(row);
}

}  // namespace pistis::server
