// What tests of margin reports share. Not for programs.
#ifndef PISTIS_ENGINE_OPERATIONS_TESTING_MARGINS_H_
#define PISTIS_ENGINE_OPERATIONS_TESTING_MARGINS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "pistis/v1/insight_service.pb.h"

#include "engine/operations/fold_margins.h"
#include "engine/operations/margin_rows.h"
#include "engine/operations/testing.h"

namespace pistis {

[[nodiscard]] inline v1::GetMarginReportRequest ReportRequest(
    const std::string& from, const std::string& to,
    const std::vector<v1::GetMarginReportRequest::Rows>& by) {
  v1::GetMarginReportRequest request;
  request.set_program_id(std::string(kShop));
  request.set_from_day(from);
  request.set_to_day(to);
  for (const auto rows : by)
    request.add_by(rows);
  return request;
}

// A step that was worked out and not put yet.
[[nodiscard]] inline FoldedMargins FoldStep(const TestShop& shop,
                                            size_t max_commits) {
  auto folded = FoldMargins(shop.env(), *shop.GetSnapshot(), ProgramId(kShop),
                            {.max_commits = max_commits});
  EXPECT_TRUE(folded.ok()) << folded.status();
  return folded.ok() ? *std::move(folded) : FoldedMargins();
}

// False where the step came too late.
inline bool PutStep(FoldedMargins folded, Store& store) {
  auto put =
      PutMargins(*store.GetSnapshot(), ProgramId(kShop), std::move(folded));
  EXPECT_TRUE(put.ok()) << put.status();
  const std::unique_ptr<Txn> txn = store.Begin();
  put->writes.ApplyTo(*txn);
  EXPECT_TRUE(txn->Commit().ok());
  return put->reply->is_put;
}

// Folds the kShop's commits in steps of so many.
inline void FoldAll(const TestShop& shop, Store& store,
                    size_t max_commits = 100) {
  bool more = true;
  while (more) {
    FoldedMargins step = FoldStep(shop, max_commits);
    more = step.more;
    PutStep(std::move(step), store);
  }
}

// The stored sums.
[[nodiscard]] inline Contents MarginsOf(const Store& store) {
  Contents sums = ContentsOf(*store.GetSnapshot(), "W", "X");
  for (const auto& [key, value] : ContentsOf(*store.GetSnapshot(), "N", "O"))
    sums[key] = value;
  return sums;
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_TESTING_MARGINS_H_
