#include "server/options.h"

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
  EXPECT_EQ(parsed.options.http_address, "[::1]:2");
}

TEST(OptionsTest, WithoutKeysNothingBeyondLoopbackIsServed) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"--data_dir", "d"},
           {"--data_dir", "d", "--dev", "--grpc_address", "0.0.0.0:7600"},
           {"--data_dir", "d", "--dev", "--grpc_address", "[::]:7600"},
           {"--data_dir", "d", "--dev", "--http_address", "10.0.0.1:80"},
           {"--data_dir", "d", "--dev", "--http_address", "127.a.com:80"}}) {
    const ParsedOptions parsed = Parse(words);
    EXPECT_FALSE(parsed.run);
    EXPECT_EQ(parsed.exit_code, 2);
  }
}

TEST(OptionsTest, TheDataDirectoryMustBeNamed) {
  const ParsedOptions parsed = Parse({"--dev"});
  EXPECT_FALSE(parsed.run);
  EXPECT_NE(parsed.exit_code, 0);
}

}  // namespace
}  // namespace pistis::server
