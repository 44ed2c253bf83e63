// The connection of a client.
#ifndef PISTIS_CLIENTS_CPP_CHANNEL_H_
#define PISTIS_CLIENTS_CPP_CHANNEL_H_

#include <memory>

#include "grpcpp/channel.h"

#include "clients/cpp/client.h"

namespace pistis {

// Connects with the first call. Every call shows the key of `options`. A file
// that cannot be read is as one that is empty: no call gets through.
[[nodiscard]] std::shared_ptr<grpc::Channel> Connect(
    const ClientOptions& options);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CPP_CHANNEL_H_
