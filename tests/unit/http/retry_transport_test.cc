// What is sent again, and what is told of it.
#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <utility>

#include "tests/support/error_kinds.h"
#include "tests/unit/http/retry_fixture.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;
using testing::OnlyHeader;

TEST_F(RetryTransportTest, PassesOnAtOnceWhatARetryCannotHelp) {
  const Outcome kCases[] = {Answered(200, "body", "X: y\r\n"),
                            Answered(404),
                            Answered(302),
                            Broken(ErrorKind::kTls),
                            Broken(ErrorKind::kDeadline),
                            Broken(ErrorKind::kOverloaded)};
  for (const Outcome& outcome : kCases) {
    const size_t before = inner_.sent();
    Start();
    Answer(outcome);
    EXPECT_EQ(inner_.sent(), before + 1);
    EXPECT_EQ(stopped(), "");
  }
  EXPECT_EQ(timer_.pending(), 0u);
  ASSERT_EQ(told_.size(), 6u);
  EXPECT_EQ(std::get<Response>(told_[0]).body, "body");
  EXPECT_EQ(std::get<Response>(told_[0]).header_block, "X: y\r\n");
  EXPECT_FALSE(std::get<Response>(told_[0]).repeated);
}

TEST_F(RetryTransportTest, StopsAfterAsManySendsAsAreAllowedAndTellsTheLastFailure) {
  Start();
  AnswerThenWait(Answered(500));
  AnswerThenWait(Answered(502));
  Answer(Answered(503));
  EXPECT_EQ(inner_.sent(), 3u);
  EXPECT_EQ(response().status, 503);
  EXPECT_EQ(stopped(), "max_attempts");
}

