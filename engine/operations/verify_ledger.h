// The use case VerifyLedger: everything stored about a program, recounted from
// the entries up, and held against what is stored beside it.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_LEDGER_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_LEDGER_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

#include "pistis/v1/admin_service.pb.h"

#include "engine/base/ids.h"
#include "engine/storage/store.h"

namespace pistis {

// Told now and then how far it is; false: stop, the caller has gone.
using VerifyProgressCallback =
    absl::FunctionRef<bool(const v1::VerifyProgress& progress)>;

// Recounts on one point in time. Checks of a program, each with its own kind of
// finding:
//   chain       every link, from the first commit to the head; every entry is
//               in exactly one commit and every entry of a commit is there
//   entry       numbers without gaps, time never back, postings sum to zero,
//               available_after and deficit_change right, commit_seq that of
//               its commit
//   balance     available, pending, held and deficit are what entries come to
//   lot         lots, pending lots and open holds likewise, one by one; in
//               order; none empty
//   total       the program's sums are what entries, orders, refunds and codes
//               come to, and those of margin reports what orders come to
//   order       an order's points, lots and refund totals agree with its
//               entries and refunds; no more came back than was sold
//   refund      each belongs to an order
//   case        its state is that of what was done; its remedies agree with
//               entries, codes and events, with what is kept of the member, and
//               its weeks count it
//   index       the due-queue, identifiers, holds and reversals point at what
//               is there, and nothing that should be in them is missing
//   audit       every act of the program's audit log and of the server's, from
//               the first to the head; API keys agree with it and their seals
//   record      bytes that cannot be read as their record, keys of no table
//   checkpoint  the chain, or an audit log, has another hash where a checkpoint
//               was signed, or ends before it, or its signature is wrong
// An event without its change, or a change without its event, is a finding of
// the record that changed. Keys in no table and of no program are looked for in
// the whole store.
//
// What no second record tells of cannot be found here, but by the checksums of
// the storage below: texts of rulebooks, first replies beyond their sums and
// points, what an order carried beside its lines' amounts, what conditions saw
// of the member, remembered request ids. verify_bytes_test.cc has the list.
//
// Takes memory in proportion to nothing but the findings it keeps and the
// largest member; time in proportion to all that is stored.
//
// Cancelled where `progress` says stop; NOT_FOUND where there is no such
// program; other errors where storage fails.
absl::StatusOr<v1::VerifyReport> VerifyLedger(
    const Reader& reader, const v1::VerifyLedgerRequest& request,
    VerifyProgressCallback progress);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_LEDGER_H_
