// RulebookService and InsightService: shape, hand over, reply.
#ifndef PISTIS_SERVER_PROGRAM_SERVICES_H_
#define PISTIS_SERVER_PROGRAM_SERVICES_H_

#include "pistis/v1/insight_service.grpc.pb.h"
#include "pistis/v1/rulebook_service.grpc.pb.h"

#include "server/engine_room.h"

namespace pistis::server {

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
