// How a stream of allocations ends.
#include <gtest/gtest.h>

#include <memory>

#include "service/rpc/allocation_stream.h"
#include "tests/unit/rpc/allocation_stream_fixture.h"

namespace gw::rpc {
namespace {

TEST_F(AllocationStreamTest, WhenTheGatewayStopsWhatWasBegunIsToldAndNothingElseIsBegun) {
  Begin();
  EXPECT_EQ(Say(2), 2);
  stream_.draining.request_stop();
  EXPECT_EQ(stream_.ended(), "waiting");
  EXPECT_EQ(Say(1), 1) << "what was being read";
  EXPECT_EQ(Say(), 0);
  EXPECT_EQ(allocating_.size(), 2u);
  AnswerAll();
  stream_.TakeAll(*handler_);
  EXPECT_EQ(stream_.written.size(), 2u);
  EXPECT_EQ(stream_.ended(), "UNAVAILABLE SHUTTING_DOWN");
}

TEST_F(AllocationStreamTest, WhatWaitsForAPlaceOrTheQuotaIsDroppedWhenItEnds) {
  Stream other;
  Prepare(other);
  OneCallEach allowance;
  Stream third;
  Prepare(third);
  third.info_.allowance = &allowance;
  Begin();
  EXPECT_EQ(Say(), 4);
  const auto second = Begin(other);
  EXPECT_EQ(Say(1, other, *second), 1);
  const auto last = Begin(third);
  EXPECT_EQ(Say(1, third, *last), 1);
  other.draining.request_stop();
  third.draining.request_stop();
  EXPECT_EQ(third.ended(), "UNAVAILABLE SHUTTING_DOWN") << "however long the quota lets it wait";
  EXPECT_EQ(timer_.pending(), 0u);
  EXPECT_EQ(other.ended(), "UNAVAILABLE SHUTTING_DOWN") << "however long others keep their places";
  Answer();
  EXPECT_TRUE(other.written.empty());
  AnswerAll();
  EXPECT_EQ(places_.taken(), 0u);
}

TEST_F(AllocationStreamTest, WhenTheCallerIsGoneItEndsWithTheLastItem) {
  Begin();
  Say(3);
  Answer();
  Answer();
  ASSERT_TRUE(stream_.writing());
  stream_.cancel.request_stop();
  EXPECT_TRUE(allocating_.front().info().cancel.stop_requested()) << "the items are told";
  stream_.Take(*handler_);
  EXPECT_EQ(stream_.ended(), "waiting");
  Answer(FailedWith(absl::StatusCode::kCancelled, Reason::kCancelled));
  EXPECT_EQ(stream_.ended(), "CANCELLED CANCELLED");
  EXPECT_EQ(stream_.written.size(), 1u);
}

TEST_F(AllocationStreamTest, AGoneCallersItemsAreNotTriedAgain) {
  Begin();
  Say(1);
  stream_.cancel.request_stop();
  Answer(FailedWith(absl::StatusCode::kResourceExhausted, Reason::kOverloaded,
                    absl::Milliseconds(200)));
  EXPECT_EQ(stream_.ended(), "CANCELLED CANCELLED");
}

TEST_F(AllocationStreamTest, WhatIsNoRequestEndsItAfterTheResults) {
  Begin();
  Say(1);
  ASSERT_TRUE(stream_.TakeRead());
  handler_->OnNoRequest(InvalidField("request", "is none"));
  AnswerAll();
  stream_.TakeAll(*handler_);
  EXPECT_EQ(stream_.written.size(), 1u);
  EXPECT_EQ(stream_.ended(), "INVALID_ARGUMENT INVALID_FIELD");
}

TEST_F(AllocationStreamTest, AStreamWithoutItemsEndsWell) {
  Begin();
  SayNoMore();
  EXPECT_EQ(stream_.ended(), "OK");
}

}  // namespace
}  // namespace gw::rpc
