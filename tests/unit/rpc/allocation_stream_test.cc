#include "service/rpc/allocation_stream.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "tests/support/fakes.h"
#include "tests/unit/rpc/stream_fakes.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

using AllocateCall = Call<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>;

absl::Status FailedWith(absl::StatusCode code, Reason reason,
                        std::optional<absl::Duration> retry = std::nullopt) {
  Failure failure;
  failure.reason = reason;
  failure.retry_delay = retry;
  return MakeFailure(code, "no", failure);
}

// Counts what it is told, by code and reason.
class CountingMetrics : public observe::RpcMetrics {
 public:
  void Observe(absl::StatusCode code, Reason reason, absl::Duration) override {
    ++seen[absl::StrCat(absl::StatusCodeToString(code), " ", ReasonName(reason))];
  }
  std::map<std::string, int> seen;
};

class OneCallEach final : public Allowance {
 public:
  absl::Duration TakeCall() const override {
    if (left == 0) return absl::Seconds(1);
    --left;
    return absl::ZeroDuration();
  }
  std::optional<int> MostInFlight() const override { return most; }
  mutable int left = 0;
  std::optional<int> most;
};

class AllocationStreamTest : public ::testing::Test {
 protected:
  static constexpr size_t kPlaces = 4;
  using Stream = testing::FakeStream<pb::AllocateCandidatesResponse>;

  static void SetUpTestSuite() { observe::SetLogLevel(observe::LogLevel::kError); }
  static void TearDownTestSuite() { observe::SetLogLevel(observe::LogLevel::kInfo); }

  AllocationStreamTest() { Prepare(stream_); }
  void Prepare(Stream& stream) {
    stream.info_.record = calls_.Begin("stream-1", std::nullopt);
    stream.info_.caller = "web";
  }
  std::shared_ptr<AllocationStream> Begin(Stream& stream) {
    auto handler = std::make_shared<AllocationStream>(stream, tools_, prologue_, item_);
    handler->Start();
    return handler;
  }
  void Begin() { handler_ = Begin(stream_); }

  // Says items as long as it is read from, `most` at most. Each has its own id.
  int Say(int most, Stream& stream, AllocationStream& handler) {
    int said = 0;
    while (said < most && stream.TakeRead()) {
      pb::AllocateCandidatesRequest request;
      request.set_item_id(absl::StrCat("item-", ++items_));
      request.mutable_request()->set_request_id(absl::StrCat("order-", items_));
      request.mutable_request()->set_candidate_email("a@b.c");
      ++said;
      handler.OnRead(&request);
    }
    return said;
  }
  int Say(int most = 1000) { return Say(most, stream_, *handler_); }
  void SayNoMore() {
    ASSERT_TRUE(stream_.TakeRead());
    handler_->OnRead(nullptr);
  }
  // Answers the allocation that was begun first.
  void Answer(const absl::Status& status = absl::OkStatus()) {
    ASSERT_FALSE(allocating_.empty());
    AllocateCall call = std::move(allocating_.front());
    allocating_.pop_front();
    call.response().mutable_allocation()->set_request_id(call.request().request_id());
    std::move(call).Finish(status);
  }
  void AnswerAll() {
    while (!allocating_.empty()) Answer();
  }

  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::FakeRandom random_;
  observe::CallLog calls_{observe::AccessMode::kErrors, Secret("a-key"), clock_, random_};
  Prologue prologue_{clock_, calls_, {absl::Seconds(30), absl::Milliseconds(20)}};
  CountingMetrics metrics_;
  const RpcMethod item_{"package.Service/Many.Item", true, metrics_};
  BulkPlaces places_{kPlaces};
  std::deque<AllocateCall> allocating_;
  const AllocationStreamTools tools_{
      [this](AllocateCall call) { allocating_.push_back(std::move(call)); }, places_, timer_,
      random_};
  Stream stream_;
  std::shared_ptr<AllocationStream> handler_;
  int items_ = 0;
};

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
  allowance.left = 1;
  timer_.Advance(absl::Seconds(1));
  EXPECT_EQ(allocating_.size(), 2u);
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
  EXPECT_EQ(Say(), 1) << "it was being read";
  AnswerAll();
  stream_.TakeAll(*handler_);
  EXPECT_EQ(Say(), 0);
  timer_.Advance(absl::Seconds(5) - absl::Milliseconds(1));
  EXPECT_EQ(Say(), 0);
  timer_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Say(), 4);
  AnswerAll();
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
  EXPECT_EQ(Say(), 0);
  timer_.Advance(absl::Milliseconds(749));  // a quarter for each after the first
  EXPECT_EQ(Say(), 0);
  timer_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Say(), 4);
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
  timer_.Advance(absl::Seconds(1));
  EXPECT_EQ(third.ended(), "UNAVAILABLE SHUTTING_DOWN");
  Answer();
  EXPECT_EQ(other.ended(), "UNAVAILABLE SHUTTING_DOWN");
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
