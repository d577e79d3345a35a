#include "service/http/breaker_transport.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/captured_log.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;

class BreakerTransportTest : public ::testing::Test {
 protected:
  // Starts a request; its outcome lands in told_.
  void Start(Transport& transport) {
    transport.Start(Request(), [this](Outcome outcome) { told_.push_back(std::move(outcome)); });
  }
  void Answer(int times, const Outcome& outcome) {
    for (int i = 0; i < times; ++i) {
      inner_.PrepareAnswer(outcome);
      Start(breaker_);
    }
  }
  void ExpectRefused(size_t sent, absl::Duration retry_after) {
    const auto* error = std::get_if<TransportError>(&told_.back());
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->kind, ErrorKind::kCircuitOpen);
    EXPECT_TRUE(error->NothingSent());
    EXPECT_EQ(error->retry_after, retry_after);
    EXPECT_EQ(inner_.sent(), sent);
  }

  std::vector<Outcome> told_;  // first: told until the last of the others is gone
  testing::FakeClock clock_;
  testing::FakeTransport inner_;
  BreakerTransport breaker_{
      inner_, "upstream", {absl::Seconds(30), 4, 50, absl::Seconds(5)}, clock_};
  BreakerTransport::Door door_{breaker_, breaker_};
};

TEST_F(BreakerTransportTest, PassesEverythingOnWhileClosed) {
  Request request;
  request.target = "/report";
  breaker_.Start(std::move(request), [this](Outcome o) { told_.push_back(std::move(o)); });
  EXPECT_EQ(inner_.request(0).target, "/report");
  inner_.Answer(0, Answered(404, "body"));
  EXPECT_EQ(std::get<Response>(told_.at(0)).body, "body");
}

TEST_F(BreakerTransportTest, SendsNothingWhileOpenAndSaysWhenToAskAgain) {
  Answer(4, Answered(503));
  ASSERT_EQ(breaker_.state(), Breaker::State::kOpen);
  Start(breaker_);
  ExpectRefused(4, absl::Seconds(5));
  clock_.Advance(absl::Seconds(2));
  Start(door_);
  ExpectRefused(4, absl::Seconds(3));
}

TEST_F(BreakerTransportTest, ItsDoorRefusesBeforeAnythingIsAskedForAPlace) {
  testing::FakeTransport limit;
  BreakerTransport::Door door(limit, breaker_);
  Start(door);
  ASSERT_EQ(limit.sent(), 1u);
  Answer(4, Answered(503));
  Start(door);
  ExpectRefused(4, absl::Seconds(5));
  EXPECT_EQ(limit.sent(), 1u);
}

TEST_F(BreakerTransportTest, LetsAProbeThroughAndClosesWhenItIsAnswered) {
  Answer(4, Broken(ErrorKind::kConnect, Phase::kNotConnected));
  clock_.Advance(absl::Seconds(5));
  Start(door_);
  ASSERT_EQ(inner_.sent(), 5u);
  EXPECT_EQ(breaker_.state(), Breaker::State::kHalfOpen);
  Start(breaker_);
  ExpectRefused(5, absl::Seconds(1));
  Start(door_);
  ExpectRefused(5, absl::Seconds(1));
  inner_.Answer(4, Answered(200));
  EXPECT_EQ(breaker_.state(), Breaker::State::kClosed);
  Start(door_);
  EXPECT_EQ(inner_.sent(), 6u);
  inner_.Answer(5, Answered(200));
}

TEST_F(BreakerTransportTest, AProbeThatIsRefusedUntilSomebodyActsLetsEverybodyHearSo) {
  for (const ErrorKind kind : {ErrorKind::kTls, ErrorKind::kAddressRefused, ErrorKind::kProxyAuth,
                               ErrorKind::kProxyRefused}) {
    Answer(4, Answered(503));
    ASSERT_EQ(breaker_.state(), Breaker::State::kOpen);
    clock_.Advance(absl::Seconds(5));
    Answer(1, Broken(kind, Phase::kNotConnected));
    EXPECT_EQ(breaker_.state(), Breaker::State::kClosed) << ErrorKindName(kind);
    Answer(20, Broken(kind, Phase::kNotConnected));
    EXPECT_EQ(breaker_.state(), Breaker::State::kClosed) << ErrorKindName(kind);
  }
}

TEST_F(BreakerTransportTest, OpensForAnUpstreamThatHangsThoughCallersWaitLessThanItsTimeout) {
  for (size_t i = 0; i < 4; ++i) Start(breaker_);
  clock_.Advance(absl::Seconds(3));
  for (size_t i = 0; i < 4; ++i) inner_.Answer(i, Broken(ErrorKind::kDeadline, Phase::kWritten));
  EXPECT_EQ(breaker_.state(), Breaker::State::kOpen);
}

TEST_F(BreakerTransportTest, AProbeThatIsDroppedMakesRoomForTheNext) {
  Answer(4, Answered(500));
  clock_.Advance(absl::Seconds(5));
  Start(breaker_);
  inner_.Drop(4);
  Start(breaker_);
  EXPECT_EQ(inner_.sent(), 6u);
  inner_.Answer(5, Answered(200));
}

TEST_F(BreakerTransportTest, WritesEveryChangeIntoTheLogOnce) {
  testing::CapturedLog log;
  Answer(4, Answered(503));
  for (int i = 0; i < 3; ++i) Start(breaker_);
  clock_.Advance(absl::Seconds(5));
  Answer(1, Answered(200));
  std::vector<std::string> states;
  for (const auto& line : log.Take()) {
    EXPECT_EQ(line.at("event"), "breaker");
    EXPECT_EQ(line.at("upstream"), "upstream");
    states.push_back(line.at("state"));
  }
  EXPECT_EQ(states, (std::vector<std::string>{"open", "half_open", "closed"}));
}

}  // namespace
}  // namespace gw::http
