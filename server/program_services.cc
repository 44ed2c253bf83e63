#include "server/program_services.h"

#include "engine/operations/programs.h"
#include "engine/operations/queries.h"
#include "server/unary.h"

namespace pistis::server {

// Compiling a large rulebook takes long, so the read pool does it.
grpc::ServerUnaryReactor* RulebookService::PublishRulebook(
    grpc::CallbackServerContext* context,
    const v1::PublishRulebookRequest* request, v1::PublishedRulebook* reply) {
  const UnaryCall<v1::PublishedRulebook> call(context, reply);
  RunOnPool(room_, call, [this, call, request] {
    Submit(room_, call, ParsePublishRulebook(*request),
           &pistis::PublishRulebook);
  });
  return call.reactor;
}

grpc::ServerUnaryReactor* RulebookService::GetRulebook(
    grpc::CallbackServerContext* context, const v1::GetRulebookRequest* request,
    v1::PublishedRulebook* reply) {
  return Answer(room_, context, request, reply, &pistis::GetRulebook);
}

grpc::ServerUnaryReactor* InsightService::GetProgramStats(
    grpc::CallbackServerContext* context,
    const v1::GetProgramStatsRequest* request, v1::ProgramStats* reply) {
  return Answer(room_, context, request, reply, &pistis::GetProgramStats);
}

}  // namespace pistis::server
