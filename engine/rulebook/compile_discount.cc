#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr Rate kWhole{1, 1};

// One discount on its way from the message.
class DiscountReader {
 public:
  DiscountReader(const v1::Discount& source, const std::string& path,
                 const CompileContext& context)
      : source_(source), path_(path), context_(context) {}

  std::optional<Discount> Read() {
    if (!NamesOneShape()) return std::nullopt;
    CheckCompany();
    std::optional<DiscountShape> shape = ReadShape();
    Discount discount;
    if (!source_.max().empty()) discount.max = ReadAmount("max", source_.max());
    if (!source_.minimum().empty()) {
      discount.minimum =
          ReadAmount("minimum", source_.minimum()).value_or(discount.minimum);
    }
    discount.of = ReadChoice<PercentOf>({In("of"), source_.of()},
                                        {{"remaining", PercentOf::kRemaining},
                                         {"original", PercentOf::kOriginal}},
                                        context_.reporter)
                      .value_or(discount.of);
    if (discount.max && discount.minimum > *discount.max) {
      Report("minimum", "is above max, so nothing is ever given; lower it");
    }
    if (!shape) return std::nullopt;
    discount.shape = *std::move(shape);
    return discount;
  }

 private:
  [[nodiscard]] std::string In(absl::string_view key) const {
    return KeyPath(path_, key);
  }
  void Report(absl::string_view key, absl::string_view problem) {
    context_.reporter.Add(In(key), problem);
  }
  std::optional<Money> ReadAmount(absl::string_view key,
                                  const std::string& text) {
    return ReadMoney({In(key), text}, context_.currency, context_.reporter);
  }

  bool NamesOneShape() {
    std::vector<std::string> named;
    if (!source_.percent().empty()) named.emplace_back("percent");
    if (!source_.amount().empty()) named.emplace_back("amount");
    if (!source_.fixed_price().empty()) named.emplace_back("fixed_price");
    if (source_.has_free_item()) named.emplace_back("free_item");
    if (source_.has_buy()) named.emplace_back("buy");
    if (source_.has_cheapest()) named.emplace_back("cheapest");
    if (source_.has_shipping()) named.emplace_back("shipping");
    if (named.size() == 1) return true;
    context_.reporter.Add(
        path_, absl::StrCat("takes exactly one of percent: \"5%\", amount: "
                            "\"5.00\", fixed_price, free_item, buy with get, "
                            "cheapest and shipping",
                            named.empty() ? "" : "; it has ",
                            absl::StrJoin(named, " and ")));
    return false;
  }

  [[nodiscard]] bool takes_part_of_lines() const {
    return !source_.percent().empty() || source_.has_cheapest() ||
           (source_.has_buy() && source_.get().amount().empty());
  }

  // Keys that mean something beside some shapes only.
  void CheckCompany() {
    const bool takes_part =
        takes_part_of_lines() || !source_.shipping().percent().empty();
    if (!source_.max().empty() && !takes_part) {
      Report("max",
             "limits a percentage only; remove it, or give a percentage "
             "instead");
    }
    if (!source_.of().empty() && !takes_part_of_lines()) {
      Report("of", "says what a percentage of lines is a part of; remove it");
    }
    if (source_.per_unit() && source_.amount().empty()) {
      Report("per_unit", "goes with amount; remove it");
    }
    if (source_.together() && source_.fixed_price().empty()) {
      Report("together", "goes with fixed_price; remove it");
    }
    if (source_.has_get() && !source_.has_buy()) {
      Report("get", "goes with buy; add buy: {quantity: 2}");
    }
  }

  std::optional<DiscountShape> ReadShape() {
    if (!source_.percent().empty()) {
      const std::optional<Rate> percent =
          ReadPartOf(In("percent"), source_.percent());
      if (!percent) return std::nullopt;
      return PercentOff{*percent};
    }
    if (!source_.amount().empty()) {
      const std::optional<Money> amount =
          ReadAmount("amount", source_.amount());
      if (!amount) return std::nullopt;
      return AmountOff{.amount = *amount, .per_unit = source_.per_unit()};
    }
    if (!source_.fixed_price().empty()) {
      const std::optional<Money> price =
          ReadAmount("fixed_price", source_.fixed_price());
      if (!price) return std::nullopt;
      return FixedPrice{.price = *price, .together = source_.together()};
    }
    if (source_.has_free_item()) return ReadFreeItem();
    if (source_.has_buy()) return ReadBuyAndGet();
    if (source_.has_cheapest()) return ReadCheapest();
    return ReadShipping();
  }

