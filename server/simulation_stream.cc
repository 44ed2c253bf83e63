#include "server/simulation_stream.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"

#include "engine/base/status_macros.h"
#include "engine/operations/simulate_rulebook.h"
#include "engine/storage/rocksdb/scratch_store.h"
#include "server/progress_stream.h"

namespace pistis::server {
namespace {

absl::StatusOr<std::string> Simulate(const EngineRoom& room,
                                     const std::string& folder,
                                     const v1::SimulateRulebookRequest& request,
                                     const StepSink& tell) {
  const std::unique_ptr<Snapshot> snapshot = room.store.GetSnapshot();
  const QueryContext context{
      .env = room.env, .reader = *snapshot, .now = room.clock.Now()};
  PISTIS_ASSIGN_OR_RETURN(SimulationPlan plan,
                          PlanSimulation(context, request));
  PISTIS_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchStore> current,
                          ScratchStore::Make(folder));
  PISTIS_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchStore> candidate,
                          ScratchStore::Make(folder));
  v1::SimulateRulebookResponse last;
  PISTIS_ASSIGN_OR_RETURN(
      *last.mutable_report(),
      RunSimulation(context, std::move(plan),
                    {current->store(), candidate->store()},
                    [&](const v1::SimulationProgress& progress) {
                      return tell([&progress] {
                        v1::SimulateRulebookResponse step;
                        *step.mutable_progress() = progress;
                        return step.SerializeAsString();
                      });
                    }));
  return last.SerializeAsString();
}

}  // namespace

StreamReactor* StartSimulation(const EngineRoom& room,
                               const SimulationRoom& simulations,
                               const SimulationCall& call,
                               const v1::SimulateRulebookRequest& request) {
  return StartLongWork(
      {.pool = simulations.pool,
       .room = room,
       .caller = call.call.admitted.caller,
       .context = call.call.context},
      call.places.Take(*call.call.admitted.caller, request.program_id()),
      [&room, folder = simulations.folder, request](const StepSink& tell) {
        return Simulate(room, folder, request, tell);
      });
}

}  // namespace pistis::server
