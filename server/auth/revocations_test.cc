// A list of revoked certificates counts whole, or not at all.
#include "server/auth/revocations.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace pistis::server {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Crl = std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string TextOf(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<size_t>(size)};
}

// A file of an authority, and lists that it signs.
class RevocationsTest : public testing::Test {
 protected:
  RevocationsTest() {
    std::filesystem::create_directory(folder_);
    X509_set_version(authority_.get(), X509_VERSION_3);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(authority_.get()), "CN", MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>("A CA"), -1, -1, 0);
    X509_set_issuer_name(authority_.get(),
                         X509_get_subject_name(authority_.get()));
    X509_gmtime_adj(X509_getm_notBefore(authority_.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(authority_.get()), 3600);
    X509_set_pubkey(authority_.get(), key_.get());
    X509_sign(authority_.get(), key_.get(), EVP_sha256());
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(bio.get(), authority_.get());
    Write("ca.pem", TextOf(bio.get()));
  }
  ~RevocationsTest() override { std::filesystem::remove_all(folder_); }

  Crl ListOf(long serial) {
    Crl list(X509_CRL_new(), &X509_CRL_free);
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(),
                             X509_get_subject_name(authority_.get()));
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> now(
        X509_gmtime_adj(nullptr, 0), &ASN1_TIME_free);
    X509_CRL_set1_lastUpdate(list.get(), now.get());
    X509_REVOKED* revoked = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(revoked, Number(serial).get());
    X509_REVOKED_set_revocationDate(revoked, now.get());
    X509_CRL_add0_revoked(list.get(), revoked);
    X509_CRL_sign(list.get(), key_.get(), EVP_sha256());
    return list;
  }
  std::string PemOf(long serial) {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509_CRL(bio.get(), ListOf(serial).get());
    return TextOf(bio.get());
  }
  std::string DerOf(long serial) {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    i2d_X509_CRL_bio(bio.get(), ListOf(serial).get());
    return TextOf(bio.get());
  }

  // What a file of such lists revokes of the numbers 1 and 2; "refused" where
  // it is no such file.
  std::string Revoked(const std::string& lists) {
    Write("crl.pem", lists);
    const auto opened = Open();
    return opened.ok() ? RevokedIn(**opened) : "refused";
  }
  // Of the files as they are; the test looks at them by itself.
  absl::StatusOr<std::unique_ptr<Revocations>> Open() {
    return Revocations::Open(
        {.crl = folder_ + "/crl.pem", .ca = folder_ + "/ca.pem"},
        absl::Hours(1));
  }
  std::string RevokedIn(const Revocations& revocations) {
    std::string serials;
    for (const long serial : {1L, 2L}) {
      if (revocations.Has(SerialName(X509_get_subject_name(authority_.get()),
                                     Number(serial).get()))) {
        serials += std::to_string(serial);
      }
    }
    return serials;
  }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  std::string Read(const std::string& name) const {
    std::ostringstream bytes;
    bytes << std::ifstream(folder_ + "/" + name, std::ios::binary).rdbuf();
    return bytes.str();
  }
  // Another authority of another name, as PEM.
  static std::string Stranger() {
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const Certificate certificate(X509_new(), &X509_free);
    X509_set_pubkey(certificate.get(), key.get());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(bio.get(), certificate.get());
    return TextOf(bio.get());
  }

  using Integer = std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)>;
  static Integer Number(long number) {
    Integer integer(ASN1_INTEGER_new(), &ASN1_INTEGER_free);
    ASN1_INTEGER_set(integer.get(), number);
    return integer;
  }

 private:
  const std::string folder_ =
      testing::TempDir() + "pistis_crl_" + std::to_string(getpid());
  const Key key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  const Certificate authority_{X509_new(), &X509_free};
};

TEST_F(RevocationsTest, AllListsOfAFileCount) {
  EXPECT_EQ(Revoked(PemOf(1)), "1");
  EXPECT_EQ(Revoked("Said by hand:\n" + PemOf(1) + "\n\n" + PemOf(2) + "\n"),
            "12");
  EXPECT_EQ(Revoked(DerOf(1) + DerOf(2)), "12");
}