  // The percentage at `path`; the whole where `text` is empty.
  std::optional<Rate> ReadPartOf(const std::string& path,
                                 const std::string& text) {
    if (text.empty()) return kWhole;
    return ReadRate({path, text}, RateMeaning::kDiscount, context_.reporter);
  }

  int64_t ReadQuantity(const std::string& path, int64_t quantity) {
    return ReadCount({.path = KeyPath(path, "quantity"), .value = quantity}, 1,
                     context_.reporter);
  }

  std::optional<DiscountShape> ReadFreeItem() {
    const std::string path = In("free_item");
    const v1::FreeItem& item = source_.free_item();
    FreeItem shape{.sku = item.sku(),
                   .quantity = ReadQuantity(path, item.quantity())};
    if (shape.sku.empty()) {
      context_.reporter.Add(path, "names no article; add sku: and the article");
      return std::nullopt;
    }
    return shape;
  }

  std::optional<DiscountShape> ReadBuyAndGet() {
    const std::string path = In("buy");
    BuyAndGet shape;
    if (!source_.has_get()) {
      context_.reporter.Add(path,
                            "says nothing of what comes with it; add get: "
                            "{quantity: 1} beside it");
    }
    if (CheckCount({.path = KeyPath(path, "quantity"),
                    .value = source_.buy().quantity()},
                   context_.reporter)) {
      shape.buy = source_.buy().quantity();
    }
    shape.buy_lines =
        ReadCondition({KeyPath(path, "lines"), source_.buy().lines()},
                      context_.vocabulary.lines, context_.reporter);
    shape.get = ReadQuantity(In("get"), source_.get().quantity());
    std::optional<std::variant<Rate, Money>> off = ReadOffUnits();
    if (!off) return std::nullopt;
    shape.off = *off;
    return shape;
  }

  std::optional<std::variant<Rate, Money>> ReadOffUnits() {
    const v1::GetUnits& get = source_.get();
    if (get.amount().empty()) {
      return ReadPartOf(KeyPath(In("get"), "percent"), get.percent());
    }
    const std::string path = KeyPath(In("get"), "amount");
    if (!get.percent().empty()) {
      context_.reporter.Add(path, "stands beside percent; remove one of them");
    }
    return ReadMoney({path, get.amount()}, context_.currency,
                     context_.reporter);
  }

  std::optional<DiscountShape> ReadCheapest() {
    const std::string path = In("cheapest");
    const std::optional<Rate> percent =
        ReadPartOf(KeyPath(path, "percent"), source_.cheapest().percent());
    if (!percent) return std::nullopt;
    return CheapestOff{
        .quantity = ReadQuantity(path, source_.cheapest().quantity()),
        .percent = *percent};
  }

  std::optional<DiscountShape> ReadShipping() {
    const std::string path = In("shipping");
    const v1::ShippingOff& shipping = source_.shipping();
    if (shipping.percent().empty() == shipping.amount().empty()) {
      context_.reporter.Add(path,
                            "takes exactly one of percent: \"100%\" and "
                            "amount: \"3.00\"");
      return std::nullopt;
    }
    if (shipping.amount().empty()) {
      const std::optional<Rate> percent =
          ReadPartOf(KeyPath(path, "percent"), shipping.percent());
      if (!percent) return std::nullopt;
      return ShippingOff{*percent};
    }
    const std::optional<Money> amount =
        ReadMoney({KeyPath(path, "amount"), shipping.amount()},
                  context_.currency, context_.reporter);
    if (!amount) return std::nullopt;
    return ShippingOff{*amount};
  }

  const v1::Discount& source_;
  const std::string& path_;
  const CompileContext& context_;
};

}  // namespace

std::optional<Discount> CompileDiscount(const v1::Discount& discount,
                                        const std::string& path,
                                        const CompileContext& context) {
  return DiscountReader(discount, path, context).Read();
}

void CheckDiscountedLines(const v1::Discount& discount, const TextField& lines,
                          const CompileContext& context) {
  if (!discount.has_shipping() || lines.text.empty()) return;
  context.reporter.Add(lines.path,
                       "selects lines, but shipping belongs to none; remove "
                       "lines, or say it in when");
}

}  // namespace pistis
