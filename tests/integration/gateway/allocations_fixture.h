// What the tests of allocations and their ledger start from.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/integration/gateway/stack.h"

namespace gw::testing {

namespace pb = ::concero::v1;

inline constexpr char kArjun[] = "arjun.mehta@company.io";
inline constexpr char kPosts[] = "/allocate-candidate";
inline constexpr std::chrono::minutes kPatience{5};

/// `request_id` empty: the gateway makes one.
inline pb::AllocateCandidateRequest Wanted(const std::string& request_id,
                                           const std::string& email = kArjun,
                                           int64_t examination_id = 119) {
  pb::AllocateCandidateRequest request;
  request.set_request_id(request_id);
  request.set_candidate_email(email);
  request.set_examination_id(examination_id);
  return request;
}

/// How a call ended.
template <class Response>
struct Ended {
  grpc::Status status;
  Response response;
  std::string reason() const { return DetailsOf(status).info.reason(); }
  /// `UNKNOWN ALLOCATION_IN_DOUBT`, `OK`.
  std::string what() const;
  /// A value of the metadata; empty without it.
  std::string metadata(const std::string& key) const {
    const auto metadata = DetailsOf(status).info.metadata();
    const auto found = metadata.find(key);
    return found == metadata.end() ? "" : found->second;
  }
};

inline std::string CodeName(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {"OK",
                                           "CANCELLED",
                                           "UNKNOWN",
                                           "INVALID_ARGUMENT",
                                           "DEADLINE_EXCEEDED",
                                           "NOT_FOUND",
                                           "ALREADY_EXISTS",
                                           "PERMISSION_DENIED",
                                           "RESOURCE_EXHAUSTED",
                                           "FAILED_PRECONDITION",
                                           "ABORTED",
                                           "OUT_OF_RANGE",
                                           "UNIMPLEMENTED",
                                           "INTERNAL",
                                           "UNAVAILABLE",
                                           "DATA_LOSS",
                                           "UNAUTHENTICATED"};
  return kNames[code];
}

template <class Response>
std::string Ended<Response>::what() const {
  return status.ok() ? "OK" : CodeName(status.error_code()) + " " + reason();
}

/// An allocation under way. Outlives its call.
class RunningAllocation {
 public:
  RunningAllocation(pb::AssessmentService::Stub& stub, pb::AllocateCandidateRequest request,
                    std::chrono::milliseconds deadline)
      : request_(std::move(request)) {
    context_.set_deadline(std::chrono::system_clock::now() + deadline);
    stub.async()->AllocateCandidate(&context_, &request_, &ended_.response,
                                    [this](const grpc::Status& s) { told_.set_value(s); });
  }
  void Cancel() { context_.TryCancel(); }
  const Ended<pb::AllocateCandidateResponse>& Await() {
    if (!awaited_) ended_.status = told_.get_future().get();
    awaited_ = true;
    return ended_;
  }
  ~RunningAllocation() {
    Cancel();
    Await();
  }

 private:
  grpc::ClientContext context_;
  const pb::AllocateCandidateRequest request_;
  Ended<pb::AllocateCandidateResponse> ended_;
  std::promise<grpc::Status> told_;
  bool awaited_ = false;
};

/// A sandbox, and gateways one after the other on one ledger file.
class AllocationsTest : public ::testing::Test {
 protected:
  using Allocated = Ended<pb::AllocateCandidateResponse>;
  using Got = Ended<pb::GetAllocationResponse>;
  using Listed = Ended<pb::ListAllocationsResponse>;
  using Resolved = Ended<pb::ResolveAllocationResponse>;

  std::string LedgerPath() const { return directory_.path() + "/ledger.db"; }

  /// In place of the one that runs, which is stopped. `base_url` empty: the sandbox's.
  void Start(GatewaySettings settings = {}, const std::string& base_url = "") {
    Stop();
    if (settings.ledger.empty()) settings.ledger = "sqlite: {path: \"" + LedgerPath() + "\"}";
    gateway_ = std::make_unique<GatewayProcess>(
        directory_, base_url.empty() ? sandbox_.base_url() : base_url, settings);
    stub_ = gateway_->Stub();
    allocations_ = gateway_->Allocations();
  }
  void Stop() {
    if (gateway_ == nullptr) return;
    EXPECT_EQ(gateway_->process().Stop(), 0) << gateway_->process().err();
    gateway_.reset();
  }
  void Kill() {
    gateway_->process().Signal(SIGKILL);
    gateway_->process().Wait();
    gateway_.reset();
  }

