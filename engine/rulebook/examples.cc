#include "engine/rulebook/examples.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "engine/base/decimal.h"
#include "engine/rulebook/fields.h"
#include "engine/rulebook/positions.h"
#include "engine/rulebook/problem.h"

namespace pistis {
namespace {

constexpr absl::string_view kNone = "none";
constexpr absl::string_view kAll = "all";

// What an example may be refused for once its form is right.
const std::vector<std::string>& Refusals() {
  static const auto& names = *new std::vector<std::string>{
      "CODE_NOT_APPLICABLE", "FIELD_INVALID", "INSUFFICIENT_POINTS",
      "MARGIN_CAP", "POINTS_OVERFLOW"};
  return names;
}

// The ids that examples may speak of.
struct KnownIds {
  IdIndex rules;
  IdIndex codes;
  IdIndex notes;
  IdIndex tiers;
  IdIndex segments;
  // Rules and codes.
  IdIndex giving;
};

KnownIds IdsOf(const v1::Rulebook& message) {
  // What is wrong with the ids themselves was said where they stand.
  Reporter said(nullptr);
  KnownIds ids;
  size_t index = 0;
  for (const v1::Rule& rule : message.rules()) {
    ids.rules.Add({"", rule.id()}, index, said);
    ids.giving.Add({"", rule.id()}, index++, said);
  }
  index = 0;
  for (const v1::CodeTemplate& code : message.codes()) {
    ids.codes.Add({"", code.id()}, index, said);
    ids.giving.Add({"", code.id()}, index++, said);
  }
  for (const v1::NoteTemplate& note : message.notes())
    ids.notes.Add({"", note.id()}, 0, said);
  for (const v1::Tier& tier : message.tiers())
    ids.tiers.Add({"", tier.id()}, 0, said);
  for (const v1::Segment& segment : message.segments())
    ids.segments.Add({"", segment.id()}, 0, said);
  return ids;
}

class ExampleReader {
 public:
  ExampleReader(const Rulebook& rulebook, const KnownIds& ids,
                Reporter& reporter)
      : rulebook_(rulebook), ids_(ids), reporter_(reporter) {}

  Example Read(const v1::Example& source, const std::string& path) {
    Example example;
    example.id = source.id();
    if (!source.has_order()) {
      reporter_.Add(path, "has no order; add order: with its lines");
    } else {
      ReadOrder(source.order(), KeyPath(path, "order"), example);
    }
    if (!source.has_gets()) {
      reporter_.Add(path,
                    "says not what the order must get; add gets:, such as "
                    "gets: {discount: \"1.00\"}");
    } else {
      example.gets = ReadOutcome(source.gets(), KeyPath(path, "gets"));
    }
    return example;
  }

 private:
  void ReadOrder(const v1::ExampleOrder& source, const std::string& path,
                 Example& example) {
    v1::Order& order = example.order;
    order.set_order_id(example.id);
    order.set_channel(source.channel());
    order.set_store_id(source.store());
    order.set_terminal_id(source.terminal());
    *order.mutable_attributes() = source.attributes();
    if (source.has_member()) {
      example.buyer = ReadBuyer(source.member(), KeyPath(path, "member"));
      order.set_member_id(example.buyer->id);
    }
    example.placed = ReadTime({KeyPath(path, "placed"), source.placed()});
    ReadLines(source, KeyPath(path, "lines"), order);
    example.codes = ReadCodes(source, KeyPath(path, "codes"));
    ReadRedeem({KeyPath(path, "redeem"), source.redeem()}, order);
    order.set_shipping_minor(
        ReadAmountOr({KeyPath(path, "shipping"), source.shipping()}).value());
  }

  ExampleBuyer ReadBuyer(const v1::ExampleMember& source,
                         const std::string& path) {
    const CountField points{.path = KeyPath(path, "points"),
                            .value = source.points(),
                            .least = -kMaxCount};
    CheckCount(points, reporter_);
    ExampleBuyer buyer{
        .id = source.id().empty() ? "example" : source.id(),
        .orders = ReadCount(
            {.path = KeyPath(path, "orders"), .value = source.orders()}, 1,
            reporter_),
        .points = Points(source.points()),
        .language = source.language(),
        .tier = source.tier(),
        .segments =
            ReadIds(source.segments(), {KeyPath(path, "segments"), "segment"},
                    ids_.segments)
                .value_or(std::vector<std::string>()),
        .spend = ReadAmountOr({KeyPath(path, "spend"), source.spend()}),
        .joined = ReadTime({KeyPath(path, "joined"), source.joined()}),
        .attributes = {source.attributes().begin(), source.attributes().end()}};
    static_cast<void>(ids_.tiers.Find({KeyPath(path, "tier"), source.tier()},
                                      "tier", reporter_));
    buyer.birthday =
        ReadDay({KeyPath(path, "birthday"), source.birthday()}, reporter_);
    return buyer;
  }

