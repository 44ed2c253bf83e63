// A file that others write while it is read.
#ifndef PISTIS_SERVER_AUTH_SETTLED_FILE_H_
#define PISTIS_SERVER_AUTH_SETTLED_FILE_H_

#include <optional>
#include <string>
#include <utility>

namespace pistis::server {

// Its content counts once two looks in a row found the same: one that is still
// being written is no content. Who writes for longer than there is between two
// looks, and may stop for as long, writes beside the file and renames. One
// thread at a time.
class SettledFile {
 public:
  // What the file holds now counts as it is: nobody waits for a second look.
  explicit SettledFile(std::string path)
      : path_(std::move(path)), content_(Read()) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  // What counts. Empty where the file cannot be read, or there is none.
  [[nodiscard]] const std::string& content() const { return content_; }

  // Looks at the file; true where other content counts from now on.
  [[nodiscard]] bool Look();

 private:
  [[nodiscard]] std::string Read() const;

  const std::string path_;
  std::string content_;
  // What the last look found, where it was other content.
  std::optional<std::string> found_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_SETTLED_FILE_H_
