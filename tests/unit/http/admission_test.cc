#include "service/http/admission.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>

namespace gw::http {
namespace {

using Answer = Admission::Answer;
constexpr auto kRead = Admission::kRepeatable;
constexpr auto kOneShot = Admission::kOneShot;
constexpr auto kGo = Answer::kGo;
constexpr auto kWait = Answer::kWait;
constexpr auto kRefuse = Answer::kRefuse;

class AdmissionTest : public ::testing::Test {
 protected:
  void Make(size_t in_flight, size_t queued) {
    admission_.emplace(Admission::Limits{in_flight, queued});
  }
  Answer Arrive(Admission::Kind kind, Instant deadline = Instant::Never()) {
    return admission_->Arrive(kind, now_, deadline);
  }
  // How many of so many are answered so.
  size_t Count(Answer answer, size_t of, Admission::Kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < of; ++i) count += Arrive(kind) == answer ? 1 : 0;
    return count;
  }
  // From now on answers usually take so long.
  void LearnUsual(absl::Duration took, Admission::Kind kind = kRead) {
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(Arrive(kind), kGo);
      admission_->Done(kind, took);
    }
  }
  // One that was under way ends, and the next has its turn.
  std::optional<Admission::Kind> Turn(Admission::Kind ended) {
    admission_->Done(ended, std::nullopt);
    return admission_->Next(now_);
  }

  Instant now_ = Instant::FromNanos(1'000'000'000);
  std::optional<Admission> admission_;
};

TEST_F(AdmissionTest, LetsGoWhatIsAllowedThenWaitThenRefuses) {
  Make(2, 3);
  EXPECT_EQ(Count(kGo, 2, kRead), 2u);
  EXPECT_EQ(Count(kWait, 3, kRead), 3u);
  EXPECT_EQ(Count(kRefuse, 3, kRead), 3u);
  EXPECT_EQ(admission_->in_flight(), 2u);
  EXPECT_EQ(admission_->queued(), 3u);
}

TEST_F(AdmissionTest, LetsNobodyPastThoseWhoWaitAlready) {
  Make(1, 2);
  EXPECT_EQ(Arrive(kRead), kGo);
  EXPECT_EQ(Arrive(kRead), kWait);
  admission_->Done(kRead, std::nullopt);
  EXPECT_EQ(Arrive(kRead), kWait) << "a place is free, and is for the one before";
}

TEST_F(AdmissionTest, GivesTheTurnToTheNextOfThoseWhoWait) {
  Make(1, 2);
  ASSERT_EQ(Arrive(kRead), kGo);
  ASSERT_EQ(Arrive(kRead), kWait);
  EXPECT_EQ(admission_->Next(now_), std::nullopt);
  EXPECT_EQ(Turn(kRead), kRead);
  EXPECT_EQ(admission_->queued(), 0u);
  EXPECT_EQ(Turn(kRead), std::nullopt);
  EXPECT_EQ(Arrive(kRead), kGo);
}

TEST_F(AdmissionTest, WhoStopsWaitingFreesTheirPlace) {
  Make(1, 1);
  ASSERT_EQ(Arrive(kRead), kGo);
  ASSERT_EQ(Arrive(kRead), kWait);
  ASSERT_EQ(Arrive(kRead), kRefuse);
  admission_->Leave(kRead, now_);
  EXPECT_EQ(Arrive(kRead), kWait);
}

TEST_F(AdmissionTest, KeepsAnEighthOfThePlacesFreeOfOneShots) {
  const struct {
    size_t in_flight, queued, one_shots_go, one_shots_wait;
  } kCases[] = {{64, 256, 56, 224}, {8, 16, 7, 14}, {4, 4, 3, 3}, {3, 7, 2, 6},
                {2, 2, 1, 1},       {1, 1, 1, 1},   {1, 0, 1, 0}, {100, 0, 88, 0}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.in_flight);
    Make(c.in_flight, c.queued);
    size_t go = 0, wait = 0;
    for (size_t i = 0; i < 2 * (c.in_flight + c.queued); ++i) {
      const Answer answer = Arrive(kOneShot);
      go += answer == kGo ? 1 : 0;
      wait += answer == kWait ? 1 : 0;
    }
    EXPECT_EQ(go, c.one_shots_go);
    EXPECT_EQ(wait, c.one_shots_wait);
    EXPECT_EQ(Count(kGo, c.in_flight - go, kRead), c.in_flight - go) << "they are left free";
    EXPECT_EQ(Count(kWait, 300, kRead), c.queued - wait);
  }
}

