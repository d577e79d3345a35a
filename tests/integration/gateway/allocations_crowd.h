// A thousand calls at once for one allocation.
#pragma once

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {

inline constexpr int kCrowd = 1000;

/// What all were told: each once, with the number of those who were.
struct CrowdTold {
  std::map<std::string, int> ends;
  std::set<int64_t> invite_ids;
  std::set<std::string> request_ids;
  int not_replayed = 0;
};

/// Calls of Wanted(request_id), spread over the gateways; two channels to each.
inline CrowdTold AllocateAtOnce(const std::vector<const GatewayProcess*>& gateways,
                                const std::string& request_id) {
  struct Call {
    grpc::ClientContext context;
    const pb::AllocateCandidateRequest request;
    Ended<pb::AllocateCandidateResponse> ended;
  };
  std::vector<std::unique_ptr<pb::AssessmentService::Stub>> stubs;
  for (const GatewayProcess* gateway : gateways) {
    stubs.push_back(gateway->Stub());
    stubs.push_back(gateway->Stub());
  }
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < kCrowd; ++i) {
    calls.emplace_back(new Call{{}, Wanted(request_id), {}});
    calls.back()->context.set_deadline(std::chrono::system_clock::now() + kPatience);
  }
  std::atomic<int> ended{0};
  std::promise<void> all;
  for (size_t i = 0; i < calls.size(); ++i) {
    Call& call = *calls[i];
    stubs[i % stubs.size()]->async()->AllocateCandidate(
        &call.context, &call.request, &call.ended.response, [&](const grpc::Status& status) {
          call.ended.status = status;
          if (++ended == kCrowd) all.set_value();
        });
  }
  all.get_future().wait();
  CrowdTold told;
  for (const auto& call : calls) {
    const auto& end = call->ended;
    ++told.ends[end.what()];
    if (!end.status.ok()) {
      told.request_ids.insert(end.metadata("request_id"));
      continue;
    }
    told.invite_ids.insert(end.response.allocation().invite_id());
    told.request_ids.insert(end.response.allocation().request_id());
    told.not_replayed += end.response.replayed() ? 0 : 1;
  }
  return told;
}

/// One allocation, and one call that had it sent.
inline void ExpectOneResult(const CrowdTold& told) {
  EXPECT_EQ(told.ends, (std::map<std::string, int>{{"OK", kCrowd}}));
  EXPECT_EQ(told.invite_ids.size(), 1u);
  EXPECT_EQ(told.request_ids.size(), 1u);
  EXPECT_EQ(told.not_replayed, 1) << "one call had it sent";
}

}  // namespace gw::testing
