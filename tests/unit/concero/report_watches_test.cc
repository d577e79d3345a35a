#include "service/concero/report_watches.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/base/failure.h"
#include "tests/support/fakes.h"

namespace gw::concero {
namespace {

using ::concero::v1::Report;

absl::Status FailureOf(absl::StatusCode code, std::optional<absl::Duration> retry = std::nullopt) {
  Failure failure;
  failure.retry_delay = retry;
  return MakeFailure(code, "no", failure);
}

class Reports : public ::testing::Test {
 protected:
  static Report Scored(double score, bool final = false) {
    Report report;
    report.set_invite_id(142);
    report.set_score(score);
    if (final) {
      report.mutable_end_time()->set_seconds(1);
      report.set_upstream_status("Pass");
    }
    return report;
  }

  std::unique_ptr<ReportWatches::Watching> Watch(
      int64_t invite_id = 142, std::optional<absl::Duration> interval = std::nullopt) {
    return reports_->Watch(invite_id, interval, [this] { ++told_; });
  }
  // Of the request that came first of those that wait.
  void Answer(absl::StatusOr<Report> answer) {
    ASSERT_FALSE(requests_.empty());
    auto done = std::move(requests_.front());
    requests_.erase(requests_.begin());
    std::move(done)(std::move(answer));
  }
  // Whether one is made, and answered, exactly after `pause`.
  ::testing::AssertionResult AskedAfter(absl::Duration pause,
                                        const absl::StatusOr<Report>& answer) {
    const int before = asked_;
    timer_.Advance(pause - absl::Milliseconds(1));
    if (asked_ != before) return ::testing::AssertionFailure() << "sooner";
    timer_.Advance(absl::Milliseconds(2));
    if (asked_ != before + 1) return ::testing::AssertionFailure() << "not then";
    Answer(answer);
    return ::testing::AssertionSuccess();
  }

  gw::testing::FakeClock clock_;
  gw::testing::FakeTimer timer_{clock_};
  gw::testing::FakeRandom random_;  // its numbers are small: no time is added
  int asked_ = 0, told_ = 0;
  std::vector<Once<absl::StatusOr<Report>>> requests_;
  std::unique_ptr<ReportWatches> reports_ = std::make_unique<ReportWatches>(
      [this](int64_t, Once<absl::StatusOr<Report>> done) {
        ++asked_;
        requests_.push_back(std::move(done));
      },
      clock_, timer_, random_, absl::Seconds(30));
};

TEST(IsFinal, NeedsTheEndAndAStatus) {
  Report report;
  EXPECT_FALSE(IsFinal(report));
  report.set_upstream_status("Pass");
  EXPECT_FALSE(IsFinal(report));
  report.mutable_end_time();
  EXPECT_TRUE(IsFinal(report));
  report.clear_upstream_status();
  EXPECT_FALSE(IsFinal(report));
}

TEST_F(Reports, OnePollHoweverManyWatch) {
  std::vector<std::unique_ptr<ReportWatches::Watching>> watching;
  for (int i = 0; i < 100; ++i) watching.push_back(Watch());
  EXPECT_EQ(asked_, 1);
  Answer(Scored(1));
  EXPECT_EQ(told_, 100);
  watching.push_back(Watch());  // who comes later has it at once
  EXPECT_EQ(watching.back()->report()->score(), 1);
  EXPECT_EQ(asked_, 1);
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), Scored(2)));
  EXPECT_EQ(told_, 201);
  EXPECT_EQ(reports_->polls(), 1u);
  const auto other = Watch(143);
  EXPECT_EQ(reports_->polls(), 2u);
}

TEST_F(Reports, TellsOnlyOfWhatIsNew) {
  const auto watching = Watch();
  Answer(Scored(1));
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), Scored(1)));
  EXPECT_EQ(told_, 1);
}

TEST_F(Reports, EndsWithTheFinalOne) {
  const auto watching = Watch();
  Answer(Scored(1));
  EXPECT_FALSE(watching->ended().has_value());
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), Scored(2, true)));
  ASSERT_TRUE(watching->ended().has_value());
  EXPECT_TRUE(watching->ended()->ok());
  EXPECT_EQ(watching->report()->score(), 2);
  timer_.Advance(absl::Hours(1));
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(reports_->polls(), 0u);
}

TEST_F(Reports, WhereNobodyMindsItAsksLessAndLessWhileNothingChanges) {
  const auto watching = Watch();
  Answer(Scored(1));
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), Scored(1)));
  EXPECT_TRUE(AskedAfter(absl::Seconds(37.5), Scored(1)));
  EXPECT_TRUE(AskedAfter(absl::Seconds(45), Scored(1)));
  for (int i = 0; i < 20; ++i) {
    timer_.Advance(absl::Seconds(120));
    Answer(Scored(1));
  }
  EXPECT_TRUE(AskedAfter(absl::Seconds(120), Scored(2)));
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), Scored(3)));
}

TEST_F(Reports, TheShortestIntervalCountsAndIsKept) {
  const auto patient = Watch(142, absl::Minutes(5));
  Answer(Scored(1));
  EXPECT_TRUE(AskedAfter(absl::Minutes(5), Scored(1)));
  auto hasty = Watch(142, absl::Minutes(1));
  EXPECT_TRUE(AskedAfter(absl::Minutes(1), Scored(1)));
  EXPECT_TRUE(AskedAfter(absl::Minutes(1), Scored(1)));
  hasty = nullptr;
  timer_.Advance(absl::Minutes(1));  // what was planned
  Answer(Scored(1));
  EXPECT_TRUE(AskedAfter(absl::Minutes(5), Scored(1)));
}

