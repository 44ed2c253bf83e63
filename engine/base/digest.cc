#include "engine/base/digest.h"

#include <cstdlib>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

namespace pistis {
namespace {

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

std::string Sha256(absl::string_view bytes) {
  // Looking the algorithm up takes longer than hashing a record, so it is done
  // once for the life of the process.
  static const EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(
      EVP_MD_CTX_new());
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  if (EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(),
                         reinterpret_cast<unsigned char*>(digest.data()),
                         nullptr) != 1) {
    std::abort();
  }
  return digest;
}

std::string HmacSha256(absl::string_view key, absl::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(bytes),
           bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
           &length) == nullptr) {
    std::abort();
  }
  return digest;
}

std::string RandomBytes(int count) {
  std::string bytes(static_cast<size_t>(count), '\0');
  // Without randomness no code or key is safe to make.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), count) != 1) {
    std::abort();
  }
  return bytes;
}

std::string Base32Symbols(absl::string_view bytes, int symbols) {
  std::string text;
  for (int i = 0; i < symbols; ++i) {
    unsigned int symbol = 0;
    for (int bit = i * 5; bit < i * 5 + 5; ++bit) {
      const auto byte =
          static_cast<unsigned char>(bytes[static_cast<size_t>(bit) / 8]);
      symbol = (symbol << 1U) |
               ((byte >> (7U - static_cast<unsigned>(bit) % 8U)) & 1U);
    }
    text.push_back(kCodeSymbols[symbol]);
  }
  return text;
}

}  // namespace pistis
