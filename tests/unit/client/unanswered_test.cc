#include "client/library/unanswered.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/library/backoff.h"
#include "concero_gateway/fake_failure.h"

namespace concero {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kNoJitter = 0;

class ClientUnanswered : public ::testing::Test {
 protected:
  // The ids that are due, as a text.
  std::string Due() {
    std::string ids;
    while (const auto due = unanswered_.TakeDue(now_)) absl::StrAppend(&ids, " ", due->first);
    return ids;
  }
  void AddIntents(int count) {
    for (; count > 0; --count) unanswered_.Add(Intent(119, "zoe@example.com"));
  }
  bool Ends(uint64_t number, const absl::StatusOr<v1::AllocateCandidateResponse>& result) {
    return unanswered_.Answer(number, result, now_).has_value();
  }

  Moment now_ = Moment() + std::chrono::hours(1);
  Unanswered unanswered_{/*attempts=*/3, [] { return kNoJitter; }};
};

const absl::Status& Overloaded() {
  static const absl::Status status =
      MakeFailure(gateway::v1::REASON_OVERLOADED, {.retry_delay = absl::Seconds(3)});
  return status;
}

TEST_F(ClientUnanswered, AreSentOnceInTheirOrder) {
  AddIntents(3);
  EXPECT_EQ(Due(), " 1 2 3");
  EXPECT_EQ(Due(), "");
  EXPECT_EQ(unanswered_.size(), 3u);
  EXPECT_TRUE(Ends(2, v1::AllocateCandidateResponse()));
  EXPECT_FALSE(Ends(2, v1::AllocateCandidateResponse())) << "one result for each";
  EXPECT_FALSE(Ends(9, v1::AllocateCandidateResponse())) << "nobody knows it";
  EXPECT_EQ(unanswered_.size(), 2u);
}

TEST_F(ClientUnanswered, AreSentAgainOnTheNextStreamWhereTheyHaveNoResult) {
  AddIntents(3);
  EXPECT_EQ(unanswered_.TakeDue(now_)->first, 1u);
  EXPECT_EQ(unanswered_.TakeDue(now_)->first, 2u);
  EXPECT_TRUE(Ends(1, v1::AllocateCandidateResponse()));
  unanswered_.ResendAll();
  EXPECT_FALSE(Ends(2, v1::AllocateCandidateResponse())) << "not sent on this stream";
  EXPECT_EQ(Due(), " 2 3");
}

TEST_F(ClientUnanswered, WaitForTheDelayThatTheirFailureNames) {
  AddIntents(1);
  Due();
  EXPECT_FALSE(Ends(1, Overloaded()));
  EXPECT_EQ(unanswered_.NextDue(), now_ + std::chrono::seconds(3));
  unanswered_.ResendAll();
  now_ += milliseconds(2999);
  EXPECT_EQ(Due(), "");
  now_ += milliseconds(1);
  EXPECT_EQ(Due(), " 1");
  EXPECT_EQ(unanswered_.NextDue(), std::nullopt);
}

TEST_F(ClientUnanswered, BackOffWithoutADelay) {
  AddIntents(1);
  Due();
  const absl::Status in_progress = MakeFailure(gateway::v1::REASON_ALLOCATION_IN_PROGRESS);
  EXPECT_FALSE(Ends(1, in_progress));
  EXPECT_EQ(unanswered_.NextDue(), now_ + milliseconds(200));
  now_ += milliseconds(200);
  Due();
  EXPECT_FALSE(Ends(1, in_progress));
  EXPECT_EQ(unanswered_.NextDue(), now_ + milliseconds(400));
}

TEST_F(ClientUnanswered, HaveTheFailureAsResultAfterTheLastAttempt) {
  AddIntents(1);
  for (int attempt = 1; attempt < 3; ++attempt) {
    Due();
    EXPECT_FALSE(Ends(1, Overloaded()));
    unanswered_.ResendAll();  // costs no attempt
    now_ += std::chrono::seconds(3);
  }
  EXPECT_EQ(Due(), " 1");
  const auto answered = unanswered_.Answer(1, Overloaded(), now_);
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->result.status(), Overloaded());
  EXPECT_TRUE(unanswered_.empty());
}

TEST_F(ClientUnanswered, AreNotSentAgainAfterWhatNoRepeatHelpsAgainst) {
  const absl::Status failures[] = {
      MakeFailure(gateway::v1::REASON_ALLOCATION_IN_DOUBT),
      MakeFailure(gateway::v1::REASON_INVALID_FIELD),
      MakeFailure(gateway::v1::REASON_DEADLINE_EXCEEDED),
      MakeFailure(gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED),
      absl::UnknownError(""),
  };
  uint64_t number = 0;
  for (const absl::Status& failure : failures) {
    AddIntents(1);
    Due();
    EXPECT_TRUE(Ends(++number, failure)) << failure;
  }
}

TEST_F(ClientUnanswered, AreAllTakenAtTheEnd) {
  AddIntents(3);
  Due();
  EXPECT_FALSE(Ends(2, Overloaded()));
  EXPECT_EQ(unanswered_.TakeAll().size(), 3u);
  EXPECT_TRUE(unanswered_.empty());
  EXPECT_EQ(unanswered_.NextDue(), std::nullopt);
}

TEST(ClientBackoff, DoublesFromAFifthOfASecondToFiveSeconds) {
  const int kExpectedMillis[] = {200, 400, 800, 1600, 3200, 5000, 5000};
  int failures = 0;
  for (const int expected : kExpectedMillis) {
    EXPECT_EQ(Backoff(++failures, kNoJitter), absl::Milliseconds(expected)) << failures;
  }
  EXPECT_EQ(Backoff(1'000'000, kNoJitter), absl::Seconds(5));
}

TEST(ClientBackoff, IsUpToAHalfShorterByChance) {
  EXPECT_NEAR(absl::ToDoubleSeconds(Backoff(1, ~uint64_t{0})), 0.1, 0.001);
  EXPECT_NEAR(absl::ToDoubleSeconds(Backoff(1, uint64_t{1} << 63)), 0.15, 0.001);
}

}  // namespace
}  // namespace concero
