// Deliveries that wait for another try. Pure.
#ifndef PISTIS_SERVER_SINKS_PARKING_H_
#define PISTIS_SERVER_SINKS_PARKING_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "pistis/store/v1/delivery_records.pb.h"

#include "engine/operations/stream_events.h"

namespace pistis::server {

// Each member's events in a row, of which the first alone may be tried. Events
// that concern no member are a row of their own.
class Parking {
 public:
  // Those that are stored, in any order.
  explicit Parking(std::vector<store::v1::DeliveryRecord> waiting);

  [[nodiscard]] size_t size() const { return size_; }
  // True where later events of the member must wait behind earlier ones.
  [[nodiscard]] bool HasRowOf(const std::string& member) const;
  // The first of each row whose time has come, in the order of their events.
  [[nodiscard]] std::vector<store::v1::DeliveryRecord> Due(
      absl::Time now) const;
  // When the next one is due; nothing where none waits.
  [[nodiscard]] std::optional<absl::Time> NextDue() const;

  // Adds the delivery, or puts it in the place of the same event's.
  void Put(const store::v1::DeliveryRecord& delivery);
  // Takes away the event of a row; the next one is first then.
  void Remove(const store::v1::DeliveryRecord& delivery);

 private:
  using Row = std::map<EventCursor, store::v1::DeliveryRecord>;

  std::map<std::string, Row> rows_;
  size_t size_ = 0;
};

// Which event a delivery is of.
[[nodiscard]] EventCursor EventOf(const store::v1::DeliveryRecord& delivery);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_PARKING_H_
