#include "service/http/one_shot_sender.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;
using testing::OnlyHeader;

// What was told of one request, and how often.
struct Told {
  std::vector<Outcome> done, late;
};

class OneShotSenderTest : public ::testing::Test {
 protected:
  Told& Send(absl::Duration time_left = absl::InfiniteDuration(),
             const std::stop_token& cancel = {}, Request request = {}) {
    Told& told = told_.emplace_back();
    sender_.Send(
        std::move(request), clock_.Now() + time_left, cancel,
        [&told](Outcome outcome) { told.done.push_back(std::move(outcome)); },
        [&told](const Outcome& outcome) { told.late.push_back(outcome); });
    return told;
  }
  Request& sent(size_t n) { return inner_.request(n); }
  static bool Leaves(const Request& request) { return request.before_send(); }

  static void ExpectTold(const Told& told, ErrorKind kind, bool nothing_sent) {
    ASSERT_EQ(told.done.size(), 1u);
    const auto* error = std::get_if<TransportError>(&told.done[0]);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->kind, kind) << ErrorKindName(error->kind);
    EXPECT_EQ(error->NothingSent(), nothing_sent);
    if (nothing_sent) return;
    EXPECT_EQ(error->phase, Phase::kWritten);
  }

  std::deque<Told> told_;  // first: told until the last of the others is gone
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::FakeTransport inner_;
  OneShotSender sender_{inner_, timer_, clock_, {absl::Seconds(2), absl::Seconds(1)}};
};

TEST_F(OneShotSenderTest, SendsAOneShotOnALatelyUsedConnectionBoundByNoDeadline) {
  testing::FakeRandom random;
  const observe::KeyedHash hash(Secret("a-key"));
  Request request;
  request.method = Method::kPost;
  request.target = "/student_sessions";
  request.headers = {{"Accept", "application/json"}};
  request.body = "{}";
  request.parameters = {{"name", "Zoë"}};
  request.deadline = Instant::FromNanos(77);
  request.max_idle = absl::Hours(1);
  request.record = std::make_shared<observe::CallRecord>("r", std::nullopt, hash, clock_, random);
  const Request same = request;
  Send(absl::Seconds(30), {}, std::move(request));
  ASSERT_EQ(inner_.sent(), 1u);
  EXPECT_TRUE(sent(0).one_shot);
  EXPECT_EQ(sent(0).max_idle, absl::Seconds(2));
  EXPECT_TRUE(sent(0).deadline.IsNever());
  EXPECT_EQ(sent(0).method, Method::kPost);
  EXPECT_EQ(sent(0).target, "/student_sessions");
  EXPECT_EQ(sent(0).headers.size(), 1u);
  EXPECT_EQ(OnlyHeader(sent(0), "Accept"), "application/json");
  EXPECT_EQ(sent(0).body, "{}");
  EXPECT_EQ(sent(0).parameters, same.parameters);
  EXPECT_EQ(sent(0).record, same.record);
}

TEST_F(OneShotSenderTest, TellsTheOutcomeOnce) {
  std::stop_source cancel;
  Told& told = Send(absl::Seconds(30), cancel.get_token());
  EXPECT_TRUE(Leaves(sent(0)));
  EXPECT_TRUE(told.done.empty());
  inner_.Answer(0, Answered(201, "body"));
  ASSERT_EQ(told.done.size(), 1u);
  EXPECT_EQ(std::get<Response>(told.done[0]).status, 201);
  EXPECT_EQ(std::get<Response>(told.done[0]).body, "body");
  EXPECT_EQ(timer_.pending(), 0u);
  timer_.Advance(absl::Minutes(1));
  cancel.request_stop();
  EXPECT_EQ(told.done.size(), 1u);
  EXPECT_TRUE(told.late.empty());
}

TEST_F(OneShotSenderTest, PassesOnEveryErrorOfTheTransport) {
  const struct {
    ErrorKind kind;
    Phase phase;
    bool leaves;
  } kCases[] = {
      {ErrorKind::kResolve, Phase::kNotConnected, false},
      {ErrorKind::kConnect, Phase::kNotConnected, false},
      {ErrorKind::kOverloaded, Phase::kNotConnected, false},
      {ErrorKind::kShutdown, Phase::kNotConnected, false},
      {ErrorKind::kConnectionLost, Phase::kConnected, true},
      {ErrorKind::kConnectionLost, Phase::kPartlyWritten, true},
      {ErrorKind::kTimeout, Phase::kWritten, true},
      {ErrorKind::kTooLarge, Phase::kAnswering, true},
  };
  for (const auto& [kind, phase, leaves] : kCases) {
    Told& told = Send();
    if (leaves) {
      EXPECT_TRUE(Leaves(sent(inner_.sent() - 1)));
    }
    inner_.Answer(inner_.sent() - 1, Broken(kind, phase));
    ASSERT_EQ(told.done.size(), 1u);
    EXPECT_EQ(std::get<TransportError>(told.done[0]).kind, kind);
    EXPECT_EQ(std::get<TransportError>(told.done[0]).phase, phase) << ErrorKindName(kind);
    EXPECT_TRUE(told.late.empty());
  }
}

