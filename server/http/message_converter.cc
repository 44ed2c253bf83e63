// First: Asio's coroutines forget it.
#include "server/http/message_converter.h"

#include <utility>

#include "boost/asio/co_spawn.hpp"
#include "boost/asio/use_awaitable.hpp"

namespace pistis::server {
namespace {

namespace asio = boost::asio;

constexpr size_t kLarge = size_t{64} << 10U;

// `work` outlives it.
template <typename Work>
MessageConverter::Converted Run(const Work& work, size_t bytes,
                                asio::thread_pool& large) {
  if (bytes <= kLarge) co_return work();
  co_return co_await asio::co_spawn(
      large, [&work]() -> MessageConverter::Converted { co_return work(); },
      asio::use_awaitable);
}

}  // namespace

MessageConverter::Converted MessageConverter::Decode(
    const HttpCall& call, absl::string_view message) {
  const auto decode = [&call, message] {
    return DecodeRequest(*call.method->input_type(), call.type.encoding,
                         message);
  };
  co_return co_await Run(decode, message.size(), large_);
}

MessageConverter::Converted MessageConverter::Encode(const HttpCall& call,
                                                     std::string message) {
  const auto encode = [&call, &message] {
    return EncodeReply(*call.method->output_type(), call.type.encoding,
                       std::move(message));
  };
  co_return co_await Run(encode, message.size(), large_);
}

}  // namespace pistis::server
