#include "service/http/clock_skew_transport.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;

std::string DateLine(absl::Time time) {
  return absl::StrCat(
      "Date: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time, absl::UTCTimeZone()), "\r\n");
}

class ClockSkewTransportTest : public ::testing::Test {
 protected:
  // A request that is answered at once.
  void Exchange(Outcome outcome) {
    inner_.PrepareAnswer(std::move(outcome));
    transport_->Start(Request(), [](Outcome) {});
  }
  // The same, with a Date that is so much ahead of our clock.
  void ExchangeAhead(absl::Duration ahead) {
    Exchange(Answered(200, "", DateLine(clock_.WallNow() + ahead)));
  }
  void MakeAnew() {
    transport_ = std::make_unique<ClockSkewTransport>(inner_, "proctorexam", clock_);
  }
  // Lines since the last time.
  size_t Warnings() { return log_.Take().size(); }

  std::vector<Outcome> told_;     // first: told until the last of the others is gone
  testing::FakeClock clock_;      // on the second
  testing::FakeTransport inner_;  // before what sends through it
  std::unique_ptr<ClockSkewTransport> transport_ =
      std::make_unique<ClockSkewTransport>(inner_, "proctorexam", clock_);
  testing::CapturedLog log_;
};

TEST_F(ClockSkewTransportTest, ASecondsDateIsRightAtAnyTimeBetweenAskingAndTheAnswer) {
  clock_.Advance(absl::Milliseconds(400));
  const struct {
    const char* name;
    absl::Duration took;
    int date;  // seconds from the beginning of the one in which it is asked
    double apart;
  } kCases[] = {
      {"at once, in this second", absl::ZeroDuration(), 0, 0},
      {"at once, in the next", absl::ZeroDuration(), 1, 0.6},
      {"at once, in the one before", absl::ZeroDuration(), -1, 0.4},
      {"at once, a minute ahead", absl::ZeroDuration(), 60, 59.6},
      {"at once, a minute behind", absl::ZeroDuration(), -60, 59.4},
      {"slow, from its first second", absl::Seconds(20), 0, 0},
      {"slow, from the middle", absl::Seconds(20), 10, 0},
      {"slow, from its last second", absl::Seconds(20), 20, 0},
      {"slow, from the next", absl::Seconds(20), 21, 0.6},
      {"slow, from the one before", absl::Seconds(20), -1, 0.4},
      {"slow, ahead of the answer", absl::Seconds(20), 80, 59.6},
      {"slow, behind the question", absl::Seconds(20), -60, 59.4},
      {"a day ahead", absl::ZeroDuration(), 86'400, 86'399.6},
      {"a day behind", absl::ZeroDuration(), -86'400, 86'399.4},
  };
  for (const auto& c : kCases) {
    MakeAnew();
    const absl::Time second = clock_.WallNow() - absl::Milliseconds(400);
    transport_->Start(Request(), [](Outcome) {});
    clock_.Advance(c.took);
    inner_.Answer(inner_.sent() - 1, Answered(200, "", DateLine(second + absl::Seconds(c.date))));
    EXPECT_NEAR(transport_->SecondsApart(), c.apart, 1e-6) << c.name;
  }
}

TEST_F(ClockSkewTransportTest, TheDateCountsWhateverTheStatus) {
  for (const int status : {200, 204, 302, 403, 404, 500}) {
    MakeAnew();
    Exchange(Answered(status, "", DateLine(clock_.WallNow() + absl::Seconds(40))));
    EXPECT_EQ(transport_->SecondsApart(), 40) << status;
  }
}

// Both before anything is known and when something is.
TEST_F(ClockSkewTransportTest, WhatHasNoDateOfItsOwnSaysNothing) {
  const std::string far = DateLine(clock_.WallNow() + absl::Hours(1));
  const struct {
    const char* name;
    Outcome outcome;
  } kCases[] = {
      {"no headers", Answered(200)},
      {"no Date", Answered(200, "", "Content-Type: text/html\r\n")},
      {"an empty Date", Answered(200, "", "Date:\r\n")},
      {"a Date of another form", Answered(200, "", "Date: 2024-07-15T09:00:01Z\r\n")},
      {"a Date that there is not", Answered(200, "", "Date: Sat, 31 Feb 2024 09:00:01 GMT\r\n")},
      {"from a cache", Answered(200, "", absl::StrCat(far, "Age: 7\r\n"))},
      {"from a cache, just now", Answered(200, "", absl::StrCat("age:0\r\n", far))},
      {"lost", Broken(ErrorKind::kConnectionLost)},
      {"timed out", Broken(ErrorKind::kTimeout)},
  };
  for (const auto& c : kCases) {
    MakeAnew();
    EXPECT_LT(transport_->SecondsApart(), 0) << c.name;
    Exchange(c.outcome);
    EXPECT_LT(transport_->SecondsApart(), 0) << c.name;

    MakeAnew();
    ExchangeAhead(absl::Seconds(20));
    clock_.Advance(absl::Seconds(1));
    Exchange(c.outcome);
    EXPECT_EQ(transport_->SecondsApart(), 20) << c.name;
  }
}

TEST_F(ClockSkewTransportTest, LooksOnceASecondAtMost) {
  ExchangeAhead(absl::Seconds(10));
  clock_.Advance(absl::Milliseconds(999));
  Exchange(Answered(200, "", DateLine(clock_.WallNow() + absl::Seconds(21))));
  EXPECT_EQ(transport_->SecondsApart(), 10);
  clock_.Advance(absl::Milliseconds(1));
  ExchangeAhead(absl::Seconds(20));
  EXPECT_EQ(transport_->SecondsApart(), 20);
}

TEST_F(ClockSkewTransportTest, WarnsOfMoreThan30SecondsEitherWay) {
  const struct {
    const char* name;
    int date;      // seconds from now; the whole of that second may be meant
    double ahead;  // 0: no warning
  } kCases[] = {
      {"none", 0, 0},
      {"30 ahead", 30, 0},
      {"31 ahead", 31, 31},
      {"30 behind", -31, 0},
      {"31 behind", -32, -31},
      {"an hour ahead", 3600, 3600},
      {"an hour behind", -3601, -3600},
  };
  for (const auto& c : kCases) {
    MakeAnew();
    ExchangeAhead(absl::Seconds(c.date));
    const std::vector<nlohmann::json> lines = log_.Take();
    ASSERT_EQ(lines.size(), c.ahead == 0 ? 0u : 1u) << c.name;
    if (lines.empty()) continue;
    EXPECT_EQ(lines[0].at("event"), "clock_skew") << c.name;
    EXPECT_EQ(lines[0].at("level"), "warn") << c.name;
    EXPECT_EQ(lines[0].at("upstream"), "proctorexam") << c.name;
    EXPECT_EQ(lines[0].at("upstream_ahead_seconds"), c.ahead) << c.name;
  }
}

TEST_F(ClockSkewTransportTest, WarnsOnceAndThenEveryTenMinutesWhileItLasts) {
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 1u);
  for (int i = 1; i < 600; ++i) {
    clock_.Advance(absl::Seconds(1));
    // Also when it turns round.
    ExchangeAhead(i % 2 == 0 ? absl::Seconds(31) : absl::Seconds(-90));
  }
  EXPECT_EQ(Warnings(), 0u) << "within ten minutes";
  clock_.Advance(absl::Seconds(1));
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 1u) << "after ten minutes";
  clock_.Advance(absl::Minutes(9));
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 0u) << "ten minutes are counted from the last one";
  clock_.Advance(absl::Minutes(1));
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 1u);
}

