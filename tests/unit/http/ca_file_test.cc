#include "service/http/ca_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/match.h"
#include "tests/support/process.h"
#include "tests/support/test_ca.h"

namespace gw::http {
namespace {

class CaFile : public ::testing::Test {
 protected:
  absl::Status Check(const std::string& content) {
    return CheckCaFile(directory_.Write("ca.pem", content));
  }
  // The error's code; checks that it names the path.
  static absl::StatusCode Refused(const std::string& path) {
    const absl::Status status = CheckCaFile(path);
    EXPECT_TRUE(absl::StartsWith(status.message(), path + ": ")) << status;
    return status.code();
  }

  const testing::TestCa ca_;
  const testing::TemporaryDirectory directory_;
};

TEST_F(CaFile, HoldsOneCertificateOrMoreAndTextAroundThem) {
  const std::string two = ca_.Pem() + testing::TestCa().Pem();
  for (const std::string& content : {ca_.Pem(), two, "# ours\n" + ca_.Pem() + "\n# the end\n"}) {
    EXPECT_TRUE(Check(content).ok()) << Check(content);
  }
}

TEST_F(CaFile, WithoutAUsableCertificateIsRefused) {
  const std::string pem = ca_.Pem();
  std::string spoilt = pem;
  spoilt.replace(100, 4, "!!!!");
  const struct {
    const char* name;
    std::string content;
  } kCases[] = {
      {"empty", ""},
      {"only text", "hidden\n"},
      {"bytes", std::string("\x30\x82\x00\xff\x00hidden", 11)},
      {"a certificate cut short", pem.substr(0, pem.size() / 2)},
      {"a certificate with a wrong character", spoilt},
      {"a good certificate and a broken one", pem + spoilt},
      {"another kind of block", "-----BEGIN PUBLIC KEY-----\naGlkZGVu\n-----END PUBLIC KEY-----\n"},
      {"only a list of revoked certificates", ca_.CrlPem()},
      {"a block that is no certificate",
       "-----BEGIN CERTIFICATE-----\naGlkZGVu\n-----END CERTIFICATE-----\n"},
  };
  for (const auto& [name, content] : kCases) {
    const absl::Status status = Check(content);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "BEGIN CERTIFICATE")) << name << ": " << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "hidden")) << name << ": " << status;
  }
}

TEST_F(CaFile, IsAFileThatIsThere) {
  EXPECT_EQ(Refused(directory_.path() + "/missing"), absl::StatusCode::kNotFound);
  EXPECT_EQ(Refused(directory_.path()), absl::StatusCode::kInvalidArgument);
  const std::string pipe = directory_.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(Refused(pipe), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gw::http
