// Who may call what, by a policy.
#include "tests/integration/gateway/callers_fixture.h"

namespace gw::testing {
namespace {

using nlohmann::json;

// web may do everything but read reports, batch may list, support sees what is others'.
constexpr char kThree[] = R"(
  "deny_rules": [{"name": "no reports for the web", "source": {"principals": ["*/web"]},
                  "request": {"paths": ["*/GetReport"]}}],
  "allow_rules": [
    {"name": "web", "source": {"principals": ["spiffe://example/web"]},
     "request": {"paths": ["/concero.v1.AssessmentService/*", "/concero.v1.AllocationService/*"]}},
    {"name": "batch", "source": {"principals": ["spiffe://example/batch"]},
     "request": {"paths": ["/concero.v1.AssessmentService/ListExaminations",
                           "/concero.v1.AllocationService/GetAllocation",
                           "/concero.v1.AllocationService.Others/ListAllocations"]}},
    {"name": "support", "source": {"principals": ["spiffe://example/support"]},
     "request": {"paths": ["/concero.v1.AllocationService*"]}}])";

class CallersByPolicy : public CallersTest {
 protected:
  Ended<pb::AllocateCandidateResponse> AllocateAs(const std::string& caller,
                                                  const std::string& request_id) {
    return As(caller).Call<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>(
        "/concero.v1.AssessmentService/AllocateCandidate", Wanted(request_id));
  }
  Got GetAs(const std::string& caller, const std::string& request_id, const std::string& of) {
    pb::GetAllocationRequest request;
    request.set_request_id(request_id);
    request.set_caller(of);
    return As(caller).Call<pb::GetAllocationRequest, pb::GetAllocationResponse>(
        "/concero.v1.AllocationService/GetAllocation", request);
  }
  Listed ListAs(const std::string& caller, const std::string& of) {
    pb::ListAllocationsRequest request;
    request.set_caller(of);
    return As(caller).Call<pb::ListAllocationsRequest, pb::ListAllocationsResponse>(
        "/concero.v1.AllocationService/ListAllocations", request);
  }
  Resolved ResendAs(const std::string& caller, const std::string& request_id,
                    const std::string& of) {
    pb::ResolveAllocationRequest request;
    request.set_request_id(request_id);
    request.set_caller(of);
    request.mutable_resend();
    return As(caller).Call<pb::ResolveAllocationRequest, pb::ResolveAllocationResponse>(
        "/concero.v1.AllocationService/ResolveAllocation", request);
  }
};

TEST_F(CallersByPolicy, EachMayDoWhatTheRulesSay) {
  StartWith(kThree);
  EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  EXPECT_EQ(As(kBatch).Calls(kList), "OK");
  EXPECT_EQ(As(kWeb).Calls(kReport), kDenied);
  EXPECT_EQ(As(kBatch).Calls(kReport), kDenied);
  for (const char* other : {kSupport, "anonymous", "spiffe://example/we", "SPIFFE://example/web"}) {
    EXPECT_EQ(As(other).Calls(kList), kDenied) << other;
  }
  EXPECT_EQ(As(kSupport).Calls("/concero.v1.AllocationService/EraseCandidate"),
            "INVALID_ARGUMENT INVALID_FIELD");
}

TEST_F(CallersByPolicy, ADenialIsToldAndCountedLikeOtherFailures) {
  StartWith(kThree);
  const auto denied = As(kBatch).Call<>(kReport);
  EXPECT_EQ(DetailsOf(denied.status).info.domain(), "concero-gateway");
  EXPECT_EQ(denied.status.error_message(),
            std::string("this caller may not call ") + kReport +
                "; ask the gateway's operator for a rule that allows it");
  EXPECT_EQ(gateway_->Metric("rpc_server_call_duration_seconds_count{code=\"PERMISSION_DENIED\","
                             "reason=\"CALLER_NOT_ALLOWED\",rpc_method=\"concero.v1."
                             "AssessmentService/GetReport\"}"),
            1);
}

TEST_F(CallersByPolicy, TheLogNamesTheCaller) {
  StartWith(kThree);
  As(kWeb).Calls(kList);
  As(kBatch).Calls(kReport);
  As("anonymous").Calls(kList);
  gateway_->process().Stop();
  std::vector<std::string> calls;
  for (const json& line : gateway_->Logged("call")) {
    calls.push_back(line.at("caller").get<std::string>() + " " + line.value("reason", "OK"));
  }
  EXPECT_EQ(calls, (std::vector<std::string>{std::string(kWeb) + " OK",
                                             std::string(kBatch) + " CALLER_NOT_ALLOWED",
                                             "anonymous CALLER_NOT_ALLOWED"}));
  gateway_.reset();
}

TEST_F(CallersByPolicy, TheHeaderIsIgnoredUnlessItIsTrusted) {
  GatewaySettings settings;
  settings.policy = WritePolicy(kThree);
  Start(settings);
  EXPECT_EQ(As(kWeb).Calls(kList), kDenied);
  WritePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["anonymous"]}}])");
  Start(settings);
  EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  EXPECT_EQ(AllocateAs(kWeb, "r-1").response.allocation().caller(), "anonymous");
}

TEST_F(CallersByPolicy, WithoutAPolicyEveryCallerMayCallEverything) {
  Start(Trusting());
  for (const char* caller : {kWeb, "anonymous"}) {
    for (const char* path : {kList, kHealth, kReflection, kChannelz}) {
      EXPECT_EQ(As(caller).Calls(path), "OK") << caller << path;
    }
  }
}

