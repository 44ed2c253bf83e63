#include "server/rulebook_service.h"

#include "engine/operations/queries.h"
#include "engine/operations/rulebooks.h"

namespace pistis::server {

RulebookService::RulebookService(const EngineRoom& room) {
  Serve("ValidateRulebook", Reads(room, &pistis::ValidateRulebook));
  // Compiling a large rulebook takes long.
  Serve("PublishRulebook", WritesWhatIsRead(room, &ParsePublishRulebook,
                                            &pistis::PublishRulebook));
  Serve("GetRulebook", Reads(room, &pistis::GetRulebook));
  Serve("ListRulebooks", Reads(room, &pistis::ListRulebooks));
  Serve("RollbackRulebook",
        Writes(room, &ParseRollbackRulebook, &pistis::RollbackRulebook));
  Serve("DiffRulebooks", Reads(room, &pistis::DiffRulebooks));
}

}  // namespace pistis::server
