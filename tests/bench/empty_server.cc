// pistis_bench_empty_server: answers pistis.bench.EmptyService/Call and nothing
// else, with the server settings of pistisd.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"

#include "bench_empty.grpc.pb.h"

#include "CLI/CLI.hpp"

namespace pistis::bench {
namespace {

// As in server/main.cc.
constexpr int kMaxMessageBytes = 5 << 20;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kMaxStreamsPerConnection = 1024;

class EmptyServer final : public EmptyService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const EmptyRequest* /*request*/,
                                 EmptyResponse* /*response*/) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int Serve(const std::string& address) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  // Before gRPC starts threads, so that all of them inherit it.
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  EmptyServer service;
  int port = 0;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::cerr << "cannot listen on " << address << "\n";
    return EXIT_FAILURE;
  }
  std::cerr << "pistis_bench_empty_server listening on 127.0.0.1:" << port
            << std::endl;
  int caught = 0;
  sigwait(&ends, &caught);
  server->Shutdown();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace pistis::bench

int main(int argc, char** argv) try {
  CLI::App app("A gRPC server with one method that does nothing.");
  std::string address = "127.0.0.1:0";
  app.add_option("--grpc_address", address, "Where to listen")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return pistis::bench::Serve(address);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return EXIT_FAILURE;
}
