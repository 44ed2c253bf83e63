#include "engine/expr/standard_functions.h"

#include "engine/expr/function_table.h"

namespace pistis::expr {

std::vector<Function> StandardFunctions() {
  FunctionTable table;
  AddConversions(table);
  AddTextFunctions(table);
  AddPatternFunctions(table);
  AddFormat(table);
  AddTimeFunctions(table);
  AddMathFunctions(table);
  AddListFunctions(table);
  AddOptionalFunctions(table);
  return table.Take();
}

}  // namespace pistis::expr
