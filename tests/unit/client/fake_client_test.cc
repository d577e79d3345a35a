#include "concero_gateway/fake_client.h"

#include <gtest/gtest.h>

namespace concero {
namespace {

using Method = FakeClient::Method;
namespace px = proctorexam::v1;

Intent ZoesIntent() { return Intent(119, "zoe@example.com"); }

TEST(FakeClient, InvitesOnceForOneRequestId) {
  FakeClient client;
  const Intent intent = ZoesIntent();
  const auto first = client.Allocate(intent), second = client.Allocate(intent);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_FALSE(first->replayed());
  EXPECT_TRUE(second->replayed());
  EXPECT_EQ(first->allocation().state(), v1::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_EQ(first->allocation().invite_id(), second->allocation().invite_id());
  EXPECT_EQ(client.sent(), 1);
  EXPECT_TRUE(client.Allocate(ZoesIntent()).ok());
  EXPECT_EQ(client.sent(), 2) << "another intent is another invitation";
}

TEST(FakeClient, RefusesARequestIdOfAnotherPayload) {
  FakeClient client;
  ASSERT_TRUE(client.Allocate(Intent(119, "zoe@example.com", "a")).ok());
  for (const Intent& other : {Intent(120, "zoe@example.com", "a"), Intent(119, "z@b.cd", "a")}) {
    const auto refused = client.Allocate(other);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(refused.status()), gateway::v1::REASON_REQUEST_ID_REUSED);
    EXPECT_EQ(MetadataOf(refused.status(), "request_id"), "a");
  }
  EXPECT_TRUE(client.Allocate(Intent(119, " ZOE@example.com", "a")).ok()) << "the same candidate";
  EXPECT_EQ(client.sent(), 1);
}

TEST(FakeClient, RefusesBadFieldsByName) {
  FakeClient client;
  const auto refused = client.Allocate(Intent(0, "zoe@"));
  EXPECT_EQ(ReasonOf(refused.status()), gateway::v1::REASON_INVALID_FIELD);
  ASSERT_EQ(FieldViolationsOf(refused.status()).size(), 2u);
  EXPECT_EQ(FieldViolationsOf(refused.status())[1].field, "candidate_email");
}

TEST(FakeClient, KnowsExaminationsOnceTheyAreSet) {
  FakeClient client;
  v1::Examination sql;
  sql.set_id(120);
  client.SetExaminations({sql});
  EXPECT_EQ(ReasonOf(client.Allocate(ZoesIntent()).status()),
            gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  EXPECT_EQ(ReasonOf(client.ValidateAllocation(ZoesIntent())), gateway::v1::REASON_INVALID_FIELD);
  EXPECT_TRUE(client.ValidateAllocation(Intent(120, "zoe@example.com")).ok());
  EXPECT_EQ(client.sent(), 0);
  ASSERT_EQ(client.ListExaminations()->examinations.size(), 1u);
}

TEST(FakeClient, KeepsADoubtUntilItIsSettled) {
  FakeClient client;
  const Intent abandoned = ZoesIntent(), confirmed = ZoesIntent(), resent = ZoesIntent();
  for (const Intent& intent : {abandoned, confirmed, resent}) {
    client.FailNext(Method::kAllocateCandidate,
                    MakeFailure(gateway::v1::REASON_ALLOCATION_IN_DOUBT));
    ASSERT_FALSE(client.Allocate(intent).ok());
    EXPECT_TRUE(IsInDoubt(client.Allocate(intent).status())) << "its repeat is not sent";
  }
  EXPECT_EQ(client.sent(), 3);

  ASSERT_TRUE(client.AbandonAllocation({abandoned.request_id()}).ok());
  EXPECT_EQ(ReasonOf(client.Allocate(abandoned).status()),
            gateway::v1::REASON_ALLOCATION_ABANDONED);
  ASSERT_TRUE(client.ConfirmAllocation({confirmed.request_id()}, 142, "").ok());
  EXPECT_EQ(client.Allocate(confirmed)->allocation().invite_id(), 142);
  const auto again = client.ResendAllocation({resent.request_id()}, "not in the portal");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->state(), v1::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_EQ(again->attempt(), 2);
  EXPECT_EQ(client.sent(), 4);

  EXPECT_EQ(ReasonOf(client.AbandonAllocation({resent.request_id()}).status()),
            gateway::v1::REASON_ALLOCATION_NOT_IN_DOUBT);
  EXPECT_EQ(ReasonOf(client.AbandonAllocation({"nobody's"}).status()),
            gateway::v1::REASON_ALLOCATION_NOT_FOUND);
}

TEST(FakeClient, SendsAgainOnlyWhatWasNotExecuted) {
  FakeClient client;
  const Intent unavailable = ZoesIntent(), refused = ZoesIntent();
  client.FailNext(Method::kAllocateCandidate,
                  MakeFailure(gateway::v1::REASON_UPSTREAM_UNAVAILABLE));
  EXPECT_TRUE(IsSafeToRetry(client.Allocate(unavailable).status()));
  EXPECT_EQ(client.GetAllocation({unavailable.request_id()})->state(), v1::ALLOCATION_STATE_FAILED);
  EXPECT_EQ(client.Allocate(unavailable)->allocation().attempt(), 2);

  client.FailNext(Method::kAllocateCandidate,
                  MakeFailure(gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ReasonOf(client.Allocate(refused).status()),
              gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED);
  }
  EXPECT_EQ(client.sent(), 1);
}

TEST(FakeClient, CancelsAnInvitation) {
  FakeClient client;
  const Intent intent = ZoesIntent();
  const int64_t invite_id = client.Allocate(intent)->allocation().invite_id();
  EXPECT_EQ(client.CancelAllocation(invite_id)->state(), v1::ALLOCATION_STATE_CANCELLED);
  EXPECT_EQ(client.Allocate(intent)->allocation().state(), v1::ALLOCATION_STATE_CANCELLED);
  EXPECT_EQ(ReasonOf(client.CancelAllocation(999).status()),
            gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  EXPECT_EQ(client.GetAllocationOfInvite(invite_id)->events_size(), 3);
}

TEST(FakeClient, ListsAllocationsNewestFirstByFilter) {
  FakeClient client;
  for (const char* id : {"a", "b", "c"})
    ASSERT_TRUE(client.Allocate(Intent(119, "z@b.cd", id)).ok());
  ASSERT_TRUE(client.Allocate(Intent(120, "y@b.cd", "d")).ok());
  EXPECT_EQ(client.ListAllocations({})->size(), 4u);
  EXPECT_EQ(client.ListAllocations({}, 1)->at(0).request_id(), "d");
  EXPECT_EQ(client.ListAllocations({.candidate_email = "Z@b.cd"})->at(0).request_id(), "c");
  EXPECT_EQ(client.ListAllocations({.state = v1::ALLOCATION_STATE_FAILED})->size(), 0u);
  std::string seen;
  const auto status = client.VisitAllocations({.examination_id = 119}, [&](const auto& allocation) {
    seen += allocation.request_id();
    return seen.size() < 2;
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(seen, "cb");
  EXPECT_EQ(client.EraseCandidate("z@b.cd").value(), 3);
  EXPECT_EQ(client.EraseCandidate("z@b.cd").value(), 0);
  EXPECT_EQ(client.GetAllocation({"a"})->candidate_email(), "");
  EXPECT_EQ(client.GetAllocation({"a", "other"}).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(FakeClient, FailsTheNextCallsOfOneMethod) {
  FakeClient client;
  const absl::Status failure = MakeFailure(gateway::v1::REASON_SHUTTING_DOWN);
  client.FailNext(Method::kGetReport, failure, 2);
  EXPECT_TRUE(client.ListExaminations().ok());
  EXPECT_EQ(client.GetReport(1).status(), failure);
  EXPECT_EQ(client.GetReport(1).status(), failure);
  EXPECT_EQ(ReasonOf(client.GetReport(1).status()), gateway::v1::REASON_UPSTREAM_NOT_FOUND);
}

TEST(FakeClient, HasStudentSessionsInMemory) {
  FakeClient client;
  px::CreateStudentSessionRequest create;
  create.set_exam_id(1);
  create.set_name("Zoë");
  create.set_email("zoe@example.com");
  const auto created = client.CreateStudentSession(create);
  ASSERT_TRUE(created.ok());
  const auto taken = client.CreateStudentSession(create);
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(taken.status()), gateway::v1::REASON_UPSTREAM_REJECTED_FIELD);

  px::UpdateStudentSessionRequest update;
  update.set_id(created->id());
  update.set_name("");
  EXPECT_EQ(client.UpdateStudentSession(update)->email(), "zoe@example.com");
  EXPECT_EQ(client.GetStudentSession(created->id())->name(), "");
  EXPECT_EQ(client.ListStudentSessions(1)->size(), 1u);
  EXPECT_EQ(client.ListStudentSessions(2)->size(), 0u);
  EXPECT_TRUE(client.DeleteStudentSession(created->id()).ok());
  EXPECT_EQ(ReasonOf(client.DeleteStudentSession(created->id())),
            gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  client.FailNext(Method::kCreateStudentSession, absl::UnavailableError("lost"));
  EXPECT_TRUE(IsInDoubt(client.CreateStudentSession(create).status()));
}

TEST(FakeClient, HasHealthAndPreflight) {
  FakeClient client;
  EXPECT_EQ(client.CheckHealth().value(), Health::kServing);
  client.SetHealth("ledger", Health::kNotServing);
  EXPECT_EQ(client.CheckHealth("ledger").value(), Health::kNotServing);
  EXPECT_EQ(client.CheckHealth("x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(client.Preflight()->upstreams_size(), 2);
  EXPECT_EQ(client.Preflight({"concero"})->upstreams(0).checks_size(), 6);
}

}  // namespace
}  // namespace concero
