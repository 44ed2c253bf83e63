// Events to files of JSON lines.
#ifndef PISTIS_SERVER_SINKS_FILE_SINK_H_
#define PISTIS_SERVER_SINKS_FILE_SINK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "pistis/v1/subscription.pb.h"

#include "engine/base/ids.h"
#include "server/sinks/sink.h"

namespace pistis::server {

// Writes <folder>/<program>/<name>.jsonl, one event a line, synced by Flush. A
// file that is full becomes <name>.000001.jsonl, <name>.000002.jsonl, ...: the
// highest number is the latest, and only so many are kept. What a crash left of
// a last line is cut off before the next one is written. A file that somebody
// moved, removed or cut is opened anew before the next line.
class FileSink final : public Sink {
 public:
  // An empty folder: the server has none, and nothing is written.
  FileSink(v1::FileSink file, const ProgramId& program,
           const std::string& folder);
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  [[nodiscard]] Delivery Deliver(const v1::Event& event) override;
  [[nodiscard]] Delivery Flush() override;
  [[nodiscard]] size_t most_at_once() const override { return 1000; }

 private:
  [[nodiscard]] std::string Path() const;
  // True where the open file is the one of that name, as it was left.
  [[nodiscard]] bool IsInPlace() const;
  // Opens the file and cuts off what a crash left of its last line.
  absl::Status Open();
  // Writes and syncs the lines that wait.
  absl::Status Write();
  // Leaves the file for the next, and removes the oldest where there are many.
  absl::Status Rotate();
  void Close();

  const v1::FileSink file_;
  // Empty: there is none.
  const std::string folder_;
  // Lines that Flush writes.
  std::string waiting_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_FILE_SINK_H_
