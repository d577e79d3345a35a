#include "service/keys/server_certificate.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/process.h"
#include "tests/support/test_ca.h"

namespace gw::keys {
namespace {

constexpr char kPassphrased[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIBvTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

class ServerCertificateTest : public ::testing::Test {
 protected:
  absl::StatusOr<ServerCertificate> Read(const std::string& chain, const std::string& key,
                                         const std::string& ca = "") const {
    return ReadServerCertificate({directory_.Write("cert", chain), directory_.Write("key", key),
                                  ca.empty() ? "" : directory_.Write("ca", ca)});
  }

  const testing::TestCa ca_;
  const testing::Certificate own_ = ca_.Issue();
  const testing::TemporaryDirectory directory_;
};

TEST_F(ServerCertificateTest, IsReadWithItsChainItsKeyAndWhoVouchesForCallers) {
  const auto read =
      Read("text before\n" + own_.Pem() + "\ntext between\n" + ca_.Pem(), own_.KeyPem(), ca_.Pem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->chain, own_.Pem() + ca_.Pem()) << "without the text";
  EXPECT_EQ(read->caller_ca, ca_.Pem());
  EXPECT_TRUE(absl::StartsWith(read->private_key.Reveal(), "-----BEGIN PRIVATE KEY-----"));
}

TEST_F(ServerCertificateTest, WithoutCallersCertificatesHasNone) {
  const auto read = Read(own_.Pem(), own_.KeyPem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->caller_ca, "");
}

// Certificate and key may be one file, as some tools write them.
TEST_F(ServerCertificateTest, MayStandInOneFileWithItsKey) {
  const std::string both = own_.KeyPem() + own_.Pem();
  EXPECT_TRUE(Read(both, both).ok());
}

TEST_F(ServerCertificateTest, SaysFromWhenUntilWhenItIsValid) {
  const testing::Certificate certificate = ca_.Issue({.valid_from = -100, .valid_until = 200});
  const auto read = Read(certificate.Pem(), certificate.KeyPem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->not_after - read->not_before, absl::Seconds(300));
  const absl::Time first = read->not_before, last = read->not_after;
  EXPECT_TRUE(read->ValidAt(first));
  EXPECT_TRUE(read->ValidAt(last));
  EXPECT_FALSE(read->ValidAt(first - absl::Seconds(1)));
  EXPECT_FALSE(read->ValidAt(last + absl::Seconds(1)));
}

TEST_F(ServerCertificateTest, WhatCannotBeUsedIsRefusedByNameAndPath) {
  const std::string pem = own_.Pem(), key = own_.KeyPem();
  std::string spoilt = pem;
  spoilt.replace(100, 4, "!!!!");
  const struct {
    const char* name;
    std::string chain, key, ca, complaint;
  } kCases[] = {
      {"an empty chain", "", key, "", "cert_file: PATH/cert: has no certificate"},
      {"a key as the chain", key, key, "", "cert_file: PATH/cert: has no certificate"},
      {"a spoilt certificate", spoilt, key, "", "cert_file: PATH/cert: has no certificate, or one"},
      {"a spoilt one behind it", pem + spoilt, key, "",
       "cert_file: PATH/cert: has no certificate, or"},
      {"half a certificate", pem.substr(0, pem.size() / 2), key, "",
       "cert_file: PATH/cert: has no"},
      {"an empty key", pem, "", "", "key_file: PATH/key: has no private key that can be read"},
      {"a certificate as the key", pem, pem, "", "key_file: PATH/key: has no private key"},
      {"a key with a passphrase", pem, kPassphrased, "", "key_file: PATH/key: has no private key"},
      {"another's key", pem, ca_.Issue().KeyPem(), "", "key_file: PATH/key: is not the key of"},
      {"the chain the wrong way round", ca_.Pem() + pem, key, "", "key_file: PATH/key: is not the"},
      {"garbage for callers", pem, key, "garbage", "client_ca_file: PATH/ca: has no certificate"},
      {"too long a file", pem + std::string(1 << 20, ' '), key, "",
       "cert_file: PATH/cert: is longer"},
  };
  for (const auto& c : kCases) {
    const auto read = Read(c.chain, c.key, c.ca);
    ASSERT_FALSE(read.ok()) << c.name;
    std::string complaint = c.complaint;
    complaint.replace(complaint.find("PATH"), 4, directory_.path());
    EXPECT_TRUE(absl::StartsWith(read.status().message(), complaint)) << c.name << read.status();
    EXPECT_FALSE(absl::StrContains(read.status().message(), "!!!!"));
  }
  const auto read = ReadServerCertificate({directory_.path() + "/none", "", ""});
  EXPECT_EQ(read.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace gw::keys
