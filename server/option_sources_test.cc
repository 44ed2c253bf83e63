#include "server/option_sources.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/options.h"

namespace pistis::server {
namespace {

using ::testing::HasSubstr;

// What a run of pistisd with these words comes to, and what it said.
struct Outcome {
  ParsedOptions parsed;
  std::string out;
  std::string err;
};

class OptionSourcesTest : public testing::Test {
 protected:
  ~OptionSourcesTest() override {
    for (const std::string& name : set_)
      unsetenv(name.c_str());
  }

  void Set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }

  // The path of a file of options.
  std::string Write(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }

  Outcome Parse(std::vector<std::string> words) {
    words.insert(words.begin(), "pistisd");
    std::vector<char*> argv;
    for (std::string& word : words)
      argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome run{.parsed =
                    ParseOptions(static_cast<int>(argv.size()), argv.data())};
    run.out = testing::internal::GetCapturedStdout();
    run.err = testing::internal::GetCapturedStderr();
    return run;
  }

  // What is said of a file with this text, which is refused.
  std::string Refused(const std::string& text) {
    const Outcome run = Parse({"--dev", "--config", Write(text)});
    EXPECT_FALSE(run.parsed.run);
    EXPECT_EQ(run.parsed.exit_code, 2);
    return run.err;
  }