TEST_F(OneShotSenderTest, BeginsNothingWithLessThanMinTimeLeft) {
  for (const absl::Duration left :
       {absl::Milliseconds(999), absl::ZeroDuration(), absl::Seconds(-5)}) {
    ExpectTold(Send(left), ErrorKind::kDeadline, /*nothing_sent=*/true);
  }
  EXPECT_EQ(inner_.sent(), 0u);
  EXPECT_TRUE(Send(absl::Seconds(1)).done.empty());
  EXPECT_EQ(inner_.sent(), 1u);
}

TEST_F(OneShotSenderTest, LetsNothingLeaveWhenTooLittleTimeIsLeftInTheLastInstant) {
  Told& in_time = Send(absl::Seconds(3));
  Told& too_late = Send(absl::Seconds(3));
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(Leaves(sent(0))) << "min_time is left";
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_FALSE(Leaves(sent(1)));
  inner_.Answer(0, Answered(201));
  inner_.Answer(1, Broken(ErrorKind::kRefused, Phase::kConnected));
  ASSERT_EQ(in_time.done.size(), 1u);
  EXPECT_EQ(std::get<Response>(in_time.done[0]).status, 201);
  ExpectTold(too_late, ErrorKind::kDeadline, /*nothing_sent=*/true);
  EXPECT_TRUE(too_late.late.empty());
}

TEST_F(OneShotSenderTest, TellsOfTooLateOnceAlsoWhenTheDeadlineIsFirst) {
  Told& told = Send(absl::Seconds(3));
  clock_.Advance(absl::Milliseconds(2500));
  EXPECT_FALSE(Leaves(sent(0)));
  timer_.Advance(absl::Milliseconds(500));
  ExpectTold(told, ErrorKind::kDeadline, /*nothing_sent=*/true);
  inner_.Answer(0, Broken(ErrorKind::kRefused, Phase::kConnected));
  EXPECT_EQ(told.done.size(), 1u);
  EXPECT_TRUE(told.late.empty());
}

TEST_F(OneShotSenderTest, IsCalledOffAsLongAsItHasNotLeft) {
  for (const ErrorKind kind : {ErrorKind::kDeadline, ErrorKind::kCancelled}) {
    const size_t n = inner_.sent();
    std::stop_source cancel;
    Told& told = Send(absl::Seconds(3), cancel.get_token());
    EXPECT_FALSE(sent(n).cancel.stop_requested());
    if (kind == ErrorKind::kDeadline) {
      timer_.Advance(absl::Seconds(3));
    } else {
      cancel.request_stop();
    }
    ExpectTold(told, kind, /*nothing_sent=*/true);
    EXPECT_TRUE(sent(n).cancel.stop_requested());
    EXPECT_FALSE(Leaves(sent(n))) << "called off, and yet it leaves";
    inner_.Answer(n, Broken(ErrorKind::kCancelled, Phase::kNotConnected));
    EXPECT_EQ(told.done.size(), 1u) << "told twice";
    EXPECT_TRUE(told.late.empty());
  }
}

TEST_F(OneShotSenderTest, WhatWasCancelledBeforeItWasSentNeverLeaves) {
  std::stop_source cancel;
  cancel.request_stop();
  const Told& told = Send(absl::Seconds(30), cancel.get_token());
  ExpectTold(told, ErrorKind::kCancelled, /*nothing_sent=*/true);
  for (size_t n = 0; n < inner_.sent(); ++n) {
    EXPECT_TRUE(sent(n).cancel.stop_requested());
    EXPECT_FALSE(Leaves(sent(n)));
  }
}

TEST_F(OneShotSenderTest, GoesOnForWhoStopsWaitingAfterItLeftAndTellsHowItEnded) {
  const Outcome kEnds[] = {Answered(201, "late"), Answered(503),
                           Broken(ErrorKind::kTimeout, Phase::kWritten),
                           Broken(ErrorKind::kConnectionLost, Phase::kConnected)};
  for (const ErrorKind kind : {ErrorKind::kDeadline, ErrorKind::kCancelled}) {
    for (const Outcome& end : kEnds) {
      const size_t n = inner_.sent();
      std::stop_source cancel;
      Told& told = Send(absl::Seconds(3), cancel.get_token());
      EXPECT_TRUE(Leaves(sent(n)));
      if (kind == ErrorKind::kDeadline) {
        timer_.Advance(absl::Seconds(3));
      } else {
        cancel.request_stop();
      }
      ExpectTold(told, kind, /*nothing_sent=*/false);
      EXPECT_FALSE(sent(n).cancel.stop_requested()) << "it was taken back";
      EXPECT_TRUE(told.late.empty()) << "before it ended";
      inner_.Answer(n, end);
      EXPECT_EQ(told.done.size(), 1u) << "told twice";
      ASSERT_EQ(told.late.size(), 1u);
      ASSERT_EQ(told.late[0].index(), end.index());
      if (const auto* response = std::get_if<Response>(&end)) {
        EXPECT_EQ(std::get<Response>(told.late[0]).status, response->status);
        EXPECT_EQ(std::get<Response>(told.late[0]).body, response->body);
      } else {
        EXPECT_EQ(std::get<TransportError>(told.late[0]).kind, std::get<TransportError>(end).kind);
      }
    }
  }
}

