// Tells ThreadSanitizer of Abseil's locks, which Debian's library does not: it
// is built without. Part of every program of a build with that sanitizer, where
// these definitions come before the library's.
#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

// The library's own.
template <typename Function>
Function* Real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

using Plain = void(absl::Mutex*);

void Locking(absl::Mutex* mutex, Plain* real, unsigned flags) {
  __tsan_mutex_pre_lock(mutex, flags);
  real(mutex);
  __tsan_mutex_post_lock(mutex, flags, 0);
}

void Unlocking(absl::Mutex* mutex, Plain* real, unsigned flags) {
  __tsan_mutex_pre_unlock(mutex, flags);
  real(mutex);
  __tsan_mutex_post_unlock(mutex, flags);
}

// What waits with the lock and has it again afterwards.
template <typename Wait>
auto Waiting(absl::Mutex* mutex, Wait wait) {
  __tsan_mutex_pre_unlock(mutex, 0);
  __tsan_mutex_post_unlock(mutex, 0);
  const auto result = wait();
  __tsan_mutex_pre_lock(mutex, 0);
  __tsan_mutex_post_lock(mutex, 0, 0);
  return result;
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static auto* const real = Real<Plain>("_ZN4absl7debian35Mutex4LockEv");
  Locking(this, real, 0);
}

void Mutex::Unlock() {
  static auto* const real = Real<Plain>("_ZN4absl7debian35Mutex6UnlockEv");
  Unlocking(this, real, 0);
}

void Mutex::ReaderLock() {
  static auto* const real = Real<Plain>("_ZN4absl7debian35Mutex10ReaderLockEv");
  Locking(this, real, __tsan_mutex_read_lock);
}

void Mutex::ReaderUnlock() {
  static auto* const real =
      Real<Plain>("_ZN4absl7debian35Mutex12ReaderUnlockEv");
  Unlocking(this, real, __tsan_mutex_read_lock);
}

void Mutex::Await(const Condition& condition) {
  static auto* const real = Real<void(Mutex*, const Condition&)>(
      "_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE");
  Waiting(this, [&] {
    real(this, condition);
    return true;
  });
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Duration)>(
      "_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_"
      "8DurationE");
  return Waiting(this, [&] { return real(this, condition, timeout); });
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Time)>(
      "_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  return Waiting(this, [&] { return real(this, condition, deadline); });
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const real = Real<void(Mutex*, const Condition&)>(
      "_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE");
  __tsan_mutex_pre_lock(this, 0);
  real(this, condition);
  __tsan_mutex_post_lock(this, 0, 0);
}

void Notification::Notify() {
  static auto* const real =
      Real<void(Notification*)>("_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(this);
  real(this);
}

void Notification::WaitForNotification() const {
  static auto* const real = Real<void(const Notification*)>(
      "_ZNK4absl7debian312Notification19WaitForNotificationEv");
  real(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

ABSL_NAMESPACE_END
}  // namespace absl
