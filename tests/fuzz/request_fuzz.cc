// Any bytes as requests to the methods of the API, one after the other, on a
// shop in which much has happened:
//
//   input := call{0,4}
//   call  := method:u8 hours:u8 length:u16be bytes
//
// What is promised of each call is written in methods.cc. What all of them left
// is recounted, for one input of eight and where anything was done: nothing is
// found.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/shop.h"

namespace pistis {
namespace {

constexpr int kMostCalls = 4;
constexpr size_t kRecounted = 8;

void Try(Input input, bool recounts) {
  Visitor visitor = Shop::Get().Enter();
  bool done = false;
  for (int calls = 0; calls < kMostCalls && !input.empty(); ++calls) {
    const Method& method = Methods()[input.Choice(Methods().size())];
    visitor.Wait(absl::Hours(input.Byte()));
    const size_t length = input.Length();
    const std::string request(input.Take(length));
    if (method.run(visitor, request).ok()) done = true;
  }
  if (done && recounts) RequireSound(visitor);
}

}  // namespace
}  // namespace pistis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silent;
  pistis::Try({data, size}, size % pistis::kRecounted == 0);
  return 0;
}