TEST_F(OneShotSenderTest, OfTheDeadlineAndTheCancelTheFirstIsTold) {
  std::stop_source cancel;
  Told& told = Send(absl::Seconds(3), cancel.get_token());
  EXPECT_TRUE(Leaves(sent(0)));
  cancel.request_stop();
  timer_.Advance(absl::Seconds(3));
  ExpectTold(told, ErrorKind::kCancelled, /*nothing_sent=*/false);
}

TEST_F(OneShotSenderTest, ACallersBeforeSendThatSaysNoKeepsItBack) {
  int asked = 0;
  Request request;
  request.before_send = [&asked] { return ++asked < 0; };
  Told& told = Send(absl::Seconds(30), {}, std::move(request));
  EXPECT_EQ(asked, 0) << "before the last instant";
  EXPECT_FALSE(Leaves(sent(0)));
  EXPECT_EQ(asked, 1);
  inner_.Answer(0, Broken(ErrorKind::kRefused, Phase::kConnected));
  ExpectTold(told, ErrorKind::kRefused, /*nothing_sent=*/true);
  EXPECT_TRUE(told.late.empty());
}

TEST_F(OneShotSenderTest, ACallersBeforeSendThatSaysYesLetsItLeave) {
  int asked = 0;
  Request request;
  request.before_send = [&asked] { return ++asked > 0; };
  Send(absl::Seconds(30), {}, std::move(request));
  EXPECT_TRUE(Leaves(sent(0)));
  EXPECT_EQ(asked, 1);
}

TEST_F(OneShotSenderTest, ACallersBeforeSendIsAskedWhenItHasNotLeftYet) {
  std::stop_source cancel;
  Request request;
  request.before_send = [&cancel] { return cancel.request_stop(); };
  Told& told = Send(absl::Seconds(30), cancel.get_token(), std::move(request));
  EXPECT_FALSE(Leaves(sent(0))) << "called off while it was asked";
  ExpectTold(told, ErrorKind::kCancelled, /*nothing_sent=*/true);
  EXPECT_TRUE(sent(0).cancel.stop_requested());
}

TEST_F(OneShotSenderTest, WhatACallersBeforeSendKeptBackCanStillBeCalledOff) {
  Request request;
  request.before_send = [] { return false; };
  Told& told = Send(absl::Seconds(3), {}, std::move(request));
  EXPECT_FALSE(Leaves(sent(0)));
  timer_.Advance(absl::Seconds(3));
  ExpectTold(told, ErrorKind::kDeadline, /*nothing_sent=*/true);
  EXPECT_TRUE(sent(0).cancel.stop_requested());
}

TEST_F(OneShotSenderTest, ADroppedRequestIsToldOnceAsOneThatMayHaveLeft) {
  Told& waiting = Send(absl::Seconds(3));
  inner_.Drop(0);
  ExpectTold(waiting, ErrorKind::kCancelled, /*nothing_sent=*/false);
  EXPECT_TRUE(waiting.late.empty());

  Told& gave_up = Send(absl::Seconds(3));
  EXPECT_TRUE(Leaves(sent(1)));
  timer_.Advance(absl::Seconds(3));
  inner_.Drop(1);
  ExpectTold(gave_up, ErrorKind::kDeadline, /*nothing_sent=*/false);
  ASSERT_EQ(gave_up.late.size(), 1u);
  EXPECT_EQ(std::get<TransportError>(gave_up.late[0]).kind, ErrorKind::kCancelled);
  EXPECT_FALSE(std::get<TransportError>(gave_up.late[0]).NothingSent());
}

TEST_F(OneShotSenderTest, WorksOnATransportThatCompletesWithinStart) {
  inner_.PrepareAnswer(Broken(ErrorKind::kOverloaded, Phase::kNotConnected));
  ExpectTold(Send(absl::Seconds(30)), ErrorKind::kOverloaded, /*nothing_sent=*/true);
  EXPECT_EQ(timer_.pending(), 0u);
}

}  // namespace
}  // namespace gw::http
