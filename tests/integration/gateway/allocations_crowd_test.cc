// A thousand calls at once for one allocation.
#include <atomic>
#include <map>
#include <set>

#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {
namespace {

constexpr int kCalls = 1000;

class AllocationCrowd : public AllocationsTest {
 protected:
  struct Call {
    grpc::ClientContext context;
    pb::AllocateCandidateRequest request;
    pb::AllocateCandidateResponse response;
  };

  // What all were told: each once, with the number of those who were.
  struct Told {
    std::map<std::string, int> ends;
    std::set<int64_t> invite_ids;
    std::set<std::string> request_ids;
    int not_replayed = 0;
  };

  Told AllocateAtOnce(const std::string& request_id, int channels = 4) {
    std::vector<std::unique_ptr<pb::AssessmentService::Stub>> stubs;
    for (int i = 0; i < channels; ++i) stubs.push_back(gateway_->Stub());
    std::vector<std::unique_ptr<Call>> calls;
    std::vector<grpc::Status> statuses(kCalls);
    std::atomic<int> ended{0};
    std::promise<void> all;
    for (int i = 0; i < kCalls; ++i) {
      Call& call = *calls.emplace_back(std::make_unique<Call>());
      call.request = Wanted(request_id);
      call.context.set_deadline(std::chrono::system_clock::now() + kPatience);
      stubs[static_cast<size_t>(i % channels)]->async()->AllocateCandidate(
          &call.context, &call.request, &call.response, [&, i](const grpc::Status& status) {
            statuses[static_cast<size_t>(i)] = status;
            if (++ended == kCalls) all.set_value();
          });
    }
    all.get_future().wait();
    Told told;
    for (size_t i = 0; i < calls.size(); ++i) {
      const Allocated end{statuses[i], calls[i]->response};
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

  void ExpectOnePostAndOneResult(const Told& told) {
    EXPECT_EQ(told.ends, (std::map<std::string, int>{{"OK", kCalls}}));
    EXPECT_EQ(told.invite_ids.size(), 1u);
    EXPECT_EQ(told.request_ids.size(), 1u);
    EXPECT_EQ(told.not_replayed, 1) << "one call had it sent";
    EXPECT_EQ(Posts(), 1);
    EXPECT_EQ(List().response.allocations_size(), 1);
  }
};

TEST_F(AllocationCrowd, OfOneIdGetsOnePostAndOneResult) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 300}});
  ExpectOnePostAndOneResult(AllocateAtOnce("r-1"));
}

TEST_F(AllocationCrowd, WithoutIdsGetsOnePostAndOneResult) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 300}});
  ExpectOnePostAndOneResult(AllocateAtOnce(""));
}

TEST_F(AllocationCrowd, OfOneIdIsInDoubtTogether) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 300}, {"action", "close"}});
  const Told told = AllocateAtOnce("r-1");
  EXPECT_EQ(told.ends, (std::map<std::string, int>{{"UNKNOWN ALLOCATION_IN_DOUBT", kCalls}}));
  EXPECT_EQ(told.request_ids, (std::set<std::string>{"r-1"}));
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationCrowd, OfOneIdThatIsKnownGetsItsResultWithoutAPost) {
  Start();
  const Allocated first = Allocate("r-1");
  const Told told = AllocateAtOnce("r-1");
  EXPECT_EQ(told.ends, (std::map<std::string, int>{{"OK", kCalls}}));
  EXPECT_EQ(told.invite_ids, (std::set<int64_t>{first.response.allocation().invite_id()}));
  EXPECT_EQ(told.not_replayed, 0);
  EXPECT_EQ(Posts(), 1);
}

}  // namespace
}  // namespace gw::testing
