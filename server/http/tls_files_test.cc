// Whose certificates the HTTP port believes, by handshakes without a network.
#include "server/http/tls_files.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "openssl/evp.h"
#include "openssl/pem.h"
#include "openssl/ssl.h"
#include "openssl/x509v3.h"
#include <unistd.h>

namespace pistis::server {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Tls = std::unique_ptr<SSL, decltype(&SSL_free)>;

void Name(const std::string& text, X509_NAME* name) {
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
}

// A key and its certificate, signed by `parent`, or by itself.
struct Identity {
  Identity(std::string its_name, const char* constraints,
           const Identity* parent = nullptr)
      : name(std::move(its_name)) {
    const Identity& by = parent == nullptr ? *this : *parent;
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
    Name(name, X509_get_subject_name(certificate.get()));
    Name(by.name, X509_get_issuer_name(certificate.get()));
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_EXTENSION* made = X509V3_EXT_conf_nid(
        nullptr, nullptr, NID_basic_constraints, constraints);
    X509_add_ext(certificate.get(), made, -1);
    X509_EXTENSION_free(made);
    X509_sign(certificate.get(), by.key.get(), EVP_sha256());
  }

  const std::string name;
  const Key key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  const Certificate certificate{X509_new(), &X509_free};
};

class TlsFilesTest : public testing::Test {
 protected:
  TlsFilesTest() {
    FILE* const certificate = std::fopen(PathOf("cert").c_str(), "w");
    PEM_write_X509(certificate, server_.certificate.get());
    std::fclose(certificate);
    FILE* const key = std::fopen(PathOf("key").c_str(), "w");
    PEM_write_PrivateKey(key, server_.key.get(), nullptr, nullptr, 0, nullptr,
                         nullptr);
    std::fclose(key);
  }
  ~TlsFilesTest() override {
    for (const char* file : {"cert", "key", "ca"})
      std::filesystem::remove(PathOf(file));
  }

  [[nodiscard]] static std::string PathOf(const std::string& file) {
    return absl::StrCat(testing::TempDir(), "pistis_tls_", getpid(), "_", file,
                        ".pem");
  }

  // Whether a port with `authority` alone in its file of those who sign takes a
  // client that shows `client`'s certificate, and no other.
  [[nodiscard]] static bool Takes(const Identity& client,
                                  const Identity& authority) {
    FILE* const file = std::fopen(PathOf("ca").c_str(), "w");
    PEM_write_X509(file, authority.certificate.get());
    std::fclose(file);
    const auto files = TlsFiles::Open({.certificate = PathOf("cert"),
                                       .key = PathOf("key"),
                                       .client_ca = PathOf("ca")});
    EXPECT_TRUE(files.ok()) << files.status();
    const Tls served(SSL_new((*files)->Current()->native_handle()), &SSL_free);
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const Tls calling(SSL_new(context.get()), &SSL_free);
    SSL_use_certificate(calling.get(), client.certificate.get());
    SSL_use_PrivateKey(calling.get(), client.key.get());
    return ShakeHands(*served, *calling);
  }

 private:
  // As the server sees it: the client is done before its certificate is seen.
  static bool ShakeHands(SSL& served, SSL& calling) {
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 0, &other, 0);
    SSL_set_bio(&served, one, one);
    SSL_set_bio(&calling, other, other);
    SSL_set_accept_state(&served);
    SSL_set_connect_state(&calling);
    for (int turn = 0; turn < 20; ++turn) {
      SSL_do_handshake(&calling);
      if (SSL_do_handshake(&served) == 1) {
        return SSL_get_verify_result(&served) == X509_V_OK;
      }
    }
    return false;
  }

  const Identity server_{"localhost", "CA:FALSE"};
};

TEST_F(TlsFilesTest, AnAuthorityBelowAnotherMayStandAloneInTheFile) {
  const Identity root("root", "CA:TRUE");
  const Identity below("below", "CA:TRUE", &root);
  const Identity till("till", "CA:FALSE", &below);
  EXPECT_TRUE(Takes(till, below));
  EXPECT_FALSE(Takes(till, root)) << "it did not show who is between";
}

TEST_F(TlsFilesTest, WhoIsSignedByNobodyInTheFileIsNotTaken) {
  const Identity root("root", "CA:TRUE");
  const Identity below("below", "CA:TRUE", &root);
  // Of the same name: the key says who signed.
  const Identity stranger("below", "CA:TRUE");
  EXPECT_FALSE(Takes(Identity("till", "CA:FALSE", &root), below));
  EXPECT_FALSE(Takes(Identity("till", "CA:FALSE", &stranger), below));
  EXPECT_TRUE(Takes(Identity("till", "CA:FALSE", &root), root));
}

}  // namespace
}  // namespace pistis::server