TEST_F(AdmissionTest, ReadsMayTakeEveryPlace) {
  Make(8, 16);
  EXPECT_EQ(Count(kGo, 8, kRead), 8u);
  EXPECT_EQ(Count(kWait, 16, kRead), 16u);
  EXPECT_EQ(Arrive(kOneShot), kRefuse);
}

TEST_F(AdmissionTest, LetsBothKindsTakeTurns) {
  Make(4, 16);
  Count(kGo, 3, kOneShot);
  Count(kGo, 1, kRead);
  Count(kWait, 4, kOneShot);
  Count(kWait, 4, kRead);
  std::string turns;
  for (int i = 0; i < 8; ++i) {
    const auto turn = Turn(turns.empty() || turns.back() == 'o' ? kOneShot : kRead);
    ASSERT_TRUE(turn.has_value());
    turns += *turn == kRead ? 'r' : 'o';
  }
  EXPECT_EQ(turns, "rorororo");
}

TEST_F(AdmissionTest, AReadDoesNotWaitBehindOneShotsThatMayNotGo) {
  Make(4, 16);
  Count(kGo, 3, kOneShot);
  ASSERT_EQ(Arrive(kOneShot), kWait);
  EXPECT_EQ(Arrive(kRead), kGo);
  ASSERT_EQ(Arrive(kRead), kWait);
  EXPECT_EQ(Turn(kRead), kRead);
  EXPECT_EQ(Turn(kRead), std::nullopt) << "the place that is left is not for a one-shot";
  EXPECT_EQ(Turn(kOneShot), kOneShot);
}

TEST_F(AdmissionTest, TakesABurstIntoTheWholeQueue) {
  Make(8, 100);
  EXPECT_EQ(Count(kGo, 8, kRead), 8u);
  EXPECT_EQ(Count(kWait, 50, kRead), 50u);
  now_ = now_ + Admission::kStanding - absl::Nanoseconds(1);
  EXPECT_EQ(Count(kWait, 50, kRead), 50u);
}

TEST_F(AdmissionTest, KeepsAQueueShortThatNeverEmpties) {
  Make(8, 100);
  Count(kGo, 8, kRead);
  ASSERT_EQ(Count(kWait, 50, kRead), 50u);
  now_ = now_ + Admission::kStanding;
  EXPECT_EQ(Arrive(kRead), kRefuse);
  for (int i = 0; i < 47; ++i) ASSERT_EQ(Turn(kRead), kRead);
  EXPECT_EQ(Count(kWait, 10, kRead), 1u) << "half of what is under way may wait";
  EXPECT_EQ(admission_->queued(), 4u);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(Turn(kRead), kRead);
  EXPECT_EQ(admission_->queued(), 0u);
  now_ = now_ + absl::Milliseconds(101);
  EXPECT_EQ(Count(kWait, 100, kRead), 100u) << "it was empty: this is another burst";
}

