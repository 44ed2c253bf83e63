// How far a long work has come.
#ifndef PISTIS_CLIENTS_CLI_PROGRESS_H_
#define PISTIS_CLIENTS_CLI_PROGRESS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace pistis {

// Shows progress on standard error: a bar that redraws itself on a terminal,
// elsewhere a line at every tenth. One thread.
class Progress {
 public:
  // `unit` names what is counted: "invoices".
  Progress(absl::string_view unit, int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of the total is done.
  void Show(int64_t done);

 private:
  void Draw();
  void ReportTenth();

  std::string unit_;
  int64_t total_;
  int64_t done_ = 0;
  int64_t tenths_shown_ = 0;
  absl::Time begin_;
  absl::Time drawn_ = absl::InfinitePast();
  // Standard error is a terminal.
  bool terminal_;
};

// Shows the stages of a work one after another. One thread.
class StagedProgress {
 public:
  // `step` has a stage, what is done in it, and of how many (0: not known).
  template <typename Step>
  void Show(const Step& step) {
    Show(step.stage(), step.done(), step.of());
  }

 private:
  void Show(const std::string& stage, int64_t done, int64_t of);

  std::string stage_;
  int64_t of_ = 0;
  std::unique_ptr<Progress> bar_;
};

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_PROGRESS_H_
