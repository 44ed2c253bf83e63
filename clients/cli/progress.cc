#include "clients/cli/progress.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include <unistd.h>

namespace pistis {

Progress::Progress(absl::string_view unit, int64_t total)
    : unit_(unit),
      total_(std::max<int64_t>(total, 1)),
      begin_(absl::Now()),
      terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (!terminal_) return;
  Draw();
  std::fputc('\n', stderr);
}

void Progress::Show(int64_t done) {
  done_ = done;
  if (!terminal_) {
    ReportTenth();
    return;
  }
  const absl::Time now = absl::Now();
  if (now - drawn_ < absl::Milliseconds(100)) return;
  drawn_ = now;
  Draw();
}

void Progress::Draw() {
  constexpr int64_t kWidth = 40;
  const int64_t filled = done_ * kWidth / total_;
  const int64_t seconds =
      std::max<int64_t>(1, absl::ToInt64Seconds(absl::Now() - begin_));
  const std::string text =
      absl::StrCat("\r[", std::string(static_cast<size_t>(filled), '#'),
                   std::string(static_cast<size_t>(kWidth - filled), ' '), "] ",
                   done_ * 100 / total_, " %  ", done_, " of ", total_, " ",
                   unit_, "  ", done_ / seconds, "/s ");
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

void Progress::ReportTenth() {
  const int64_t tenths = done_ * 10 / total_;
  if (tenths == tenths_shown_) return;
  tenths_shown_ = tenths;
  const std::string text = absl::StrCat(tenths * 10, " %: ", done_, " of ",
                                        total_, " ", unit_, "\n");
  std::fputs(text.c_str(), stderr);
}

void StagedProgress::Show(const std::string& stage, int64_t done, int64_t of) {
  if (of == 0) return;
  if (stage != stage_ || of != of_) {
    bar_.reset();
    stage_ = stage;
    of_ = of;
    bar_ = std::make_unique<Progress>(stage_, of_);
  }
  bar_->Show(std::min(done, of_));
}

}  // namespace pistis
