#include "server/options.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace pistis::server {
namespace {

ParsedOptions Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "pistisd");
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

TEST(OptionsTest, DevServesOnLoopback) {
  const ParsedOptions parsed =
      Parse({"--data_dir", "d", "--grpc_address", "127.0.0.1:1", "--dev",
             "--http_address", "[::1]:2"});
  EXPECT_TRUE(parsed.run);
  EXPECT_EQ(parsed.options.data_dir, "d");
  EXPECT_EQ(parsed.options.grpc_address, "127.0.0.1:1");
  EXPECT_EQ(parsed.options.http.address, "[::1]:2");
}

TEST(OptionsTest, WithoutKeysAndTlsNothingBeyondLoopbackIsServed) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"--data_dir", "d", "--grpc_address", "0.0.0.0:7600"},
           {"--data_dir", "d", "--dev", "--grpc_address", "0.0.0.0:7600"},
           {"--data_dir", "d", "--dev", "--grpc_address", "[::]:7600"},
           {"--data_dir", "d", "--dev", "--http_address", "10.0.0.1:80"},
           {"--data_dir", "d", "--dev", "--http_address", "127.a.com:80"},
           {"--data_dir", "d", "--metrics_address", "0.0.0.0:9464"},
           {"--data_dir", "d", "--dev", "--insecure_metrics",
            "--metrics_address", "0.0.0.0:9464"}}) {
    const ParsedOptions parsed = Parse(words);
    EXPECT_FALSE(parsed.run);
    EXPECT_EQ(parsed.exit_code, 2);
  }
}

TEST(OptionsTest, MetricsBeyondLoopbackAreAskedForByName) {
  EXPECT_TRUE(Parse({"--data_dir", "d", "--metrics_address", "0.0.0.0:9464",
                     "--insecure_metrics"})
                  .run);
  EXPECT_TRUE(
      Parse({"--data_dir", "d", "--metrics_address", "127.0.0.1:9464"}).run);
}

TEST(OptionsTest, AnOriginIsOneThatABrowserSends) {
  for (const char* origin : {"https://console.example", "http://localhost:8080",
                             "https://a.example:8443", "http://[::1]:8443"}) {
    EXPECT_TRUE(
        Parse({"--data_dir", "d", "--dev", "--cors_origin", origin}).run)
        << origin;
  }
  for (const char* origin :
       {"https://Console.example", "HTTPS://console.example",
        "https://console.example:443", "http://localhost:80",
        "https://console.example/", "console.example", "https://"}) {
    EXPECT_EQ(
        Parse({"--data_dir", "d", "--dev", "--cors_origin", origin}).exit_code,
        2)
        << origin;
  }
}

TEST(OptionsTest, AFileThatAnybodyMayWriteSaysNothingAboutWhoMayCall) {
  const std::string file = testing::TempDir() + "/who_may_call.pem";
  std::ofstream(file) << "x";
  const auto exit_code = [&](const char* option, int mode) {
    std::filesystem::permissions(file,
                                 static_cast<std::filesystem::perms>(mode));
    std::vector<std::string> words = {"--data_dir", "d"};
    for (const char* name :
         {"--tls_cert", "--tls_key", "--tls_client_ca", "--tls_crl"}) {
      words.insert(words.end(),
                   {name, std::string(name) == option ? file : "/none"});
    }
    return Parse(words).exit_code;
  };
  for (const char* option :
       {"--tls_cert", "--tls_key", "--tls_client_ca", "--tls_crl"}) {
    EXPECT_EQ(exit_code(option, 0666), 2) << option;
    EXPECT_EQ(exit_code(option, 0664), 0) << option;
  }
}

