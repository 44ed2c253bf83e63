// The standard functions by family, and what collects them.
#ifndef PISTIS_ENGINE_EXPR_FUNCTION_TABLE_H_
#define PISTIS_ENGINE_EXPR_FUNCTION_TABLE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/expr/function.h"
#include "engine/expr/type.h"
#include "engine/expr/value.h"

namespace pistis::expr {

using Result = absl::StatusOr<Value>;

// Collects overloads; short names keep the tables readable. Both give the new
// one back, for its cost and the like, until the next is added.
class FunctionTable {
 public:
  Function& Global(std::string name, std::vector<Type> parameters, Type result,
                   std::function<Result(Arguments)> call) {
    return Add(CallStyle::kGlobal, std::move(name),
               {std::move(parameters), std::move(result)}, std::move(call));
  }
  Function& Method(std::string name, std::vector<Type> parameters, Type result,
                   std::function<Result(Arguments)> call) {
    return Add(CallStyle::kMethod, std::move(name),
               {std::move(parameters), std::move(result)}, std::move(call));
  }
  std::vector<Function> Take() { return std::move(functions_); }

 private:
  Function& Add(CallStyle style, std::string name, Signature signature,
                std::function<Result(Arguments)> call) {
    functions_.push_back(
        {std::move(name), style, std::move(signature), std::move(call)});
    return functions_.back();
  }

  std::vector<Function> functions_;
};

// int, string, type, ...: from one type to another.
void AddConversions(FunctionTable& table);
// size, contains and the rest that text has, but matches and format.
void AddTextFunctions(FunctionTable& table);
void AddPatternFunctions(FunctionTable& table);
void AddFormat(FunctionTable& table);
// getHours and the like.
void AddTimeFunctions(FunctionTable& table);
// math.*
void AddMathFunctions(FunctionTable& table);
// What lists and maps have; lists.*, sets.*
void AddListFunctions(FunctionTable& table);
// optional.* and what optionals have.
void AddOptionalFunctions(FunctionTable& table);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_FUNCTION_TABLE_H_
