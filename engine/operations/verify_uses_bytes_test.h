// What a recount can see of what orders used up, for the test that flips bits.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_USES_BYTES_TEST_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_USES_BYTES_TEST_H_

#include "google/protobuf/repeated_field.h"

#include "pistis/store/v1/limit_records.pb.h"

#include "engine/operations/budget_uses.h"
#include "engine/operations/window_sums.h"

namespace pistis {

// Which discounts it counts, and what stays when it comes back; and once all
// has come back, from where.
inline void ClearPlaces(
    google::protobuf::RepeatedPtrField<store::v1::BudgetUseRecord>& uses) {
  for (store::v1::BudgetUseRecord& use : uses) {
    use.clear_discounts();
    use.clear_keeps_times();
    const store::v1::LimitRecord left = Minus(SumOf(use), use.returned());
    if (left.SerializeAsString().empty()) use.clear_window();
  }
}

// What was given back counts nowhere.
inline void ClearReturned(
    google::protobuf::RepeatedPtrField<store::v1::LimitUseRecord>& uses) {
  for (store::v1::LimitUseRecord& use : uses) {
    if (!use.kept()) use.Clear();
  }
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_USES_BYTES_TEST_H_
