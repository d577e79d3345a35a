// One AllocateCandidates, without gRPC: its caller, its allocations and the time are the test's.
#pragma once

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
#include "service/rpc/allocation_stream.h"
#include "tests/support/fakes.h"
#include "tests/unit/rpc/stream_fakes.h"

namespace gw::rpc {

using AllocateCall =
    Call<::concero::v1::AllocateCandidateRequest, ::concero::v1::AllocateCandidateResponse>;

inline absl::Status FailedWith(absl::StatusCode code, Reason reason,
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
  using Stream = testing::FakeStream<::concero::v1::AllocateCandidatesResponse>;

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
      ::concero::v1::AllocateCandidatesRequest request;
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

}  // namespace gw::rpc