TEST_F(RetryTransportTest, WithOneAttemptNothingIsSentAgain) {
  RetryTransport::Options once;
  once.max_attempts = 1;
  transport_ = std::make_unique<RetryTransport>(inner_, once, clock_, timer_, random_);
  Start();
  Answer(Broken(ErrorKind::kTimeout));
  EXPECT_EQ(inner_.sent(), 1u);
  EXPECT_EQ(error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(stopped(), "max_attempts");
}

TEST_F(RetryTransportTest, TellsTheUpstreamsFailureWhenOurSideRefusesTheNextSend) {
  const struct {
    ErrorKind kind;
    const char* stopped;
  } kCases[] = {{ErrorKind::kCircuitOpen, "circuit_open"},
                {ErrorKind::kOverloaded, "overloaded"},
                {ErrorKind::kMemory, "overloaded"},
                {ErrorKind::kShutdown, "shutting_down"}};
  for (const auto& c : kCases) {
    Start();
    AnswerThenWait(Answered(502));
    Answer(Broken(c.kind, Phase::kNotConnected));
    EXPECT_EQ(response().status, 502) << c.stopped;
    EXPECT_EQ(stopped(), c.stopped);
  }
  Start();
  Answer(Broken(ErrorKind::kCircuitOpen, Phase::kNotConnected));
  EXPECT_EQ(error().kind, ErrorKind::kCircuitOpen) << "the first send is refused as such";
  EXPECT_EQ(stopped(), "");
}

TEST_F(RetryTransportTest, NeverTakesWhatHasLeftForRefused) {
  for (const ErrorKind kind : {ErrorKind::kMemory, ErrorKind::kShutdown, ErrorKind::kOverloaded,
                               ErrorKind::kCircuitOpen}) {
    for (const Phase phase : testing::kAllPhases) {
      if (phase <= Phase::kConnected) continue;
      for (const bool one_shot : {false, true}) {
        Request request;
        request.one_shot = one_shot;
        Start(std::move(request));
        AnswerThenWait(Broken(ErrorKind::kConnect, Phase::kNotConnected));
        Answer(Broken(kind, phase));
        EXPECT_EQ(error().kind, kind);
        EXPECT_EQ(error().phase, phase) << "it has left, whatever the send before did";
      }
    }
  }
}

TEST_F(RetryTransportTest, RemembersEverySendThatMayHaveLeft) {
  Start();
  AnswerThenWait(Answered(500));
  AnswerThenWait(Broken(ErrorKind::kConnect, Phase::kNotConnected));
  Answer(Answered(404));
  EXPECT_TRUE(response().repeated);
}

TEST_F(RetryTransportTest, SaysWhenToComeBackToAnOpenBreaker) {
  Start();
  AnswerThenWait(Answered(502));
  TransportError refused{ErrorKind::kCircuitOpen, Phase::kNotConnected, ""};
  refused.retry_after = absl::Seconds(4);
  Answer(refused);
  EXPECT_EQ(response().retry_after, absl::Seconds(4));
}

TEST_F(RetryTransportTest, CountsNoRetryThatOurSideRefused) {
  Start();
  AnswerThenWait(Answered(502));
  Answer(Broken(ErrorKind::kOverloaded, Phase::kNotConnected));
  EXPECT_EQ(transport_->retries(), 0u);
}

TEST_F(RetryTransportTest, ReplacesAKeptConnectionAtOnceOnceAndForNothing) {
  RetryTransport::Options none;
  none.budget_percent = 0;
  transport_ = std::make_unique<RetryTransport>(inner_, none, clock_, timer_, random_);
  for (size_t i = 0; i < 5 * static_cast<size_t>(RetryBudget::kFloor); ++i) {
    Start();
    Answer(LostKept());
    ASSERT_EQ(inner_.sent(), 2 * i + 2) << "sent again before any time has passed";
    EXPECT_EQ(inner_.request(2 * i + 1).max_idle, absl::ZeroDuration()) << "on a new one";
    Answer(Answered(200));
    EXPECT_TRUE(response().repeated);
  }
  Start();
  Answer(LostKept());
  AnswerThenWait(Answered(503));
  EXPECT_EQ(inner_.request(inner_.sent() - 1).max_idle, absl::InfiniteDuration())
      << "only the replacement wants a new one";
  Answer(Answered(200));
  // It is not an attempt of those that are allowed, but happens once only.
  Start();
  const size_t first = inner_.sent();
  Answer(LostKept());
  AnswerThenWait(LostKept());
  EXPECT_EQ(inner_.sent(), first + 2);
  AnswerThenWait(Answered(503));
  Answer(Answered(503));
  EXPECT_EQ(inner_.sent(), first + 3);
  EXPECT_EQ(stopped(), "max_attempts");
}

TEST_F(RetryTransportTest, TellsTheLossWhenOurSideRefusesToReplaceTheConnection) {
  Start();
  Answer(LostKept());
  Answer(Broken(ErrorKind::kOverloaded, Phase::kNotConnected));
  EXPECT_EQ(error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(stopped(), "overloaded");
}

TEST_F(RetryTransportTest, TellsAnAnswerThatItMayHaveBeenExecutedBefore) {
  const struct {
    Outcome failure;
    bool may_have_left;
  } kCases[] = {{Answered(500), true},
                {Answered(408), true},
                {Answered(429), false},
                {LostKept(), true},
                {Broken(ErrorKind::kConnectionLost, Phase::kWritten), true},
                {Broken(ErrorKind::kTimeout, Phase::kPartlyWritten), true},
                {Broken(ErrorKind::kConnectionLost, Phase::kConnected), false},
                {Broken(ErrorKind::kResolve, Phase::kNotConnected), false}};
  for (const auto& c : kCases) {
    Start();
    AnswerThenWait(c.failure);
    Answer(Answered(404));
    EXPECT_EQ(response().repeated, c.may_have_left);
    Start();
    AnswerThenWait(c.failure);
    Answer(Broken(ErrorKind::kTls, Phase::kNotConnected));
    EXPECT_EQ(error().NothingSent(), !c.may_have_left);
  }
}

TEST_F(RetryTransportTest, SendsTheSameAgain) {
  testing::FakeRandom random;
  const observe::KeyedHash hash(Secret("a-key"));
  std::stop_source cancel;
  int asked = 0;
  Request request;
  request.method = Method::kPatch;
  request.target = "/student_sessions/7";
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  request.body = "{}";
  request.parameters = {{"id", int64_t{7}, /*in_path=*/true}, {"name", "Zoë"}, {"html", true}};
  request.deadline = In(absl::Minutes(1));
  request.cancel = cancel.get_token();
  request.max_idle = absl::Seconds(5);
  request.record = std::make_shared<observe::CallRecord>("r", std::nullopt, hash, clock_, random);
  request.before_send = [&] { return ++asked > 0; };
  const Request same = request;
  Start(std::move(request));
  AnswerThenWait(Broken(ErrorKind::kConnectionLost));
  AnswerThenWait(Answered(503));

  ASSERT_EQ(inner_.sent(), 3u);
  for (int n = 0; n < 3; ++n) {
    const Request& sent = inner_.request(static_cast<size_t>(n));
    EXPECT_EQ(sent.method, same.method) << n;
    EXPECT_EQ(sent.target, same.target) << n;
    EXPECT_EQ(sent.headers.size(), 2u) << n;
    EXPECT_EQ(OnlyHeader(sent, "Accept"), "application/json") << n;
    EXPECT_EQ(OnlyHeader(sent, "Content-Type"), "application/json") << n;
    EXPECT_EQ(sent.body, "{}") << n;
    EXPECT_EQ(sent.parameters, same.parameters) << n;
    EXPECT_EQ(sent.deadline, same.deadline) << n;
    EXPECT_EQ(sent.cancel, same.cancel) << n;
    EXPECT_EQ(sent.max_idle, same.max_idle) << n;
    EXPECT_EQ(sent.record, same.record) << n;
    EXPECT_FALSE(sent.one_shot) << n;
    ASSERT_TRUE(sent.before_send) << n;
    EXPECT_TRUE(sent.before_send());
    EXPECT_EQ(asked, n + 1) << "asked anew for each send";
  }
  Answer(Answered(200));
}

TEST_F(RetryTransportTest, SendsAOneShotAgainOnlyWhenItHadNoConnection) {
  for (const Phase phase : testing::kAllPhases) {
    const size_t before = inner_.sent();
    Request request;
    request.one_shot = true;
    request.max_idle = absl::Seconds(2);
    Start(std::move(request));
    AnswerThenWait(LostKept(phase));
    const bool again = phase == Phase::kNotConnected;
    ASSERT_EQ(inner_.sent(), before + (again ? 2 : 1));
    EXPECT_TRUE(inner_.request(inner_.sent() - 1).one_shot);
    EXPECT_EQ(inner_.request(inner_.sent() - 1).max_idle, absl::Seconds(2));
    if (again) Answer(Answered(201));
    EXPECT_EQ(told_.size(), static_cast<size_t>(phase) + 1);
  }
}

TEST_F(RetryTransportTest, TellsOnceOfARequestThatIsDroppedAndSendsItNoMore) {
  Start();
  inner_.Drop(0);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(error().kind, ErrorKind::kCancelled);
  Start();
  AnswerThenWait(Answered(503));
  inner_.Drop(2);
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(inner_.sent(), 3u);
}

TEST_F(RetryTransportTest, CountsWhatHasNotEnded) {
  Start();
  EXPECT_EQ(transport_->active(), 1);
  Start();
  inner_.Answer(0, Answered(503));
  EXPECT_EQ(transport_->active(), 2) << "what waits to be sent again counts";
  inner_.Answer(1, Answered(200));
  EXPECT_EQ(transport_->active(), 1);
  timer_.Advance(kFirst);
  inner_.Answer(2, Answered(200));
  EXPECT_EQ(transport_->active(), 0);
}

}  // namespace
}  // namespace gw::http
