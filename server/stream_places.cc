#include "server/stream_places.h"

namespace pistis::server {
namespace {

using Counts = absl::flat_hash_map<std::string, int>;

int CountOf(const std::string& name, const Counts& counts) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

void TakeAway(const std::string& name, Counts& counts) {
  const auto found = counts.find(name);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

StreamPlaces::PlacePtr StreamPlaces::Take(const Caller& caller,
                                          const std::string& program) {
  const absl::MutexLock lock(&mutex_);
  if (!IsFreeFor(caller, program)) return nullptr;
  auto place = std::make_unique<const Place>(*this, caller, program);
  ++taken_;
  ++of_caller_[place->caller_];
  ++of_program_[program];
  if (place->is_own_) ++own_[program];
  return place;
}

bool StreamPlaces::IsFreeFor(const Caller& caller,
                             const std::string& program) const {
  if (taken_ >= most_.in_all) return false;
  if (caller.is_anybody()) return true;
  if (CountOf(caller.CountedAs(), of_caller_) >= most_.of_a_caller) {
    return false;
  }
  const bool is_kept = !caller.access.reaches_all() &&
                       CountOf(program, own_) < most_.kept_for_a_program;
  return is_kept || (taken_ < most_.in_all - most_.kept &&
                     CountOf(program, of_program_) < most_.of_a_program);
}

void StreamPlaces::GiveBack(const Place& place) {
  const absl::MutexLock lock(&mutex_);
  --taken_;
  TakeAway(place.caller_, of_caller_);
  TakeAway(place.program_, of_program_);
  if (place.is_own_) TakeAway(place.program_, own_);
}

}  // namespace pistis::server
