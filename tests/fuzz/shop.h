// A shop in which much has happened, to be asked anything.
#ifndef PISTIS_TESTS_FUZZ_SHOP_H_
#define PISTIS_TESTS_FUZZ_SHOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// The program's rulebook in force: rules, codes, words, caps, budgets, tiers,
// notes, remedies.
extern const char kFuzzRulebook[];

// One input's view of the shop: what its calls do is seen by its later calls,
// and by nobody after it. Refers to what it is made of. One thread.
class Visitor {
 public:
  Visitor(const OperationEnv& env, const Reader& shop, absl::Time now);

  [[nodiscard]] const OperationEnv& env() const { return env_; }
  [[nodiscard]] absl::Time now() const { return now_; }
  [[nodiscard]] const Reader& reader() const { return reader_; }
  void Wait(absl::Duration time) { now_ += time; }

  // What would be committed next.
  [[nodiscard]] CommitContext NextCommit() const;
  // Commits.
  void Apply(const CommitContext& context, WriteSet writes);

 private:
  const OperationEnv& env_;
  WriteSet writes_;
  const OverlayReader reader_;
  absl::Time now_;
};

// A method of the API: takes a request as bytes, holds what comes of it to the
// promises that are written at RunWrite and RunRead, and gives back the encoded
// reply or the refusal.
using RunMethod =
    std::function<absl::StatusOr<std::string>(Visitor&, const std::string&)>;

struct Method {
  const google::protobuf::MethodDescriptor* descriptor;
  RunMethod run;
};

// Every method of pistis.v1 but those that are no use case of the engine; which
// those are is written at its definition. In the order of their names. Ends the
// process where a method is in neither list.
[[nodiscard]] const std::vector<Method>& Methods();

// The shop, made once.
class Shop {
 public:
  [[nodiscard]] static const Shop& Get();

  [[nodiscard]] Visitor Enter() const;
  // Codes that may be typed.
  [[nodiscard]] const std::vector<std::string>& codes() const;
  // When it is.
  [[nodiscard]] absl::Time now() const;

 private:
  Shop();

  struct Parts;
  const std::shared_ptr<const Parts> parts_;
};

// The recount of the program finds nothing, as the visitor sees it.
void RequireSound(const Visitor& visitor);

}  // namespace pistis

#endif  // PISTIS_TESTS_FUZZ_SHOP_H_
