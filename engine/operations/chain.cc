#include "engine/operations/chain.h"

#include "engine/base/digest.h"
#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

constexpr size_t kLinkBytes = 32;

void AppendText(absl::string_view text, std::string& bytes) {
  bytes.append(text.data(), text.size());
  bytes.push_back('\0');
}

void AppendNumber(uint64_t number, std::string& bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(number >> static_cast<unsigned>(shift)));
  }
}

size_t SizeOf(const ProgramId& program,
              const std::vector<ChainedEntry>& entries) {
  size_t size = kLinkBytes + program.text().size() + 1 + kKeyNumberBytes;
  for (const ChainedEntry& entry : entries) {
    size += entry.member.text().size() + 1 + 2 * kKeyNumberBytes +
            entry.record.size();
  }
  return size;
}

}  // namespace

std::string NextLink(absl::string_view previous, const ProgramId& program,
                     int64_t commit_seq,
                     const std::vector<ChainedEntry>& entries) {
  std::string bytes;
  bytes.reserve(SizeOf(program, entries));
  bytes.append(previous.data(), previous.size());
  bytes.resize(kLinkBytes, '\0');
  AppendText(program.text(), bytes);
  AppendNumber(static_cast<uint64_t>(commit_seq), bytes);
  for (const ChainedEntry& entry : entries) {
    AppendText(entry.member.text(), bytes);
    AppendNumber(static_cast<uint64_t>(entry.number), bytes);
    AppendNumber(entry.record.size(), bytes);
    bytes.append(entry.record);
  }
  return Sha256(bytes);
}

}  // namespace pistis
