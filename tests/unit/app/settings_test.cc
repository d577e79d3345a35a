#include "service/app/settings.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/app/config.h"
#include "service/rpc/proto_time.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::app {
namespace {

using gateway::config::v1::Config;

// What LoadConfig makes of this concero section.
Config Parsed(const std::string& concero, const std::string& rest = "") {
  const auto config = ParseConfig(absl::StrCat("grpc: {listen: \"127.0.0.1:0\"", rest,
                                               "}\nconcero: {api_key_file: key, ", concero, "}\n"),
                                  "test.yaml", nullptr);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config();
}

constexpr char kUrl[] = "base_url: \"https://portal.example/api/v1\"";

Upstream::Options Concero(const std::string& concero) {
  const Config config = Parsed(concero);
  return ConceroUpstream(config.concero(), config.egress(), {Secret("the-key")});
}

TEST(Settings, DurationsKeepTheirNanoseconds) {
  const struct {
    int64_t seconds;
    int32_t nanos;
    absl::Duration duration;
  } kCases[] = {
      {0, 0, absl::ZeroDuration()},
      {0, 1, absl::Nanoseconds(1)},
      {0, 300'000'000, absl::Milliseconds(300)},
      {1, 500'000'000, absl::Milliseconds(1500)},
      {86'400, 0, absl::Hours(24)},
      {315'576'000'000, 999'999'999,
       absl::Seconds(315'576'000'000) + absl::Nanoseconds(999'999'999)},
  };
  for (const auto& [seconds, nanos, duration] : kCases) {
    google::protobuf::Duration message;
    message.set_seconds(seconds);
    message.set_nanos(nanos);
    EXPECT_EQ(rpc::ToDuration(message), duration);
  }
}

TEST(Settings, BaseUrlsAreWholeWithTheirPort) {
  const struct {
    const char* written;
    const char* base_url;
    const char* host;
    int port;
    bool is_address;
  } kCases[] = {
      {"https://portal.example", "https://portal.example:443", "portal.example", 443, false},
      {"https://Portal.example/api/v1/", "https://portal.example:443/api/v1", "portal.example", 443,
       false},
      {"https://portal.example:8443/a", "https://portal.example:8443/a", "portal.example", 8443,
       false},
      {"http://localhost", "http://localhost:80", "localhost", 80, false},
      {"http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api", "127.0.0.1", 8080, true},
      {"https://[2001:DB8::00A]/api/v1", "https://[2001:db8::a]:443/api/v1", "2001:db8::a", 443,
       true},
      {"http://[::1]:8080", "http://[::1]:8080", "::1", 8080, true},
  };
  for (const auto& c : kCases) {
    const Upstream::Options options = Concero(absl::StrCat("base_url: \"", c.written, "\""));
    EXPECT_EQ(options.http.base_url, c.base_url) << c.written;
    EXPECT_EQ(options.http.host, c.host) << c.written;
    EXPECT_EQ(options.http.port, c.port) << c.written;
    EXPECT_EQ(options.http.host_is_address, c.is_address) << c.written;
  }
}

TEST(Settings, OfConceroAreTheDefaultsOfTheContract) {
  const Upstream::Options options = Concero(kUrl);
  EXPECT_EQ(options.traits.name, "concero");
  EXPECT_EQ(options.traits.forbidden, Reason::kUpstreamIpNotAllowed);
  EXPECT_EQ(options.http.timeout, absl::Seconds(10));
  EXPECT_EQ(options.http.connect_timeout, absl::Seconds(3));
  EXPECT_EQ(options.http.max_response_bytes, size_t{8} << 20);
  EXPECT_TRUE(options.http.require_tls13);
  EXPECT_EQ(options.http.ca_file, "");
  EXPECT_EQ(options.limits.max_in_flight, 64u);
  EXPECT_EQ(options.limits.max_queued, 256u);
  EXPECT_EQ(options.retry.max_attempts, 3);
  EXPECT_EQ(options.retry.initial_backoff, absl::Milliseconds(100));
  EXPECT_EQ(options.retry.max_backoff, absl::Seconds(2));
  EXPECT_EQ(options.retry.budget_percent, 20);
  EXPECT_EQ(options.breaker.window, absl::Seconds(30));
  EXPECT_EQ(options.breaker.min_calls, 20);
  EXPECT_EQ(options.breaker.failure_percent, 50);
  EXPECT_EQ(options.breaker.open_for, absl::Seconds(5));
  http::Request request;
  options.authentication.authenticate(request, options.credential);
  EXPECT_EQ(testing::OnlyHeader(request, "x-api-key"), "the-key");
  EXPECT_EQ(options.authentication.refusals, std::vector<int>{401});
  EXPECT_EQ(options.key_overlap, absl::Minutes(10));
  ASSERT_EQ(options.key_files.size(), 1u);
  EXPECT_EQ(options.key_files[0].config_key, "concero.api_key_file");
  EXPECT_EQ(options.key_files[0].path, "key");
}

TEST(Settings, OfConceroAreWhatTheFileSays) {
  const Upstream::Options options =
      Concero(absl::StrCat(kUrl,
                           ", timeout: 1500ms, connect_timeout: 1s, max_in_flight: 3,"
                           " max_queued: 4, max_response_bytes: 1MiB, min_tls: \"1.2\","
                           " retry: {max_attempts: 5, initial_backoff: 5ms, max_backoff: 6ms,"
                           " budget_percent: 7}, breaker: {window: 8s, min_calls: 9,"
                           " failure_percent: 10, open_for: 11s}"));
  EXPECT_EQ(options.retry.max_attempts, 5);
  EXPECT_EQ(options.retry.initial_backoff, absl::Milliseconds(5));
  EXPECT_EQ(options.retry.max_backoff, absl::Milliseconds(6));
  EXPECT_EQ(options.retry.budget_percent, 7);
  EXPECT_EQ(options.breaker.window, absl::Seconds(8));
  EXPECT_EQ(options.breaker.min_calls, 9);
  EXPECT_EQ(options.breaker.failure_percent, 10);
  EXPECT_EQ(options.breaker.open_for, absl::Seconds(11));
  EXPECT_EQ(options.http.timeout, absl::Milliseconds(1500));
  EXPECT_EQ(options.http.connect_timeout, absl::Seconds(1));
  EXPECT_EQ(options.http.max_response_bytes, size_t{1} << 20);
  EXPECT_FALSE(options.http.require_tls13);
  EXPECT_EQ(options.limits.max_in_flight, 3u);
  EXPECT_EQ(options.limits.max_queued, 4u);
}

// What LoadConfig makes of this proctorexam section, which needs no concero beside it.
gateway::config::v1::Config OnlyProctorExam(const std::string& more = "") {
  const auto config =
      ParseConfig(absl::StrCat("grpc: {listen: \"127.0.0.1:0\"}\nproctorexam: {api_token_file: t,"
                               " secret_key_file: s, base_url: \"https://i.example/api/v3\"",
                               more, "}\n"),
                  "test.yaml", nullptr);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config();
}

class ProctorExamSettings : public ::testing::Test {
 protected:
  Upstream::Options Of(const Config& config) {
    return ProctorExamUpstream(config.proctorexam(), config.egress(),
                               {Secret("the-token"), Secret("the-secret")}, clock_, random_);
  }
  testing::FakeClock clock_;
  testing::FakeRandom random_;
};

TEST_F(ProctorExamSettings, AreTheDefaultsOfTheContract) {
  const Upstream::Options options = Of(OnlyProctorExam());
  EXPECT_EQ(options.traits.name, "proctorexam");
  EXPECT_EQ(options.traits.forbidden, Reason::kUpstreamNotAuthorized);
  EXPECT_EQ(options.http.base_url, "https://i.example:443/api/v3");
  EXPECT_EQ(options.http.timeout, absl::Seconds(10));
  EXPECT_EQ(options.http.connect_timeout, absl::Seconds(3));
  EXPECT_EQ(options.http.max_response_bytes, size_t{8} << 20);
  EXPECT_FALSE(options.http.require_tls13);
  EXPECT_EQ(options.limits.max_in_flight, 64u);
  EXPECT_EQ(options.limits.max_queued, 256u);
  EXPECT_EQ(options.retry.max_attempts, 3);
  EXPECT_EQ(options.retry.initial_backoff, absl::Milliseconds(100));
  EXPECT_EQ(options.retry.max_backoff, absl::Seconds(2));
  EXPECT_EQ(options.retry.budget_percent, 20);
  EXPECT_EQ(options.breaker.window, absl::Seconds(30));
  EXPECT_EQ(options.breaker.min_calls, 20);
  EXPECT_EQ(options.breaker.failure_percent, 50);
  EXPECT_EQ(options.breaker.open_for, absl::Seconds(5));
}

TEST_F(ProctorExamSettings, AreWhatTheFileSays) {
  Config config = OnlyProctorExam(
      ", timeout: 1500ms, connect_timeout: 1s, max_in_flight: 3, max_queued: 4,"
      " max_response_bytes: 1MiB, min_tls: \"1.3\"");
  config.mutable_egress()->set_ca_file("/etc/ca.pem");
  const Upstream::Options options = Of(config);
  EXPECT_EQ(options.http.timeout, absl::Milliseconds(1500));
  EXPECT_EQ(options.http.connect_timeout, absl::Seconds(1));
  EXPECT_EQ(options.http.max_response_bytes, size_t{1} << 20);
  EXPECT_TRUE(options.http.require_tls13);
  EXPECT_EQ(options.http.ca_file, "/etc/ca.pem");
  EXPECT_EQ(options.limits.max_in_flight, 3u);
  EXPECT_EQ(options.limits.max_queued, 4u);
}

TEST_F(ProctorExamSettings, SignEachSendWithTheTokenAndTheSecretKey) {
  const Upstream::Options options = Of(OnlyProctorExam());
  http::Request request;
  options.authentication.authenticate(request, options.credential);
  EXPECT_EQ(testing::OnlyHeader(request, "Authorization"), "Token token=the-token");
  EXPECT_TRUE(absl::StrContains(request.target, "signature="));
  EXPECT_EQ(options.authentication.refusals, (std::vector<int>{401, 403}));
  ASSERT_EQ(options.key_files.size(), 2u);
  EXPECT_EQ(options.key_files[0].config_key, "proctorexam.api_token_file");
  EXPECT_EQ(options.key_files[1].config_key, "proctorexam.secret_key_file");
}

TEST(Settings, OfEgressAreEveryUpstreams) {
  Config config = Parsed(kUrl);
  config.mutable_egress()->set_ca_file("/etc/ca.pem");
  config.mutable_egress()->set_proxy("http://Proxy.example:3128");
  config.mutable_egress()->set_interface("eth1");
  config.mutable_egress()->add_allow_private("10.0.0.0/8");
  const http::UpstreamOptions options =
      ConceroUpstream(config.concero(), config.egress(), {Secret("k")}).http;
  EXPECT_EQ(options.ca_file, "/etc/ca.pem");
  ASSERT_TRUE(options.proxy);
  EXPECT_EQ(options.proxy->at, (HostPort{"proxy.example", 3128, false, false}));
  EXPECT_EQ(options.local_end, (LocalEnd{"eth1", ""}));
  EXPECT_TRUE(options.egress.Permits(*IpAddress::Parse("10.1.2.3")));
  EXPECT_FALSE(options.egress.Permits(*IpAddress::Parse("192.168.0.1")));
  config.mutable_egress()->set_interface("192.0.2.1");
  EXPECT_EQ(ConceroUpstream(config.concero(), config.egress(), {Secret("k")}).http.local_end,
            (LocalEnd{"", "192.0.2.1"}));
}

TEST(Settings, OfEgressAreADirectWayToPublicAddressesByDefault) {
  const http::UpstreamOptions options = Concero(kUrl).http;
  EXPECT_FALSE(options.proxy);
  EXPECT_EQ(options.local_end.interface, "");
  EXPECT_EQ(options.local_end.address, "");
  EXPECT_FALSE(options.egress.Permits(*IpAddress::Parse("10.0.0.1")));
  EXPECT_EQ(options.max_connection_life, absl::Minutes(10));
}

TEST(Settings, LetLocalhostInTheUrlLeadToLoopbackAndNowhereElse) {
  const http::EgressPolicy localhost = Concero("base_url: \"http://localhost:80\"").http.egress;
  for (const char* address : {"127.0.0.1", "::1"}) {
    EXPECT_TRUE(localhost.Permits(*IpAddress::Parse(address))) << address;
  }
  EXPECT_FALSE(localhost.Permits(*IpAddress::Parse("10.0.0.1")));
  const http::EgressPolicy other = Concero("base_url: \"https://localhost.example\"").http.egress;
  EXPECT_FALSE(other.Permits(*IpAddress::Parse("127.0.0.1")));
}

TEST(Settings, OfTheEchoAreItsUrlAndTheWayOut) {
  Config config = Parsed(kUrl);
  EXPECT_FALSE(EchoOptions(config.egress(), Secret("u:p")));
  config.mutable_egress()->set_ca_file("/etc/ca.pem");
  config.mutable_egress()->set_echo_url("https://Ip.example/plain/");
  config.mutable_egress()->set_proxy("http://proxy.example:3128");
  const auto options = EchoOptions(config.egress(), Secret("u:p"));
  ASSERT_TRUE(options);
  EXPECT_EQ(options->base_url, "https://ip.example:443/plain");
  EXPECT_EQ(options->host, "ip.example");
  EXPECT_FALSE(options->require_tls13);
  EXPECT_EQ(options->ca_file, "/etc/ca.pem");
  EXPECT_LE(options->max_response_bytes, 4096u);
  EXPECT_EQ(options->proxy->at.host, "proxy.example");
  EXPECT_EQ(options->proxy->credentials.Reveal(), "u:p");
}

TEST(Settings, OfTheLedgerAreTheDefaultsOrWhatTheFileSays) {
  const auto defaults = Parsed(kUrl);
  EXPECT_EQ(LedgerOptions(defaults.ledger()).max_queued, 4096u);
  EXPECT_EQ(SqliteOptions(defaults.ledger(), Secret()).path, "data/gateway.db");
  EXPECT_EQ(SqliteOptions(defaults.ledger(), Secret()).lock_timeout, absl::Seconds(10));

  Config written = defaults;
  written.mutable_ledger()->clear_sqlite();
  written.mutable_ledger()->set_max_queued(7);
  written.mutable_ledger()->mutable_lease()->set_seconds(18);
  written.mutable_ledger()->mutable_postgres()->set_url_file("url");
  Secrets secrets;
  secrets.ledger_url = Secret("postgresql:///ledger");
  EXPECT_EQ(LedgerOptions(written.ledger()).max_queued, 7u);
  const auto postgres = PostgresOptions(written, secrets);
  EXPECT_EQ(postgres.url.Reveal(), "postgresql:///ledger");
  EXPECT_EQ(postgres.lease, absl::Seconds(18));
  EXPECT_EQ(postgres.renew_every, absl::Seconds(2));  // a quarter of what timeout (10s) leaves
}

TEST(Settings, OfAllocationsAndTheCacheAreTheDefaultsOrWhatTheFileSays) {
  const auto defaults = Parsed(kUrl).concero();
  EXPECT_EQ(AllocatorOptions(defaults).max_idle, absl::Seconds(2));
  EXPECT_EQ(AllocationsOptions(defaults).min_time, absl::Seconds(1));
  EXPECT_EQ(AllocationsOptions(defaults).dedupe_window, absl::Minutes(5));
  EXPECT_EQ(AllocationsOptions(defaults).timeout, absl::Seconds(10));
  EXPECT_FALSE(AllocatorOptions(defaults).distrust_envelope);
  EXPECT_EQ(CacheOptions(defaults).ttl, absl::Seconds(60));
  EXPECT_EQ(CacheOptions(defaults).stale_if_error, absl::Hours(24));

  const auto written =
      Parsed(absl::StrCat(
                 kUrl,
                 ", timeout: 7s, allocation: {max_idle: 4s, min_time: 250ms, dedupe_window: 0s,"
                 " failure_envelope: in_doubt}, examinations: {ttl: 5s, stale_if_error: 0s}"))
          .concero();
  EXPECT_EQ(AllocatorOptions(written).max_idle, absl::Seconds(4));
  EXPECT_EQ(AllocationsOptions(written).min_time, absl::Milliseconds(250));
  EXPECT_EQ(AllocationsOptions(written).dedupe_window, absl::ZeroDuration());
  EXPECT_EQ(AllocationsOptions(written).timeout, absl::Seconds(7));
  EXPECT_TRUE(AllocatorOptions(written).distrust_envelope);
  EXPECT_EQ(CacheOptions(written).ttl, absl::Seconds(5));
  EXPECT_EQ(CacheOptions(written).stale_if_error, absl::ZeroDuration());
}

TEST(Settings, OfDeadlinesAreTheDefaultsOrWhatTheFileSays) {
  const auto defaults = PrologueOptions(Parsed(kUrl).grpc());
  EXPECT_EQ(defaults.default_deadline, absl::Seconds(30));
  EXPECT_EQ(defaults.deadline_margin, absl::Milliseconds(20));
  const auto written =
      PrologueOptions(Parsed(kUrl, ", default_deadline: 5s, deadline_margin: 0s").grpc());
  EXPECT_EQ(written.default_deadline, absl::Seconds(5));
  EXPECT_EQ(written.deadline_margin, absl::ZeroDuration());
}

TEST(Settings, OfCallersAreTheDefaultsOrWhatTheFileSays) {
  EXPECT_FALSE(PrologueOptions(Parsed(kUrl).grpc()).trust_xfcc);
  EXPECT_TRUE(PrologueOptions(Parsed(kUrl, ", trust_xfcc: true").grpc()).trust_xfcc);
  const rpc::Quotas::Options defaults = QuotasOptions(Parsed(kUrl).quotas());
  EXPECT_FALSE(defaults.defaults.per_second);
  EXPECT_FALSE(defaults.defaults.in_flight);
  EXPECT_TRUE(defaults.callers.empty());
  EXPECT_FALSE(defaults.shadow);

  Config config;
  config.mutable_quotas()->mutable_default_()->set_per_second(2.5);
  (*config.mutable_quotas()->mutable_callers())["web"].set_in_flight(7);
  config.mutable_quotas()->set_shadow(true);
  const rpc::Quotas::Options written = QuotasOptions(config.quotas());
  EXPECT_EQ(written.defaults.per_second, 2.5);
  EXPECT_FALSE(written.defaults.in_flight);
  ASSERT_EQ(written.callers.size(), 1u);
  EXPECT_EQ(written.callers.at("web").in_flight, 7);
  EXPECT_FALSE(written.callers.at("web").per_second);
  EXPECT_TRUE(written.shadow);
}

TEST(Settings, OfTheAccessLogAreSampledOrWhatTheFileSays) {
  gateway::config::v1::LogConfig config;
  for (const auto& [text, mode] :
       std::map<std::string, observe::AccessMode>{{"sampled", observe::AccessMode::kSampled},
                                                  {"all", observe::AccessMode::kAll},
                                                  {"errors", observe::AccessMode::kErrors}}) {
    config.set_access(text);
    EXPECT_EQ(AccessModeOf(config), mode) << text;
  }
}

}  // namespace
}  // namespace gw::app
