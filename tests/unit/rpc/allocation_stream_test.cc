#include "service/rpc/allocation_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/unit/rpc/allocation_stream_fixture.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

TEST_F(AllocationStreamTest, EachItemHasAResultTiedByItsIdInTheOrderOfTheirEnds) {
  Begin();
  EXPECT_EQ(Say(3), 3);
  allocating_.push_back(std::move(allocating_.front()));
  allocating_.pop_front();
  AnswerAll();
  stream_.TakeAll(*handler_);
  ASSERT_EQ(stream_.written.size(), 3u);
  EXPECT_EQ(stream_.written[0].item_id(), "item-2");
  EXPECT_EQ(stream_.written[0].response().allocation().request_id(), "order-2");
  EXPECT_EQ(stream_.written[1].item_id(), "item-3");
  EXPECT_EQ(stream_.written[2].item_id(), "item-1");
  EXPECT_EQ(stream_.ended(), "waiting");
  SayNoMore();
  EXPECT_EQ(stream_.ended(), "OK");
  EXPECT_EQ(metrics_.seen, (std::map<std::string, int>{{"OK ", 3}}));
}

TEST_F(AllocationStreamTest, OneThatFailsFailsAlone) {
  Begin();
  Say(2);
  Answer(FailedWith(absl::StatusCode::kUnknown, Reason::kAllocationInDoubt));
  Answer();
  stream_.TakeAll(*handler_);
  ASSERT_EQ(stream_.written.size(), 2u);
  EXPECT_EQ(stream_.written[0].error().code(), static_cast<int>(absl::StatusCode::kUnknown));
  EXPECT_EQ(stream_.written[0].error().details_size(), 1);
  EXPECT_TRUE(stream_.written[1].has_response());
  EXPECT_EQ(metrics_.seen["UNKNOWN ALLOCATION_IN_DOUBT"], 1);
}

TEST_F(AllocationStreamTest, AnItemHasItsOwnRequestIdAndTheDefaultDeadline) {
  Begin();
  Say(1);
  const CallInfo& info = allocating_.front().info();
  EXPECT_EQ(info.record->request_id(), "order-1");
  EXPECT_EQ(info.deadline, clock_.Now() + absl::Seconds(30));
  EXPECT_EQ(info.caller, "web");
  AnswerAll();
}

TEST_F(AllocationStreamTest, TheDeadlineOfTheStreamCountsWhenItIsSooner) {
  stream_.info_.deadline = clock_.Now() + absl::Seconds(7);
  Begin();
  Say(1);
  EXPECT_EQ(allocating_.front().info().deadline, clock_.Now() + absl::Seconds(7));
  AnswerAll();
}

