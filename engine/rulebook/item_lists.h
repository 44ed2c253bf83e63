// Articles under the names that conditions ask for: `lists.summer`.
#ifndef PISTIS_ENGINE_RULEBOOK_ITEM_LISTS_H_
#define PISTIS_ENGINE_RULEBOOK_ITEM_LISTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

#include "engine/expr/type.h"
#include "engine/expr/value.h"

namespace pistis {

// One list. Knows what it holds without a look at each article. Immutable; any
// thread.
class ItemList final : public expr::ListValue {
 public:
  // `place` is the list's in the rulebook. No sku may be given twice.
  ItemList(std::string id, size_t place, std::vector<std::string> skus);
  ItemList(const ItemList&) = delete;
  ItemList& operator=(const ItemList&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] size_t place() const { return place_; }
  [[nodiscard]] const std::vector<std::string>& skus() const { return skus_; }

  [[nodiscard]] int64_t size() const override;
  [[nodiscard]] expr::Value At(int64_t index) const override;
  [[nodiscard]] std::optional<bool> Finds(
      const expr::Value& value) const override;

 private:
  const std::string id_;
  const size_t place_;
  const std::vector<std::string> skus_;
  // Of `skus_`.
  const absl::flat_hash_set<absl::string_view> found_;
};

// All lists of a rulebook as the variable `lists`, whose fields they are.
// Immutable; any thread.
class ItemLists final : public expr::ObjectValue {
 public:
  // In the order of their places.
  explicit ItemLists(std::vector<std::shared_ptr<const ItemList>> lists);

  [[nodiscard]] const std::vector<std::shared_ptr<const ItemList>>& all()
      const {
    return lists_;
  }

  [[nodiscard]] std::shared_ptr<const expr::ObjectType> shared_type() const {
    return type_;
  }
  [[nodiscard]] const expr::ObjectType& type() const override { return *type_; }
  [[nodiscard]] std::optional<expr::Value> Field(int slot) const override;

 private:
  const std::vector<std::shared_ptr<const ItemList>> lists_;
  const std::shared_ptr<const expr::ObjectType> type_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_ITEM_LISTS_H_