TEST_F(Reports, WhoJoinsDoesNotWaitForTheBackoffOfTheOthers) {
  const auto first = Watch();
  for (int i = 0; i < 8; ++i) {
    Answer(FailureOf(absl::StatusCode::kUnavailable));
    timer_.Advance(absl::Minutes(10));
  }
  Answer(FailureOf(absl::StatusCode::kUnavailable));
  timer_.Advance(absl::Minutes(5));
  const int before = asked_;
  const auto second = Watch(), third = Watch();
  timer_.Advance(absl::ZeroDuration());
  EXPECT_EQ(asked_, before + 1);
  Answer(FailureOf(absl::StatusCode::kUnavailable));
  const auto fourth = Watch();
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), FailureOf(absl::StatusCode::kUnavailable)));
  EXPECT_TRUE(AskedAfter(absl::Minutes(10), Scored(1))) << "they all wait again";
}

TEST_F(Reports, WhoJoinsWaitsAsLongAsAFailureSays) {
  const auto first = Watch();
  Answer(FailureOf(absl::StatusCode::kUnavailable, absl::Minutes(17)));
  timer_.Advance(absl::Minutes(1));
  const auto second = Watch();
  EXPECT_TRUE(AskedAfter(absl::Minutes(16), Scored(1)));
}

TEST_F(Reports, WhoJoinsHasNoOldReportForLong) {
  const auto patient = Watch(142, absl::Minutes(5));
  Answer(Scored(1));
  timer_.Advance(absl::Minutes(2));
  const auto other = Watch(142, absl::Minutes(5));
  EXPECT_EQ(other->report()->score(), 1);
  timer_.Advance(absl::ZeroDuration());
  Answer(Scored(2));
  EXPECT_EQ(other->report()->score(), 2);
  EXPECT_TRUE(AskedAfter(absl::Minutes(5), Scored(2)));
}

TEST_F(Reports, NotMoreOftenThanAllowed) {
  const auto watching = Watch(142, absl::ZeroDuration());
  Answer(Scored(1));
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), Scored(1)));
}

TEST_F(Reports, EndWithTheLastWhoWatches) {
  auto one = Watch(), other = Watch();
  Answer(Scored(1));
  one = nullptr;
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), Scored(2)));
  other = nullptr;
  EXPECT_EQ(reports_->polls(), 0u);
  EXPECT_EQ(timer_.pending(), 0u);
}

TEST_F(Reports, WhoLeavesAndComesBackDuringARequestSharesItsAnswer) {
  auto watching = Watch();
  watching = nullptr;
  watching = Watch();
  EXPECT_EQ(asked_, 1);
  Answer(Scored(1));
  EXPECT_EQ(watching->report()->score(), 1);
  watching = nullptr;
  watching = Watch();
  watching = nullptr;
  Answer(Scored(1));  // for nobody
  EXPECT_EQ(reports_->polls(), 0u);
  EXPECT_EQ(timer_.pending(), 0u);
}

TEST_F(Reports, WhatDoesNotExistEndsIt) {
  const auto watching = Watch();
  Answer(FailureOf(absl::StatusCode::kNotFound));
  ASSERT_TRUE(watching->ended().has_value());
  EXPECT_EQ(watching->ended()->code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(reports_->polls(), 0u);
}

TEST_F(Reports, BeforeTheFirstReportARefusalEndsItAndAnOutageDoesNot) {
  const auto watching = Watch();
  Answer(FailureOf(absl::StatusCode::kUnavailable));
  EXPECT_EQ(told_, 0);
  EXPECT_TRUE(AskedAfter(absl::Seconds(60), FailureOf(absl::StatusCode::kResourceExhausted)));
  EXPECT_TRUE(AskedAfter(absl::Seconds(120), FailureOf(absl::StatusCode::kDeadlineExceeded)));
  EXPECT_FALSE(watching->ended().has_value());
  EXPECT_TRUE(AskedAfter(absl::Seconds(240), FailureOf(absl::StatusCode::kFailedPrecondition)));
  EXPECT_EQ(watching->ended()->code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(Reports, AfterItNothingEndsItButThatItIsGone) {
  const auto watching = Watch();
  Answer(Scored(1));
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), FailureOf(absl::StatusCode::kFailedPrecondition)));
  EXPECT_TRUE(AskedAfter(absl::Seconds(60), FailureOf(absl::StatusCode::kInternal)));
  EXPECT_TRUE(AskedAfter(absl::Seconds(120), Scored(2)));
  EXPECT_EQ(watching->report()->score(), 2);
  EXPECT_TRUE(AskedAfter(absl::Seconds(30), FailureOf(absl::StatusCode::kNotFound)));
  EXPECT_EQ(watching->ended()->code(), absl::StatusCode::kNotFound);
}

TEST_F(Reports, AfterFailuresItWaitsTenMinutesAtTheMostOrAsLongAsTheFailureSays) {
  const auto watching = Watch();
  Answer(Scored(1));
  for (int i = 0; i < 8; ++i) {
    timer_.Advance(absl::Minutes(10));
    Answer(FailureOf(absl::StatusCode::kUnavailable));
  }
  EXPECT_TRUE(
      AskedAfter(absl::Minutes(10), FailureOf(absl::StatusCode::kUnavailable, absl::Minutes(17))));
  EXPECT_TRUE(AskedAfter(absl::Minutes(17), Scored(2)));
}

TEST_F(Reports, AnAnswerAfterAllIsOverHarmsNobody) {
  auto watching = Watch();
  reports_ = nullptr;
  Answer(Scored(1));
  EXPECT_EQ(told_, 0);
  EXPECT_EQ(watching->report(), nullptr);
}

}  // namespace
}  // namespace gw::concero