// The answers of an upstream that takes its time come in waves, as the requests went.
TEST_F(AdmissionTest, LetsNobodyWaitLongWhenAllAnswersComeAtOnceAndTooManyAsk) {
  constexpr absl::Duration kAnswer = absl::Milliseconds(150), kStep = absl::Milliseconds(1);
  Make(64, 256);
  std::deque<Instant> answers, waiting;
  const Instant begin = now_;
  for (int ms = 0; ms < 10'000; ++ms, now_ = now_ + kStep) {
    while (!answers.empty() && answers.front() <= now_) {
      answers.pop_front();
      admission_->Done(kRead, kAnswer);
      while (admission_->Next(now_)) {
        if (now_ - begin > absl::Seconds(2)) {
          ASSERT_LE(now_ - waiting.front(), kAnswer) << "after " << ms << " ms";
        }
        waiting.pop_front();
        answers.push_back(now_ + kAnswer);
      }
    }
    for (int call = ms * 85 / 100; call < (ms + 1) * 85 / 100; ++call) {  // twice what is possible
      const Answer answer = Arrive(kRead, now_ + absl::Seconds(5));
      if (answer == kGo) answers.push_back(now_ + kAnswer);
      if (answer == kWait) waiting.push_back(now_);
    }
  }
  EXPECT_GT(answers.size(), 32u);
}

TEST_F(AdmissionTest, AStandingQueueOfOneShotsLeavesRoomForReads) {
  Make(8, 100);
  Count(kGo, 8, kRead);
  ASSERT_EQ(Count(kWait, 50, kOneShot), 50u);
  now_ = now_ + absl::Minutes(1);
  EXPECT_EQ(Arrive(kOneShot), kRefuse);
  EXPECT_EQ(Count(kWait, 10, kRead), 10u);
}

TEST_F(AdmissionTest, OneMayAlwaysWait) {
  Make(1, 10);
  ASSERT_EQ(Arrive(kRead), kGo);
  ASSERT_EQ(Arrive(kRead), kWait);
  now_ = now_ + absl::Minutes(1);
  EXPECT_EQ(Arrive(kRead), kRefuse);
  ASSERT_EQ(Turn(kRead), kRead);
  EXPECT_EQ(Arrive(kRead), kWait);
}

TEST_F(AdmissionTest, AQueueOfASlowUpstreamStandsLater) {
  Make(8, 100);
  LearnUsual(absl::Seconds(3));
  Count(kGo, 8, kRead);
  ASSERT_EQ(Count(kWait, 50, kRead), 50u);
  now_ = now_ + absl::Milliseconds(5999);
  EXPECT_EQ(Arrive(kRead), kWait);
  now_ = now_ + absl::Milliseconds(2);
  EXPECT_EQ(Arrive(kRead), kRefuse);
}

TEST_F(AdmissionTest, RefusesWhatCannotBeAnsweredInTime) {
  Make(10, 100);
  LearnUsual(absl::Seconds(1));
  Count(kGo, 10, kRead);
  ASSERT_EQ(Count(kWait, 19, kRead), 19u);
  // The next is the twentieth, so that it would wait for two seconds, and half a second at least
  // for its answer.
  EXPECT_EQ(Arrive(kRead, now_ + absl::Milliseconds(2400)), kRefuse);
  EXPECT_EQ(Arrive(kRead, now_ + absl::Milliseconds(2600)), kWait);
  EXPECT_EQ(Arrive(kRead), kWait) << "without a deadline nothing is too late";
}

TEST_F(AdmissionTest, ConcludesNothingBeforeAnAnswerWasSeen) {
  Make(1, 100);
  ASSERT_EQ(Arrive(kRead), kGo);
  EXPECT_EQ(Arrive(kRead, now_ + absl::Nanoseconds(1)), kWait);
  EXPECT_FALSE(admission_->IsTooLate(kRead, now_, now_ + absl::Nanoseconds(1)));
}

TEST_F(AdmissionTest, TellsAtTheTurnWhetherItComesTooLate) {
  Make(1, 100);
  LearnUsual(absl::Seconds(1));
  EXPECT_TRUE(admission_->IsTooLate(kRead, now_, now_ + absl::Milliseconds(499)));
  EXPECT_FALSE(admission_->IsTooLate(kRead, now_, now_ + absl::Milliseconds(501)));
  EXPECT_FALSE(admission_->IsTooLate(kRead, now_, Instant::Never()));
}

TEST_F(AdmissionTest, OneSlowAnswerMakesNothingUsual) {
  Make(10, 100);
  LearnUsual(absl::Milliseconds(100));
  ASSERT_EQ(Arrive(kRead), kGo);
  admission_->Done(kRead, absl::Seconds(1));
  EXPECT_FALSE(admission_->IsTooLate(kRead, now_, now_ + absl::Milliseconds(100)));
}