TEST_F(ClockSkewTransportTest, WarnsAgainAtOnceWhenItWasFineInBetween) {
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 1u);
  clock_.Advance(absl::Seconds(1));
  ExchangeAhead(absl::Seconds(30));
  clock_.Advance(absl::Seconds(1));
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 1u);
}

TEST_F(ClockSkewTransportTest, IsNotFineInBetweenBecauseAnAnswerSaidNothing) {
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 1u);
  for (const Outcome& outcome :
       {Answered(200), Broken(ErrorKind::kTimeout),
        Answered(200, "", absl::StrCat("Age: 1\r\n", DateLine(clock_.WallNow())))}) {
    clock_.Advance(absl::Seconds(1));
    Exchange(outcome);
  }
  clock_.Advance(absl::Seconds(1));
  ExchangeAhead(absl::Seconds(31));
  EXPECT_EQ(Warnings(), 0u);
}

TEST_F(ClockSkewTransportTest, WarnsInTheNameOfTheCall) {
  testing::FakeRandom random;
  const observe::KeyedHash hash(Secret("a-key"));
  Request request;
  request.record =
      std::make_shared<observe::CallRecord>("order-7741", std::nullopt, hash, clock_, random);
  inner_.PrepareAnswer(Answered(200, "", DateLine(clock_.WallNow() + absl::Hours(1))));
  transport_->Start(std::move(request), [](Outcome) {});
  const std::vector<nlohmann::json> lines = log_.Take();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].at("request_id"), "order-7741");
}

TEST_F(ClockSkewTransportTest, HandsRequestAndOutcomeOverUnchanged) {
  const auto collect = [this](Outcome outcome) { told_.push_back(std::move(outcome)); };
  Request request;
  request.method = Method::kPatch;
  request.target = "/student_sessions/7";
  request.headers = {{"Accept", "application/json"}};
  request.parameters = {{"name", "Zoë"}};
  request.deadline = Instant::FromNanos(77);
  request.one_shot = true;
  request.max_idle = absl::Seconds(5);
  transport_->Start(std::move(request), collect);
  const Request& sent = inner_.request(0);
  EXPECT_EQ(sent.method, Method::kPatch);
  EXPECT_EQ(sent.target, "/student_sessions/7");
  EXPECT_EQ(sent.headers.size(), 1u);
  EXPECT_EQ(sent.parameters.size(), 1u);
  EXPECT_EQ(sent.deadline, Instant::FromNanos(77));
  EXPECT_TRUE(sent.one_shot);
  EXPECT_EQ(sent.max_idle, absl::Seconds(5));

  inner_.Answer(0, Answered(418, "body", DateLine(clock_.WallNow())));
  transport_->Start(Request(), collect);
  inner_.Answer(1, Broken(ErrorKind::kTls, Phase::kNotConnected));
  transport_->Start(Request(), collect);
  inner_.Drop(2);
  ASSERT_EQ(told_.size(), 3u);
  EXPECT_EQ(std::get<Response>(told_[0]).status, 418);
  EXPECT_EQ(std::get<Response>(told_[0]).body, "body");
  EXPECT_EQ(std::get<TransportError>(told_[1]).kind, ErrorKind::kTls);
  EXPECT_EQ(std::get<TransportError>(told_[2]).kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace gw::http
