// Tills' certificates, and what becomes of them as the file of those who sign
// them changes.
#include "server/auth/certificates.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/clock.h"
#include "engine/operations/testing.h"
#include "server/auth/client_authorities.h"
#include "server/auth/gate.h"
#include "server/auth/key_ring.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pistis::server {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// The pause where a test looks by itself.
constexpr absl::Duration kNever = absl::Hours(1);

std::string PemOf(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      &BIO_free);
  PEM_write_bio_X509(bio.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

// One who signs certificates: by themselves, or with another's word for it.
class Authority {
 public:
  explicit Authority(const Authority* parent = nullptr)
      : name_(parent == nullptr ? "A CA" : "A CA below"),
        certificate_(Make(name_, key_.get(), parent == nullptr ? this : parent,
                          {.id = NID_basic_constraints, .value = "CA:TRUE"})) {}

  [[nodiscard]] std::string pem() const { return PemOf(certificate_.get()); }

  // Another certificate of the same name and key.
  [[nodiscard]] std::string Renewed() const {
    return PemOf(Make(name_, key_.get(), this,
                      {.id = NID_basic_constraints, .value = "CA:TRUE"})
                     .get());
  }

  // Of the till "athens/till-7" of the program.
  [[nodiscard]] std::string TillOf(const std::string& program) const {
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::string uri =
        absl::StrCat("URI:pistis://", program, "/athens/till-7");
    return PemOf(Make("a till", key.get(), this,
                      {.id = NID_subject_alt_name, .value = uri.c_str()})
                     .get());
  }

 private:
  struct Extension {
    int id;
    const char* value;
  };

  static CertificatePtr Make(const std::string& name, EVP_PKEY* key,
                             const Authority* by, const Extension& extension) {
    CertificatePtr certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
    Name(name, X509_get_subject_name(certificate.get()));
    Name(by->name_, X509_get_issuer_name(certificate.get()));
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key);
    X509_EXTENSION* made =
        X509V3_EXT_conf_nid(nullptr, nullptr, extension.id, extension.value);
    X509_add_ext(certificate.get(), made, -1);
    X509_EXTENSION_free(made);
    X509_sign(certificate.get(), by->key_.get(), EVP_sha256());
    return certificate;
  }
  static void Name(const std::string& text, X509_NAME* name) {
    X509_NAME_add_entry_by_txt(
        name, "CN", MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
  }

  const std::string name_;
  const Key key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  const CertificatePtr certificate_;
};

class CertificatesTest : public testing::Test {
 protected:
  CertificatesTest() { Write(old_.pem()); }
  ~CertificatesTest() override { std::filesystem::remove(file_); }

  void Open(absl::Duration pause = kNever) {
    authorities_ = std::make_unique<ClientAuthorities>(file_, pause);
    certificates_ =
        std::make_unique<Certificates>(*revocations_, *authorities_);
  }
  void Write(const std::string& pem) const {
    std::ofstream(file_ + ".next") << pem;
    std::filesystem::rename(file_ + ".next", file_);
  }
  // Writes the file, and looks until it counts.
  void Change(const std::string& pem) {
    Write(pem);
    authorities_->Look();
    authorities_->Look();
  }
  // "OK", or the reason.
  [[nodiscard]] std::string Said(const std::string& certificate) {
    return NameOf(certificates_->Find(certificate, absl::Now()).status());
  }

  const Authority old_;
  const Authority new_;
  const std::string file_ =
      absl::StrCat(testing::TempDir(), "pistis_ca_", getpid(), ".pem");
  const std::unique_ptr<Revocations> revocations_ = *Revocations::Open({});
  std::unique_ptr<ClientAuthorities> authorities_;
  std::unique_ptr<Certificates> certificates_;
};

TEST_F(CertificatesTest, BytesThatAreNoTillsCertificateAreRefused) {
  for (const char* bytes : {"", "x", "-----BEGIN CERTIFICATE-----\n"}) {
    EXPECT_EQ(NameOf(ParseTillCertificate(bytes).status()), "UNAUTHENTICATED");
  }
  EXPECT_EQ(NameOf(ParseTillCertificate(old_.pem()).status()),
            "UNAUTHENTICATED");
  const auto till = ParseTillCertificate(old_.TillOf("shop"));
  ASSERT_TRUE(till.ok()) << till.status();
  EXPECT_EQ(till->caller->name, "certificate athens/till-7");
}

TEST_F(CertificatesTest, ACertificateIsGoodNoLongerThanItsAuthority) {
  Open();
  const std::string till = old_.TillOf("shop");
  const std::string newer = new_.TillOf("shop");
  EXPECT_EQ(Said(till), "OK");
  const CallerPtr caller = *certificates_->Find(till, absl::Now());
  // Both at once, of the same name, as in the days of a change.
  Change(new_.pem() + old_.pem());
  EXPECT_EQ(Said(till), "OK");
  EXPECT_EQ(Said(newer), "OK");
  EXPECT_TRUE(certificates_->Check(*caller, absl::Now()).ok());
  Change(new_.pem());
  EXPECT_EQ(Said(till), "UNAUTHENTICATED");
  EXPECT_EQ(Said(old_.TillOf("shop")), "UNAUTHENTICATED") << "not seen before";
  EXPECT_EQ(Said(newer), "OK");
  EXPECT_EQ(NameOf(certificates_->Check(*caller, absl::Now())),
            "UNAUTHENTICATED");
  Change(old_.pem());
  EXPECT_EQ(Said(till), "OK");
  EXPECT_EQ(Said(newer), "UNAUTHENTICATED");
}

TEST_F(CertificatesTest, TheFileIsReadAgainByItself) {
  Open(absl::Milliseconds(10));
  const std::string till = old_.TillOf("shop");
  EXPECT_EQ(Said(till), "OK");
  Write(new_.pem());
  while (authorities_->generation() == 1)
    absl::SleepFor(absl::Milliseconds(10));
  EXPECT_EQ(Said(till), "UNAUTHENTICATED");
}

// As the TLS layer of gRPC has it: what the file holds is trusted by itself.
TEST_F(CertificatesTest, ATillIsGoodWhileOneOfTheAuthoritiesAboveItIs) {
  const Authority below(&old_);
  const std::string till = below.TillOf("shop");
  const std::string both = old_.pem() + below.pem();
  Write(both);
  Open();
  EXPECT_EQ(Said(till), "OK");
  // Its till may send the one between by itself.
  Change(new_.pem() + old_.pem());
  EXPECT_EQ(Said(till), "OK") << "the one above stays";
  Change(new_.pem() + below.pem());
  EXPECT_EQ(Said(till), "OK") << "the one below stays";
  Change(new_.pem());
  EXPECT_EQ(Said(till), "UNAUTHENTICATED") << "both are gone";
  Change(new_.pem() + both);
  EXPECT_EQ(Said(till), "OK") << "both are back";
  EXPECT_EQ(authorities_->generation(), 5);
}

TEST_F(CertificatesTest, AnAuthorityBelowThatStoodAloneEndsWithItsLine) {
  const Authority below(&old_);
  const std::string till = below.TillOf("shop");
  Write(below.pem());
  Open();
  EXPECT_EQ(Said(till), "OK");
  Change(new_.pem());
  EXPECT_EQ(Said(till), "UNAUTHENTICATED");
}

// To follow each signature of each would take weeks.
TEST_F(CertificatesTest, AnAuthorityThatWasOftenRenewedIsFollowedOnce) {
  std::string all;
  for (int i = 0; i < 24; ++i)
    all += old_.Renewed();
  Write(all);
  Open();
  Change(new_.pem());
  EXPECT_EQ(Said(old_.TillOf("shop")), "UNAUTHENTICATED");
}

// The client sends what the file does not have: the TLS layer has judged it.
TEST_F(CertificatesTest, AChainThatTheFileNeverHadIsLeftToTls) {
  const Authority below(&old_);
  Open();
  Change(new_.pem());
  EXPECT_EQ(Said(below.TillOf("shop")), "OK");
}

TEST_F(CertificatesTest, ADamagedFileChangesNothing) {
  Open();
  const std::string till = old_.TillOf("shop");
  const std::string cut = new_.pem().substr(0, 200);
  for (const std::string& damaged :
       {std::string(), std::string("none\n"),
        new_.pem() + "-----BEGIN CERTIFICATE-----\nMIIB", cut, new_.pem() + cut,
        cut + "\n" + new_.pem(), new_.pem() + "-----BEGIN CERTIFICATE----\n",
        new_.pem().substr(1),
        new_.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n"
                     "-----END CERTIFICATE-----\n"}) {
    Change(damaged);
    EXPECT_EQ(Said(till), "OK") << damaged;
  }
  EXPECT_EQ(authorities_->generation(), 1);
}

TEST_F(CertificatesTest, AFileThatIsStillBeingWrittenChangesNothing) {
  Write(old_.pem() + new_.pem());
  Open();
  const std::string till = old_.TillOf("shop");
  // Whole certificates, but not all that come.
  Write(new_.pem());
  authorities_->Look();
  Write(new_.pem() + old_.pem());
  authorities_->Look();
  EXPECT_EQ(authorities_->generation(), 1);
  authorities_->Look();
  EXPECT_EQ(authorities_->generation(), 2);
  EXPECT_EQ(Said(till), "OK");
}

TEST_F(CertificatesTest, EveryLabelOfACertificateCountsAndCommentsAreNone) {
  const auto labelled = [&](const std::string& label) {
    return absl::StrReplaceAll(
        new_.pem(), {{"CERTIFICATE", absl::StrCat(label, "CERTIFICATE")}});
  };
  EXPECT_EQ(
      DecodeCertificates(absl::StrCat("# Below -----BEGIN CERTIFICATE----- is\n"
                                      "-------- the old one --------\n",
                                      old_.pem(), "\r\n", labelled("X509 "),
                                      labelled("TRUSTED ")))
          .size(),
      3U);
  Open();
  Change(labelled("TRUSTED "));
  EXPECT_EQ(Said(old_.TillOf("shop")), "UNAUTHENTICATED");
  EXPECT_EQ(Said(new_.TillOf("shop")), "OK");
}

TEST_F(CertificatesTest, TillsOfTheSameNameInTwoProgramsHaveARateEach) {
  Open();
  const SystemClock clock;
  KeyRing keys;
  RateLimits limits({.rate = 1, .burst = 1});
  const Gate gate({.clock = clock,
                   .keys = keys,
                   .certificates = *certificates_,
                   .limits = limits});
  const auto& create_program = *v1::CreateProgramRequest::descriptor()
                                    ->file()
                                    ->service(0)
                                    ->FindMethodByName("CreateProgram");
  const auto& commit_order = *v1::CommitOrderRequest::descriptor()
                                  ->file()
                                  ->service(0)
                                  ->FindMethodByName("CommitOrder");
  const auto asked = [&](const google::protobuf::MethodDescriptor& method,
                         const std::string& certificate) {
    return NameOf(gate.CheckHead(
        {.method = method, .address = "10.0.0.7", .certificate = certificate}));
  };
  const auto said = [&](const std::string& certificate) {
    return asked(create_program, certificate);
  };
  const std::string of_shop = old_.TillOf("shop");
  const std::string of_cafe = old_.TillOf("cafe");
  EXPECT_EQ(said(of_shop), "PERMISSION_DENIED");
  EXPECT_EQ(said(of_shop), "RATE_LIMITED");
  // What the role may is refused before its body is read, but not counted.
  EXPECT_EQ(asked(commit_order, of_shop), "RATE_LIMITED");
  EXPECT_EQ(asked(commit_order, of_cafe), "OK");
  EXPECT_EQ(said(of_cafe), "PERMISSION_DENIED");
}

TEST_F(CertificatesTest, ABodyThatIsNoMessageIsACallAllTheSame) {
  Open();
  const SystemClock clock;
  KeyRing keys;
  RateLimits limits({.rate = 1, .burst = 2});
  const Gate gate({.clock = clock,
                   .keys = keys,
                   .certificates = *certificates_,
                   .limits = limits});
  const auto& commit_order = *v1::CommitOrderRequest::descriptor()
                                  ->file()
                                  ->service(0)
                                  ->FindMethodByName("CommitOrder");
  const HttpCallHead till{.method = commit_order,
                          .address = "10.0.0.7",
                          .certificate = old_.TillOf("shop")};
  const HttpCallHead nobody{.method = commit_order, .address = "10.0.0.7"};
  EXPECT_EQ(NameOf(gate.CountBroken(till)), "OK");
  EXPECT_EQ(NameOf(gate.CountBroken(till)), "OK");
  EXPECT_EQ(NameOf(gate.CountBroken(till)), "RATE_LIMITED");
  EXPECT_EQ(NameOf(gate.CheckHead(till)), "RATE_LIMITED");
  EXPECT_EQ(NameOf(gate.CountBroken(nobody)), "UNAUTHENTICATED");
}

}  // namespace
}  // namespace pistis::server
