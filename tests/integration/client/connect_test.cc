// What Connect refuses, and how it says so.
#include <gmock/gmock.h>

#include "tests/integration/client/scripted_gateway.h"
#include "tests/support/process.h"
#include "tests/support/test_ca.h"

namespace concero {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ClientConnect : public ::testing::Test {
 protected:
  absl::Status With(const TlsOptions& tls) {
    return Client::Connect({.target = "127.0.0.1:1", .tls = tls}).status();
  }

  const gw::testing::TemporaryDirectory files_;
  const gw::testing::TestCa ca_;
  const gw::testing::Certificate own_ = ca_.Issue(), other_ = ca_.Issue();
  const std::string ca_file_ = files_.Write("ca.pem", ca_.Pem());
  const std::string cert_file_ = files_.Write("cert.pem", own_.Pem());
  const std::string key_file_ = files_.Write("key.pem", own_.KeyPem());
};

TEST_F(ClientConnect, TakesFilesThatBelongTogether) {
  EXPECT_EQ(With({.ca_file = ca_file_}), absl::OkStatus());
  EXPECT_EQ(With({ca_file_, cert_file_, key_file_, "gateway.example"}), absl::OkStatus());
}

TEST_F(ClientConnect, NamesTheOptionAndTheFileThatIsWrong) {
  const std::string other_key = files_.Write("other-key.pem", other_.KeyPem());
  const std::string no_pem = files_.Write("no.pem", "canary-of-a-secret");
  const std::string absent = files_.path() + "/absent.pem";
  const struct {
    TlsOptions tls;
    std::string option, file, why;
  } kTable[] = {
      {{}, "tls.ca_file", "", "is required"},
      {{absent}, "tls.ca_file", absent, "No such file"},
      {{files_.path()}, "tls.ca_file", files_.path(), "cannot be read"},
      {{no_pem}, "tls.ca_file", no_pem, "no certificate in PEM"},
      {{ca_file_, cert_file_, ""}, "tls.key_file", "", "is required with tls.cert_file"},
      {{ca_file_, "", key_file_}, "tls.cert_file", "", "is required with tls.key_file"},
      {{ca_file_, absent, key_file_}, "tls.cert_file", absent, "No such file"},
      {{ca_file_, cert_file_, absent}, "tls.key_file", absent, "No such file"},
      {{ca_file_, no_pem, key_file_}, "tls.cert_file", no_pem, "no certificate in PEM"},
      {{ca_file_, cert_file_, no_pem}, "tls.key_file", no_pem, "no private key in PEM"},
      {{ca_file_, cert_file_, other_key}, "tls.key_file", other_key, "does not belong"},
  };
  for (const auto& row : kTable) {
    const absl::Status status = With(row.tls);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.option << row.why;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(row.option + ":"), HasSubstr(row.file), HasSubstr(row.why),
                      Not(HasSubstr("canary"))));
  }
}

TEST_F(ClientConnect, NamesTheOptionsThatGrpcWouldOnlyFailCallsFor) {
  const struct {
    ClientOptions options;
    std::string option;
  } kTable[] = {
      {{.target = "nowhere"}, "target"},
      {{.target = "ipv4:localhost:50051"}, "target"},
      {{.target = "127.0.0.1:1", .timeout = absl::ZeroDuration()}, "timeout"},
      {{.target = "127.0.0.1:1", .service_config = "{"}, "service_config"},
      {{.target = "127.0.0.1:1", .service_config = R"({"methodConfig": 7})"}, "service_config"},
  };
  for (const auto& row : kTable) {
    const absl::Status status = Client::Connect(row.options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.option;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.option + ":"));
  }
  EXPECT_TRUE(Client::Connect({.target = "127.0.0.1:1", .service_config = ""}).ok());
}

TEST_F(ClientConnect, DoesNotWaitForTheGateway) {
  const auto client = Client::Connect({.target = "127.0.0.1:1", .service_config = ""});
  ASSERT_TRUE(client.ok());
  const absl::Status status = (*client)->GetReport(1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(IsSafeToRetry(status));
}

}  // namespace
}  // namespace concero
