#include "tests/crash/settings.h"

#include <cstdlib>
#include <iostream>
#include <random>
#include <utility>

#include "absl/strings/numbers.h"

namespace pistis::crash {
namespace {

const char* Environment(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
}

uint64_t SeedFrom(const char* name, uint64_t fallback) {
  uint64_t seed = 0;
  const char* text = Environment(name);
  return text != nullptr && absl::SimpleAtoi(text, &seed) ? seed : fallback;
}

}  // namespace

Settings ReadSettings(int cycles, double seconds) {
  Settings settings{
      .seed = SeedFrom("PISTIS_CRASH_SEED",
                       SeedFrom("PISTIS_TEST_SEED", std::random_device{}())),
      .cycles = cycles,
      .seconds = seconds};
  int asked = 0;
  double longest = 0;
  if (const char* text = Environment("PISTIS_CRASH_CYCLES");
      text != nullptr && absl::SimpleAtoi(text, &asked)) {
    settings.cycles = asked;
  }
  if (const char* text = Environment("PISTIS_CRASH_SECONDS");
      text != nullptr && absl::SimpleAtod(text, &longest)) {
    settings.seconds = longest;
  }
  std::cout << "PISTIS_CRASH_SEED=" << settings.seed
            << " PISTIS_CRASH_CYCLES=" << settings.cycles
            << " PISTIS_CRASH_SECONDS=" << settings.seconds << std::endl;
  return settings;
}

absl::StatusOr<std::unique_ptr<ServerProcess>> OpenShop(
    const std::string& data_dir, Shop& shop) {
  ServerOptions options;
  options.data_dir = data_dir;
  auto server = ServerProcess::Start(options);
  if (!server.ok()) return server.status();
  std::vector<std::unique_ptr<Client>> clients(kConnections);
  for (auto& client : clients) {
    client = std::make_unique<Client>((*server)->address());
  }
  shop.clients = std::move(clients);
  return server;
}

absl::Status StopOrderly(ServerProcess& server, Shop& shop) {
  shop.clients.clear();
  return server.Stop();
}

}  // namespace pistis::crash