TEST_F(RevocationsTest, AFileThatWasCutIsRefused) {
  const std::string first = PemOf(1);
  const std::string both = first + PemOf(2);
  // Less than a line's end is missing, or the second list as a whole.
  const auto is_whole = [&](size_t size) {
    return size + 1 >= both.size() || size == first.size() ||
           size + 1 == first.size();
  };
  for (size_t size = 0; size < both.size(); ++size) {
    if (is_whole(size)) continue;
    // A few dashes at the end are no list's yet.
    if (size > first.size() && size < first.size() + 4) continue;
    EXPECT_EQ(Revoked(both.substr(0, size)), "refused") << size;
  }
  const std::string der = DerOf(1) + DerOf(2);
  EXPECT_EQ(Revoked(der.substr(0, der.size() - 1)), "refused");
}

TEST_F(RevocationsTest, AFileWithADamagedListIsRefused) {
  const std::string second = PemOf(2);
  for (size_t at = 0; at + 1 < second.size(); ++at) {
    if (second[at] == '\n') continue;
    std::string damaged = second;
    damaged[at] = '!';
    EXPECT_EQ(Revoked(PemOf(1) + damaged), "refused") << at;
  }
  EXPECT_EQ(Revoked(PemOf(1) + " " + second), "refused");
  EXPECT_EQ(Revoked(PemOf(1) + second.substr(1)), "refused");
}

TEST_F(RevocationsTest, AListCountsWhicheverOfTheTwoFilesChangesFirst) {
  const std::string authority = Read("ca.pem");
  Write("crl.pem", PemOf(1));
  const auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  Revocations& revocations = **opened;
  const auto look = [&] {
    revocations.Look();
    revocations.Look();
    return RevokedIn(revocations);
  };
  // Of an authority that is not there yet.
  Write("ca.pem", Stranger());
  EXPECT_EQ(look(), "1");
  Write("crl.pem", PemOf(1) + PemOf(2));
  EXPECT_EQ(look(), "1");
  Write("ca.pem", Stranger() + authority);
  EXPECT_EQ(look(), "12");
}

TEST_F(RevocationsTest, AListThatIsStillBeingWrittenTakesNothingBack) {
  Write("crl.pem", PemOf(1) + PemOf(2));
  const auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  Write("crl.pem", PemOf(1));
  (*opened)->Look();
  EXPECT_EQ(RevokedIn(**opened), "12");
  Write("crl.pem", PemOf(2));
  (*opened)->Look();
  EXPECT_EQ(RevokedIn(**opened), "12");
  (*opened)->Look();
  EXPECT_EQ(RevokedIn(**opened), "2");
}

TEST_F(RevocationsTest, AListWithoutAWholeFileOfAuthoritiesIsRefused) {
  Write("ca.pem", Read("ca.pem") + "-----BEGIN CERTIFICATE-----\nMIIB");
  Write("crl.pem", PemOf(1));
  EXPECT_THAT(
      std::string(Open().status().message()),
      testing::HasSubstr("ca.pem has no certificate, or a damaged one"));
}

TEST_F(RevocationsTest, AnIssuerIsTheSameHoweverItsNameIsEncoded) {
  const auto name_of = [](const char* text, int kind) {
    const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> name(
        X509_NAME_new(), &X509_NAME_free);
    X509_NAME_add_entry_by_txt(name.get(), "CN", kind,
                               reinterpret_cast<const unsigned char*>(text), -1,
                               -1, 0);
    return SerialName(name.get(), Number(7).get());
  };
  const std::string utf8 = name_of("Pistis CA", V_ASN1_UTF8STRING);
  EXPECT_EQ(name_of("Pistis CA", V_ASN1_PRINTABLESTRING), utf8);
  EXPECT_EQ(name_of("pistis  ca", V_ASN1_IA5STRING), utf8);
  EXPECT_NE(name_of("Pistis CB", V_ASN1_UTF8STRING), utf8);
}

}  // namespace
}  // namespace pistis::server
