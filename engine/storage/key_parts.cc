#include "engine/storage/key_parts.h"

namespace pistis {

void AppendKeyText(absl::string_view text, std::string& key) {
  key.append(text.data(), text.size());
  key.push_back('\0');
}

void AppendKeyNumber(int64_t number, std::string& key) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(static_cast<uint64_t>(number) >>
                                    static_cast<unsigned>(shift)));
  }
}

int64_t ReadKeyNumber(absl::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes.substr(0, kKeyNumberBytes)) {
    number = (number << 8U) | static_cast<unsigned char>(byte);
  }
  return static_cast<int64_t>(number);
}

std::string TableKey(char table, const ProgramId& program,
                     absl::string_view text) {
  std::string key;
  key.reserve(program.text().size() + text.size() + 3 + kKeyNumberBytes);
  key.push_back(table);
  AppendKeyText(program.text(), key);
  if (!text.empty()) AppendKeyText(text, key);
  return key;
}

std::string NumberedKey(char table, const ProgramId& program,
                        absl::string_view text, int64_t number) {
  std::string key = TableKey(table, program, text);
  AppendKeyNumber(number, key);
  return key;
}

std::string TimedKey(char table, const ProgramId& program, absl::Time time,
                     absl::string_view text) {
  std::string key = NumberedKey(table, program, "", absl::ToUnixMicros(time));
  AppendKeyText(text, key);
  return key;
}

}  // namespace pistis
