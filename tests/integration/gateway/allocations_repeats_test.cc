// One request_id, sent as often as anybody likes: what is answered, and what leaves.
#include "tests/integration/gateway/allocations_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using nlohmann::json;

class AllocationRepeats : public AllocationsTest {};

constexpr char kEnvelope[] =
    R"({"success": false, "message": "An error occurred during allocation.",
        "error": "SQLSTATE[HY000]: canary"})";

void ExpectReplayOf(const Ended<pb::AllocateCandidateResponse>& first,
                    const Ended<pb::AllocateCandidateResponse>& again) {
  EXPECT_EQ(again.what(), "OK") << again.status.error_message();
  EXPECT_TRUE(again.response.replayed());
  EXPECT_EQ(again.response.allocation().SerializeAsString(),
            first.response.allocation().SerializeAsString());
}

TEST_F(AllocationRepeats, OfASuccessAreAnsweredWithItAndSendNothing) {
  Start();
  const Allocated first = Allocate("r-1");
  ASSERT_EQ(first.what(), "OK");
  EXPECT_FALSE(first.response.replayed());
  EXPECT_GT(first.response.allocation().invite_id(), 0);
  for (int i = 0; i < 3; ++i) ExpectReplayOf(first, Allocate("r-1"));
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationRepeats, OfASuccessAreRecognisedAfterARestart) {
  Start();
  const Allocated first = Allocate("r-1");
  Start();
  ExpectReplayOf(first, Allocate("r-1"));
  Kill();
  Start();
  ExpectReplayOf(first, Allocate("r-1"));
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationRepeats, WithAnotherIdAreAnotherAllocation) {
  Start();
  const Allocated first = Allocate("r-1"), second = Allocate("r-2");
  EXPECT_FALSE(second.response.replayed());
  EXPECT_NE(first.response.allocation().invite_id(), second.response.allocation().invite_id());
  EXPECT_EQ(Posts(), 2);
}

TEST_F(AllocationRepeats, WithAnotherPayloadAreRefused) {
  Start();
  ASSERT_EQ(Allocate("r-1").what(), "OK");
  for (const auto& other : {Wanted("r-1", kArjun, 120), Wanted("r-1", "someone.else@company.io"),
                            Wanted("r-1", "Arjun.mehta@company.io")}) {
    const Allocated refused = Allocate(other);
    EXPECT_EQ(refused.what(), "INVALID_ARGUMENT REQUEST_ID_REUSED");
    EXPECT_EQ(refused.metadata("request_id"), "r-1");
    EXPECT_EQ(refused.status.error_message().find("arjun"), std::string::npos);
  }
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationRepeats, AreTheSamePayloadWhateverTheBlanksAndTheCaseOfTheDomain) {
  Start();
  const Allocated first = Allocate(Wanted("r-1", "  arjun.mehta@company.io "));
  ASSERT_EQ(first.what(), "OK");
  EXPECT_EQ(first.response.allocation().candidate_email(), kArjun);
  ExpectReplayOf(first, Allocate(Wanted("r-1", "arjun.mehta@Company.IO")));
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationRepeats, WithAnotherPayloadAreRefusedWhileTheFirstIsUnderWay) {
  Start({.concero = "timeout: 1h", .shutdown = "pause: 0s, grace: 0s"});
  HangPosts();
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  EXPECT_EQ(Allocate(Wanted("r-1", "someone.else@company.io")).what(),
            "INVALID_ARGUMENT REQUEST_ID_REUSED");
  EXPECT_EQ(Posts(), 1);
}

struct Refusal {
  const char* name;
  int status;
  const char* what;
};

class AllocationRefused : public AllocationsTest, public ::testing::WithParamInterface<Refusal> {};

INSTANTIATE_TEST_SUITE_P(
    By, AllocationRefused,
    ::testing::Values(Refusal{"Redirect", 307, "FAILED_PRECONDITION UPSTREAM_REDIRECTED"},
                      Refusal{"TheKey", 401, "FAILED_PRECONDITION UPSTREAM_KEY_REJECTED"},
                      Refusal{"TheAddress", 403, "FAILED_PRECONDITION UPSTREAM_IP_NOT_ALLOWED"},
                      Refusal{"ThePath", 404, "NOT_FOUND UPSTREAM_NOT_FOUND"},
                      Refusal{"TheFields", 422, "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD"},
                      Refusal{"TheRate", 429, "RESOURCE_EXHAUSTED UPSTREAM_RATE_LIMITED"}),
    [](const auto& refusal) { return refusal.param.name; });

TEST_P(AllocationRefused, BeforeItWasExecutedIsSentAgainByTheSameId) {
  Start();
  FaultPosts({{"status", GetParam().status}});
  EXPECT_EQ(Allocate("r-1").what(), GetParam().what);
  const pb::Allocation failed = RowOf("r-1");
  EXPECT_EQ(failed.state(), pb::ALLOCATION_STATE_FAILED);
  EXPECT_EQ(failed.attempt(), 1);
  EXPECT_NE(failed.error().code(), 0);
  sandbox_.ClearFaults();

  const Allocated second = Allocate("r-1");
  ASSERT_EQ(second.what(), "OK");
  EXPECT_FALSE(second.response.replayed());
  EXPECT_EQ(second.response.allocation().attempt(), 2);
  EXPECT_EQ(Posts(), 2);
  EXPECT_EQ(Trail(RowOf("r-1")), "PENDING FAILED PENDING SUCCEEDED");
}

