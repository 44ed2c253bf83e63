#include "server/ledger_service.h"

#include "engine/operations/ledger_commands.h"
#include "engine/operations/queries.h"
#include "server/unary.h"

namespace pistis::server {

grpc::ServerUnaryReactor* LedgerService::GetAccount(
    grpc::CallbackServerContext* context, const v1::GetAccountRequest* request,
    v1::Account* reply) {
  return Answer(room_, context, request, reply, &pistis::GetAccount);
}

grpc::ServerUnaryReactor* LedgerService::ListEntries(
    grpc::CallbackServerContext* context, const v1::ListEntriesRequest* request,
    v1::ListEntriesResponse* reply) {
  return Answer(room_, context, request, reply, &pistis::ListEntries);
}

grpc::ServerUnaryReactor* LedgerService::ListLots(
    grpc::CallbackServerContext* context, const v1::ListLotsRequest* request,
    v1::ListLotsResponse* reply) {
  return Answer(room_, context, request, reply, &pistis::ListLots);
}

grpc::ServerUnaryReactor* LedgerService::GetHold(
    grpc::CallbackServerContext* context, const v1::GetHoldRequest* request,
    v1::Hold* reply) {
  return Answer(room_, context, request, reply, &pistis::GetHold);
}

grpc::ServerUnaryReactor* LedgerService::EarnPoints(
    grpc::CallbackServerContext* context, const v1::EarnPointsRequest* request,
    v1::EarnPointsResponse* reply) {
  const UnaryCall<v1::EarnPointsResponse> call(context, reply);
  Submit(room_, call, ParseEarnPoints(*request, room_.clock.Now()),
         &pistis::EarnPoints);
  return call.reactor;
}

grpc::ServerUnaryReactor* LedgerService::RedeemPoints(
    grpc::CallbackServerContext* context,
    const v1::RedeemPointsRequest* request, v1::RedeemPointsResponse* reply) {
  const UnaryCall<v1::RedeemPointsResponse> call(context, reply);
  Submit(room_, call, ParseRedeemPoints(*request, room_.clock.Now()),
         &pistis::RedeemPoints);
  return call.reactor;
}

grpc::ServerUnaryReactor* LedgerService::HoldPoints(
    grpc::CallbackServerContext* context, const v1::HoldPointsRequest* request,
    v1::HoldPointsResponse* reply) {
  const UnaryCall<v1::HoldPointsResponse> call(context, reply);
  Submit(room_, call, ParseHoldPoints(*request, room_.clock.Now()),
         &pistis::HoldPoints);
  return call.reactor;
}

grpc::ServerUnaryReactor* LedgerService::CaptureHold(
    grpc::CallbackServerContext* context, const v1::CaptureHoldRequest* request,
    v1::CaptureHoldResponse* reply) {
  const UnaryCall<v1::CaptureHoldResponse> call(context, reply);
  Submit(room_, call, ParseCaptureHold(*request, room_.clock.Now()),
         &pistis::CaptureHold);
  return call.reactor;
}

grpc::ServerUnaryReactor* LedgerService::ReleaseHold(
    grpc::CallbackServerContext* context, const v1::ReleaseHoldRequest* request,
    v1::ReleaseHoldResponse* reply) {
  const UnaryCall<v1::ReleaseHoldResponse> call(context, reply);
  Submit(room_, call, ParseReleaseHold(*request, room_.clock.Now()),
         &pistis::ReleaseHold);
  return call.reactor;
}

grpc::ServerUnaryReactor* LedgerService::AdjustPoints(
    grpc::CallbackServerContext* context,
    const v1::AdjustPointsRequest* request, v1::AdjustPointsResponse* reply) {
  const UnaryCall<v1::AdjustPointsResponse> call(context, reply);
  Submit(room_, call, ParseAdjustPoints(*request, room_.clock.Now()),
         &pistis::AdjustPoints);
  return call.reactor;
}

grpc::ServerUnaryReactor* LedgerService::TransferPoints(
    grpc::CallbackServerContext* context,
    const v1::TransferPointsRequest* request,
    v1::TransferPointsResponse* reply) {
  const UnaryCall<v1::TransferPointsResponse> call(context, reply);
  Submit(room_, call, ParseTransferPoints(*request, room_.clock.Now()),
         &pistis::TransferPoints);
  return call.reactor;
}

grpc::ServerUnaryReactor* LedgerService::ReverseEntry(
    grpc::CallbackServerContext* context,
    const v1::ReverseEntryRequest* request, v1::ReverseEntryResponse* reply) {
  const UnaryCall<v1::ReverseEntryResponse> call(context, reply);
  Submit(room_, call, ParseReverseEntry(*request, room_.clock.Now()),
         &pistis::ReverseEntry);
  return call.reactor;
}

}  // namespace pistis::server