TEST_F(CallersByPolicy, HealthReflectionAndChannelzAreDeniedToWhomNoRuleAllowsThem) {
  StartWith(kThree);
  for (const char* caller : {kWeb, "anonymous"}) {
    for (const char* path : {kHealth, kReflection, kChannelz, "/no.such.Service/Method"}) {
      EXPECT_EQ(As(caller).Calls(path), kDeniedByGrpc) << caller << path;
    }
  }
  EXPECT_EQ(As(kWeb).Calls("/concero.v1.AssessmentService/NoSuchMethod"), "UNIMPLEMENTED ");
  // Probes need no rule at the admin port.
  EXPECT_EQ(Http("GET", gateway_->admin("/readyz")).status, 200);
}

TEST_F(CallersByPolicy, HealthReflectionAndChannelzAreServedToWhomARuleAllowsThem) {
  StartWith(R"("allow_rules": [
    {"name": "probes", "source": {"principals": ["anonymous"]},
     "request": {"paths": ["/grpc.health.v1.Health/*"]}},
    {"name": "developers", "source": {"principals": [")" +
            std::string(kWeb) + R"("]},
     "request": {"paths": ["/grpc.reflection.*", "/grpc.channelz.*"]}}])");
  EXPECT_EQ(As("anonymous").Calls(kHealth), "OK");
  EXPECT_EQ(gateway_->Health("concero"), "SERVING");
  EXPECT_EQ(As("anonymous").Calls(kReflection), kDeniedByGrpc);
  EXPECT_EQ(As(kWeb).Calls(kHealth), kDeniedByGrpc);
  EXPECT_EQ(As(kWeb).Calls(kReflection), "OK");
  EXPECT_EQ(As(kWeb).Calls(kChannelz), "OK");
}

TEST_F(CallersByPolicy, ARuleMayLookAtHeaders) {
  StartWith(R"("allow_rules": [{"name": "a", "request": {"headers":
    [{"key": "x-forwarded-client-cert", "values": ["*"]}]}}])");
  EXPECT_EQ(As(kWeb).Calls(kList), "OK");
  EXPECT_EQ(As(kWeb).Calls(kHealth), "OK");
  EXPECT_EQ(As("anonymous").Calls(kList), kDenied);
  EXPECT_EQ(As("anonymous").Calls(kHealth), kDeniedByGrpc);
}

TEST_F(CallersByPolicy, TheSameRequestIdOfTwoCallersIsTwoAllocations) {
  Start(Trusting());
  const auto one = AllocateAs(kWeb, "r-1"), other = AllocateAs(kBatch, "r-1");
  EXPECT_EQ(one.response.allocation().caller(), kWeb);
  EXPECT_EQ(other.response.allocation().caller(), kBatch);
  EXPECT_FALSE(other.response.replayed());
  EXPECT_EQ(Posts(), 2);
  EXPECT_EQ(GetAs(kWeb, "r-1", kBatch).what(), kDenied);
  EXPECT_EQ(GetAs(kWeb, "r-1", kWeb).response.allocation().caller(), kWeb);
}

TEST_F(CallersByPolicy, OthersAllocationsAreSeenAndSettledByARuleOfTheirOwn) {
  StartWith(kThree);
  FaultPosts({{"action", "close"}});
  ASSERT_EQ(AllocateAs(kWeb, "r-1").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  sandbox_.ClearFaults();

  // May call it, but not for others.
  const Got refused = GetAs(kBatch, "r-1", kWeb);
  EXPECT_EQ(refused.what(), kDenied);
  EXPECT_EQ(refused.metadata("field"), "caller");
  EXPECT_EQ(refused.metadata("request_id"), "r-1");
  EXPECT_EQ(GetAs(kBatch, "r-1", "").what(), "NOT_FOUND ALLOCATION_NOT_FOUND");
  // May see others', but not make the call.
  EXPECT_EQ(ListAs(kBatch, kWeb).what(), kDenied);

  EXPECT_EQ(ListAs(kSupport, "").response.allocations_size(), 0);
  const Listed listed = ListAs(kSupport, kWeb);
  ASSERT_EQ(listed.response.allocations_size(), 1);
  EXPECT_EQ(listed.response.allocations(0).caller(), kWeb);
  EXPECT_EQ(GetAs(kSupport, "r-1", kWeb).response.allocation().state(),
            pb::ALLOCATION_STATE_IN_DOUBT);

  const Resolved resent = ResendAs(kSupport, "r-1", kWeb);
  ASSERT_EQ(resent.what(), "OK") << resent.status.error_message();
  const pb::Allocation& row = resent.response.allocation();
  EXPECT_EQ(row.caller(), kWeb);
  EXPECT_EQ(row.state(), pb::ALLOCATION_STATE_SUCCEEDED);
  ASSERT_EQ(Trail(row), "PENDING IN_DOUBT PENDING SUCCEEDED");
  EXPECT_EQ(row.events(0).actor(), kWeb);
  EXPECT_EQ(row.events(2).actor(), kSupport);
  // It is its caller's, still.
  const auto again = AllocateAs(kWeb, "r-1");
  EXPECT_TRUE(again.response.replayed());
  EXPECT_EQ(again.response.allocation().attempt(), 2);
  EXPECT_EQ(ListAs(kSupport, "").response.allocations_size(), 0);
  EXPECT_EQ(Posts(), 2);
}

}  // namespace
}  // namespace gw::testing
