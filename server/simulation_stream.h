// The stream of SimulateRulebook.
#ifndef PISTIS_SERVER_SIMULATION_STREAM_H_
#define PISTIS_SERVER_SIMULATION_STREAM_H_

#include <string>

#include "pistis/v1/simulation.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"
#include "server/read_pool.h"
#include "server/stream_places.h"

namespace pistis::server {

// Where simulations run, apart from what tills and backups wait for; their
// scratch stores lie in `folder`.
struct SimulationRoom {
  ReadPool& pool;
  std::string folder;
};

// Whose simulation it is, and the places of all.
struct SimulationCall {
  const StreamCall& call;
  StreamPlaces& places;
};

// Runs the simulation of `request` on one snapshot, and streams how far it is,
// then the report (StartLongWork). gRPC owns the reactor; the parts it refers
// to outlive it.
StreamReactor* StartSimulation(const EngineRoom& room,
                               const SimulationRoom& simulations,
                               const SimulationCall& call,
                               const v1::SimulateRulebookRequest& request);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SIMULATION_STREAM_H_
