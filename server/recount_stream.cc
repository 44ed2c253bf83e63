#include "server/recount_stream.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "engine/base/status_macros.h"
#include "engine/operations/verify_ledger.h"
#include "server/progress_stream.h"

namespace pistis::server {
namespace {

absl::StatusOr<std::string> Recount(const Store& store,
                                    const v1::VerifyLedgerRequest& request,
                                    const StepSink& tell) {
  const std::unique_ptr<Snapshot> snapshot = store.GetSnapshot();
  v1::VerifyLedgerResponse last;
  PISTIS_ASSIGN_OR_RETURN(
      *last.mutable_report(),
      VerifyLedger(*snapshot, request, [&](const auto& progress) {
        return tell([&progress] {
          v1::VerifyLedgerResponse step;
          *step.mutable_progress() = progress;
          return step.SerializeAsString();
        });
      }));
  return last.SerializeAsString();
}

}  // namespace

StreamReactor* StartRecount(const EngineRoom& room, const RecountRoom& recounts,
                            const StreamCall& call,
                            const v1::VerifyLedgerRequest& request) {
  return StartLongWork(
      {.pool = recounts.pool,
       .room = room,
       .caller = call.admitted.caller,
       .context = call.context},
      recounts.places.Take(*call.admitted.caller, request.program_id()),
      [&room, request](const StepSink& tell) {
        return Recount(room.store, request, tell);
      });
}

}  // namespace pistis::server
