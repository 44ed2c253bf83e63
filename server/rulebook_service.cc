#include "server/rulebook_service.h"

#include <utility>

#include "engine/operations/costs.h"
#include "engine/operations/queries.h"
#include "engine/operations/rulebooks.h"

namespace pistis::server {

RulebookService::RulebookService(const EngineRoom& room,
                                 SimulationRoom simulations)
    : MethodTable(room), simulations_(std::move(simulations)) {
  Serve("ValidateRulebook", Reads(room, &pistis::ValidateRulebook));
  // Compiling a large rulebook takes long.
  Serve("PublishRulebook", WritesWhatIsRead(room, &ParsePublishRulebook,
                                            &pistis::PublishRulebook));
  Serve("GetRulebook", Reads(room, &pistis::GetRulebook));
  Serve("ListRulebooks", Reads(room, &pistis::ListRulebooks));
  Serve("RollbackRulebook",
        Writes(room, &ParseRollbackRulebook, &pistis::RollbackRulebook));
  Serve("DiffRulebooks", Reads(room, &pistis::DiffRulebooks));
  Serve("ImportCosts", Writes(room, &ParseImportCosts, &pistis::ImportCosts));
  Serve("ListCosts", Reads(room, &pistis::ListCosts));
  Stream("SimulateRulebook",
         Streams<v1::SimulateRulebookRequest>(
             [this, &room](const StreamCall& call,
                           const v1::SimulateRulebookRequest& request) {
               return StartSimulation(room, simulations_,
                                      {call, simulation_places_}, request);
             }));
}

}  // namespace pistis::server
