#include "tests/margins/real_sales.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/csv.h"
#include "engine/base/decimal.h"
#include "engine/base/status_macros.h"
#include "engine/margin/unit_cost.h"

namespace pistis::margins {
namespace {

const Currency kDollar{.code = "USD", .decimals = 2};

using Row = std::map<std::string, std::string>;

// A file's rows, by the names of their columns.
absl::StatusOr<std::vector<Row>> ReadRows(const std::string& path) {
  PISTIS_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  CsvReader reader(text);
  if (!reader.Next()) return absl::InvalidArgumentError("the file is empty");
  const std::vector<std::string> header = reader.fields();
  std::vector<Row> rows;
  while (reader.Next()) {
    Row& row = rows.emplace_back();
    for (size_t i = 0; i < header.size() && i < reader.fields().size(); ++i)
      row[header[i]] = reader.fields()[i];
  }
  PISTIS_RETURN_IF_ERROR(reader.status());
  return rows;
}

// `units` at a price or a cost that is finer than a cent, in cents, rounded up.
absl::StatusOr<int64_t> Cents(const std::string& text, int64_t units) {
  PISTIS_ASSIGN_OR_RETURN(const UnitCost one, ParseUnitCost(text, kDollar));
  return CostOfUnits(one, units).value();
}

// Random numbers that are the same everywhere.
class Dice {
 public:
  // 1 to `most`.
  int64_t Roll(int64_t most) {
    return 1 + static_cast<int64_t>(engine_() % static_cast<uint64_t>(most));
  }
  template <typename Item>
  void Shuffle(std::vector<Item>& items) {
    for (size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1],
                items[static_cast<size_t>(Roll(static_cast<int64_t>(i)) - 1)]);
    }
  }

 private:
  std::mt19937_64 engine_{20'240'607};
};

// Puts lines into orders of one line up to so many.
class Baskets {
 public:
  explicit Baskets(int64_t most_lines) : most_lines_(most_lines) {}

  void Add(v1::OrderLine line) {
    if (left_ == 0) {
      orders_.emplace_back().set_order_id(absl::StrCat("o", orders_.size()));
      left_ = dice_.Roll(most_lines_);
    }
    v1::Order& order = orders_.back();
    line.set_line_id(absl::StrCat("l", order.lines_size() + 1));
    *order.add_lines() = std::move(line);
    --left_;
  }
  // What comes next is another customer's.
  void Close() { left_ = 0; }

  Dice& dice() { return dice_; }
  std::vector<v1::Order> Take() && { return std::move(orders_); }

 private:
  const int64_t most_lines_;
  Dice dice_;
  int64_t left_ = 0;
  std::vector<v1::Order> orders_;
};

absl::StatusOr<v1::OrderLine> JuiceLine(Row& row, int64_t units) {
  v1::OrderLine line;
  line.set_sku(absl::StrCat("oj-", row["brand"]));
  line.set_category("juice");
  line.set_quantity(units);
  PISTIS_ASSIGN_OR_RETURN(const int64_t amount, Cents(row["price_usd"], units));
  PISTIS_ASSIGN_OR_RETURN(const int64_t cost,
                          Cents(row["implied_unit_cost_usd"], units));
  line.set_amount_minor(amount);
  line.set_cost_minor(cost);
  if (row["deal"] == "1") line.add_tags("deal");
  return line;
}

absl::StatusOr<v1::OrderLine> LiquorLine(Row& row) {
  int64_t bottles = 0;
  if (!absl::SimpleAtoi(row["bottles_sold"], &bottles)) {
    return absl::InvalidArgumentError("bottles_sold is no number");
  }
  v1::OrderLine line;
  line.set_sku(row["item_number"]);
  line.set_category("liquor");
  line.set_quantity(bottles);
  PISTIS_ASSIGN_OR_RETURN(const int64_t amount, Cents(row["sale_usd"], 1));
  PISTIS_ASSIGN_OR_RETURN(const int64_t cost,
                          Cents(row["state_bottle_cost_usd"], bottles));
  line.set_amount_minor(amount);
  line.set_cost_minor(cost);
  return line;
}

bool IsDrawn(size_t number, Share share) {
  return share == Share::kAll || number % 10 == 0;
}

}  // namespace

std::string DataFolder(const std::string& source_dir) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing writes the environment.
  const char* data = std::getenv("PISTIS_SHARED_DATA");
  return data != nullptr ? data : source_dir + "/../shared/data";
}

absl::StatusOr<std::vector<v1::Order>> DrawOrangeJuice(
    const std::string& data_folder, Share share) {
  PISTIS_ASSIGN_OR_RETURN(
      std::vector<Row> rows,
      ReadRows(data_folder + "/dominicks_oj/orange_juice_dev.csv.gz"));
  std::map<std::pair<std::string, std::string>, std::vector<Row>> weeks;
  for (Row& row : rows)
    weeks[{row["store"], row["week"]}].push_back(std::move(row));
  Baskets baskets(4);
  size_t number = 0;
  for (auto& [week, sold] : weeks) {
    if (!IsDrawn(number++, share)) continue;
    baskets.dice().Shuffle(sold);
    for (Row& row : sold) {
      PISTIS_ASSIGN_OR_RETURN(v1::OrderLine line,
                              JuiceLine(row, baskets.dice().Roll(3)));
      baskets.Add(std::move(line));
    }
    baskets.Close();
  }
  return std::move(baskets).Take();
}

absl::StatusOr<std::vector<v1::Order>> DrawLiquor(
    const std::string& data_folder, Share share) {
  PISTIS_ASSIGN_OR_RETURN(
      std::vector<Row> rows,
      ReadRows(data_folder + "/iowa_liquor/iowa_2012_2015_10k.csv.gz"));
  Baskets baskets(5);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!IsDrawn(i, share)) continue;
    PISTIS_ASSIGN_OR_RETURN(v1::OrderLine line, LiquorLine(rows[i]));
    baskets.Add(std::move(line));
  }
  return std::move(baskets).Take();
}

}  // namespace pistis::margins
