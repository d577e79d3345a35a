#include "service/app/config.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <ctime>

#include "absl/strings/str_cat.h"
#include "service/app/config_defaults.h"

namespace gw::app {
namespace {

using gateway::config::v1::Config;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kConcero[] = "concero: {base_url: \"https://portal.example\", api_key_file: key}\n";

Config Parse(const std::string& text) {
  const auto config = ParseConfig(text, "test.yaml", nullptr);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(Config());
}

std::string ErrorOf(const std::string& text) {
  return std::string(ParseConfig(text, "test.yaml", nullptr).status().message());
}

// Written out from the contract by hand, as the other side of config_defaults.cc.
constexpr char kContract[] = R"pb(
  grpc {
    listen: "0.0.0.0:50051"
    reflection: true
    channelz: false
    allow_plaintext: false
    trust_xfcc: false
    default_deadline { seconds: 30 }
    deadline_margin { nanos: 20000000 }
  }
  admin { listen: "127.0.0.1:9901" }
  shutdown {
    pause { seconds: 5 }
    grace { seconds: 30 }
  }
  log { level: "info" access: "sampled" }
  concero {
    timeout { seconds: 10 }
    connect_timeout { seconds: 3 }
    max_in_flight: 64
    max_queued: 256
    max_response_bytes { bytes: 8388608 }
    min_tls: "1.3"
    allow_plaintext: false
    key_overlap { seconds: 600 }
    retry {
      max_attempts: 3
      initial_backoff { nanos: 100000000 }
      max_backoff { seconds: 2 }
      budget_percent: 20
    }
    breaker {
      window { seconds: 30 }
      min_calls: 20
      failure_percent: 50
      open_for { seconds: 5 }
    }
    examinations {
      ttl { seconds: 60 }
      stale_while_revalidate { seconds: 600 }
      stale_if_error { seconds: 86400 }
    }
    allocation {
      dedupe_window { seconds: 300 }
      max_idle { seconds: 2 }
      min_time { seconds: 1 }
      failure_envelope: "failed"
    }
    report { min_poll_interval { seconds: 30 } }
  }
  proctorexam {
    timeout { seconds: 10 }
    connect_timeout { seconds: 3 }
    max_in_flight: 64
    max_queued: 256
    max_response_bytes { bytes: 8388608 }
    min_tls: "1.2"
    allow_plaintext: false
    key_overlap { seconds: 600 }
    retry {
      max_attempts: 3
      initial_backoff { nanos: 100000000 }
      max_backoff { seconds: 2 }
      budget_percent: 20
    }
    breaker {
      window { seconds: 30 }
      min_calls: 20
      failure_percent: 50
      open_for { seconds: 5 }
    }
  }
  ledger {
    retention { seconds: 2592000 }
    lease { seconds: 15 }
    max_queued: 4096
    sqlite {
      path: "data/gateway.db"
      lock_timeout { seconds: 10 }
    }
  }
)pb";

TEST(ConfigDefaults, AreThoseOfTheContract) {
  Config contract, user;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kContract, &contract));
  user.mutable_concero();
  user.mutable_proctorexam();
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(contract, DefaultsFor(user))) << difference;
}

TEST(ConfigDefaults, FillAnUpstreamOnlyWhenTheFileHasIt) {
  EXPECT_FALSE(DefaultsFor(Config()).has_concero());
  EXPECT_FALSE(DefaultsFor(Config()).has_proctorexam());
  EXPECT_FALSE(Parse(std::string(kConcero) + "grpc: {allow_plaintext: true}").has_proctorexam());
}

TEST(ConfigDefaults, GiveNoSqliteBesidePostgres) {
  const Config config = Parse(std::string(kConcero) +
                              "grpc: {allow_plaintext: true}\nledger: {postgres: {url_file: u}}");
  EXPECT_FALSE(config.ledger().has_sqlite());
  EXPECT_EQ(config.ledger().lease().seconds(), 15);
}

TEST(ParseConfig, KeepsDefaultsBesideWhatTheFileSets) {
  const Config config = Parse(
      "concero: {base_url: \"https://p.example\", api_key_file: k, retry: {max_attempts: 7}}\n"
      "grpc: {listen: \"127.0.0.1:0\"}\nadmin:\n");
  EXPECT_EQ(config.concero().retry().max_attempts(), 7);
  EXPECT_EQ(config.concero().retry().budget_percent(), 20);
  EXPECT_EQ(config.concero().max_in_flight(), 64);
  EXPECT_EQ(config.admin().listen(), "127.0.0.1:9901");
}

TEST(ParseConfig, ReplacesADefaultDurationAsAWhole) {
  const Config config = Parse(std::string(kConcero) +
                              "grpc: {allow_plaintext: true, default_deadline: 500ms}\n"
                              "shutdown: {pause: 0s}");
  EXPECT_EQ(config.grpc().default_deadline().seconds(), 0);
  EXPECT_EQ(config.grpc().default_deadline().nanos(), 500'000'000);
  ASSERT_TRUE(config.shutdown().has_pause());
  EXPECT_EQ(config.shutdown().pause().seconds(), 0);
}

TEST(ParseConfig, GivesARuleTheLineOfItsKeyOrElseOfItsSection) {
  EXPECT_THAT(ErrorOf("concero:\n  api_key_file: k\n  base_url: x\n"),
              StartsWith("test.yaml:3: concero.base_url: must begin with"));
  EXPECT_THAT(ErrorOf("\nconcero:\n  api_key_file: k\n"),
              StartsWith("test.yaml:2: concero.base_url: is required"));
  EXPECT_THAT(ErrorOf(kConcero), StartsWith("test.yaml: grpc.listen: would serve"));
}

TEST(ParseConfig, AllowsHttpOnLoopbackOnlyUnlessToldOtherwise) {
  const auto with = [](const std::string& url, const std::string& more) {
    return ErrorOf("grpc: {listen: \"localhost:0\"}\nconcero: {api_key_file: k, base_url: \"" +
                   url + "\"" + more + "}");
  };
  EXPECT_EQ(with("http://127.8.8.8:8080", ""), "");
  EXPECT_EQ(with("http://[::1]:8080/api", ""), "");
  EXPECT_EQ(with("http://localhost", ""), "");
  EXPECT_EQ(with("http://portal.example", ", allow_plaintext: true"), "");
  EXPECT_THAT(with("http://portal.example", ""), HasSubstr("use https://, or set"));
  EXPECT_THAT(with("http://localhost.example", ""), HasSubstr("use https://, or set"));
  EXPECT_THAT(with("http://0.0.0.0", ""), HasSubstr("use https://, or set"));
}

TEST(ParseConfig, IsNotHeldUpByAHostileText) {
  const std::clock_t start = std::clock();
  const size_t size = 100'000;
  for (const char* piece : {"[", "{", "a: {", "- ", "? ", "&a ", "a,", "\"", "a\n", "!", "\n"}) {
    std::string text;
    while (text.size() < size) text += piece;
    EXPECT_NE(ErrorOf(text), "") << piece;
  }
  EXPECT_LT(std::clock() - start, 10 * CLOCKS_PER_SEC) << "of CPU time";
}

TEST(ParseConfig, RefusesAFileOfMoreThanOneMebibyte) {
  std::string text = absl::StrCat(kConcero, "grpc: {allow_plaintext: true}\n#");
  text.resize(1 << 20, ' ');
  EXPECT_EQ(ErrorOf(text), "");
  text += ' ';
  EXPECT_EQ(ErrorOf(text), "test.yaml:1: the file is larger than 1 MiB");
}

}  // namespace
}  // namespace gw::app
