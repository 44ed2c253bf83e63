// write_openapi DESCRIPTORS: writes OpenApiJson() as C++ to standard output, of
// a set of descriptors with comments that protoc wrote.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

#include "server/http/openapi/openapi.h"

namespace {

namespace protobuf = google::protobuf;

void WriteSource(const std::string& json) {
  std::cout << "#include \"server/http/openapi/openapi_json.h\"\n\n"
               "namespace pistis::server {\n\n"
               "absl::string_view OpenApiJson() {\n"
               "  static constexpr char kJson[] =";
  for (const absl::string_view line : absl::StrSplit(json, '\n'))
    std::cout << "\n      \"" << absl::CEscape(line) << "\\n\"";
  std::cout << ";\n  return {kJson, sizeof(kJson) - 1};\n}\n\n"
               "}  // namespace pistis::server\n";
}

}  // namespace

int main(int argc, char** argv) {
  protobuf::FileDescriptorSet files;
  std::ifstream in(argc > 1 ? argv[1] : "", std::ios::binary);
  if (!files.ParseFromIstream(&in)) {
    std::cerr << "write_openapi: no descriptors\n";
    return EXIT_FAILURE;
  }
  protobuf::DescriptorPool pool;
  std::vector<const protobuf::ServiceDescriptor*> services;
  for (const protobuf::FileDescriptorProto& file : files.file()) {
    const protobuf::FileDescriptor* built = pool.BuildFile(file);
    if (built == nullptr) return EXIT_FAILURE;
    for (int i = 0; i < built->service_count(); ++i)
      services.push_back(built->service(i));
  }
  WriteSource(pistis::OpenApiOf(services));
  return EXIT_SUCCESS;
}