  Allocated Allocate(const pb::AllocateCandidateRequest& request) {
    return Call<pb::AllocateCandidateResponse>([&](auto* context, auto* response) {
      return stub_->AllocateCandidate(context, request, response);
    });
  }
  Allocated Allocate(const std::string& request_id) { return Allocate(Wanted(request_id)); }
  std::unique_ptr<RunningAllocation> Begin(const pb::AllocateCandidateRequest& request,
                                           std::chrono::milliseconds deadline = kPatience) {
    return std::make_unique<RunningAllocation>(*stub_, request, deadline);
  }
  Ended<pb::CancelAllocationResponse> Cancel(int64_t invite_id) {
    pb::CancelAllocationRequest request;
    request.set_invite_id(invite_id);
    return Call<pb::CancelAllocationResponse>([&](auto* context, auto* response) {
      return stub_->CancelAllocation(context, request, response);
    });
  }
  Got Get(const pb::GetAllocationRequest& request) {
    return Call<pb::GetAllocationResponse>([&](auto* context, auto* response) {
      return allocations_->GetAllocation(context, request, response);
    });
  }
  /// The row of that id, which must be there.
  pb::Allocation RowOf(const std::string& request_id) {
    pb::GetAllocationRequest request;
    request.set_request_id(request_id);
    const Got got = Get(request);
    EXPECT_EQ(got.what(), "OK") << request_id;
    return got.response.allocation();
  }
  Listed List(const pb::ListAllocationsRequest& request = {}) {
    return Call<pb::ListAllocationsResponse>([&](auto* context, auto* response) {
      return allocations_->ListAllocations(context, request, response);
    });
  }
  Resolved Resolve(const pb::ResolveAllocationRequest& request) {
    return Call<pb::ResolveAllocationResponse>([&](auto* context, auto* response) {
      return allocations_->ResolveAllocation(context, request, response);
    });
  }
  Ended<pb::EraseCandidateResponse> Erase(const std::string& email) {
    pb::EraseCandidateRequest request;
    request.set_candidate_email(email);
    return Call<pb::EraseCandidateResponse>([&](auto* context, auto* response) {
      return allocations_->EraseCandidate(context, request, response);
    });
  }

  /// Blocks until the row of that id is in `state`; returns it.
  pb::Allocation AwaitState(const std::string& request_id, pb::AllocationState state) {
    while (true) {
      pb::GetAllocationRequest request;
      request.set_request_id(request_id);
      const Got got = Get(request);
      if (got.status.ok() && got.response.allocation().state() == state) {
        return got.response.allocation();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  /// What the sandbox does to the next POSTs; `times` 0: to all.
  void FaultPosts(nlohmann::json fault, int times = 0) {
    fault["path"] = std::string("/api/v1") + kPosts;
    if (times > 0) fault["times"] = times;
    sandbox_.SetFaults(nlohmann::json::array({fault}));
  }
  void HangPosts() { FaultPosts({{"delay_ms", 3'600'000}}); }
  int Posts() { return sandbox_.Received(kPosts); }
  void AwaitPosts(int n) { sandbox_.AwaitReceived(kPosts, n); }

  /// Leaves `request_id` IN_DOUBT: its connection is closed without an answer. The sandbox has
  /// executed it.
  void PutInDoubt(const std::string& request_id, const std::string& email = kArjun) {
    FaultPosts({{"action", "close"}});
    EXPECT_EQ(Allocate(Wanted(request_id, email)).what(), "UNKNOWN ALLOCATION_IN_DOUBT");
    sandbox_.ClearFaults();
  }

  /// The states that the trail went through, `PENDING SUCCEEDED`.
  static std::string Trail(const pb::Allocation& allocation) {
    std::string states;
    for (const auto& event : allocation.events()) {
      const std::string name = pb::AllocationState_Name(event.state());
      states += (states.empty() ? "" : " ") + name.substr(std::string("ALLOCATION_STATE_").size());
    }
    return states;
  }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<pb::AssessmentService::Stub> stub_;
  std::unique_ptr<pb::AllocationService::Stub> allocations_;

 private:
  template <class Response, class Run>
  static Ended<Response> Call(const Run& run) {
    Ended<Response> ended;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    ended.status = run(&context, &ended.response);
    return ended;
  }
};

}  // namespace gw::testing
