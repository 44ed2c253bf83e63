// The stream of VerifyLedger.
#ifndef PISTIS_SERVER_RECOUNT_STREAM_H_
#define PISTIS_SERVER_RECOUNT_STREAM_H_

#include "pistis/v1/admin_service.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"
#include "server/read_pool.h"
#include "server/stream_places.h"

namespace pistis::server {

// Where recounts run, and their places.
struct RecountRoom {
  ReadPool& pool;
  StreamPlaces& places;
};

// Recounts the program of `request` on the pool, on one snapshot, and streams
// how far it is, then the report (StartLongWork). gRPC owns the reactor; the
// parts it refers to outlive it.
StreamReactor* StartRecount(const EngineRoom& room, const RecountRoom& recounts,
                            const StreamCall& call,
                            const v1::VerifyLedgerRequest& request);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_RECOUNT_STREAM_H_
