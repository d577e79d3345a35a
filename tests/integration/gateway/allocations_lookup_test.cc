// AllocationService: what is found, listed, and refused.
#include <filesystem>

#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {
namespace {

using Ids = std::vector<std::string>;

class AllocationLookup : public AllocationsTest {
 protected:
  // Every row that a filter finds, in pages of `size`.
  Ids IdsOf(pb::ListAllocationsRequest request, int size = 0) {
    Ids ids;
    request.set_page_size(size);
    do {
      const Listed page = List(request);
      EXPECT_EQ(page.what(), "OK");
      if (!page.status.ok()) return ids;
      if (size > 0) {
        EXPECT_LE(page.response.allocations_size(), size);
      }
      for (const auto& row : page.response.allocations()) ids.push_back(row.request_id());
      request.set_page_token(page.response.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
  static pb::ListAllocationsRequest InState(pb::AllocationState state) {
    pb::ListAllocationsRequest request;
    request.set_state(state);
    return request;
  }
  static pb::ListAllocationsRequest Of(const std::string& email, int64_t examination_id = 0) {
    pb::ListAllocationsRequest request;
    request.set_candidate_email(email);
    request.set_examination_id(examination_id);
    return request;
  }
  static void ExpectInvalid(const grpc::Status& status, const std::string& field) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const Details details = DetailsOf(status);
    EXPECT_EQ(details.info.reason(), "INVALID_FIELD");
    ASSERT_GT(details.bad_request.field_violations_size(), 0);
    EXPECT_EQ(details.bad_request.field_violations(0).field(), field);
  }
};

TEST_F(AllocationLookup, FindsARowByItsIdAndByItsInvite) {
  Start();
  const Allocated allocated = Allocate("r-1");
  const pb::Allocation& told = allocated.response.allocation();
  const pb::Allocation row = RowOf("r-1");
  pb::Allocation without_trail = row;
  without_trail.clear_events();
  EXPECT_EQ(without_trail.SerializeAsString(), told.SerializeAsString());
  EXPECT_GE(row.update_time().seconds(), row.create_time().seconds());

  pb::GetAllocationRequest by_invite;
  by_invite.set_invite_id(told.invite_id());
  const Got got = Get(by_invite);
  EXPECT_EQ(got.what(), "OK");
  EXPECT_EQ(got.response.allocation().SerializeAsString(), row.SerializeAsString());
}

TEST_F(AllocationLookup, ShowsTheTrail) {
  Start();
  Allocate("r-1");
  const pb::Allocation row = RowOf("r-1");
  ASSERT_EQ(Trail(row), "PENDING SUCCEEDED");
  EXPECT_EQ(row.events(0).actor(), "anonymous");
  EXPECT_EQ(row.events(1).actor(), "gateway");
  for (const auto& event : row.events()) {
    EXPECT_EQ(event.attempt(), 1);
    EXPECT_GT(event.time().seconds(), 0);
  }
}

TEST_F(AllocationLookup, OfWhatIsNotThereIsNotFound) {
  Start();
  pb::GetAllocationRequest by_id, by_invite;
  by_id.set_request_id("r-1");
  by_invite.set_invite_id(1 << 20);
  const Got unknown_id = Get(by_id);
  EXPECT_EQ(unknown_id.what(), "NOT_FOUND ALLOCATION_NOT_FOUND");
  EXPECT_EQ(unknown_id.metadata("request_id"), "r-1");
  EXPECT_EQ(Get(by_invite).what(), "NOT_FOUND ALLOCATION_NOT_FOUND");
}

TEST_F(AllocationLookup, WantsExactlyOneId) {
  Start();
  pb::GetAllocationRequest both, negative, bad;
  both.set_request_id("r-1");
  both.set_invite_id(142);
  negative.set_invite_id(-1);
  bad.set_request_id(std::string(129, 'a'));
  ExpectInvalid(Get({}).status, "request_id");
  ExpectInvalid(Get(both).status, "request_id");
  ExpectInvalid(Get(negative).status, "invite_id");
  ExpectInvalid(Get(bad).status, "request_id");
}

TEST_F(AllocationLookup, ListsByStateExaminationAndCandidateNewestFirst) {
  Start();
  Allocate(Wanted("ok-1"));
  Allocate(Wanted("ok-2", kArjun, 120));
  const Allocated cancelled = Allocate(Wanted("cancelled-1", "someone.else@company.io"));
  Cancel(cancelled.response.allocation().invite_id());
  FaultPosts({{"status", 422}});
  Allocate(Wanted("failed-1", "someone.else@company.io", 120));
  PutInDoubt("doubt-1");
  PutInDoubt("doubt-2", "someone.else@company.io");

  const Ids all = {"doubt-2", "doubt-1", "failed-1", "cancelled-1", "ok-2", "ok-1"};
  EXPECT_EQ(IdsOf({}), all);
  EXPECT_EQ(IdsOf(InState(pb::ALLOCATION_STATE_SUCCEEDED)), (Ids{"ok-2", "ok-1"}));
  EXPECT_EQ(IdsOf(InState(pb::ALLOCATION_STATE_CANCELLED)), Ids{"cancelled-1"});
  EXPECT_EQ(IdsOf(InState(pb::ALLOCATION_STATE_FAILED)), Ids{"failed-1"});
  EXPECT_EQ(IdsOf(InState(pb::ALLOCATION_STATE_IN_DOUBT)), (Ids{"doubt-2", "doubt-1"}));
  EXPECT_EQ(IdsOf(InState(pb::ALLOCATION_STATE_PENDING)), Ids{});
  EXPECT_EQ(IdsOf(InState(pb::ALLOCATION_STATE_ABANDONED)), Ids{});
  EXPECT_EQ(IdsOf(Of(" arjun.mehta@COMPANY.io ")), (Ids{"doubt-1", "ok-2", "ok-1"}));
  EXPECT_EQ(IdsOf(Of("", 120)), (Ids{"failed-1", "ok-2"}));
  EXPECT_EQ(IdsOf(Of(kArjun, 120)), Ids{"ok-2"});
  EXPECT_EQ(IdsOf(Of("nobody@company.io")), Ids{});

  for (const int size : {1, 2, 3, 5, 6, 7}) EXPECT_EQ(IdsOf({}, size), all) << size;
  const Listed page = List(InState(pb::ALLOCATION_STATE_IN_DOUBT));
  for (const auto& row : page.response.allocations()) {
    EXPECT_EQ(Trail(row), "PENDING IN_DOUBT");
    EXPECT_EQ(row.error().code(), grpc::StatusCode::UNKNOWN);
  }
}

TEST_F(AllocationLookup, GoesOnFromItsPageWhatHappensMeanwhile) {
  Start();
  for (const char* id : {"r-1", "r-2", "r-3"}) Allocate(id);
  pb::ListAllocationsRequest request;
  request.set_page_size(2);
  const Listed first = List(request);
  Allocate("r-4");
  request.set_page_token(first.response.next_page_token());
  const Listed second = List(request);
  ASSERT_EQ(second.response.allocations_size(), 1);
  EXPECT_EQ(second.response.allocations(0).request_id(), "r-1");
  EXPECT_EQ(second.response.next_page_token(), "");
}

TEST_F(AllocationLookup, RefusesATokenOfAnotherList) {
  Start();
  for (const char* id : {"r-1", "r-2"}) Allocate(id);
  pb::ListAllocationsRequest request = Of(kArjun);
  request.set_page_size(1);
  const std::string token = List(request).response.next_page_token();
  ASSERT_FALSE(token.empty());
  request.set_page_token(token);
  EXPECT_EQ(List(request).what(), "OK");

  std::vector<pb::ListAllocationsRequest> others(3, request);
  others[0].set_state(pb::ALLOCATION_STATE_SUCCEEDED);
  others[1].set_examination_id(119);
  others[2].set_candidate_email("someone.else@company.io");
  for (const std::string& made_up : {std::string("x"), token + "x", token.substr(1)}) {
    others.push_back(request);
    others.back().set_page_token(made_up);
  }
  for (const auto& other : others) {
    EXPECT_EQ(List(other).what(), "INVALID_ARGUMENT PAGE_TOKEN_INVALID") << other.DebugString();
  }
}

TEST_F(AllocationLookup, RefusesFiltersThatAreNone) {
  Start();
  pb::ListAllocationsRequest size, state, examination;
  size.set_page_size(-1);
  state.set_state(static_cast<pb::AllocationState>(99));
  examination.set_examination_id(-1);
  ExpectInvalid(List(size).status, "page_size");
  ExpectInvalid(List(state).status, "state");
  ExpectInvalid(List(examination).status, "examination_id");
  ExpectInvalid(List(Of("no address")).status, "candidate_email");
}

TEST_F(AllocationLookup, IsForTheCallersOwnRowsAlone) {
  Start();
  PutInDoubt("r-1");
  pb::GetAllocationRequest get;
  get.set_request_id("r-1");
  pb::ListAllocationsRequest list;
  pb::ResolveAllocationRequest resolve;
  resolve.set_request_id("r-1");
  resolve.mutable_abandon();

  get.set_caller("spiffe://company.io/orders");
  list.set_caller(get.caller());
  resolve.set_caller(get.caller());
  EXPECT_EQ(Get(get).what(), "PERMISSION_DENIED CALLER_NOT_ALLOWED");
  EXPECT_EQ(List(list).what(), "PERMISSION_DENIED CALLER_NOT_ALLOWED");
  EXPECT_EQ(Resolve(resolve).what(), "PERMISSION_DENIED CALLER_NOT_ALLOWED");
  EXPECT_EQ(RowOf("r-1").state(), pb::ALLOCATION_STATE_IN_DOUBT);

  get.set_caller("anonymous");
  list.set_caller("anonymous");
  resolve.set_caller("anonymous");
  EXPECT_EQ(Get(get).what(), "OK");
  EXPECT_EQ(List(list).response.allocations_size(), 1);
  EXPECT_EQ(Resolve(resolve).what(), "OK");
}

TEST_F(AllocationLookup, OfAGatewayWithoutConceroIsUnimplementedAndMakesNoFile) {
  GatewaySettings settings;
  settings.proctorexam_url = sandbox_.proctorexam_url();
  settings.ledger = "sqlite: {path: \"" + LedgerPath() + "\"}";
  const GatewayProcess gateway(directory_, "", settings);
  allocations_ = gateway.Allocations();
  pb::GetAllocationRequest get;
  get.set_request_id("r-1");
  pb::ResolveAllocationRequest resolve;
  resolve.set_request_id("r-1");
  resolve.mutable_abandon();
  const Got got = Get(get);
  EXPECT_EQ(got.what(), "UNIMPLEMENTED UPSTREAM_NOT_CONFIGURED");
  EXPECT_EQ(got.metadata("upstream"), "concero");
  EXPECT_EQ(List().what(), "UNIMPLEMENTED UPSTREAM_NOT_CONFIGURED");
  EXPECT_EQ(Resolve(resolve).what(), "UNIMPLEMENTED UPSTREAM_NOT_CONFIGURED");
  EXPECT_EQ(Erase(kArjun).what(), "UNIMPLEMENTED UPSTREAM_NOT_CONFIGURED");
  for (const char* suffix : {"", "-wal", ".lock", ".new"}) {
    EXPECT_FALSE(std::filesystem::exists(LedgerPath() + suffix)) << suffix;
  }
}

}  // namespace
}  // namespace gw::testing
