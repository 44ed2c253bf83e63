// What waits, done in turns of those who brought it.
#ifndef PISTIS_ENGINE_BASE_TURN_QUEUE_H_
#define PISTIS_ENGINE_BASE_TURN_QUEUE_H_

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "absl/container/node_hash_map.h"

namespace pistis {

// Of those who brought something each has one piece taken before any has the
// next one taken: who brings much waits for it, and nobody else does. What one
// of them brought is taken in the order it was brought. Key tells them from one
// another, by name or by address. One thread at a time. All is done in constant
// time.
template <typename Item, typename Key = std::string>
class TurnQueue {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] size_t size() const { return size_; }

  // False, and `item` is untouched, where `whose` have `most_of_one` waiting
  // already.
  [[nodiscard]] bool Push(const Key& whose, size_t most_of_one, Item&& item) {
    const auto own = waiting_.try_emplace(whose).first;
    std::deque<Item>& items = own->second;
    if (items.size() >= most_of_one) {
      if (items.empty()) waiting_.erase(own);
      return false;
    }
    if (items.empty()) turns_.push_back(&*own);
    items.push_back(std::move(item));
    ++size_;
    return true;
  }

  // The next one; not from an empty queue.
  [[nodiscard]] Item Pop() {
    Waiting* const own = turns_.front();
    turns_.pop_front();
    Item item = std::move(own->second.front());
    own->second.pop_front();
    --size_;
    if (!own->second.empty()) {
      turns_.push_back(own);
    } else if (waiting_.size() > kMostLists) {
      waiting_.erase(own->first);
    }
    return item;
  }

 private:
  using Lists = absl::node_hash_map<Key, std::deque<Item>>;
  using Waiting = typename Lists::value_type;

  // While there are no more, empty lists stay: most are in no time again.
  static constexpr size_t kMostLists = 64;

  size_t size_ = 0;
  Lists waiting_;
  // Who waits, in the order of their turns: all whose list is not empty.
  std::deque<Waiting*> turns_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_TURN_QUEUE_H_
