// How an operator settles an allocation in doubt.
#include <google/protobuf/util/message_differencer.h>

#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {
namespace {

class AllocationResolved : public AllocationsTest {
 protected:
  static pb::ResolveAllocationRequest About(const std::string& request_id) {
    pb::ResolveAllocationRequest request;
    request.set_request_id(request_id);
    request.set_note("as the portal says");
    return request;
  }
  static pb::ResolveAllocationRequest Confirm(const std::string& request_id) {
    pb::ResolveAllocationRequest request = About(request_id);
    request.mutable_confirm()->set_invite_id(777);
    request.mutable_confirm()->set_invite_link("https://concero.example/exam/start/x");
    return request;
  }
  static pb::ResolveAllocationRequest Abandon(const std::string& request_id) {
    pb::ResolveAllocationRequest request = About(request_id);
    request.mutable_abandon();
    return request;
  }
  static pb::ResolveAllocationRequest Resend(const std::string& request_id) {
    pb::ResolveAllocationRequest request = About(request_id);
    request.mutable_resend();
    return request;
  }
  static std::vector<pb::ResolveAllocationRequest> Each(const std::string& request_id) {
    return {Confirm(request_id), Abandon(request_id), Resend(request_id)};
  }
};

TEST_F(AllocationResolved, ByConfirmHasSucceeded) {
  Start();
  PutInDoubt("r-1");
  const Resolved resolved = Resolve(Confirm("r-1"));
  ASSERT_EQ(resolved.what(), "OK");
  const pb::Allocation& row = resolved.response.allocation();
  EXPECT_EQ(row.state(), pb::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_EQ(row.invite_id(), 777);
  EXPECT_EQ(row.invite_link(), "https://concero.example/exam/start/x");
  EXPECT_FALSE(row.has_error());
  ASSERT_EQ(Trail(row), "PENDING IN_DOUBT SUCCEEDED");
  EXPECT_EQ(row.events(2).actor(), "anonymous");
  EXPECT_EQ(row.events(2).note(), "as the portal says");
  const Allocated again = Allocate("r-1");
  EXPECT_EQ(again.what(), "OK");
  EXPECT_TRUE(again.response.replayed());
  EXPECT_EQ(again.response.allocation().invite_id(), 777);
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationResolved, ByAbandonIsNeverSent) {
  Start();
  PutInDoubt("r-1");
  const Resolved resolved = Resolve(Abandon("r-1"));
  ASSERT_EQ(resolved.what(), "OK");
  EXPECT_EQ(resolved.response.allocation().state(), pb::ALLOCATION_STATE_ABANDONED);
  EXPECT_EQ(Trail(resolved.response.allocation()), "PENDING IN_DOUBT ABANDONED");
  for (const bool restarted : {false, true}) {
    if (restarted) Start();
    const Allocated again = Allocate("r-1");
    EXPECT_EQ(again.what(), "FAILED_PRECONDITION ALLOCATION_ABANDONED");
    EXPECT_EQ(again.metadata("request_id"), "r-1");
  }
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationResolved, ByResendIsSentOnceMore) {
  Start();
  PutInDoubt("r-1");
  const Resolved resolved = Resolve(Resend("r-1"));
  ASSERT_EQ(resolved.what(), "OK") << resolved.status.error_message();
  const pb::Allocation& row = resolved.response.allocation();
  EXPECT_EQ(row.state(), pb::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_EQ(row.attempt(), 2);
  EXPECT_GT(row.invite_id(), 0);
  ASSERT_EQ(Trail(row), "PENDING IN_DOUBT PENDING SUCCEEDED");
  EXPECT_EQ(row.events(2).actor(), "anonymous");
  EXPECT_EQ(row.events(2).note(), "as the portal says");
  EXPECT_EQ(row.events(2).attempt(), 2);
  EXPECT_EQ(Posts(), 2);
  const Allocated again = Allocate("r-1");
  EXPECT_TRUE(again.response.replayed());
  EXPECT_EQ(again.response.allocation().invite_id(), row.invite_id());
  EXPECT_EQ(Posts(), 2);
}

TEST_F(AllocationResolved, ByResendIsToldItsFailureAndMayBeInDoubtAgain) {
  Start();
  PutInDoubt("r-1");
  FaultPosts({{"action", "close"}});
  const Resolved doubtful = Resolve(Resend("r-1"));
  EXPECT_EQ(doubtful.what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(doubtful.metadata("request_id"), "r-1");
  FaultPosts({{"status", 422}});
  EXPECT_EQ(Resolve(Resend("r-1")).what(), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
  const pb::Allocation row = RowOf("r-1");
  EXPECT_EQ(row.attempt(), 3);
  EXPECT_EQ(Trail(row), "PENDING IN_DOUBT PENDING IN_DOUBT PENDING FAILED");
  EXPECT_EQ(Posts(), 3);
}

TEST_F(AllocationResolved, ByResendIsJoinedByWhoeverAsksMeanwhile) {
  Start({.concero = "timeout: 100s"});
  PutInDoubt("r-1");
  FaultPosts({{"delay_ms", 1000}});
  auto resending = std::async(std::launch::async, [&] { return Resolve(Resend("r-1")); });
  AwaitPosts(2);
  EXPECT_EQ(Resolve(Confirm("r-1")).what(), "ABORTED ALLOCATION_IN_PROGRESS");
  const Allocated joined = Allocate("r-1");
  EXPECT_EQ(joined.what(), "OK");
  EXPECT_TRUE(joined.response.replayed());
  EXPECT_EQ(joined.response.allocation().attempt(), 2);
  EXPECT_EQ(resending.get().what(), "OK");
  EXPECT_EQ(Posts(), 2);
}

// That nothing was sent now says nothing of what was sent before.
TEST_F(AllocationResolved, ByResendThatDidNotLeaveIsInDoubtStill) {
  Start({.concero = "timeout: 1h, max_in_flight: 1", .shutdown = "pause: 0s, grace: 0s"});
  PutInDoubt("r-1");
  HangPosts();
  const auto occupant = Begin(Wanted("r-0", "someone.else@company.io"));
  AwaitPosts(2);
  const pb::ResolveAllocationRequest request = Resend("r-1");
  pb::ResolveAllocationResponse response;
  grpc::ClientContext context;
  std::promise<grpc::Status> told;
  allocations_->async()->ResolveAllocation(&context, &request, &response,
                                           [&](const grpc::Status& s) { told.set_value(s); });
  AwaitState("r-1", pb::ALLOCATION_STATE_PENDING);
  context.TryCancel();
  EXPECT_EQ(told.get_future().get().error_code(), grpc::StatusCode::CANCELLED);
  const pb::Allocation row = AwaitState("r-1", pb::ALLOCATION_STATE_IN_DOUBT);
  EXPECT_EQ(row.attempt(), 2);
  EXPECT_EQ(Trail(row), "PENDING IN_DOUBT PENDING IN_DOUBT");
  EXPECT_EQ(Allocate("r-1").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  EXPECT_EQ(Posts(), 2);
}

TEST_F(AllocationResolved, MustBeKnown) {
  Start();
  for (const auto& request : Each("r-1")) {
    const Resolved refused = Resolve(request);
    EXPECT_EQ(refused.what(), "NOT_FOUND ALLOCATION_NOT_FOUND");
    EXPECT_EQ(refused.metadata("request_id"), "r-1");
  }
  EXPECT_EQ(Posts(), 0);
}

TEST_F(AllocationResolved, MustBeInDoubt) {
  Start();
  Allocate("succeeded");
  const Allocated cancelled = Allocate("cancelled");
  Cancel(cancelled.response.allocation().invite_id());
  FaultPosts({{"status", 422}});
  Allocate("failed");
  PutInDoubt("abandoned");
  Resolve(Abandon("abandoned"));
  const int before = Posts();
  for (const char* id : {"succeeded", "cancelled", "failed", "abandoned"}) {
    const pb::Allocation was = RowOf(id);
    for (const auto& request : Each(id)) {
      const Resolved refused = Resolve(request);
      EXPECT_EQ(refused.what(), "FAILED_PRECONDITION ALLOCATION_NOT_IN_DOUBT") << id;
      EXPECT_EQ(refused.metadata("request_id"), id);
    }
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(RowOf(id), was)) << id;
  }
  EXPECT_EQ(Posts(), before);
}

TEST_F(AllocationResolved, MustNotBeUnderWay) {
  Start({.concero = "timeout: 1h", .shutdown = "pause: 0s, grace: 0s"});
  HangPosts();
  const auto running = Begin(Wanted("r-1"));
  AwaitPosts(1);
  for (const auto& request : Each("r-1")) {
    const Resolved refused = Resolve(request);
    EXPECT_EQ(refused.what(), "ABORTED ALLOCATION_IN_PROGRESS");
    EXPECT_EQ(refused.metadata("request_id"), "r-1");
  }
  EXPECT_EQ(RowOf("r-1").state(), pb::ALLOCATION_STATE_PENDING);
}

TEST_F(AllocationResolved, HasFieldsThatAreChecked) {
  Start();
  PutInDoubt("r-1");
  pb::ResolveAllocationRequest nameless = Abandon(""), long_name = Abandon(std::string(129, 'a')),
                               no_invite = Confirm("r-1"), long_link = Confirm("r-1"),
                               long_note = Abandon("r-1"), note_of_lines = Abandon("r-1");
  no_invite.mutable_confirm()->set_invite_id(0);
  long_link.mutable_confirm()->set_invite_link(std::string(2049, 'a'));
  long_note.set_note(std::string(501, 'a'));
  note_of_lines.set_note("a\nb");
  const std::vector<std::pair<pb::ResolveAllocationRequest, std::string>> cases = {
      {nameless, "request_id"},
      {long_name, "request_id"},
      {About("r-1"), "resolution"},
      {no_invite, "confirm.invite_id"},
      {long_link, "confirm.invite_link"},
      {long_note, "note"},
      {note_of_lines, "note"}};
  for (const auto& [request, field] : cases) {
    const Resolved refused = Resolve(request);
    EXPECT_EQ(refused.what(), "INVALID_ARGUMENT INVALID_FIELD") << field;
    EXPECT_EQ(DetailsOf(refused.status).bad_request.field_violations(0).field(), field);
  }
  EXPECT_EQ(Trail(RowOf("r-1")), "PENDING IN_DOUBT");
}

TEST_F(AllocationResolved, ByResendMustHaveItsCandidateStill) {
  Start();
  PutInDoubt("r-1");
  ASSERT_EQ(Erase(kArjun).response.erased_count(), 1);
  EXPECT_EQ(Resolve(Resend("r-1")).what(), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(Posts(), 1);
  const Resolved confirmed = Resolve(Confirm("r-1"));
  EXPECT_EQ(confirmed.what(), "OK");
  EXPECT_EQ(confirmed.response.allocation().invite_id(), 777);
  EXPECT_EQ(confirmed.response.allocation().invite_link(), "");
}

}  // namespace
}  // namespace gw::testing
