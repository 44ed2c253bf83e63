// A client for tests that sends just the bytes it is told to.
#ifndef PISTIS_SERVER_HTTP_TEST_HTTP_H_
#define PISTIS_SERVER_HTTP_TEST_HTTP_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace pistis::server {

// A port of 127.0.0.1, and where connections to it come from.
struct TestPort {
  int number = 0;
  std::string from = "127.0.0.1";
};

struct TestReply {
  // 0: there was none.
  int status = 0;
  // Names in lower case.
  std::map<std::string, std::string> headers = {};
  // Of a chunked one, without the chunks' own bytes.
  std::string body = {};
};

// One connection. What cannot be read within 20 s counts as closed.
class TestConnection {
 public:
  explicit TestConnection(const TestPort& port);
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;
  ~TestConnection();

  // False where the other side is gone.
  bool Send(absl::string_view bytes);
  // Says that it sends no more, and reads on.
  void SendNoMore();
  TestReply Receive();
  // The status and headers of a reply alone, and then its next chunk, empty
  // for the last.
  TestReply ReceiveHead();
  std::string ReceiveChunk();
  // Whether the other side closes, what it still sends being dropped.
  bool Closes();

 private:
  bool Fill();
  std::string Line();
  std::string Bytes(size_t count);

  int socket_;
  std::string buffer_;
};

// "POST /pistis.v1.<method> HTTP/1.1" with a body of application/json.
// `headers`: more of them, each ended by "\r\n".
[[nodiscard]] std::string PostOf(absl::string_view method,
                                 absl::string_view body,
                                 absl::string_view headers = "");
// The same with another content type.
[[nodiscard]] std::string TypedPost(absl::string_view method,
                                    absl::string_view type,
                                    absl::string_view body,
                                    absl::string_view headers = "");
[[nodiscard]] std::string GetOf(absl::string_view path,
                                absl::string_view headers = "");

// Sends `request` on a connection of its own.
TestReply Exchange(const TestPort& port, absl::string_view request);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_TEST_HTTP_H_