TEST_F(AllocationStreamTest, AnItemWithoutAnIdIsRefusedAlone) {
  Begin();
  pb::AllocateCandidatesRequest request;
  ASSERT_TRUE(stream_.TakeRead());
  handler_->OnRead(&request);
  ASSERT_EQ(stream_.written.size(), 1u);
  EXPECT_EQ(stream_.written[0].error().code(),
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(allocating_.empty());
  EXPECT_EQ(places_.taken(), 0u);
  EXPECT_EQ(Say(1), 1) << "it goes on";
  AnswerAll();
}

TEST_F(AllocationStreamTest, NoMoreAreTakenThanThereArePlaces) {
  Begin();
  EXPECT_EQ(Say(), 4);
  EXPECT_EQ(allocating_.size(), 4u);
  Answer();
  stream_.TakeAll(*handler_);
  EXPECT_EQ(Say(), 1);
  AnswerAll();
}

TEST_F(AllocationStreamTest, WhoDoesNotReadResultsIsNotReadFrom) {
  Begin();
  Say();
  AnswerAll();
  EXPECT_EQ(places_.taken(), 0u);
  EXPECT_EQ(Say(), 0);
  stream_.Take(*handler_);
  EXPECT_EQ(Say(), 1);
  AnswerAll();
  EXPECT_EQ(Say(), 0);
}

TEST_F(AllocationStreamTest, ACallerHasNoMoreInFlightThanItsQuota) {
  OneCallEach allowance;
  allowance.left = 100;
  allowance.most = 2;
  stream_.info_.allowance = &allowance;
  Begin();
  EXPECT_EQ(Say(), 2);
  AnswerAll();
}

TEST_F(AllocationStreamTest, EachItemCountsAsACallOfTheQuotaAndWaitsForIt) {
  OneCallEach allowance;
  allowance.left = 1;
  stream_.info_.allowance = &allowance;
  Begin();
  EXPECT_EQ(Say(), 2) << "the second waits, and no third is read";
  EXPECT_EQ(allocating_.size(), 1u);
  AnswerAll();
  stream_.TakeAll(*handler_);
  EXPECT_FALSE(stream_.reading()) << "nor is it when there is room again";
  allowance.left = 1;
  timer_.Advance(absl::Seconds(1));
  EXPECT_EQ(allocating_.size(), 1u);
  AnswerAll();
  stream_.TakeAll(*handler_);
}

TEST_F(AllocationStreamTest, StreamsShareThePlacesInTurns) {
  Stream other;
  Prepare(other);
  Begin();
  const auto second = Begin(other);
  EXPECT_EQ(Say(), 4);
  EXPECT_EQ(Say(1000, other, *second), 1) << "it waits with one";
  Answer();
  stream_.TakeAll(*handler_);
  EXPECT_EQ(allocating_.size(), 4u);
  EXPECT_EQ(allocating_.back().request().request_id(), "order-5") << "the other's turn";
  EXPECT_EQ(Say(), 1);
  EXPECT_EQ(Say(1000, other, *second), 1);
  Answer();
  EXPECT_EQ(allocating_.back().request().request_id(), "order-6") << "first come, first served";
  AnswerAll();
}

TEST_F(AllocationStreamTest, WhatIsRefusedAsOneTooManyIsTriedAgain) {
  Begin();
  Say(1);
  Answer(FailedWith(absl::StatusCode::kResourceExhausted, Reason::kOverloaded,
                    absl::Milliseconds(200)));
  EXPECT_TRUE(allocating_.empty());
  EXPECT_TRUE(stream_.written.empty());
  timer_.Advance(absl::Milliseconds(199));
  EXPECT_TRUE(allocating_.empty());
  timer_.Advance(absl::Milliseconds(201));
  Answer();
  stream_.TakeAll(*handler_);
  EXPECT_TRUE(stream_.written.at(0).has_response());
}

TEST_F(AllocationStreamTest, ButNotForEver) {
  Begin();
  Say(1);
  for (int i = 0; i < 29; ++i) {
    ASSERT_EQ(allocating_.size(), 1u) << i;
    Answer(FailedWith(absl::StatusCode::kResourceExhausted, Reason::kOverloaded, absl::Seconds(1)));
    timer_.Advance(absl::Seconds(2));
    if (!stream_.written.empty()) break;
  }
  ASSERT_EQ(stream_.written.size(), 1u);
  EXPECT_EQ(stream_.written[0].error().code(),
            static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(places_.taken(), 0u);
}

TEST_F(AllocationStreamTest, NoneIsBegunForAsLongAsAFailureSays) {
  Begin();
  Say(1);
  Answer(
      FailedWith(absl::StatusCode::kUnavailable, Reason::kUpstreamCircuitOpen, absl::Seconds(5)));
  stream_.TakeAll(*handler_);
  EXPECT_EQ(Say(), 1);
  timer_.Advance(absl::Seconds(5) - absl::Milliseconds(1));
  EXPECT_TRUE(allocating_.empty());
  EXPECT_EQ(Say(), 0) << "one waits already";
  timer_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(allocating_.size(), 1u);
  EXPECT_EQ(Say(), 3);
  AnswerAll();
}

TEST_F(AllocationStreamTest, WhoHasSaidAllDoesNotWaitForTheEndOfAPause) {
  Begin();
  Say(1);
  Answer(
      FailedWith(absl::StatusCode::kUnavailable, Reason::kUpstreamCircuitOpen, absl::Seconds(5)));
  stream_.TakeAll(*handler_);
  SayNoMore();
  EXPECT_EQ(stream_.ended(), "OK");
}

TEST_F(AllocationStreamTest, OneThatIsRateLimitedAmongManyHoldsNobodyUpButSeveralDo) {
  const absl::Status limited = FailedWith(absl::StatusCode::kResourceExhausted,
                                          Reason::kUpstreamRateLimited, absl::Seconds(1));
  Begin();
  for (int i = 0; i < 20; ++i) {  // one of five
    EXPECT_EQ(Say(1), 1) << i;
    Answer(i % 5 == 0 ? limited : absl::OkStatus());
    stream_.TakeAll(*handler_);
  }
  Say();
  for (int i = 0; i < 4; ++i) Answer(limited);
  stream_.TakeAll(*handler_);
  EXPECT_EQ(Say(), 1);
  timer_.Advance(absl::Milliseconds(749));  // a quarter for each after the first
  EXPECT_TRUE(allocating_.empty());
  timer_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(allocating_.size(), 1u);
  EXPECT_EQ(Say(), 3);
  AnswerAll();
}

TEST_F(AllocationStreamTest, AFailureOfOneItemHoldsNobodyUp) {
  Begin();
  Say(1);
  Answer(
      FailedWith(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable, absl::Seconds(5)));
  stream_.TakeAll(*handler_);
  EXPECT_EQ(Say(), 4);
  AnswerAll();
}

}  // namespace
}  // namespace gw::rpc