  void ReadLines(const v1::ExampleOrder& source, const std::string& path,
                 v1::Order& order) {
    if (source.lines().empty()) {
      reporter_.Add(path, "are missing; add at least one line");
      return;
    }
    if (source.lines_size() > kMaxExampleLines) {
      reporter_.Add(
          path, absl::StrCat("has ", source.lines_size(), " entries; at most ",
                             kMaxExampleLines, " are allowed"));
      return;
    }
    for (const v1::ExampleLine& line : source.lines()) {
      const auto index = static_cast<size_t>(order.lines_size());
      *order.add_lines() = ReadLine(line, EntryPath(path, index));
      order.mutable_lines()->rbegin()->set_line_id(
          absl::StrCat("l", index + 1));
    }
  }

  v1::OrderLine ReadLine(const v1::ExampleLine& source,
                         const std::string& path) {
    v1::OrderLine line;
    if (source.amount().empty()) {
      reporter_.Add(path, "has no amount; add amount: \"4.50\"");
    }
    line.set_amount_minor(
        ReadAmountOr({KeyPath(path, "amount"), source.amount()}).value());
    line.set_quantity(ReadCount(
        {.path = KeyPath(path, "quantity"), .value = source.quantity()}, 1,
        reporter_));
    line.set_sku(source.sku());
    line.set_category(source.category());
    *line.mutable_tags() = source.tags();
    line.set_tax_minor(
        ReadAmountOr({KeyPath(path, "tax"), source.tax()}).value());
    if (!source.cost().empty()) {
      line.set_cost_minor(
          ReadAmountOr({KeyPath(path, "cost"), source.cost()}).value());
    }
    *line.mutable_attributes() = source.attributes();
    return line;
  }

  std::vector<size_t> ReadCodes(const v1::ExampleOrder& source,
                                const std::string& path) {
    std::vector<size_t> codes;
    for (const std::string& id : source.codes()) {
      const TextField field{EntryPath(path, codes.size()), id};
      const auto index = ids_.codes.Find(field, "code", reporter_);
      if (!index) continue;
      if (std::find(codes.begin(), codes.end(), *index) != codes.end()) {
        reporter_.Add(field.path,
                      absl::StrCat(Shown(id), " is typed twice; remove one"));
      }
      codes.push_back(*index);
    }
    return codes;
  }

  void ReadRedeem(const TextField& field, v1::Order& order) {
    if (field.text.empty()) return;
    int64_t points = 0;
    if (field.text == kAll) {
      order.mutable_redeem()->set_all(true);
    } else if (absl::SimpleAtoi(field.text, &points) && points > 0) {
      order.mutable_redeem()->set_points(points);
    } else {
      reporter_.Add(field.path,
                    absl::StrCat(Shown(field.text),
                                 " is no number of points; write one such as "
                                 "100, or all"));
    }
  }

