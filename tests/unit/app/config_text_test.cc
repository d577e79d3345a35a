#include "service/app/config_text.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include "service/app/config.h"

namespace gw::app {
namespace {

using gateway::config::v1::Config;
using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::Not;

Config Parsed(const std::string& text) {
  const auto config = ParseConfig(text, "test.yaml", nullptr);
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << text;
  return config.value_or(Config());
}

// With a value of every kind that a key may have.
constexpr char kFull[] = R"yaml(
grpc: {listen: "[::]:50051", reflection: false, default_deadline: 1h30m, deadline_margin: 20ms,
       tls: {cert_file: "a \"quoted\" \\ name.pem", key_file: key.pem, client_ca_file: ca.pem}}
concero: {base_url: "https://portal.example/api/v1", api_key_file: key, max_response_bytes: 12345,
          breaker: {open_for: 300ms}, allocation: {dedupe_window: 0s}}
proctorexam: {base_url: "https://exam.example", api_token_file: token, secret_key_file: secret,
              max_response_bytes: 16MiB}
ledger: {postgres: {url_file: /run/url}}
quotas: {default: {per_second: 0.5}, callers: {"spiffe://example.org/a: b": {in_flight: 3}, web: {},
         batch: {per_second: 123456.7}, third: {per_second: 0.30000000000000004}}}
authorization: {policy_file: policy.json}
egress: {proxy: "http://proxy.example:3128", allow_private: ["10.0.0.0/8", "fd00::/8"]}
)yaml";

TEST(ConfigText, IsReadBackAsTheSame) {
  for (const std::string text :
       {"grpc: {listen: \"127.0.0.1:0\"}\n"
        "concero: {base_url: \"https://portal.example\", api_key_file: key}\n",
        kFull}) {
    const Config config = Parsed(text);
    const std::string shown = ConfigText(config);
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(shown), config)) << shown;
  }
}

TEST(ConfigText, HasAKeyALineWithDefaultsWrittenOut) {
  const std::string text = ConfigText(Parsed(kFull));
  EXPECT_THAT(text, HasSubstr("grpc:\n  listen: \"[::]:50051\"\n  reflection: false\n"));
  EXPECT_THAT(text, HasSubstr("  default_deadline: 1h30m\n  deadline_margin: 20ms\n"));
  EXPECT_THAT(text, HasSubstr("  max_response_bytes: 12345\n"));
  EXPECT_THAT(text, HasSubstr("  max_response_bytes: 16MiB\n"));
  EXPECT_THAT(text, HasSubstr("    \"web\": {}\n"));
  EXPECT_THAT(text, HasSubstr("    per_second: 0.5\n"));
  EXPECT_THAT(text, HasSubstr("      per_second: 123456.7\n"));
  EXPECT_THAT(text, HasSubstr("  allow_private: [\"10.0.0.0/8\", \"fd00::/8\"]\n"));
  EXPECT_THAT(text, HasSubstr("  retention: 720h\n")) << "nobody wrote it";
}

TEST(ConfigText, LeavesOutWhatMayBeASecretInAUrl) {
  Config config = Parsed(kFull);
  config.mutable_egress()->set_echo_url("https://echo.example/ip?token=canary-1#canary-2");
  config.mutable_egress()->set_proxy("http://user:canary-3@proxy.example:3128");
  config.mutable_concero()->set_base_url("https://canary-4@portal.example/a@b");
  const std::string text = ConfigText(config);
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  EXPECT_THAT(text, HasSubstr("echo_url: \"https://echo.example/ip?…\"\n"));
  EXPECT_THAT(text, HasSubstr("proxy: \"http://proxy.example:3128\"\n"));
  EXPECT_THAT(text, HasSubstr("base_url: \"https://portal.example/a@b\"\n"));
}

}  // namespace
}  // namespace gw::app