TEST_F(AdmissionTest, KnowsBeforehandWhatItWouldRefuse) {
  Make(4, 4);
  LearnUsual(absl::Seconds(1), kOneShot);
  const auto would = [this](Admission::Kind kind, Instant deadline) {
    return admission_->WouldRefuse(kind, now_, deadline, 0);
  };
  EXPECT_FALSE(would(kOneShot, Instant::Never()));
  Count(kGo, 3, kOneShot);
  EXPECT_FALSE(would(kOneShot, Instant::Never())) << "it may wait";
  EXPECT_TRUE(would(kOneShot, now_ + absl::Milliseconds(400))) << "not so long";
  Count(kWait, 3, kOneShot);
  EXPECT_TRUE(would(kOneShot, Instant::Never()));
  EXPECT_FALSE(would(kRead, Instant::Never()));
  EXPECT_EQ(Arrive(kOneShot), kRefuse);
  EXPECT_EQ(Arrive(kRead), kGo);
}

TEST_F(AdmissionTest, CountsThoseWhoAreOnTheirWay) {
  Make(8, 8);
  const auto would = [this](size_t ahead) {
    return admission_->WouldRefuse(kOneShot, now_, Instant::Never(), ahead);
  };
  EXPECT_FALSE(would(13)) << "seven go, seven wait";
  EXPECT_TRUE(would(14));
  Count(kGo, 5, kOneShot);
  EXPECT_FALSE(would(8));
  EXPECT_TRUE(would(9));
  Count(kGo, 2, kOneShot);
  ASSERT_EQ(Arrive(kOneShot), kWait);
  now_ = now_ + absl::Minutes(1);
  EXPECT_FALSE(would(1)) << "of three that may wait in a queue that stands one does";
  EXPECT_TRUE(would(2));
}

TEST_F(AdmissionTest, ConcludesNothingForReadsFromSlowOneShots) {
  Make(8, 16);
  LearnUsual(absl::Seconds(2), kOneShot);
  LearnUsual(absl::Milliseconds(20));
  Count(kGo, 7, kOneShot);
  Count(kWait, 7, kOneShot);
  const Instant soon = now_ + absl::Milliseconds(500);
  EXPECT_EQ(Arrive(kRead, soon), kGo);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Arrive(kRead, soon), kWait) << i;
  EXPECT_FALSE(admission_->IsTooLate(kRead, now_, soon));
  EXPECT_TRUE(admission_->IsTooLate(kOneShot, now_, soon));
}

TEST_F(AdmissionTest, AnEmptyQueueOfASlowUpstreamIsOneThatStaysEmptyForAnAnswersTime) {
  Make(2, 100);
  LearnUsual(absl::Seconds(1));
  Count(kGo, 2, kRead);
  ASSERT_EQ(Count(kWait, 2, kRead), 2u);
  now_ = now_ + absl::Seconds(5);
  ASSERT_EQ(Turn(kRead), kRead);
  ASSERT_EQ(Turn(kRead), kRead);
  now_ = now_ + absl::Milliseconds(900);
  EXPECT_EQ(Count(kWait, 10, kRead), 1u) << "it still stands";
  ASSERT_EQ(Turn(kRead), kRead);
  now_ = now_ + absl::Milliseconds(1100);
  EXPECT_EQ(Count(kWait, 10, kRead), 10u);
}

TEST_F(AdmissionTest, FollowsWhatAnswersTake) {
  Make(10, 100);
  LearnUsual(absl::Seconds(10));
  LearnUsual(absl::Milliseconds(10));
  EXPECT_FALSE(admission_->IsTooLate(kRead, now_, now_ + absl::Milliseconds(20)));
  EXPECT_TRUE(admission_->IsTooLate(kRead, now_, now_ + absl::Milliseconds(4)));
}

}  // namespace
}  // namespace gw::http