  std::optional<absl::Time> ReadTime(const TextField& field) {
    if (field.text.empty()) return std::nullopt;
    absl::Time time;
    for (const absl::string_view format : {"%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
      if (absl::ParseTime(format, field.text, rulebook_.time_zone, &time,
                          nullptr) &&
          time >= absl::UnixEpoch()) {
        return time;
      }
    }
    reporter_.Add(field.path,
                  absl::StrCat(Shown(field.text),
                               " is no time; write \"2026-03-02\" or "
                               "\"2026-03-02 10:30\""));
    return std::nullopt;
  }

  ExpectedOutcome ReadOutcome(const v1::ExampleOutcome& source,
                              const std::string& path) {
    ExpectedOutcome gets;
    gets.discount =
        ReadAmountIfAny({KeyPath(path, "discount"), source.discount()});
    gets.total = ReadAmountIfAny({KeyPath(path, "total"), source.total()});
    if (source.has_points()) gets.points = Points(source.points());
    if (source.has_redeemed()) gets.redeemed = Points(source.redeemed());
    if (source.has_tier_points()) {
      gets.tier_points = Points(source.tier_points());
    }
    gets.segments =
        ReadIds(source.segments(), {KeyPath(path, "segments"), "segment"},
                ids_.segments);
    for (const auto& [id, amount] : source.discounts()) {
      const std::string inner = MapKeyPath(KeyPath(path, "discounts"), id);
      if (!ids_.giving.Find({inner, id}, "rule or code", reporter_)) continue;
      gets.discounts[id] = ReadAmountOr({inner, amount});
    }
    for (const auto& [id, points] : source.earned()) {
      const std::string inner = MapKeyPath(KeyPath(path, "earned"), id);
      if (!ids_.rules.Find({inner, id}, "rule", reporter_)) continue;
      gets.earned[id] = ReadPoints({inner, points});
    }
    gets.codes =
        ReadIds(source.codes(), {KeyPath(path, "codes"), "code"}, ids_.codes);
    gets.notes =
        ReadIds(source.notes(), {KeyPath(path, "notes"), "note"}, ids_.notes);
    gets.refused = ReadRefusal(source, path);
    if (source.ByteSizeLong() == 0) {
      reporter_.Add(path,
                    "says nothing; add what the order must get, such as "
                    "discount: \"1.00\"");
    }
    return gets;
  }

  std::string ReadRefusal(const v1::ExampleOutcome& source,
                          const std::string& path) {
    if (source.refused().empty()) return "";
    const std::string inner = KeyPath(path, "refused");
    const auto& known = Refusals();
    if (std::find(known.begin(), known.end(), source.refused()) ==
        known.end()) {
      ReportChoice({inner, source.refused()}, known, reporter_);
    }
    v1::ExampleOutcome rest = source;
    rest.clear_refused();
    if (rest.ByteSizeLong() > 0) {
      reporter_.Add(inner,
                    "leaves nothing to get; remove it, or the other keys of "
                    "gets");
    }
    return source.refused();
  }

  // `kind`: where the list is, and what its entries are called.
  std::optional<std::vector<std::string>> ReadIds(
      const google::protobuf::RepeatedPtrField<std::string>& source,
      const TextField& kind, const IdIndex& known) {
    if (source.empty()) return std::nullopt;
    std::vector<std::string> ids;
    if (source.size() == 1 && source.Get(0) == kNone) return ids;
    for (const std::string& id : source) {
      static_cast<void>(known.Find({EntryPath(kind.path, ids.size()), id},
                                   kind.text, reporter_));
      ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
  }

  Points ReadPoints(const TextField& field) {
    int64_t points = 0;
    if (absl::SimpleAtoi(field.text, &points) && points >= 0) {
      return Points(points);
    }
    reporter_.Add(field.path,
                  absl::StrCat(Shown(field.text),
                               " is no number of points; write digits only, "
                               "such as 100"));
    return Points();
  }

  std::optional<Money> ReadAmountIfAny(const TextField& field) {
    if (field.text.empty()) return std::nullopt;
    return ReadAmount(field, rulebook_.currency, reporter_);
  }

  // Zero where there is none, and where it is none.
  Money ReadAmountOr(const TextField& field) {
    return ReadAmountIfAny(field).value_or(Money());
  }

  const Rulebook& rulebook_;
  const KnownIds& ids_;
  Reporter& reporter_;
};

bool AreBounded(const v1::Rulebook& message, Reporter& reporter) {
  if (message.examples_size() > kMaxExamples) {
    reporter.Add("examples", absl::StrCat("has ", message.examples_size(),
                                          " entries; at most ", kMaxExamples,
                                          " are allowed"));
    return false;
  }
  int lines = 0;
  for (const v1::Example& example : message.examples())
    lines += std::min(example.order().lines_size(), kMaxExampleLines);
  if (lines <= kMaxLinesOfExamples) return true;
  reporter.Add("examples",
               absl::StrCat("have ", lines, " lines in all; at most ",
                            kMaxLinesOfExamples, " are allowed"));
  return false;
}

}  // namespace

std::vector<Example> CompileExamples(const v1::Rulebook& message,
                                     const Rulebook& rulebook,
                                     Reporter& reporter) {
  std::vector<Example> examples;
  if (message.examples().empty() || !AreBounded(message, reporter)) {
    return examples;
  }
  const KnownIds ids = IdsOf(message);
  ExampleReader reader(rulebook, ids, reporter);
  IdIndex taken;
  examples.reserve(static_cast<size_t>(message.examples_size()));
  for (const v1::Example& source : message.examples()) {
    const std::string path = EntryPath("examples", examples.size());
    taken.Add({KeyPath(path, "id"), source.id()}, examples.size(), reporter);
    examples.push_back(reader.Read(source, path));
  }
  return examples;
}

}  // namespace pistis
