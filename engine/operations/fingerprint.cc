#include "engine/operations/fingerprint.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include "engine/base/digest.h"

namespace pistis {
namespace {

void AppendStable(const google::protobuf::Message& message,
                  std::string& bytes) {
  const size_t before = bytes.size();
  bytes.resize(before + message.ByteSizeLong());
  google::protobuf::io::ArrayOutputStream stream(
      bytes.data() + before, static_cast<int>(bytes.size() - before));
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&coded);
}

}  // namespace

std::string StableBytes(const google::protobuf::Message& message) {
  std::string bytes;
  AppendStable(message, bytes);
  return bytes;
}

std::string FingerprintOf(const google::protobuf::Message& request) {
  std::string bytes = request.GetDescriptor()->full_name();
  bytes.push_back('\0');
  AppendStable(request, bytes);
  return Sha256(bytes);
}

std::string KeyedFingerprint(absl::string_view secret,
                             absl::string_view fingerprint) {
  return HmacSha256(secret, fingerprint);
}

absl::Status RefuseReuse(absl::string_view field) {
  return Refuse(Reason::kRequestIdReused,
                absl::StrCat("this ", field,
                             " was used before with other content; choose a "
                             "new one"),
                {{"field", std::string(field)}});
}

}  // namespace pistis
