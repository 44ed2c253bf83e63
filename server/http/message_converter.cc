// First: Asio's coroutines forget it.
#include "server/http/message_converter.h"

#include <chrono>
#include <memory>
#include <utility>

#include "boost/asio/associated_executor.hpp"
#include "boost/asio/async_result.hpp"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/this_coro.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "engine/base/refusal.h"
#include "server/http/caller.h"

namespace pistis::server {
namespace {

namespace asio = boost::asio;

constexpr size_t kLarge = size_t{16} << 10U;

// How often a reply looks for room in the share of its address.
constexpr std::chrono::milliseconds kLook{10};

// One place in a share, which was taken before.
class Place {
 public:
  explicit Place(ByteBudget& share) : share_(share) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { share_.GiveBack(1); }

 private:
  ByteBudget& share_;
};

bool IsLarge(const ConversionFor& of, size_t bytes) {
  return bytes > kLarge && of.call.type.encoding == Encoding::kJson;
}

bool IsGone(const ConversionFor& of) {
  return of.gone || HasLeft(of.socket, of.call.patient_until);
}

// OK, or why there is no need to.
absl::Status WantsDecoded(const ConversionFor& of) {
  if (IsGone(of)) return absl::CancelledError();
  if (of.stopping) return Refuse(Reason::kOverloaded, "the server stops");
  return TimeLeft(of.call) > absl::ZeroDuration()
             ? absl::OkStatus()
             : Refuse(Reason::kDeadlinePassed, "the call's time is over");
}

// Awaits that the queue has done `work`, which outlives it.
template <typename Work>
asio::awaitable<void> Done(const void* whose, const Work& work,
                           FairQueue& queue) {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [whose, &work, &queue](auto handler) {
        const auto executor = asio::get_associated_executor(handler);
        // Who awaits is not forgotten while nothing happens there.
        const auto guard =
            std::make_shared<decltype(asio::make_work_guard(executor))>(
                executor);
        const auto waiting =
            std::make_shared<decltype(handler)>(std::move(handler));
        queue.Add(whose, [&work, executor, guard, waiting] {
          work();
          asio::post(executor, [waiting] { std::move (*waiting)(); });
        });
      },
      asio::use_awaitable);
}

// `work` outlives it.
template <typename Work>
MessageConverter::Converted RunInTurn(ByteBudget& share, const Work& work,
                                      FairQueue& large) {
  const Place place(share);
  absl::StatusOr<std::string> converted;
  const auto convert = [&converted, &work] { converted = work(); };
  co_await Done(&share, convert, large);
  co_return converted;
}

}  // namespace

MessageConverter::Converted MessageConverter::Decode(
    const ConversionFor& of, absl::string_view message) {
  const auto decode = [&of, message]() -> absl::StatusOr<std::string> {
    return DecodeRequest(*of.call.method->input_type(), of.call.type.encoding,
                         message);
  };
  if (!IsLarge(of, message.size())) co_return decode();
  if (!of.share.Take(1)) {
    co_return Refuse(Reason::kOverloaded,
                     "there are too many large requests of your address under "
                     "way; try again");
  }
  const auto in_turn = [&of, &decode]() -> absl::StatusOr<std::string> {
    const absl::Status wanted = WantsDecoded(of);
    if (!wanted.ok()) return wanted;
    return decode();
  };
  co_return co_await RunInTurn(of.share, in_turn, large_);
}

MessageConverter::Converted MessageConverter::Encode(const ConversionFor& of,
                                                     std::string message) {
  const auto encode = [&of, &message] {
    return EncodeReply(*of.call.method->output_type(), of.call.type.encoding,
                       std::move(message));
  };
  if (!IsLarge(of, message.size())) co_return encode();
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!of.share.Take(1)) {
    if (IsGone(of)) co_return absl::CancelledError();
    timer.expires_after(kLook);
    co_await timer.async_wait(asio::use_awaitable);
  }
  const auto in_turn = [&of, &encode]() -> absl::StatusOr<std::string> {
    if (IsGone(of)) return absl::CancelledError();
    return encode();
  };
  co_return co_await RunInTurn(of.share, in_turn, large_);
}

}  // namespace pistis::server
