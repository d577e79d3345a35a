// When it is sent again, and what ends the wait.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "tests/unit/http/retry_fixture.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;

TEST_F(RetryTransportTest, SendsAgainAfterABackoffThatGrows) {
  Start();
  Answer(Answered(503));
  timer_.Advance(kFirst - absl::Nanoseconds(1));
  EXPECT_EQ(inner_.sent(), 1u);
  timer_.Advance(absl::Nanoseconds(1));
  ASSERT_EQ(inner_.sent(), 2u);
  Answer(Broken(ErrorKind::kConnect, Phase::kNotConnected));
  timer_.Advance(kSecond - absl::Nanoseconds(1));
  EXPECT_EQ(inner_.sent(), 2u);
  timer_.Advance(absl::Nanoseconds(1));
  ASSERT_EQ(inner_.sent(), 3u);
  EXPECT_TRUE(told_.empty());
  Answer(Answered(200, "third"));
  EXPECT_EQ(response().body, "third");
  EXPECT_EQ(stopped(), "");
  EXPECT_EQ(transport_->retries(), 2u);
}

TEST_F(RetryTransportTest, StopsWhenTheNextSendWouldComeTooLate) {
  for (const absl::Duration left : {kFirst - absl::Nanoseconds(1), kFirst}) {
    Request request;
    request.deadline = In(left);
    Start(std::move(request));
    Answer(Answered(503));
    EXPECT_EQ(stopped(), "deadline") << left;
  }
  Request request;
  request.deadline = In(kFirst + absl::Nanoseconds(1));
  Start(std::move(request));
  Answer(Answered(503));
  EXPECT_EQ(told_.size(), 2u) << "this one still waits";
  timer_.Advance(kFirst);
  EXPECT_EQ(inner_.sent(), 4u);
}

TEST_F(RetryTransportTest, StopsWhenTheBudgetIsUsedUp) {
  RetryTransport::Options none;
  none.budget_percent = 0;
  transport_ = std::make_unique<RetryTransport>(inner_, none, clock_, timer_, random_);
  constexpr auto kFloor = static_cast<size_t>(RetryBudget::kFloor);
  for (size_t i = 0; i <= kFloor; ++i) {
    Start();
    Answer(Answered(503));
  }
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(stopped(), "budget");
  timer_.Advance(kFirst);
  EXPECT_EQ(inner_.sent(), kFloor + 1 + kFloor);
}

TEST_F(RetryTransportTest, TheBudgetGrowsWithWhatWasSentAndNotWithWhatWeRefused) {
  constexpr auto kFloor = static_cast<int>(RetryBudget::kFloor);
  const struct {
    Outcome ends;
    int allowed;
  } kCases[] = {{Answered(200), kFloor + 50},
                {Broken(ErrorKind::kOverloaded, Phase::kNotConnected), kFloor},
                {Broken(ErrorKind::kCircuitOpen, Phase::kNotConnected), kFloor}};
  for (const auto& c : kCases) {
    RetryTransport::Options options;
    options.budget_percent = 50;
    transport_ = std::make_unique<RetryTransport>(inner_, options, clock_, timer_, random_);
    for (int i = 0; i < 100; ++i) {
      Start();
      Answer(c.ends);
    }
    // Each that fails allows half a retry more, so that twice as many are needed to use it up.
    told_.clear();
    for (int i = 0; i < 2 * c.allowed - 2; ++i) {
      Start();
      Answer(Answered(503));
    }
    EXPECT_TRUE(told_.empty()) << c.allowed;
    for (int i = 0; i < 4; ++i) {
      Start();
      Answer(Answered(503));
    }
    EXPECT_FALSE(told_.empty()) << c.allowed;
    transport_.reset();
  }
}

TEST_F(RetryTransportTest, AOneShotIsNotSentAgainWhenNobodyHasUseForIt) {
  for (const bool useful : {false, true}) {
    Request request;
    request.one_shot = true;
    request.start_by = In(useful ? kFirst + absl::Nanoseconds(1) : kFirst);
    Start(std::move(request));
    Answer(Broken(ErrorKind::kConnect, Phase::kNotConnected));
    if (!useful) {
      EXPECT_EQ(stopped(), "deadline");
    }
    EXPECT_EQ(told_.size(), 1u);
  }
}

TEST_F(RetryTransportTest, TellsWhyByTheFirstReasonThatHolds) {
  RetryTransport::Options once;
  once.max_attempts = 1;
  transport_ = std::make_unique<RetryTransport>(inner_, once, clock_, timer_, random_);
  Request request;
  request.deadline = In(absl::Nanoseconds(1));
  Start(std::move(request));
  Answer(Answered(429, "", "Retry-After: 60\r\n"));
  EXPECT_EQ(stopped(), "max_attempts");
}

TEST_F(RetryTransportTest, ACancelAfterSeveralSendsDoesNotForgetThatOneHasLeft) {
  std::stop_source cancel;
  Request request;
  request.cancel = cancel.get_token();
  Start(std::move(request));
  AnswerThenWait(Answered(500));
  Answer(Broken(ErrorKind::kConnect, Phase::kNotConnected));
  cancel.request_stop();
  EXPECT_EQ(error().kind, ErrorKind::kCancelled);
  EXPECT_FALSE(error().NothingSent());
}

TEST_F(RetryTransportTest, ACancelledWaitIsActiveUntilItsCompletionHasReturned) {
  std::stop_source cancel;
  Request request;
  request.cancel = cancel.get_token();
  int active = -1;
  transport_->Start(std::move(request), [&](Outcome) { active = transport_->active(); });
  Answer(Answered(503));
  cancel.request_stop();
  EXPECT_EQ(active, 1);
  EXPECT_EQ(transport_->active(), 0);
}

