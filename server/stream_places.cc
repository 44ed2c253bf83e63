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
  ++taken_;
  ++of_caller_[caller.CountedAs()];
  ++of_program_[program];
  return std::make_unique<const Place>(*this, caller.CountedAs(), program);
}

bool StreamPlaces::IsFreeFor(const Caller& caller,
                             const std::string& program) const {
  if (caller.is_anybody()) return taken_ < most_.in_all;
  const int of_program = CountOf(program, of_program_);
  return CountOf(caller.CountedAs(), of_caller_) < most_.of_a_caller &&
         of_program < most_.of_a_program &&
         (taken_ < most_.in_all || of_program < most_.kept_for_a_program);
}

void StreamPlaces::GiveBack(const std::string& caller,
                            const std::string& program) {
  const absl::MutexLock lock(&mutex_);
  --taken_;
  TakeAway(caller, of_caller_);
  TakeAway(program, of_program_);
}

}  // namespace pistis::server
