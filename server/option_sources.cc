#include "server/option_sources.h"

#include <cstdlib>
#include <istream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "engine/base/nearest.h"
#include <unistd.h>

namespace pistis::server {
namespace {

constexpr char kConfigVariable[] = "PISTIS_CONFIG";

// Empty where it is not set: an empty variable sets nothing.
std::string Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

constexpr char kPrefix[] = "PISTIS_";

std::vector<std::string> ConfigurableNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_configurable()) names.push_back(option->get_single_name());
  }
  return names;
}

// Reads a file line by line, so that what is wrong has a line, and leaves out
// what the environment sets.
class ConfigFile final : public CLI::ConfigBase {
 public:
  explicit ConfigFile(const CLI::App& app) : app_(app) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    const std::vector<std::string> known = ConfigurableNames(app_);
    std::set<std::string> seen;
    std::vector<CLI::ConfigItem> items;
    std::string text;
    for (int line = 1; std::getline(input, text); ++line) {
      const absl::string_view shown = absl::StripAsciiWhitespace(text);
      if (shown.empty() || shown.front() == '#') continue;
      const std::string at = absl::StrCat("line ", line, ": ");
      const CLI::ConfigItem item = ReadLine(text, at);
      const CLI::Option* option =
          app_.get_option_no_throw(absl::StrCat("--", item.name));
      if (option == nullptr || !option->get_configurable()) {
        const std::optional<std::string> near = NearestName(item.name, known);
        throw CLI::ConfigError(
            absl::StrCat(at, "there is no option \"", item.name, "\"",
                         near ? absl::StrCat("; did you mean ", *near, "?")
                              : "; pistisd --help names them"));
      }
      if (!seen.insert(item.name).second) {
        throw CLI::ConfigError(
            absl::StrCat(at, item.name, " is there twice; give it once"));
      }
      if (Environment(option->get_envname()).empty()) items.push_back(item);
    }
    return items;
  }

 private:
  CLI::ConfigItem ReadLine(const std::string& text,
                           const std::string& at) const {
    std::istringstream line(text);
    std::vector<CLI::ConfigItem> items;
    if (absl::StrContains(text, "=")) items = ConfigBase::from_config(line);
    if (items.size() != 1 || items.front().inputs.size() != 1) {
      throw CLI::ConfigError(
          absl::StrCat(at, "\"", absl::StripAsciiWhitespace(text),
                       "\" is not of the form: name = \"value\""));
    }
    items.front().name = items.front().fullname();
    items.front().parents.clear();
    return items.front();
  }

  const CLI::App& app_;
};

}  // namespace

OptionSources::OptionSources(CLI::App& app, std::vector<std::string> words)
    : app_(app), words_(std::move(words)) {
  for (CLI::Option* option : app.get_options()) {
    const std::string& name = option->get_single_name();
    if (name == "help" || name == "version") option->configurable(false);
    if (!option->get_configurable()) continue;
    option->envname(absl::StrCat(kPrefix, absl::AsciiStrToUpper(name)));
  }
  const std::string file = Environment(kConfigVariable);
  app.set_config("--config", file,
                 "File of options, one `name = \"value\"` a line; the "
                 "environment (PISTIS_NAME) and flags stand above it",
                 !file.empty());
  app.config_formatter(std::make_shared<ConfigFile>(app));
}

void OptionSources::CheckEnvironment() const {
  const std::vector<std::string> known = ConfigurableNames(app_);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(*variable, absl::MaxSplits('=', 1));
    absl::string_view name = parts.first;
    if (parts.second.empty() || !absl::ConsumePrefix(&name, kPrefix)) continue;
    const std::string lower = absl::AsciiStrToLower(name);
    if (absl::AsciiStrToUpper(lower) == name &&
        absl::c_linear_search(known, lower)) {
      continue;
    }
    if (const auto near = NearestName(lower, known)) {
      throw CLI::ConfigError(absl::StrCat(
          parts.first,
          " is in the environment, and is no option; did you mean ", kPrefix,
          absl::AsciiStrToUpper(*near), "?"));
    }
  }
}

const char* OptionSources::SourceOf(const CLI::Option& option) const {
  const std::string flag = absl::StrCat("--", option.get_single_name());
  for (const std::string& word : words_) {
    if (word == flag || absl::StartsWith(word, absl::StrCat(flag, "="))) {
      return "flag";
    }
  }
  if (!Environment(option.get_envname()).empty()) return "environment";
  return option.count() > 0 ? "file" : "default";
}

std::string OptionSources::Describe() const {
  std::string text;
  for (const CLI::Option* option : app_.get_options()) {
    if (!option->get_configurable()) continue;
    const bool given = option->count() > 0;
    const bool is_flag = option->get_expected_min() == 0;
    absl::StrAppend(&text, given ? "" : "# ", option->get_single_name(),
                    " = \"",
                    given     ? option->results().back()
                    : is_flag ? "false"
                              : option->get_default_str(),
                    "\"  # ", SourceOf(*option), "\n");
  }
  return text;
}

std::string OptionSources::Blame(const std::string& message) const {
  std::string blame;
  for (const CLI::Option* option : app_.get_options()) {
    const std::string value = Environment(option->get_envname());
    if (value.empty() ||
        !absl::StrContains(message,
                           absl::StrCat("--", option->get_single_name()))) {
      continue;
    }
    absl::StrAppend(&blame, "; ", option->get_envname(), "=", value,
                    " is in the environment");
  }
  return blame;
}

}  // namespace pistis::server
