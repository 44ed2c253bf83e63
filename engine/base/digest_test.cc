#include "engine/base/digest.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

// FIPS 180-2, appendix B.1.
TEST(DigestTest, Sha256OfAbcIsThePublishedOne) {
  EXPECT_EQ(absl::BytesToHexString(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 4231, test case 2.
TEST(DigestTest, HmacOfJefeIsThePublishedOne) {
  EXPECT_EQ(absl::BytesToHexString(
                HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(DigestTest, Base32TakesFiveBitsASymbolFromTheTop) {
  EXPECT_EQ(Base32Symbols(std::string("\x00\x44\x32\x14\xc7", 5), 8),
            "01234567");
  EXPECT_EQ(Base32Symbols("\xff", 1), "Z");
}

TEST(DigestTest, RandomBytesDiffer) {
  EXPECT_EQ(RandomBytes(32).size(), 32U);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
}

}  // namespace
}  // namespace pistis
