// What conditions see: an order, its lines and its member, handed to
// expressions without copying.
#ifndef PISTIS_ENGINE_RULES_FACTS_H_
#define PISTIS_ENGINE_RULES_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/expr/activation.h"
#include "engine/expr/value.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/step_meter.h"

namespace pistis {

// The member as conditions see it. All empty for an anonymous sale.
struct MemberFacts {
  MemberId member_id;
  // Before the order.
  Points available;
  // Committed orders, this one counted.
  int64_t orders = 0;
  std::string language;
  std::string tier = {};
  std::vector<std::string> segments = {};
  // Before the order.
  Money spend = {};
  std::optional<absl::Time> joined = {};
  std::optional<absl::CivilDay> birthday = {};
  Attributes attributes = {};
};

// Strings as a CEL list, and attributes as a CEL map.
class TextList final : public expr::ListValue {
 public:
  explicit TextList(const std::vector<std::string>& texts) : texts_(texts) {}
  [[nodiscard]] int64_t size() const override;
  [[nodiscard]] expr::Value At(int64_t index) const override;

 private:
  const std::vector<std::string>& texts_;
};

class AttributeMap final : public expr::MapValue {
 public:
  explicit AttributeMap(const Attributes& attributes)
      : attributes_(attributes) {}
  [[nodiscard]] int64_t size() const override;
  [[nodiscard]] std::optional<expr::Value> Find(
      const expr::Value& key) const override;
  [[nodiscard]] expr::Value::Entry At(int64_t index) const override;

 private:
  const Attributes& attributes_;
};

// One line as `line`.
class LineFacts final : public expr::ObjectValue {
 public:
  explicit LineFacts(const OrderLine& line)
      : line_(line),
        remaining_(line.amount),
        tags_(line.tags),
        attributes_(line.attributes) {}

  void SetRemaining(Money remaining) { remaining_ = remaining; }
  [[nodiscard]] const expr::ObjectType& type() const override;
  [[nodiscard]] std::optional<expr::Value> Field(int slot) const override;

 private:
  const OrderLine& line_;
  Money remaining_;
  TextList tags_;
  AttributeMap attributes_;
};

// A member as `member`.
class Buyer final : public expr::ObjectValue {
 public:
  explicit Buyer(const MemberFacts& member)
      : member_(member),
        segments_(member.segments),
        attributes_(member.attributes) {}
  [[nodiscard]] const expr::ObjectType& type() const override;
  [[nodiscard]] std::optional<expr::Value> Field(int slot) const override;

 private:
  const MemberFacts& member_;
  TextList segments_;
  AttributeMap attributes_;
};

// The activation of a member apart from any order; `event` is null where there
// is none. Refers to the member and the event, which must outlive it. Not
// synchronised.
class MemberAlone final : public expr::Activation {
 public:
  MemberAlone(const MemberFacts& member, absl::Time now,
              const expr::ObjectValue* event = nullptr)
      : member_(member), now_(now), event_(event) {}
  [[nodiscard]] std::optional<expr::Value> Variable(int slot) const override;

 private:
  Buyer member_;
  absl::Time now_;
  const expr::ObjectValue* event_;
};

// The activation of one order. Refers to the order and the member, which must
// outlive it. Not synchronised.
class Facts final : public expr::Activation {
 public:
  // What is decided by these facts is charged to `steps`, which must outlive
  // them, too; to nobody where it is null.
  Facts(const Order& order, const MemberFacts& member, absl::Time now,
        StepMeter* steps = nullptr);
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  // What each line has left to pay.
  void SetRemaining(absl::Span<const Money> remaining);
  // Which line `line` is; none after ClearLine.
  void SetLine(size_t line) { line_ = line; }
  void ClearLine() { line_.reset(); }

  // The steps that are left, and `steps` of them taken.
  [[nodiscard]] int64_t steps_left() const;
  void Spend(int64_t steps) const;
  // Charges to `steps` from now on; returns whom it was charged to.
  StepMeter* ChargeTo(StepMeter* steps) { return std::exchange(steps_, steps); }

  [[nodiscard]] std::optional<expr::Value> Variable(int slot) const override;

 private:
  class OrderFacts final : public expr::ObjectValue {
   public:
    OrderFacts(const Order& order, const Facts& facts);
    [[nodiscard]] const expr::ObjectType& type() const override;
    [[nodiscard]] std::optional<expr::Value> Field(int slot) const override;

    Money remaining;

   private:
    const Order& order_;
    const Facts& facts_;
    Money subtotal_;
    int64_t quantity_ = 0;
    TextList codes_;
    AttributeMap attributes_;
  };

  class Lines final : public expr::ListValue {
   public:
    explicit Lines(const std::vector<LineFacts>& lines) : lines_(lines) {}
    [[nodiscard]] int64_t size() const override;
    [[nodiscard]] expr::Value At(int64_t index) const override;

   private:
    const std::vector<LineFacts>& lines_;
  };

  std::vector<LineFacts> lines_;
  Lines line_list_;
  OrderFacts order_;
  Buyer member_;
  absl::Time now_;
  std::optional<size_t> line_;
  StepMeter* steps_;
};

// True where the rulebook states no condition or the condition holds; one that
// fails at run time does not, nor any once the facts' steps are spent.
[[nodiscard]] bool Holds(const Condition& condition, const Facts& facts);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_FACTS_H_
