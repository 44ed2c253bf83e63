// What somebody who calls may do.
#ifndef PISTIS_ENGINE_OPERATIONS_ACCESS_H_
#define PISTIS_ENGINE_OPERATIONS_ACCESS_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "pistis/v1/admin_service.pb.h"

namespace pistis {

struct Access {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  // Empty: all, those to come among them.
  std::vector<std::string> programs;
  // The store and terminal that orders must name; empty: any.
  std::string store_id;
  std::string terminal_id;

  [[nodiscard]] bool reaches_all() const { return programs.empty(); }
  [[nodiscard]] bool Reaches(absl::string_view program) const {
    return reaches_all() || std::find(programs.begin(), programs.end(),
                                      program) != programs.end();
  }
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ACCESS_H_
