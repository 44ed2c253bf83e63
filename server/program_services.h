// The services about a program as a whole: AdminService, RulebookService,
// LedgerService, InsightService.
#ifndef PISTIS_SERVER_PROGRAM_SERVICES_H_
#define PISTIS_SERVER_PROGRAM_SERVICES_H_

#include "pistis/v1/admin_service.grpc.pb.h"
#include "pistis/v1/insight_service.grpc.pb.h"
#include "pistis/v1/ledger_service.grpc.pb.h"
#include "pistis/v1/rulebook_service.grpc.pb.h"

#include "server/engine_room.h"

namespace pistis::server {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(const EngineRoom& room) : room_(room) {}

  grpc::ServerUnaryReactor* CreateProgram(
      grpc::CallbackServerContext* context,
      const v1::CreateProgramRequest* request, v1::Program* reply) override;

 private:
  const EngineRoom& room_;
};

class RulebookService final : public v1::RulebookService::CallbackService {
 public:
  explicit RulebookService(const EngineRoom& room) : room_(room) {}

  grpc::ServerUnaryReactor* PublishRulebook(
      grpc::CallbackServerContext* context,
      const v1::PublishRulebookRequest* request,
      v1::PublishedRulebook* reply) override;
  grpc::ServerUnaryReactor* GetRulebook(grpc::CallbackServerContext* context,
                                        const v1::GetRulebookRequest* request,
                                        v1::PublishedRulebook* reply) override;

 private:
  const EngineRoom& room_;
};

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

 private:
  const EngineRoom& room_;
};

class InsightService final : public v1::InsightService::CallbackService {
 public:
  explicit InsightService(const EngineRoom& room) : room_(room) {}

  grpc::ServerUnaryReactor* GetProgramStats(
      grpc::CallbackServerContext* context,
      const v1::GetProgramStatsRequest* request,
      v1::ProgramStats* reply) override;

 private:
  const EngineRoom& room_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_PROGRAM_SERVICES_H_
