#include "service/http/observed_transport.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/observe/log.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;
using testing::FakeClock;
using testing::FakeTransport;

class FakeMetrics : public observe::UpstreamMetrics {
 public:
  void Started() override { ++active; }
  void Finished(absl::string_view result, absl::Duration took) override {
    --active;
    finished.push_back(absl::StrCat(result, " ", absl::FormatDuration(took)));
  }
  int active = 0;
  std::vector<std::string> finished;
};

class ObservedTransportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { observe::SetLogLevel(observe::LogLevel::kError); }
  static void TearDownTestSuite() { observe::SetLogLevel(observe::LogLevel::kInfo); }

  void SetUp() override {
    health_.SetListener([this](const std::string& component, bool well) {
      changes_.push_back(absl::StrCat(component, well ? " well" : " unwell"));
    });
  }

  // Sends a request that ends at once with `outcome`.
  void Send(Outcome outcome) {
    inner_.PrepareAnswer(std::move(outcome));
    transport_.Start(Request(), [](Outcome) {});
  }

  // `well`, or why not.
  std::string Health() {
    const auto component = health_.components().at("concero");
    EXPECT_EQ(component.reason.empty(), component.well);
    return component.well ? "well" : component.reason;
  }

  FakeTransport inner_;
  FakeMetrics metrics_;
  observe::Health health_;
  FakeClock clock_;
  std::vector<std::string> changes_;
  ObservedTransport transport_{
      inner_, {"concero", Reason::kUpstreamIpNotAllowed, "not allowed"}, metrics_, health_, clock_};
};

TEST_F(ObservedTransportTest, CountsRequestsUntilTheyEnd) {
  for (int i = 0; i < 3; ++i) transport_.Start(Request(), [](Outcome) {});
  EXPECT_EQ(metrics_.active, 3);
  inner_.Answer(1, Answered(200));
  EXPECT_EQ(metrics_.active, 2);
  inner_.Answer(0, Broken(ErrorKind::kTimeout));
  EXPECT_EQ(metrics_.active, 1);
  inner_.Drop(2);
  EXPECT_EQ(metrics_.active, 0);
}

TEST_F(ObservedTransportTest, TimesEachRequest) {
  transport_.Start(Request(), [](Outcome) {});
  clock_.Advance(absl::Milliseconds(100));
  transport_.Start(Request(), [](Outcome) {});
  clock_.Advance(absl::Milliseconds(50));
  inner_.Answer(0, Answered(200));
  inner_.Answer(1, Answered(500));
  EXPECT_EQ(metrics_.finished, (std::vector<std::string>{"2xx 150ms", "5xx 50ms"}));
}

TEST_F(ObservedTransportTest, NamesResultsByStatusClassOrKindOfFailure) {
  const struct {
    Outcome outcome;
    const char* result;
  } kCases[] = {
      {Answered(100), "1xx"},
      {Answered(200), "2xx"},
      {Answered(299), "2xx"},
      {Answered(302), "3xx"},
      {Answered(401), "4xx"},
      {Answered(599), "5xx"},
      {Answered(600), "other"},
      {Answered(0), "other"},
      {Answered(999), "other"},
      {Broken(ErrorKind::kConnectionLost), "connection_lost"},
      {Broken(ErrorKind::kTimeout), "timeout"},
      {Broken(ErrorKind::kOverloaded), "overloaded"},
      {Broken(ErrorKind::kTls), "tls"},
  };
  for (const auto& [outcome, result] : kCases) {
    Send(outcome);
    EXPECT_EQ(metrics_.finished.back(), absl::StrCat(result, " 0"));
  }
}

TEST_F(ObservedTransportTest, HandsRequestAndOutcomeOverUnchanged) {
  Request request;
  request.target = "/examinations";
  std::vector<int> statuses;
  transport_.Start(std::move(request), [&](Outcome outcome) {
    statuses.push_back(std::get<Response>(outcome).status);
  });
  EXPECT_EQ(inner_.request(0).target, "/examinations");
  inner_.Answer(0, Answered(418));
  EXPECT_EQ(statuses, std::vector<int>{418});
}

TEST_F(ObservedTransportTest, TheUpstreamIsKnownAndWellFromTheStart) {
  EXPECT_EQ(Health(), "well");
}

