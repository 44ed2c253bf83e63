// Where the options of a program get their values: the command line, before the
// environment, before a file, before what the program has by itself.
#ifndef PISTIS_SERVER_OPTION_SOURCES_H_
#define PISTIS_SERVER_OPTION_SOURCES_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace pistis::server {

// To be made when `app` has all of its options, and to outlive the parsing.
// Every option "--name" can then be set by PISTIS_NAME in the environment, and
// by a line `name = "value"` in the file that --config or PISTIS_CONFIG names.
// In that file '#' begins a comment. An unknown name (with the nearest known
// one), a name that is there twice and a line of another shape end the parsing
// with CLI::ConfigError, which names the line.
class OptionSources {
 public:
  // `words` is the command line, argv[0] included.
  OptionSources(CLI::App& app, std::vector<std::string> words);

  // Before the parsing: throws CLI::ConfigError where the environment sets a
  // PISTIS_NAME that no option has, but one has nearly. Others are let be:
  // `pistis` reads some, and Kubernetes sets some for a service of this name.
  void CheckEnvironment() const;

  // After the parsing: every option in the form of such a file, each with where
  // its value is from: "flag", "environment", "file" or "default". What is left
  // to a default is a comment.
  [[nodiscard]] std::string Describe() const;

  // For an error: "; PISTIS_NAME=value is in the environment" for every option
  // that `message` names and the environment sets.
  [[nodiscard]] std::string Blame(const std::string& message) const;

 private:
  [[nodiscard]] const char* SourceOf(const CLI::Option& option) const;

  CLI::App& app_;
  const std::vector<std::string> words_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_OPTION_SOURCES_H_
