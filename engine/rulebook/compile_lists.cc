#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int kMaxItemLists = 2'000;
constexpr int kMaxListedItems = 250'000;
// The longest that an order may name.
constexpr size_t kMaxSkuBytes = 128;

// False, with a problem reported, where there is more than can be looked at.
bool IsBounded(const v1::Rulebook& rulebook, Reporter& reporter) {
  if (rulebook.lists_size() > kMaxItemLists) {
    reporter.Add("lists", absl::StrCat("has ", rulebook.lists_size(),
                                       " entries; at most ", kMaxItemLists,
                                       " are allowed"));
    return false;
  }
  int items = 0;
  for (const v1::ItemList& list : rulebook.lists())
    items += list.skus_size();
  if (items <= kMaxListedItems) return true;
  reporter.Add("lists",
               absl::StrCat("have ", items, " articles in all; at most ",
                            kMaxListedItems, " are allowed"));
  return false;
}

std::vector<std::string> ReadSkus(const v1::ItemList& list,
                                  const std::string& path, Reporter& reporter) {
  absl::flat_hash_map<absl::string_view, int> seen;
  std::vector<std::string> skus;
  for (int i = 0; i < list.skus_size(); ++i) {
    const std::string& sku = list.skus(i);
    const auto [first, is_new] = seen.emplace(sku, i);
    const std::string inner = EntryPath(path, static_cast<size_t>(i));
    if (sku.empty() || sku.size() > kMaxSkuBytes) {
      reporter.Add(inner, absl::StrCat("is not an article; write 1 to ",
                                       kMaxSkuBytes, " bytes"));
    } else if (!is_new) {
      reporter.Add(inner,
                   absl::StrCat(Shown(sku), " is entry ", first->second + 1,
                                " of the list already; remove one of "
                                "them"));
    } else {
      skus.push_back(sku);
    }
  }
  return skus;
}

}  // namespace

std::shared_ptr<const ItemLists> CompileItemLists(const v1::Rulebook& rulebook,
                                                  Reporter& reporter) {
  std::vector<std::shared_ptr<const ItemList>> lists;
  IdIndex ids;
  const int size = IsBounded(rulebook, reporter) ? rulebook.lists_size() : 0;
  for (int i = 0; i < size; ++i) {
    const v1::ItemList& source = rulebook.lists(i);
    const std::string path = EntryPath("lists", lists.size());
    ids.Add({KeyPath(path, "id"), source.id()}, lists.size(), reporter);
    lists.push_back(std::make_shared<const ItemList>(
        source.id(), lists.size(),
        ReadSkus(source, KeyPath(path, "skus"), reporter)));
  }
  return std::make_shared<const ItemLists>(std::move(lists));
}

}  // namespace pistis
