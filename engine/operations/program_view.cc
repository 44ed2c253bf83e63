#include "engine/operations/program_view.h"

#include "engine/base/status_macros.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/order/order.h"

namespace pistis {

absl::StatusOr<ProgramView> OpenProgramView(const QueryContext& context,
                                            const std::string& program_id) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", program_id));
  ProgramView view{.program = ProgramId(program_id)};
  PISTIS_ASSIGN_OR_RETURN(view.totals,
                          LoadTotals(context.reader, view.program));
  view.now = ProgramTime(view.totals, context.now);
  PISTIS_ASSIGN_OR_RETURN(
      view.rulebook, LoadRulebookIfAny(context.env, context.reader,
                                       view.program, view.totals, context.now));
  return view;
}

}  // namespace pistis