TEST_F(RetryTransportTest, WaitsAsLongAsTheUpstreamAsks) {
  Start();
  Answer(Answered(429, "", "Retry-After: 1\r\n"));
  timer_.Advance(absl::Seconds(1) + kFirst - absl::Nanoseconds(1));
  EXPECT_EQ(inner_.sent(), 1u);
  timer_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(inner_.sent(), 2u);
}

TEST_F(RetryTransportTest, WaitsUntilTheDateThatTheUpstreamNames) {
  Start();
  // The clock says 09:00:00.
  Answer(Answered(503, "", "Retry-After: Mon, 15 Jul 2024 09:00:02 GMT\r\n"));
  timer_.Advance(absl::Seconds(2));
  EXPECT_EQ(inner_.sent(), 1u);
  timer_.Advance(kFirst);
  EXPECT_EQ(inner_.sent(), 2u);
}

TEST_F(RetryTransportTest, LeavesALongerWaitToTheCaller) {
  for (const char* seconds : {"3", "3600", "99999999999"}) {
    Start();
    Answer(Answered(429, "", std::string("Retry-After: ") + seconds + "\r\n"));
    EXPECT_EQ(stopped(), "retry_after") << seconds;
  }
  EXPECT_EQ(std::get<Response>(told_[0]).retry_after, absl::Seconds(3));
  EXPECT_EQ(std::get<Response>(told_[2]).retry_after, absl::Hours(1));
}

TEST_F(RetryTransportTest, NotesHowLongToLeaveTheUpstreamAloneInEveryAnswer) {
  Request request;
  request.one_shot = true;
  Start(std::move(request));
  Answer(Answered(429, "", "Retry-After: 7\r\n"));
  EXPECT_EQ(response().retry_after, absl::Seconds(7));
  Start();
  Answer(Answered(404));
  EXPECT_EQ(response().retry_after, std::nullopt);
}

TEST_F(RetryTransportTest, ACancelEndsTheWait) {
  const struct {
    Outcome failure;
    Phase phase;
  } kCases[] = {{Answered(503), Phase::kWritten},
                {Answered(429), Phase::kNotConnected},
                {Broken(ErrorKind::kConnect, Phase::kNotConnected), Phase::kNotConnected}};
  for (const auto& c : kCases) {
    std::stop_source cancel;
    Request request;
    request.cancel = cancel.get_token();
    const size_t before = inner_.sent();
    Start(std::move(request));
    Answer(c.failure);
    cancel.request_stop();
    EXPECT_EQ(error().kind, ErrorKind::kCancelled);
    EXPECT_EQ(error().phase, c.phase);
    EXPECT_EQ(transport_->active(), 0) << "nothing is kept of it";
    timer_.Advance(absl::Seconds(5));
    EXPECT_EQ(inner_.sent(), before + 1);
  }
}

TEST_F(RetryTransportTest, WhatWasCancelledBeforeItWaitsIsNotSentAgain) {
  std::stop_source cancel;
  Request request;
  request.cancel = cancel.get_token();
  Start(std::move(request));
  cancel.request_stop();
  Answer(Answered(503));
  EXPECT_EQ(error().kind, ErrorKind::kCancelled);
  timer_.Advance(absl::Seconds(5));
  EXPECT_EQ(inner_.sent(), 1u);
}

TEST_F(RetryTransportTest, StopEndsEveryWaitWithTheFailureThatIsKnown) {
  Start();
  Start();
  inner_.Answer(0, Answered(503));
  inner_.Answer(1, Broken(ErrorKind::kConnect, Phase::kNotConnected));
  transport_->Stop();
  ASSERT_EQ(told_.size(), 2u);
  for (const Outcome& outcome : told_) {
    EXPECT_EQ(std::visit([](const auto& e) { return e.stopped_because; }, outcome),
              "shutting_down");
  }
  timer_.Advance(absl::Seconds(5));
  EXPECT_EQ(inner_.sent(), 2u);
  Start();
  Answer(Answered(503));
  EXPECT_EQ(stopped(), "shutting_down") << "and nothing waits any more";
}

TEST_F(RetryTransportTest, StopWaitsForWhatIsJustBeingSentAgain) {
  // Where the second send takes until the test lets go of it.
  struct Slow : Transport {
    explicit Slow(Transport& i) : inner(i) {}
    void Start(Request request, Completion done) override {
      if (++sends == 2) {
        entered.set_value();
        let_go.get_future().wait();
      }
      inner.Start(std::move(request), std::move(done));
    }
    Transport& inner;
    int sends = 0;
    std::promise<void> entered, let_go;
  } slow(inner_);
  transport_ =
      std::make_unique<RetryTransport>(slow, RetryTransport::Options(), clock_, timer_, random_);
  Start();
  Answer(Answered(503));
  std::thread again([&] { timer_.Advance(absl::Seconds(2)); });
  slow.entered.get_future().wait();
  size_t sent_when_stopped = 0;
  auto stopping = std::async(std::launch::async, [&] {
    transport_->Stop();
    sent_when_stopped = inner_.sent();
  });
  EXPECT_EQ(stopping.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  slow.let_go.set_value();
  again.join();
  stopping.wait();
  EXPECT_EQ(sent_when_stopped, 2u);
}

TEST_F(RetryTransportTest, EndsWhatWaitsWhenDestroyed) {
  Start();
  Answer(Answered(503));
  transport_.reset();
  ASSERT_EQ(told_.size(), 1u);
  timer_.Advance(absl::Seconds(5));
  EXPECT_EQ(inner_.sent(), 1u);
}

}  // namespace
}  // namespace gw::http
