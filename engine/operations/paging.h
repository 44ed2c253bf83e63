// Pages of numbered things.
#ifndef PISTIS_ENGINE_OPERATIONS_PAGING_H_
#define PISTIS_ENGINE_OPERATIONS_PAGING_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pistis {

// How many things a page may have: 50 where the request says 0. FIELD_INVALID
// (page_size) below 0 and above 1000.
absl::StatusOr<int> ParsePageSize(int32_t page_size);

// A token that names the last thing of a page; `method` makes it one of that
// method alone.
[[nodiscard]] std::string PageToken(absl::string_view method, int64_t number);

// A token that names the last thing of a page by its id.
[[nodiscard]] std::string NamePageToken(absl::string_view method,
                                        absl::string_view name);

// The name in a token of `method`; empty where it is. FIELD_INVALID
// (page_token) for what is none.
absl::StatusOr<std::string> ParseNamePageToken(absl::string_view method,
                                               const std::string& token);

// The number, from 1, in a token of `method`; 0 where it is empty.
// FIELD_INVALID (page_token) for what is none.
absl::StatusOr<int64_t> ParsePageToken(absl::string_view method,
                                       const std::string& token);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_PAGING_H_