 private:
  const std::string path_ =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name() + ".conf";
  std::vector<std::string> set_;
};

TEST_F(OptionSourcesTest, FlagsStandAboveTheEnvironmentAndThatAboveTheFile) {
  const std::string file = Write(
      "# a shop\n"
      "data_dir = \"file\"\n"
      "grpc_address = \"127.0.0.1:1\"\n"
      "\n"
      "http_address = 127.0.0.1:1  # bare\n"
      "dev = true\n");
  Set("PISTIS_GRPC_ADDRESS", "127.0.0.1:2");
  Set("PISTIS_HTTP_ADDRESS", "127.0.0.1:2");
  const Outcome run =
      Parse({"--config", file, "--http_address", "127.0.0.1:3"});
  ASSERT_TRUE(run.parsed.run) << run.err;
  EXPECT_EQ(run.parsed.options.data_dir, "file");
  EXPECT_EQ(run.parsed.options.grpc_address, "127.0.0.1:2");
  EXPECT_EQ(run.parsed.options.http.address, "127.0.0.1:3");
  EXPECT_TRUE(run.parsed.options.dev);
  EXPECT_EQ(run.parsed.options.max_downtime, absl::Hours(24 * 400));
}

TEST_F(OptionSourcesTest, TheEnvironmentCanNameTheFile) {
  Set("PISTIS_CONFIG", Write("data_dir = \"file\"\ndev = true\n"));
  const Outcome run = Parse({});
  ASSERT_TRUE(run.parsed.run) << run.err;
  EXPECT_EQ(run.parsed.options.data_dir, "file");
}

TEST_F(OptionSourcesTest, AFileThatIsNotThereIsRefused) {
  EXPECT_EQ(
      Parse({"--data_dir", "d", "--dev", "--config", "/none"}).parsed.exit_code,
      2);
  Set("PISTIS_CONFIG", "/none");
  const Outcome run = Parse({"--data_dir", "d", "--dev"});
  EXPECT_EQ(run.parsed.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("/none"));
}

TEST_F(OptionSourcesTest, UnknownNamesAreRefusedWithTheirLineAndTheNearest) {
  EXPECT_THAT(Refused("data_dir = \"d\"\n\ngrpc_adress = \"a:1\"\n"),
              HasSubstr("line 3: there is no option \"grpc_adress\"; did you "
                        "mean grpc_address?"));
  EXPECT_THAT(Refused("data_dir = \"d\"\ncolour = \"red\"\n"),
              HasSubstr("line 2: there is no option \"colour\""));
  for (const char* name : {"config", "help", "check_config", "a.data_dir"}) {
    EXPECT_THAT(Refused(absl::StrCat(name, " = \"d\"\n")),
                HasSubstr("line 1: there is no option"));
  }
}

TEST_F(OptionSourcesTest, VariablesThatAreNearlyAnOptionsAreRefused) {
  for (const auto& [name, near] :
       std::vector<std::pair<std::string, std::string>>{
           {"PISTIS_GRPC_ADRESS", "PISTIS_GRPC_ADDRESS"},
           {"PISTIS_TLS_CRT", "PISTIS_TLS_CERT"},
           {"PISTIS_DEv", "PISTIS_DEV"},
           {"PISTIS_BACKUP_DIRS", "PISTIS_BACKUP_DIR"}}) {
    setenv(name.c_str(), "x", 1);
    const Outcome run = Parse({"--data_dir", "d", "--dev"});
    unsetenv(name.c_str());
    EXPECT_EQ(run.parsed.exit_code, 2);
    EXPECT_THAT(run.err, HasSubstr(absl::StrCat(
                             name,
                             " is in the environment, and is no option; "
                             "did you mean ",
                             near, "?")));
  }
}

TEST_F(OptionSourcesTest, VariablesOfOthersAreLetBe) {
  for (const char* name :
       {"PISTIS_SERVER", "PISTIS_PROGRAM", "PISTIS_KEY", "PISTIS_KEY_FILE",
        "PISTIS_CA", "PISTIS_SMTP_PASSWORD", "PISTIS_SERVICE_HOST",
        "PISTIS_SERVICE_PORT", "PISTIS_SERVICE_PORT_GRPC", "PISTIS_PORT",
        "PISTIS_PORT_7600_TCP", "PISTIS_PORT_7600_TCP_ADDR", "PISTIS_TEST_DIR",
        "PISTIS_TEST_SEED", "PISTIS_BIN_DIR", "PISTIS_SHARED_DATA"}) {
    Set(name, "x");
  }
  const Outcome run = Parse({"--data_dir", "d", "--dev"});
  EXPECT_TRUE(run.parsed.run) << run.err;
}

TEST_F(OptionSourcesTest, AFileThatAnybodyMayWriteIsRefused) {
  const std::string file = Write("data_dir = \"d\"\ndev = true\n");
  std::filesystem::permissions(file, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const Outcome run = Parse({"--config", file});
  std::filesystem::permissions(file, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::remove);
  EXPECT_EQ(run.parsed.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("chmod o-w"));
  EXPECT_TRUE(Parse({"--config", file}).parsed.run);
}

TEST_F(OptionSourcesTest, LinesOfAnotherShapeAreRefusedWithTheirNumber) {
  for (const char* line : {"[server]", "data_dir", "x", "= 3",
                           "data_dir = [\"a\", \"b\"]", "data_dir = a b"}) {
    EXPECT_THAT(Refused(absl::StrCat("# shop\n", line, "\n")),
                HasSubstr("line 2: "))
        << line;
  }
  EXPECT_THAT(Refused("data_dir = \"a\"\ndata_dir = \"b\"\n"),
              HasSubstr("line 2: data_dir is there twice"));
}

TEST_F(OptionSourcesTest, WrongValuesAreNamedWithWhatIsWanted) {
  EXPECT_THAT(Refused("data_dir = \"d\"\nmax_downtime = \"soon\"\n"),
              testing::AllOf(HasSubstr("--max_downtime"), HasSubstr("\"soon\""),
                             HasSubstr("90d")));
  EXPECT_THAT(Refused("data_dir = \"d\"\ngrpc_address = \"7600\"\n"),
              testing::AllOf(HasSubstr("--grpc_address"), HasSubstr("\"7600\""),
                             HasSubstr("HOST:PORT")));
  Set("PISTIS_CODE_GUESSES", "none");
  const Outcome run = Parse({"--data_dir", "d", "--dev"});
  EXPECT_EQ(run.parsed.exit_code, 2);
  EXPECT_THAT(run.err,
              HasSubstr("PISTIS_CODE_GUESSES=none is in the environment"));
}

TEST_F(OptionSourcesTest, CheckConfigSaysWhatIsAndWhereItIsFrom) {
  Set("PISTIS_CODE_GUESSES", "7");
  const Outcome run = Parse(
      {"--config", Write("data_dir = \"/var/shop\"\nmax_downtime = \"30d\"\n"),
       "--dev", "--check_config", "--grpc_address=127.0.0.1:9"});
  EXPECT_FALSE(run.parsed.run);
  EXPECT_EQ(run.parsed.exit_code, 0);
  for (const char* line :
       {"data_dir = \"/var/shop\"  # file\n",
        "# backup_dir = \"/var/shop-backups\"  # default\n",
        "grpc_address = \"127.0.0.1:9\"  # flag\n", "dev = \"true\"  # flag\n",
        "code_guesses = \"7\"  # environment\n",
        "max_downtime = \"30d\"  # file\n",
        "# max_clock_jump = \"24h\"  # default\n",
        "# accept_clock = \"false\"  # default\n"}) {
    EXPECT_THAT(run.out, HasSubstr(line));
  }
}

TEST_F(OptionSourcesTest, WhatCheckConfigSaysIsAFileThatComesToTheSame) {
  const Outcome first =
      Parse({"--data_dir", "d", "--dev", "--code_guesses", "7",
             "--allow_private_targets", "--check_config"});
  const Outcome second = Parse({"--config", Write(first.out)});
  ASSERT_TRUE(second.parsed.run) << second.err;
  EXPECT_EQ(second.parsed.options.data_dir, "d");
  EXPECT_EQ(second.parsed.options.code_guesses.at_once, 7);
  EXPECT_EQ(second.parsed.options.sinks.private_targets,
            PrivateTargets::kAllowed);
}

TEST_F(OptionSourcesTest, CheckConfigFailsWhereAStartWould) {
  const Outcome run = Parse({"--data_dir", "d", "--dev", "--grpc_address",
                             "0.0.0.0:7600", "--check_config"});
  EXPECT_EQ(run.parsed.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("0.0.0.0:7600"));
}

}  // namespace
}  // namespace pistis::server
