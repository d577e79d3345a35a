// How often, and how many at a time, a caller may call.
#include "tests/integration/gateway/callers_fixture.h"

namespace gw::testing {
namespace {

constexpr char kRefused[] = "RESOURCE_EXHAUSTED QUOTA_EXCEEDED";

class CallersByQuota : public CallersTest {
 protected:
  void StartWithQuotas(const std::string& quotas) {
    GatewaySettings settings = Trusting();
    settings.quotas = quotas;
    Start(settings);
  }
  double Exceeded(const std::string& caller, const std::string& limit, const std::string& shadow) {
    return gateway_->Metric("gateway_quota_exceeded_total{caller=\"" + caller + "\",limit=\"" +
                            limit + "\",shadow=\"" + shadow + "\"}");
  }
  // A report that is asked for and not answered until the sandbox is told otherwise.
  struct Hanging {
    Hanging(CallersByQuota& test, const std::string& caller) : as(test.As(caller)) {
      as.Introduce(context);
      request.set_invite_id(142);
      stub = pb::AssessmentService::NewStub(as.channel());
      stub->async()->GetReport(&context, &request, &response,
                               [this](const grpc::Status& s) { told.set_value(s); });
    }
    ~Hanging() {
      context.TryCancel();
      told.get_future().wait();
    }
    const CallerAt as;
    grpc::ClientContext context;
    pb::GetReportRequest request;
    pb::GetReportResponse response;
    std::unique_ptr<pb::AssessmentService::Stub> stub;
    std::promise<grpc::Status> told;
  };
  void AwaitHanging(int n) {
    while (gateway_->Metric("http_client_active_requests{upstream=\"concero\"}") != n) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
};

TEST_F(CallersByQuota, CallsPerSecondAreRefusedBeyondItAndToldWhenToRetry) {
  // Slow enough for no other call to become due within the test.
  StartWithQuotas("default: {per_second: 0.001}, callers: {" + std::string(kBatch) +
                  ": {per_second: 1000}}");
  EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  const auto refused = As(kWeb).Call<>(kList);
  EXPECT_EQ(refused.what(), kRefused);
  EXPECT_EQ(refused.metadata("limit"), "per_second");
  EXPECT_TRUE(DetailsOf(refused.status).has_retry);
  EXPECT_GT(DetailsOf(refused.status).retry.retry_delay().seconds(), 0);
  EXPECT_EQ(As(kSupport).Calls(kList), "OK");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(As(kBatch).Calls(kList), "OK");
  EXPECT_EQ(Exceeded("other", "per_second", "false"), 1);
  EXPECT_EQ(Exceeded(kBatch, "per_second", "false"), 0);
  EXPECT_EQ(Http("GET", gateway_->admin("/metrics")).body.find(kWeb), std::string::npos);
  EXPECT_EQ(gateway_->Metric("rpc_server_call_duration_seconds_count{code=\"RESOURCE_EXHAUSTED\","
                             "reason=\"QUOTA_EXCEEDED\",rpc_method=\"concero.v1."
                             "AssessmentService/ListExaminations\"}"),
            1);
}

TEST_F(CallersByQuota, ARefusedAllocationHasSentAndRecordedNothing) {
  StartWithQuotas("default: {per_second: 0.001}");
  EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  const auto refused = As(kWeb).Call<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>(
      "/concero.v1.AssessmentService/AllocateCandidate", Wanted("r-1"));
  EXPECT_EQ(refused.what(), kRefused);
  EXPECT_EQ(refused.metadata("request_id"), "r-1");
  EXPECT_EQ(Posts(), 0);
  Start(Trusting());
  EXPECT_EQ(As(kWeb)
                .Call<pb::GetAllocationRequest>("/concero.v1.AllocationService/GetAllocation",
                                                [] {
                                                  pb::GetAllocationRequest request;
                                                  request.set_request_id("r-1");
                                                  return request;
                                                }())
                .what(),
            "NOT_FOUND ALLOCATION_NOT_FOUND");
}

TEST_F(CallersByQuota, CallsAtATimeAreRefusedBeyondItUntilOneEnds) {
  StartWithQuotas("default: {in_flight: 1}");
  sandbox_.SetFaults(nlohmann::json::array({{{"delay_ms", 3'600'000}}}));
  {
    const Hanging hanging(*this, kWeb);
    AwaitHanging(1);
    const auto refused = As(kWeb).Call<>(kReport);
    EXPECT_EQ(refused.what(), kRefused);
    EXPECT_EQ(refused.metadata("limit"), "in_flight");
    EXPECT_TRUE(DetailsOf(refused.status).has_retry);
    // Another caller's place is its own; the empty request has passed the quota.
    EXPECT_EQ(As(kBatch).Calls(kReport), "INVALID_ARGUMENT INVALID_FIELD");
    EXPECT_EQ(As(kWeb).Calls(kHealth), "OK");
  }
  EXPECT_EQ(Exceeded("other", "in_flight", "false"), 1);
  // The place is given back a little after the caller is told.
  std::string what;
  do what = As(kWeb).Calls(kReport);
  while (what == kRefused);
  EXPECT_EQ(what, "INVALID_ARGUMENT INVALID_FIELD");
}

TEST_F(CallersByQuota, InShadowNobodyIsRefusedAndCountedIsWhoWouldHaveBeen) {
  StartWithQuotas("default: {per_second: 0.001, in_flight: 1}, shadow: true");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  EXPECT_EQ(Exceeded("other", "per_second", "true"), 3);
  EXPECT_EQ(Exceeded("other", "in_flight", "true"), 0);
}

}  // namespace
}  // namespace gw::testing
