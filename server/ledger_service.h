// LedgerService: shape, hand over, reply.
#ifndef PISTIS_SERVER_LEDGER_SERVICE_H_
#define PISTIS_SERVER_LEDGER_SERVICE_H_

#include "pistis/v1/ledger_service.grpc.pb.h"

#include "server/engine_room.h"

namespace pistis::server {

class LedgerService final : public v1::LedgerService::CallbackService {
 public:
  explicit LedgerService(const EngineRoom& room) : room_(room) {}

  grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                       const v1::GetAccountRequest* request,
                                       v1::Account* reply) override;
  grpc::ServerUnaryReactor* ListEntries(
      grpc::CallbackServerContext* context,
      const v1::ListEntriesRequest* request,
      v1::ListEntriesResponse* reply) override;
  grpc::ServerUnaryReactor* ListLots(grpc::CallbackServerContext* context,
                                     const v1::ListLotsRequest* request,
                                     v1::ListLotsResponse* reply) override;
  grpc::ServerUnaryReactor* GetHold(grpc::CallbackServerContext* context,
                                    const v1::GetHoldRequest* request,
                                    v1::Hold* reply) override;
  grpc::ServerUnaryReactor* EarnPoints(grpc::CallbackServerContext* context,
                                       const v1::EarnPointsRequest* request,
                                       v1::EarnPointsResponse* reply) override;
  grpc::ServerUnaryReactor* RedeemPoints(
      grpc::CallbackServerContext* context,
      const v1::RedeemPointsRequest* request,
      v1::RedeemPointsResponse* reply) override;
  grpc::ServerUnaryReactor* HoldPoints(grpc::CallbackServerContext* context,
                                       const v1::HoldPointsRequest* request,
                                       v1::HoldPointsResponse* reply) override;
  grpc::ServerUnaryReactor* CaptureHold(
      grpc::CallbackServerContext* context,
      const v1::CaptureHoldRequest* request,
      v1::CaptureHoldResponse* reply) override;
  grpc::ServerUnaryReactor* ReleaseHold(
      grpc::CallbackServerContext* context,
      const v1::ReleaseHoldRequest* request,
      v1::ReleaseHoldResponse* reply) override;
  grpc::ServerUnaryReactor* AdjustPoints(
      grpc::CallbackServerContext* context,
      const v1::AdjustPointsRequest* request,
      v1::AdjustPointsResponse* reply) override;
  grpc::ServerUnaryReactor* TransferPoints(
      grpc::CallbackServerContext* context,
      const v1::TransferPointsRequest* request,
      v1::TransferPointsResponse* reply) override;
  grpc::ServerUnaryReactor* ReverseEntry(
      grpc::CallbackServerContext* context,
      const v1::ReverseEntryRequest* request,
      v1::ReverseEntryResponse* reply) override;

 private:
  const EngineRoom& room_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LEDGER_SERVICE_H_