TEST_F(ObservedTransportTest, TheUpstreamIsUnwellWhenItOrOurWayToItFails) {
  const struct {
    const char* name;
    Outcome outcome;
    const char* reason;
  } kCases[] = {
      {"500", Answered(500), "UPSTREAM_UNAVAILABLE"},
      {"503", Answered(503), "UPSTREAM_UNAVAILABLE"},
      {"401", Answered(401), "UPSTREAM_KEY_REJECTED"},
      {"403", Answered(403), "UPSTREAM_IP_NOT_ALLOWED"},
      {"redirect", Answered(302), "UPSTREAM_REDIRECTED"},
      {"no name", Broken(ErrorKind::kResolve), "UPSTREAM_UNAVAILABLE"},
      {"no connection", Broken(ErrorKind::kConnect), "UPSTREAM_UNAVAILABLE"},
      {"reset", Broken(ErrorKind::kConnectionLost), "UPSTREAM_UNAVAILABLE"},
      {"timeout", Broken(ErrorKind::kTimeout), "UPSTREAM_UNAVAILABLE"},
      {"TLS", Broken(ErrorKind::kTls), "UPSTREAM_TLS_FAILED"},
      {"address", Broken(ErrorKind::kAddressRefused), "EGRESS_REFUSED"},
      {"proxy", Broken(ErrorKind::kProxyRefused), "EGRESS_REFUSED"},
      {"not HTTP", Broken(ErrorKind::kProtocol), "UPSTREAM_BAD_RESPONSE"},
      {"too large", Broken(ErrorKind::kTooLarge), "UPSTREAM_BAD_RESPONSE"},
  };
  for (const auto& c : kCases) {
    Send(Answered(200));
    ASSERT_EQ(Health(), "well") << c.name;
    Send(c.outcome);
    EXPECT_EQ(Health(), c.reason) << c.name;
  }
}

TEST_F(ObservedTransportTest, TheUpstreamIsWellAgainWhenItAnswersARequest) {
  for (const int status : {200, 201, 400, 404, 422, 429}) {
    Send(Answered(503));
    ASSERT_NE(Health(), "well");
    Send(Answered(status));
    EXPECT_EQ(Health(), "well") << status;
  }
}

TEST_F(ObservedTransportTest, WhatCallersOrWeDidSaysNothingOfTheUpstream) {
  for (const ErrorKind kind :
       {ErrorKind::kCancelled, ErrorKind::kDeadline, ErrorKind::kOverloaded, ErrorKind::kShutdown,
        ErrorKind::kRefused, ErrorKind::kBadRequest, ErrorKind::kMemory, ErrorKind::kCircuitOpen}) {
    Send(Answered(200));
    Send(Broken(kind, Phase::kNotConnected));
    EXPECT_EQ(Health(), "well") << ErrorKindName(kind);
    Send(Answered(401));
    Send(Broken(kind, Phase::kNotConnected));
    EXPECT_EQ(Health(), "UPSTREAM_KEY_REJECTED") << ErrorKindName(kind);
  }
}

TEST_F(ObservedTransportTest, AKeptConnectionThatWasClosedSaysNothingOfTheUpstream) {
  TransportError lost{ErrorKind::kConnectionLost, Phase::kWritten, ""};
  lost.kept_connection = true;
  Send(lost);
  EXPECT_EQ(Health(), "well");
  lost.phase = Phase::kAnswering;
  Send(lost);
  EXPECT_EQ(Health(), "UPSTREAM_UNAVAILABLE");
}

TEST_F(ObservedTransportTest, EveryTurnIsToldOnce) {
  for (const int status : {200, 200, 503, 500, 401, 200, 404, 503}) Send(Answered(status));
  EXPECT_EQ(changes_, (std::vector<std::string>{"concero well", "concero unwell", "concero well",
                                                "concero unwell"}));
}

TEST_F(ObservedTransportTest, NamesFewResultsWhateverComes) {
  std::set<std::string> results;
  for (int status = -1100; status <= 1100; ++status) Send(Answered(status));
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    Send(Broken(static_cast<ErrorKind>(kind)));
  }
  for (const std::string& line : metrics_.finished) results.insert(line.substr(0, line.find(' ')));
  EXPECT_EQ(results, (std::set<std::string>{"1xx",
                                            "2xx",
                                            "3xx",
                                            "4xx",
                                            "5xx",
                                            "other",
                                            "resolve",
                                            "connect",
                                            "tls",
                                            "connection_lost",
                                            "protocol",
                                            "too_large",
                                            "timeout",
                                            "deadline",
                                            "cancelled",
                                            "refused",
                                            "overloaded",
                                            "shutdown",
                                            "bad_request",
                                            "internal",
                                            "memory",
                                            "circuit_open",
                                            "address_refused",
                                            "proxy_auth",
                                            "proxy_refused"}));
}

}  // namespace
}  // namespace gw::http
