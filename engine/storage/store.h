// The port to storage: an ordered map from bytes to bytes with atomic, durable
// transactions. Nothing of a particular database shows through it.
//
// Keys and values are any bytes, zero and 0xff among them; keys compare as
// unsigned bytes, a prefix before what it begins. Keys are not empty.
//
// Statuses, the same for every store:
//   kAborted             another transaction was faster; nothing was written.
//                        Run the whole command again in a new transaction.
//   kDataLoss            stored bytes are not what was written.
//   kResourceExhausted   no room, such as a full disk.
//   kUnavailable         the disk or the database did not answer or failed.
//   kFailedPrecondition  an earlier write failed; the store writes no more.
//   kInternal            anything else. The message carries the cause.
#ifndef PISTIS_ENGINE_STORAGE_STORE_H_
#define PISTIS_ENGINE_STORAGE_STORE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pistis {

// What a visitor answers: more, or enough.
enum class Visit { kContinue, kStop };

// Called once per key. The views end with the call. It may read from the reader
// that it visits for, but not write to a Txn or WriteSet under it.
using ScanVisitor =
    absl::FunctionRef<Visit(absl::string_view key, absl::string_view value)>;

// Reads at one point in time.
class Reader {
 public:
  virtual ~Reader() = default;

  // The value, or nothing where the key is absent. Non-OK: storage failed.
  [[nodiscard]] virtual absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const = 0;

  // Visits the keys in [begin, end) in byte order until `visitor` returns
  // Visit::kStop. An empty `end` is beyond all keys. Where begin >= end there
  // are no keys. Non-OK: storage failed, perhaps after some visits.
  virtual absl::Status Scan(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const = 0;

  // The same keys in descending order.
  virtual absl::Status ScanBackward(absl::string_view begin,
                                    absl::string_view end,
                                    ScanVisitor visitor) const = 0;
};

// An immutable view. Any number of threads may read from it at once. It never
// shows what a crash could take back. It must not outlive its Store, and the
// store keeps old values for as long as it lives: let go of it soon.
class Snapshot : public Reader {};

// One atomic change. One thread at a time; must not outlive its Store. A
// transaction that is destroyed without Commit has changed nothing.
//
// Reads see one point in time, which lies between Begin and the first read, and
// on top of it the transaction's own writes so far.
class Txn : public Reader {
 public:
  // Sets `key` to `value`; the last write to a key wins.
  virtual void Put(absl::string_view key, absl::string_view value) = 0;
  // Removes `key`, which need not exist.
  virtual void Delete(absl::string_view key) = 0;

  // Makes all writes visible and durable, or none: OK means that they survive
  // kill -9 and power loss. kAborted where this transaction has read from the
  // store, has written, and what it read may have changed since; one that read
  // nothing, or nothing but its own writes, never conflicts.
  //
  // Any other error: whether the writes will be there after a restart is
  // unknown, and the store refuses every later Commit with writes
  // (kFailedPrecondition). Acknowledge nothing more, stop, and open anew.
  //
  // Call once, and nothing but the destructor after it.
  [[nodiscard]] virtual absl::Status Commit() = 0;
};

// A database. Any thread may call it. Destroy it after all that it handed out.
class Store {
 public:
  virtual ~Store() = default;

  // A view of all that was committed before the call.
  [[nodiscard]] virtual std::unique_ptr<Snapshot> GetSnapshot() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Txn> Begin() = 0;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_STORE_H_
