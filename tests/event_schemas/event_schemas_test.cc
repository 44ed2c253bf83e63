// The schemas of proto/events are those of the proto files as they are.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

#include "tests/event_schemas/schema.h"

namespace pistis {
namespace {

constexpr char kFolder[] = "proto/events";
// Of the release build, where the environment names no other.
constexpr char kDescriptors[] =
    "build/release/tests/event_schemas/events.descriptors";

// The proto files with their comments, as protoc wrote them down.
google::protobuf::FileDescriptorSet Described() {
  const char* path =
      std::getenv("PISTIS_EVENT_DESCRIPTORS");  // NOLINT(concurrency-mt-unsafe)
  google::protobuf::FileDescriptorSet files;
  std::ifstream in(path == nullptr ? kDescriptors : path, std::ios::binary);
  EXPECT_TRUE(files.ParseFromIstream(&in));
  return files;
}

std::map<std::string, std::string> Current() {
  google::protobuf::DescriptorPool pool;
  const google::protobuf::FileDescriptorSet files = Described();
  for (const google::protobuf::FileDescriptorProto& file : files.file())
    EXPECT_NE(pool.BuildFile(file), nullptr) << file.name();
  const auto* event = pool.FindMessageTypeByName("pistis.v1.Event");
  EXPECT_NE(event, nullptr);
  if (event == nullptr) return {};
  return EventSchemas(*event);
}

std::map<std::string, std::string> Committed() {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".json") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    files.emplace(entry.path().filename(), text.str());
  }
  return files;
}

TEST(EventSchemasTest, EachPayloadHasItsCurrentSchema) {
  const std::map<std::string, std::string> current = Current();
  ASSERT_GT(current.size(), 20U);
  if (std::getenv(  // NOLINT(concurrency-mt-unsafe)
          "PISTIS_SCHEMAS_WRITE") != nullptr) {
    for (const auto& [name, text] : Committed())
      std::filesystem::remove(std::filesystem::path(kFolder) / name);
    for (const auto& [name, text] : current)
      std::ofstream(std::filesystem::path(kFolder) / name) << text;
  }
  EXPECT_EQ(Committed(), current)
      << "PISTIS_SCHEMAS_WRITE=1 writes them anew; read what changed";
}

}  // namespace
}  // namespace pistis