TEST_F(AllocationRepeats, OfOneThatFoundNoConnectionAreSent) {
  Start({}, "http://127.0.0.1:" + std::to_string(UnusedPort()) + "/api/v1");
  EXPECT_EQ(Allocate("r-1").what(), "UNAVAILABLE UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(RowOf("r-1").state(), pb::ALLOCATION_STATE_FAILED);
  Start();
  const Allocated second = Allocate("r-1");
  ASSERT_EQ(second.what(), "OK");
  EXPECT_EQ(second.response.allocation().attempt(), 2);
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationRepeats, OfOneThatConceroSaysHasFailedAreAnsweredWithThatAndNeverSent) {
  Start();
  FaultPosts({{"status", 500}, {"body", kEnvelope}});
  const Allocated first = Allocate("r-1");
  EXPECT_EQ(first.what(), "INTERNAL UPSTREAM_ALLOCATION_FAILED");
  sandbox_.ClearFaults();
  for (const bool restarted : {false, true}) {
    if (restarted) Start();
    const Allocated again = Allocate("r-1");
    EXPECT_EQ(again.what(), "INTERNAL UPSTREAM_ALLOCATION_FAILED");
    EXPECT_EQ(again.metadata("request_id"), "r-1");
    EXPECT_EQ(again.metadata("upstream"), "concero");
    EXPECT_EQ(again.metadata("http_status"), "500");
    EXPECT_EQ(again.status.error_message(), first.status.error_message());
  }
  EXPECT_EQ(Posts(), 1);
  EXPECT_EQ(Trail(RowOf("r-1")), "PENDING FAILED");
}

TEST_F(AllocationRepeats, OfAnEnvelopeThatIsNotTrustedAreInDoubt) {
  Start({.concero = "allocation: {failure_envelope: in_doubt}"});
  FaultPosts({{"status", 500}, {"body", kEnvelope}});
  EXPECT_EQ(Allocate("r-1").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  sandbox_.ClearFaults();
  EXPECT_EQ(Allocate("r-1").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationRepeats, OfOneInDoubtAreToldSoAndNeverSent) {
  Start();
  PutInDoubt("r-1");
  for (const bool restarted : {false, true}) {
    if (restarted) Start();
    const Allocated again = Allocate("r-1");
    EXPECT_EQ(again.what(), "UNKNOWN ALLOCATION_IN_DOUBT");
    EXPECT_EQ(again.metadata("request_id"), "r-1");
    EXPECT_FALSE(DetailsOf(again.status).has_retry);
  }
  EXPECT_EQ(Allocate(Wanted("r-1", "someone.else@company.io")).what(),
            "INVALID_ARGUMENT REQUEST_ID_REUSED");
  EXPECT_EQ(Posts(), 1);
  EXPECT_EQ(Trail(RowOf("r-1")), "PENDING IN_DOUBT");
}

TEST_F(AllocationRepeats, OfACancelledOneAreAnsweredWithThat) {
  Start();
  const Allocated first = Allocate("r-1");
  const int64_t invite_id = first.response.allocation().invite_id();
  ASSERT_EQ(Cancel(invite_id).what(), "OK");
  const Allocated again = Allocate("r-1");
  EXPECT_EQ(again.what(), "OK");
  EXPECT_TRUE(again.response.replayed());
  EXPECT_EQ(again.response.allocation().state(), pb::ALLOCATION_STATE_CANCELLED);
  EXPECT_EQ(again.response.allocation().invite_id(), invite_id);
  EXPECT_EQ(Trail(RowOf("r-1")), "PENDING SUCCEEDED CANCELLED");
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationRepeats, OfACheckAreNothingThatIsRecorded) {
  Start();
  pb::AllocateCandidateRequest check = Wanted("r-1");
  check.set_validate_only(true);
  for (int i = 0; i < 2; ++i) {
    const Allocated checked = Allocate(check);
    ASSERT_EQ(checked.what(), "OK");
    EXPECT_EQ(checked.response.allocation().state(), pb::ALLOCATION_STATE_UNSPECIFIED);
    EXPECT_FALSE(checked.response.replayed());
  }
  EXPECT_EQ(List().response.allocations_size(), 0);
  EXPECT_EQ(Posts(), 0);
  const Allocated first = Allocate(Wanted("r-1", "someone.else@company.io"));
  EXPECT_EQ(first.what(), "OK") << "the id of a check is not taken";
  EXPECT_FALSE(first.response.replayed());
}

TEST_F(AllocationRepeats, HaveAnIdOfAtMost128CharactersWithoutControls) {
  Start();
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ü";
  for (const std::string& good : {std::string(128, 'a'), umlauts}) {
    EXPECT_EQ(Allocate(good).what(), "OK");
    EXPECT_TRUE(Allocate(good).response.replayed());
    EXPECT_EQ(RowOf(good).request_id(), good);
  }
  const int before = Posts();
  for (const std::string& bad : {std::string(129, 'a'), umlauts + "ü", std::string("a\nb"),
                                 std::string("a\0b", 3), std::string("\x7f")}) {
    const Allocated refused = Allocate(bad);
    EXPECT_EQ(refused.what(), "INVALID_ARGUMENT INVALID_FIELD");
    EXPECT_EQ(DetailsOf(refused.status).bad_request.field_violations(0).field(), "request_id");
    EXPECT_EQ(refused.metadata("request_id"), "");
  }
  EXPECT_EQ(Posts(), before);
}

}  // namespace
}  // namespace gw::testing
