#include "clients/cli/files.h"

#include <fstream>

#include "absl/strings/str_cat.h"

#include "clients/cli/csv.h"
#include "yaml-cpp/yaml.h"

namespace pistis {
namespace {

// What the file names under "program:"; empty where it names nothing, also
// where it is no YAML: the server's refusal then says where it is broken.
std::string ProgramNamedIn(const std::string& yaml) {
  try {
    const YAML::Node root = YAML::Load(yaml);
    return root.IsMap() ? root["program"].as<std::string>("") : "";
  } catch (const YAML::Exception&) {
    return "";
  }
}

}  // namespace

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  return file ? absl::OkStatus()
              : UsageError(absl::StrCat("cannot write ", path));
}

absl::StatusOr<SalesFile> ReadSalesFile(const std::string& path) {
  const auto csv = ReadTextFile(path);
  if (!csv.ok()) return UsageError(csv.status().message());
  auto file = ParseSalesFile(*csv);
  if (!file.ok()) {
    return UsageError(absl::StrCat(path, ": ", file.status().message()));
  }
  return file;
}

absl::StatusOr<std::string> ProgramFor(const Session& session,
                                       const std::string& yaml) {
  if (!session.options().program.empty()) return session.options().program;
  std::string named = ProgramNamedIn(yaml);
  if (!named.empty()) return named;
  return session.Program();
}

absl::StatusOr<std::string> ReadRulebookFile(const std::string& file) {
  const auto yaml = ReadTextFile(file);
  if (!yaml.ok()) return UsageError(yaml.status().message());
  return *yaml;
}

}  // namespace pistis
