#include "service/rest/authenticating_transport.h"

#include <gtest/gtest.h>

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

#include "tests/support/captured_log.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::rest {
namespace {

using http::ErrorKind;
using http::Outcome;
using http::Phase;
using testing::Answered;
using testing::Broken;
using testing::OnlyHeader;

class AuthenticatingTransportTest : public ::testing::Test {
 protected:
  static keys::Credential Of(const std::string& key) { return {Secret(std::string(key))}; }

  // What the next requests are answered with, in the end.
  void Start(http::Request request = {}) {
    told_.reset();
    transport_.Start(std::move(request), [this](Outcome outcome) { told_ = std::move(outcome); });
  }
  int Status() const { return std::get<http::Response>(told_.value()).status; }
  std::optional<std::string> KeyOf(size_t n) { return OnlyHeader(inner_.request(n), "key"); }

  testing::FakeClock clock_;
  testing::FakeTransport inner_;
  testing::CapturedLog log_;
  keys::KeyRing ring_{Of("old key"), absl::Minutes(10), clock_};
  AuthenticatingTransport transport_{
      inner_, ring_, {"up", {401}, [](http::Request& request, const keys::Credential& credential) {
                        request.headers.push_back({"key", std::string(credential[0].Reveal())});
                      }}};
  std::optional<Outcome> told_;
};

TEST_F(AuthenticatingTransportTest, AddsTheCredentialAndChangesNothingElse) {
  std::stop_source stop;
  http::Request request;
  request.method = http::Method::kPost;
  request.target = "/report";
  request.headers = {{"Accept", "application/json"}};
  request.body = "{}";
  request.deadline = Instant::FromNanos(77);
  request.cancel = stop.get_token();
  request.one_shot = true;
  request.max_idle = absl::Seconds(5);
  request.before_send = [] { return false; };
  Start(std::move(request));
  ASSERT_EQ(inner_.sent(), 1u);
  http::Request& sent = inner_.request(0);
  EXPECT_EQ(KeyOf(0), "old key");
  EXPECT_EQ(OnlyHeader(sent, "Accept"), "application/json");
  EXPECT_EQ(sent.headers.size(), 2u);
  EXPECT_EQ(sent.method, http::Method::kPost);
  EXPECT_EQ(sent.target, "/report");
  EXPECT_EQ(sent.body, "{}");
  EXPECT_EQ(sent.deadline, Instant::FromNanos(77));
  EXPECT_TRUE(sent.one_shot);
  EXPECT_EQ(sent.max_idle, absl::Seconds(5));
  ASSERT_TRUE(sent.before_send);
  EXPECT_FALSE(sent.before_send());
  stop.request_stop();
  EXPECT_TRUE(sent.cancel.stop_requested());
}

TEST_F(AuthenticatingTransportTest, EachSendHasTheKeyOfItsOwnMoment) {
  Start();
  ring_.Replace(Of("new key"));
  Start();
  EXPECT_EQ(KeyOf(0), "old key");
  EXPECT_EQ(KeyOf(1), "new key");
}

TEST_F(AuthenticatingTransportTest, WithoutAPreviousKeyARefusalIsTheAnswer) {
  Start();
  inner_.Answer(0, Answered(401, "body"));
  EXPECT_EQ(inner_.sent(), 1u);
  EXPECT_EQ(Status(), 401);
  EXPECT_EQ(std::get<http::Response>(*told_).body, "body");
}

TEST_F(AuthenticatingTransportTest, WhatTheNewKeyIsRefusedIsTriedOnceWithThePreviousOne) {
  ring_.Replace(Of("new key"));
  http::Request request;
  request.target = "/allocate-candidate";
  request.body = "{}";
  request.one_shot = true;
  Start(std::move(request));
  EXPECT_EQ(KeyOf(0), "new key");
  inner_.Answer(0, Answered(401));
  EXPECT_FALSE(told_);
  ASSERT_EQ(inner_.sent(), 2u);
  EXPECT_EQ(KeyOf(1), "old key");
  EXPECT_EQ(inner_.request(1).target, "/allocate-candidate");
  EXPECT_EQ(inner_.request(1).body, "{}");
  EXPECT_TRUE(inner_.request(1).one_shot);
  inner_.Answer(1, Answered(201));
  EXPECT_EQ(Status(), 201);
  EXPECT_EQ(transport_.saved_by_previous(), 1u);
}

TEST_F(AuthenticatingTransportTest, WhatBothAreRefusedIsRefused) {
  ring_.Replace(Of("new key"));
  Start();
  inner_.Answer(0, Answered(401));
  inner_.Answer(1, Answered(401));
  EXPECT_EQ(inner_.sent(), 2u);
  EXPECT_EQ(Status(), 401);
  EXPECT_EQ(transport_.saved_by_previous(), 0u);
}

TEST_F(AuthenticatingTransportTest, WhoAsksAboutTheOneInUseIsToldOfNoOther) {
  AuthenticatingTransport diagnostic(
      inner_, ring_, {"up", {401}, [](http::Request&, const keys::Credential&) {}, false});
  ring_.Replace(Of("new key"));
  inner_.PrepareAnswer(Answered(401));
  diagnostic.Start({}, [this](Outcome outcome) { told_ = std::move(outcome); });
  EXPECT_EQ(inner_.sent(), 1u);
  EXPECT_EQ(Status(), 401);
}

TEST_F(AuthenticatingTransportTest, SuccessProvesAKey) {
  ring_.Replace(Of("second key"));
  Start();
  inner_.Answer(0, Answered(200));
  ring_.Replace(Of("third key"));
  EXPECT_EQ(ring_.Now().previous->at(0).Reveal(), "second key");
}

// A middlebox may say so, or an upstream that has not looked at the key yet.
TEST_F(AuthenticatingTransportTest, OnlySuccessProvesAKey) {
  Start();
  inner_.Answer(0, Answered(200));
  ring_.Replace(Of("mistyped"));
  for (size_t n = 1; const int status : {302, 403, 404, 429, 503}) {
    Start();
    inner_.Answer(n++, Answered(status));
    EXPECT_EQ(Status(), status);
  }
  ring_.Replace(Of("new key"));
  EXPECT_EQ(ring_.Now().previous->at(0).Reveal(), "old key");
}

TEST_F(AuthenticatingTransportTest, AfterTheOverlapThePreviousKeyIsNotTried) {
  ring_.Replace(Of("new key"));
  clock_.Advance(absl::Minutes(10));
  Start();
  inner_.Answer(0, Answered(401));
  EXPECT_EQ(Status(), 401);
}

TEST_F(AuthenticatingTransportTest, OnlyARefusalOfTheCredentialIsTriedAgain) {
  ring_.Replace(Of("new key"));
  for (const int status : {200, 302, 400, 403, 404, 422, 429, 500}) {
    inner_.PrepareAnswer(Answered(status));
    const size_t before = inner_.sent();
    Start();
    EXPECT_EQ(inner_.sent(), before + 1) << status;
    EXPECT_EQ(Status(), status);
  }
  inner_.PrepareAnswer(Broken(ErrorKind::kConnectionLost, Phase::kWritten));
  const size_t before = inner_.sent();
  Start();
  EXPECT_EQ(inner_.sent(), before + 1);
  EXPECT_EQ(std::get<http::TransportError>(*told_).phase, Phase::kWritten);
}

// The second send may have been executed, whatever became of the first.
TEST_F(AuthenticatingTransportTest, AnUnknownOutcomeOfTheSecondSendIsTold) {
  ring_.Replace(Of("new key"));
  Start();
  inner_.Answer(0, Answered(401));
  inner_.Answer(1, Broken(ErrorKind::kTimeout, Phase::kWritten));
  EXPECT_EQ(std::get<http::TransportError>(told_.value()).kind, ErrorKind::kTimeout);
  EXPECT_EQ(std::get<http::TransportError>(told_.value()).phase, Phase::kWritten);
}

TEST_F(AuthenticatingTransportTest, WhoMayNotSendAgainHearsTheRefusal) {
  ring_.Replace(Of("new key"));
  Start();
  inner_.Answer(0, Answered(401));
  inner_.Answer(1, Broken(ErrorKind::kRefused, Phase::kConnected));
  EXPECT_EQ(Status(), 401);
}

TEST_F(AuthenticatingTransportTest, AKeyThatTheUpstreamTookIsThePreviousOneLater) {
  inner_.PrepareAnswer(Answered(404));
  Start();
  ring_.Replace(Of("wrong key"));
  inner_.PrepareAnswer(Answered(401));
  inner_.PrepareAnswer(Answered(200));
  Start();
  ring_.Replace(Of("new key"));
  inner_.PrepareAnswer(Answered(401));
  Start();
  EXPECT_EQ(KeyOf(inner_.sent() - 2), "new key");
  EXPECT_EQ(KeyOf(inner_.sent() - 1), "old key");
}

TEST_F(AuthenticatingTransportTest, ANewKeyThatIsRefusedIsLoggedOnceWithoutTheKey) {
  ring_.Replace(Of("new key"));
  for (int i = 0; i < 3; ++i) {
    inner_.PrepareAnswer(Answered(401));
    inner_.PrepareAnswer(Answered(200));
    Start();
  }
  const std::string text = log_.TakeText();
  EXPECT_EQ(text.find("credential_refused"), text.rfind("credential_refused")) << text;
  EXPECT_NE(text.find("\"upstream\":\"up\""), std::string::npos) << text;
  EXPECT_EQ(text.find("new key"), std::string::npos) << text;
}

}  // namespace
}  // namespace gw::rest