TEST(OptionsTest, BackupsLieBesideTheDataUnlessAFolderIsNamed) {
  const auto backup_dir = [](std::vector<std::string> words) {
    words.emplace_back("--dev");
    return Parse(words).options.backup_dir;
  };
  const std::string here = std::filesystem::current_path();
  EXPECT_EQ(backup_dir({"--data_dir", "d"}), here + "/d-backups");
  EXPECT_EQ(backup_dir({"--data_dir", "."}), here + "-backups");
  EXPECT_EQ(backup_dir({"--data_dir", "/var/d//"}), "/var/d-backups");
  EXPECT_EQ(backup_dir({"--data_dir", "d", "--backup_dir", "b"}), "b");
}

TEST(OptionsTest, BackupsNeverLieInTheData) {
  for (const char* folder : {"d", "./d/", "d/backups", "d/../d/b"}) {
    EXPECT_EQ(
        Parse({"--data_dir", "d", "--dev", "--backup_dir", folder}).exit_code,
        2)
        << folder;
  }
}

TEST(OptionsTest, BackupsByTheClockAreAskedFor) {
  EXPECT_EQ(Parse({"--data_dir", "d", "--dev"}).options.backup_schedule.every,
            absl::ZeroDuration());
  const BackupSchedule schedule =
      Parse({"--data_dir", "d", "--dev", "--backup_every", "6h",
             "--backup_keep", "3", "--backup_keep_for", "30d"})
          .options.backup_schedule;
  EXPECT_EQ(schedule.every, absl::Hours(6));
  EXPECT_EQ(schedule.retention.count, 3);
  EXPECT_EQ(schedule.retention.age, absl::Hours(24 * 30));
  EXPECT_EQ(Parse({"--data_dir", "d", "--dev", "--backup_keep", "0"}).exit_code,
            2);
}

TEST(OptionsTest, DurationsAreReadInDaysToo) {
  const ParsedOptions parsed = Parse(
      {"--data_dir", "d", "--dev", "--max_clock_jump", "90m", "--max_downtime",
       "30d", "--accept_clock", "--request_retention", "1h30m"});
  EXPECT_TRUE(parsed.run);
  EXPECT_EQ(parsed.options.max_clock_jump, absl::Minutes(90));
  EXPECT_EQ(parsed.options.max_downtime, absl::Hours(24 * 30));
  EXPECT_TRUE(parsed.options.accept_clock);
  EXPECT_EQ(parsed.options.request_retention, absl::Minutes(90));
  const ParsedOptions defaults = Parse({"--data_dir", "d", "--dev"});
  EXPECT_EQ(defaults.options.max_clock_jump, absl::Hours(24));
  EXPECT_EQ(defaults.options.max_downtime, absl::Hours(24 * 400));
  EXPECT_FALSE(defaults.options.accept_clock);
  EXPECT_EQ(defaults.options.request_retention, absl::Hours(24 * 90));
}

TEST(OptionsTest, WhatIsNoPositiveDurationIsRefused) {
  for (const char* text : {"", "d", "0d", "-1h", "90", "soon", "1dd"}) {
    const ParsedOptions parsed =
        Parse({"--data_dir", "d", "--dev",
               std::string("--request_retention=") + text});
    EXPECT_FALSE(parsed.run) << text;
    EXPECT_NE(parsed.exit_code, 0) << text;
  }
}

TEST(OptionsTest, WebhooksStayOutOfPrivateNetworksUnlessAllowed) {
  const ParsedOptions strict = Parse({"--data_dir", "d", "--dev"});
  EXPECT_EQ(strict.options.sinks.private_targets, PrivateTargets::kRefused);
  EXPECT_EQ(strict.options.sinks.events_dir, "");
  const ParsedOptions allowed =
      Parse({"--data_dir", "d", "--dev", "--allow_private_targets",
             "--events_dir", "e"});
  EXPECT_EQ(allowed.options.sinks.private_targets, PrivateTargets::kAllowed);
  EXPECT_EQ(allowed.options.sinks.events_dir, "e");
}

TEST(OptionsTest, TheDataDirectoryMustBeNamed) {
  const ParsedOptions parsed = Parse({"--dev"});
  EXPECT_FALSE(parsed.run);
  EXPECT_NE(parsed.exit_code, 0);
}

}  // namespace
}  // namespace pistis::server
