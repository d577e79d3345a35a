#include "service/http/limited_transport.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {
namespace {

class Limited : public ::testing::Test {
 protected:
  void Make(size_t in_flight, size_t queued) {
    limited_ = std::make_unique<LimitedTransport>(inner_, Admission::Limits{in_flight, queued},
                                                  memory_, clock_, timer_);
  }
  // Starts a request named by its target; its outcome lands in outcomes_[n].
  size_t Start(std::string target, Instant deadline = Instant::Never(),
               std::stop_token cancel = {}) {
    Request request;
    request.target = std::move(target);
    request.deadline = deadline;
    request.cancel = cancel;
    const size_t n = outcomes_.size();
    outcomes_.emplace_back();
    limited_->Start(std::move(request), [this, n](Outcome outcome) {
      EXPECT_FALSE(outcomes_[n].has_value()) << "completed twice";
      outcomes_[n] = std::move(outcome);
    });
    return n;
  }
  ErrorKind KindOf(size_t n) { return std::get<TransportError>(outcomes_.at(n).value()).kind; }
  Instant In(absl::Duration d) { return clock_.Now() + d; }

  std::vector<std::optional<Outcome>>
      outcomes_;  // first: told until the last of the others is gone
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  ByteBudget memory_{1000};
  testing::FakeTransport inner_;
  std::unique_ptr<LimitedTransport> limited_;
};

TEST_F(Limited, PassesOnAsManyAsAreAllowedAndTheNextInTheirOrder) {
  Make(2, 10);
  for (const char* target : {"a", "b", "c", "d"}) Start(target);
  ASSERT_EQ(inner_.sent(), 2u);
  inner_.Answer(1, testing::Answered(200, ""));
  ASSERT_EQ(inner_.sent(), 3u);
  EXPECT_EQ(inner_.request(2).target, "c");
  inner_.Answer(0, testing::Answered(200, ""));
  ASSERT_EQ(inner_.sent(), 4u);
  EXPECT_EQ(inner_.request(3).target, "d");
  EXPECT_FALSE(outcomes_[2].has_value());
}

TEST_F(Limited, RefusesAtOnceWhenTheQueueIsFull) {
  Make(1, 1);
  Start("a");
  Start("b");
  const size_t c = Start("c");
  EXPECT_EQ(KindOf(c), ErrorKind::kOverloaded);
  EXPECT_TRUE(std::get<TransportError>(*outcomes_[c]).NothingSent());
  EXPECT_FALSE(outcomes_[1].has_value());
}

TEST_F(Limited, WithoutAQueueRefusesWhatFindsNoPlace) {
  Make(1, 0);
  Start("a");
  EXPECT_EQ(KindOf(Start("b")), ErrorKind::kOverloaded);
  inner_.Answer(0, testing::Answered(200, ""));
  Start("c");
  EXPECT_EQ(inner_.sent(), 2u);
}

TEST_F(Limited, EndsAWaitAtItsDeadlineAndGivesTheTurnToTheNext) {
  Make(1, 10);
  Start("a");
  const size_t b = Start("b", In(absl::Seconds(1)));
  Start("c");
  timer_.Advance(absl::Milliseconds(999));
  EXPECT_FALSE(outcomes_[b].has_value());
  timer_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(KindOf(b), ErrorKind::kDeadline);
  EXPECT_TRUE(std::get<TransportError>(*outcomes_[b]).NothingSent());
  inner_.Answer(0, testing::Answered(200, ""));
  ASSERT_EQ(inner_.sent(), 2u);
  EXPECT_EQ(inner_.request(1).target, "c");
}

TEST_F(Limited, EndsAWaitThatIsCancelled) {
  Make(1, 1);
  Start("a");
  std::stop_source cancel;
  const size_t b = Start("b", Instant::Never(), cancel.get_token());
  cancel.request_stop();
  EXPECT_EQ(KindOf(b), ErrorKind::kCancelled);
  Start("c");
  EXPECT_FALSE(outcomes_[2].has_value()) << "the cancelled one still holds its place in the queue";
}

TEST_F(Limited, NeverStartsWhatWasCancelledBefore) {
  Make(1, 10);
  Start("a");
  std::stop_source cancel;
  cancel.request_stop();
  EXPECT_EQ(KindOf(Start("b", Instant::Never(), cancel.get_token())), ErrorKind::kCancelled);
  inner_.Answer(0, testing::Answered(200, ""));
  EXPECT_EQ(inner_.sent(), 1u);
}

TEST_F(Limited, StartsWhatHasItsTurnBeforeItWaits) {
  // Ends the request that is under way while the next is just about to wait.
  class EndingTimer : public testing::FakeTimer {
   public:
    EndingTimer(testing::FakeClock& clock, testing::FakeTransport& inner)
        : FakeTimer(clock), inner_(inner) {}
    Id Schedule(Instant when, absl::AnyInvocable<void()> fn) override {
      inner_.Answer(0, testing::Answered(200, ""));
      return FakeTimer::Schedule(when, std::move(fn));
    }

   private:
    testing::FakeTransport& inner_;
  } timer(clock_, inner_);
  limited_ =
      std::make_unique<LimitedTransport>(inner_, Admission::Limits{1, 1}, memory_, clock_, timer);
  Start("a");
  Start("b", In(absl::Seconds(1)));
  ASSERT_EQ(inner_.sent(), 2u);
  EXPECT_EQ(inner_.request(1).target, "b");
}

TEST_F(Limited, LeavesTheDeadlineOfWhatHasItsTurnToTheInnerTransport) {
  Make(1, 10);
  Start("a");
  const size_t b = Start("b", In(absl::Seconds(1)));
  inner_.Answer(0, testing::Answered(200, ""));
  EXPECT_EQ(inner_.request(1).deadline, In(absl::Seconds(1)));
  timer_.Advance(absl::Seconds(5));
  EXPECT_FALSE(outcomes_[b].has_value());
  EXPECT_EQ(timer_.pending(), 0u);
  inner_.Answer(1, testing::Answered(200, "late"));
  EXPECT_EQ(std::get<Response>(*outcomes_[b]).body, "late");
}

TEST_F(Limited, CompletesWhatWaitsWhenDestroyed) {
  Make(1, 10);
  Start("a");
  const size_t b = Start("b", In(absl::Seconds(1)));
  limited_.reset();
  EXPECT_EQ(KindOf(b), ErrorKind::kShutdown);
  timer_.Advance(absl::Seconds(2));
  inner_.Answer(0, testing::Answered(200, ""));
  EXPECT_TRUE(outcomes_[0].has_value());
}

TEST_F(Limited, KeepsAPlaceForReadsWhenOneShotsFlood) {
  Make(4, 8);
  Request one_shot;
  one_shot.one_shot = true;
  for (int i = 0; i < 20; ++i) limited_->Start(one_shot, [](Outcome) {});
  EXPECT_EQ(inner_.sent(), 3u);
  Start("read");
  ASSERT_EQ(inner_.sent(), 4u);
  EXPECT_EQ(inner_.request(3).target, "read");
  Start("another");
  inner_.Answer(0, testing::Answered(201));
  ASSERT_EQ(inner_.sent(), 5u);
  EXPECT_EQ(inner_.request(4).target, "another") << "behind eight one-shots";
}

TEST_F(Limited, SendsNothingWhoseTurnComesTooLateForItsDeadline) {
  Make(1, 10);
  Start("slow");
  clock_.Advance(absl::Seconds(1));
  inner_.Answer(0, testing::Answered(200));  // so that a second is usual
  Start("a");
  const size_t late = Start("late", In(absl::Seconds(3)));
  const size_t next = Start("next");
  clock_.Advance(absl::Milliseconds(2800));
  inner_.Answer(1, testing::Answered(200));
  EXPECT_EQ(KindOf(late), ErrorKind::kDeadline);
  EXPECT_TRUE(std::get<TransportError>(*outcomes_[late]).NothingSent());
  ASSERT_EQ(inner_.sent(), 3u);
  EXPECT_EQ(inner_.request(2).target, "next");
  inner_.Answer(2, testing::Answered(200));
  EXPECT_TRUE(outcomes_[next].has_value());
  Start("its place is free again");
  EXPECT_EQ(inner_.sent(), 4u);
}

TEST_F(Limited, ATimeoutCountsForWhatIsUsualAndACancelDoesNot) {
  Make(1, 10);
  Start("cancelled");
  clock_.Advance(absl::Seconds(100));
  inner_.Answer(0, testing::Broken(ErrorKind::kCancelled));
  Start("a");
  Start("in time", In(absl::Seconds(10)));
  clock_.Advance(absl::Seconds(8));
  inner_.Answer(1, testing::Broken(ErrorKind::kTimeout));
  ASSERT_EQ(inner_.sent(), 2u) << "two seconds are too little where eight are usual";
}

TEST_F(Limited, FreesThePlaceBeforeItTellsTheEnd) {
  Make(1, 0);
  bool second = false;
  limited_->Start(Request(), [&](Outcome) {
    limited_->Start(Request(), [](Outcome) {});
    second = inner_.sent() == 2;
  });
  inner_.Answer(0, testing::Answered(200));
  EXPECT_TRUE(second);
}

TEST_F(Limited, KnowsWhenAOneShotIsNotWorthBeingSentAnyMore) {
  Make(1, 10);
  Request one_shot;
  one_shot.one_shot = true;
  limited_->Start(one_shot, [](Outcome) {});
  clock_.Advance(absl::Seconds(1));
  inner_.Answer(0, testing::Answered(201));  // so that a second is usual
  limited_->Start(one_shot, [](Outcome) {});
  one_shot.start_by = In(absl::Milliseconds(700));
  EXPECT_TRUE(limited_->WouldRefuseOneShot(one_shot.start_by, 0));
  EXPECT_FALSE(limited_->WouldRefuseOneShot(Instant::Never(), 8));
  EXPECT_TRUE(limited_->WouldRefuseOneShot(Instant::Never(), 9)) << "one is not for one-shots";
  outcomes_.emplace_back();
  limited_->Start(one_shot, [&](Outcome outcome) { outcomes_[0] = std::move(outcome); });
  EXPECT_EQ(KindOf(0), ErrorKind::kOverloaded);
}

TEST_F(Limited, ChargesWhatRequestsHoldUntilTheyEnd) {
  Make(1, 10);
  Request request;
  request.target = std::string(100, 't');
  request.body = std::string(200, 'b');
  request.headers = {{"Name", std::string(96, 'v')}};
  limited_->Start(request, [](Outcome) {});
  EXPECT_EQ(memory_.held(), 400u);
  std::stop_source cancel;
  request.cancel = cancel.get_token();
  limited_->Start(request, [](Outcome) {});
  EXPECT_EQ(memory_.held(), 800u) << "what waits holds it, too";
  const size_t refused = outcomes_.size();
  outcomes_.emplace_back();
  limited_->Start(request, [&](Outcome outcome) { outcomes_[refused] = std::move(outcome); });
  EXPECT_EQ(KindOf(refused), ErrorKind::kMemory);
  EXPECT_TRUE(std::get<TransportError>(*outcomes_[refused]).NothingSent());
  cancel.request_stop();
  EXPECT_EQ(memory_.held(), 400u);
  inner_.Answer(0, testing::Answered(200));
  EXPECT_EQ(memory_.held(), 0u);
}

TEST_F(Limited, ChargesTheParametersOfASignedRequest) {
  Make(1, 10);
  Request request;
  request.parameters = {{"individual_info", std::string(2000, 'x')}};
  limited_->Start(request, [this](Outcome outcome) { outcomes_.emplace_back(std::move(outcome)); });
  EXPECT_EQ(KindOf(0), ErrorKind::kMemory);
  EXPECT_EQ(inner_.sent(), 0u);
  EXPECT_EQ(memory_.held(), 0u);
}

// A transport that is stopping completes within Start: each completion would start the next.
class Stopped : public Transport {
 public:
  void Start(Request, Completion done) override {
    std::move(done)(TransportError{ErrorKind::kShutdown, Phase::kNotConnected, ""});
  }
};

TEST_F(Limited, SurvivesALongQueueInFrontOfATransportThatStops) {
  class Switching : public Transport {
   public:
    Switching(testing::FakeTransport& first, Stopped& then) : first_(first), then_(then) {}
    void Start(Request request, Completion done) override {
      if (std::exchange(used_, true)) return then_.Start(std::move(request), std::move(done));
      first_.Start(std::move(request), std::move(done));
    }

   private:
    testing::FakeTransport& first_;
    Stopped& then_;
    bool used_ = false;
  };
  Stopped stopped;
  Switching switching(inner_, stopped);
  constexpr size_t kQueue = 200'000;
  limited_ = std::make_unique<LimitedTransport>(switching, Admission::Limits{1, kQueue}, memory_,
                                                clock_, timer_);
  size_t shut_down = 0;
  limited_->Start(Request{}, [](Outcome) {});
  for (size_t i = 0; i < kQueue; ++i) {
    limited_->Start(Request{}, [&](Outcome outcome) {
      shut_down += std::get<TransportError>(outcome).kind == ErrorKind::kShutdown ? 1 : 0;
    });
  }
  inner_.Answer(0, testing::Answered(200, ""));
  EXPECT_EQ(shut_down, kQueue);
}

}  // namespace
}  // namespace gw::http
