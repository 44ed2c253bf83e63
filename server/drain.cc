#include "server/drain.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "grpc/grpc.h"
#include "grpc/support/alloc.h"

#include "engine/base/clock.h"
#include "server/ending.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kBetweenLooks = absl::Milliseconds(25);
// Calls that arrive together with the end of the server show within these.
constexpr int kQuietLooks = 4;
// How long what was cancelled has to be sent.
constexpr absl::Duration kFarewell = absl::Seconds(1);

int64_t CountIn(const google::protobuf::Struct& data, const std::string& name) {
  const auto field = data.fields().find(name);
  int64_t count = 0;
  return field != data.fields().end() &&
                 absl::SimpleAtoi(field->second.string_value(), &count)
             ? count
             : 0;
}

// What gRPC's own statistics say, as JSON; they count a call as over when its
// last byte was handed to the connection.
bool HasCallsUnderWay() {
  char* const json = grpc_channelz_get_servers(0);
  if (json == nullptr) return false;
  google::protobuf::Struct servers;
  const bool is_read =
      google::protobuf::util::JsonStringToMessage(json, &servers).ok();
  gpr_free(json);
  if (!is_read) return true;
  if (!servers.fields().contains("server")) return false;
  int64_t under_way = 0;
  for (const auto& server :
       servers.fields().at("server").list_value().values()) {
    const google::protobuf::Struct& data =
        server.struct_value().fields().at("data").struct_value();
    under_way += CountIn(data, "callsStarted") -
                 CountIn(data, "callsSucceeded") - CountIn(data, "callsFailed");
  }
  return under_way > 0;
}

}  // namespace

void DrainCalls(grpc::Server& server, absl::Duration limit,
                absl::FunctionRef<void()> end_http,
                absl::FunctionRef<void()> shut_connections) {
  const BootClock steady;
  const absl::Duration begin = steady.Elapsed();
  end_http();
  const absl::Duration left =
      std::max(begin + limit - steady.Elapsed(), std::min(limit, kLeastDrain));
  const absl::Duration end = steady.Elapsed() + left;
  Ending ended;
  std::thread shutdown([&server, &ended, left] {
    server.Shutdown(absl::ToChronoTime(absl::Now() + left));
    ended.End();
  });
  int quiet = 0;
  while (quiet < kQuietLooks && steady.Elapsed() < end &&
         !ended.EndsWithin(kBetweenLooks)) {
    quiet = HasCallsUnderWay() ? 0 : quiet + 1;
  }
  grpc_server_cancel_all_calls(server.c_server());
  const absl::Duration patience = std::max(end - steady.Elapsed(), kFarewell);
  for (bool is_over = ended.EndsWithin(patience); !is_over;
       is_over = ended.EndsWithin(kBetweenLooks)) {
    shut_connections();
  }
  shutdown.join();
}

}  // namespace pistis::server
