#include "server/ledger_service.h"

#include "engine/operations/ledger_commands.h"
#include "engine/operations/queries.h"

namespace pistis::server {

LedgerService::LedgerService(const EngineRoom& room) : MethodTable(room) {
  Serve("GetAccount", Reads(room, &pistis::GetAccount));
  Serve("ListEntries", Reads(room, &pistis::ListEntries));
  Serve("ListLots", Reads(room, &pistis::ListLots));
  Serve("GetHold", Reads(room, &pistis::GetHold));
  Serve("EarnPoints", Writes(room, &ParseEarnPoints, &pistis::EarnPoints));
  Serve("RedeemPoints",
        Writes(room, &ParseRedeemPoints, &pistis::RedeemPoints));
  Serve("HoldPoints", Writes(room, &ParseHoldPoints, &pistis::HoldPoints));
  Serve("CaptureHold", Writes(room, &ParseCaptureHold, &pistis::CaptureHold));
  Serve("ReleaseHold", Writes(room, &ParseReleaseHold, &pistis::ReleaseHold));
  Serve("AdjustPoints",
        Writes(room, &ParseAdjustPoints, &pistis::AdjustPoints));
  Serve("TransferPoints",
        Writes(room, &ParseTransferPoints, &pistis::TransferPoints));
  Serve("ReverseEntry",
        Writes(room, &ParseReverseEntry, &pistis::ReverseEntry));
}

}  // namespace pistis::server
