// The calls that the ledger answers: what their callers hear when it does not (ledger_call.h).
#include "service/rpc/allocation_handlers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/ledger/allocations_fixture.h"
#include "tests/unit/rpc/asking.h"

namespace gw::testing {
namespace {

namespace pb = ::concero::v1;

// What another caller, by a rule for these paths alone, may do.
class May final : public rpc::Permissions {
 public:
  explicit May(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  bool Allows(absl::string_view path) const override {
    return std::find(paths_.begin(), paths_.end(), path) != paths_.end();
  }

 private:
  const std::vector<std::string> paths_;
};

class AllocationHandling : public AllocationsTest {
 protected:
  using Get = Asking<pb::GetAllocationRequest, pb::GetAllocationResponse>;
  using List = Asking<pb::ListAllocationsRequest, pb::ListAllocationsResponse>;
  using Resolve = Asking<pb::ResolveAllocationRequest, pb::ResolveAllocationResponse>;
  using EraseAsking = Asking<pb::EraseCandidateRequest, pb::EraseCandidateResponse>;

  AllocationHandling() {
    const auto call = Allocate({"doubt"});
    LeaveAndAnswer(0, InDoubt());
    EXPECT_EQ(RowOf("doubt"), "IN_DOUBT 1");
    get_.request.set_request_id("doubt");
    resolve_.request.set_request_id("doubt");
    resolve_.request.mutable_abandon();
    erase_.request.set_candidate_email("ann@example.com");
    for (Caller* caller : callers_) {
      caller->info.caller = "a caller";
      caller->info.deadline = clock_.Now() + absl::Seconds(1);
      caller->info.cancel = caller->cancel.get_token();
      caller->info.record =
          std::make_shared<observe::CallRecord>("r-1", std::nullopt, hash_, clock_, random_);
    }
  }

  void AskToLook() {
    Ask(&rpc::AllocationHandlers::GetAllocation, get_);
    Ask(&rpc::AllocationHandlers::ListAllocations, list_);
  }
  void AskToChange() {
    Ask(&rpc::AllocationHandlers::ResolveAllocation, resolve_);
    Ask(&rpc::AllocationHandlers::EraseCandidate, erase_);
  }
  void AskAll() {
    AskToLook();
    AskToChange();
  }
  // As Rest, for what only looks, too.
  void RestAll() {
    Rest();
    std::promise<void> promise;
    ledger_.Read([](ledger::Rows&) {}, [&](const absl::Status&) { promise.set_value(); });
    promise.get_future().wait();
  }
  void ExpectAllTold(const std::string& what) {
    for (size_t i = 0; i < callers_.size(); ++i) EXPECT_EQ(callers_[i]->told(), what) << i;
  }
  // All ask for what is "a caller"'s.
  void BecomeAnother(const rpc::Permissions* permissions) {
    for (Caller* caller : callers_) {
      caller->info.caller = "another";
      caller->info.permissions = permissions;
    }
    get_.request.set_caller("a caller");
    list_.request.set_caller("a caller");
    resolve_.request.set_caller("a caller");
  }
  std::string EmailOfDoubt() {
    std::string email;
    store_.With([&](ledger::Rows& rows) {
      email = rows.Find({"a caller", "doubt"})->candidate_email;
    });
    return email;
  }

  const observe::KeyedHash hash_{Secret("a key of a test's")};
  FakeRandom random_;
  Get get_;
  List list_;
  Resolve resolve_;
  EraseAsking erase_;
  const std::vector<Caller*> callers_ = {&get_.caller, &list_.caller, &resolve_.caller,
                                         &erase_.caller};

  template <class Request, class Response>
  void Ask(void (rpc::AllocationHandlers::*rpc)(rpc::Call<Request, Response>),
           Asking<Request, Response>& asking) {
    (handlers_.*rpc)({asking.caller, asking.request, asking.response, asking.caller.info});
  }

 private:
  rpc::AllocationHandlers handlers_{ledger_, *allocations_, timer_};
};

TEST_F(AllocationHandling, AnswersWithWhatTheLedgerSays) {
  AskToLook();
  RestAll();
  EXPECT_EQ(get_.response.allocation().state(), pb::ALLOCATION_STATE_IN_DOUBT);
  EXPECT_EQ(list_.response.allocations_size(), 1);
  AskToChange();
  Rest();
  ExpectAllTold("OK");
  EXPECT_EQ(RowOf("doubt"), "ABANDONED 1");
  EXPECT_EQ(EmailOfDoubt(), "");
}

TEST_F(AllocationHandling, AtTheDeadlineSaysThatTheLedgerDidNotAnswer) {
  store_.Hold();
  AskAll();
  store_.WaitForHeld();
  ExpectAllTold("waiting");
  timer_.Advance(absl::Seconds(1));
  ExpectAllTold("DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  store_.LetGo();
  RestAll();
  ExpectAllTold("DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
}

TEST_F(AllocationHandling, IsToldTheCancelAtOnce) {
  store_.Hold();
  AskAll();
  store_.WaitForHeld();
  for (Caller* caller : callers_) caller->cancel.request_stop();
  ExpectAllTold("CANCELLED CANCELLED");
  store_.LetGo();
  RestAll();
  ExpectAllTold("CANCELLED CANCELLED");
}

TEST_F(AllocationHandling, ChangesNothingForWhoHasStoppedWaitingBeforeItBegan) {
  store_.Hold();
  AskAll();
  store_.WaitForHeld();
  timer_.Advance(absl::Seconds(1));
  store_.LetGo();
  RestAll();
  EXPECT_EQ(RowOf("doubt"), "IN_DOUBT 1");
  EXPECT_EQ(EmailOfDoubt(), "ann@example.com");
}

TEST_F(AllocationHandling, SaysThatTheLedgerIsAway) {
  store_.FailWith({"away"});
  AskAll();
  RestAll();
  ExpectAllTold("UNAVAILABLE LEDGER_UNAVAILABLE");
  store_.Recover();
}

TEST_F(AllocationHandling, OfAnotherCallerTakesARuleOfItsOwn) {
  const May only_rpcs({"/concero.v1.AllocationService/GetAllocation",
                       "/concero.v1.AllocationService/ListAllocations",
                       "/concero.v1.AllocationService/ResolveAllocation",
                       "/concero.v1.AllocationService.Others/GetReport"});
  for (const rpc::Permissions* permissions : {static_cast<const rpc::Permissions*>(nullptr),
                                              static_cast<const rpc::Permissions*>(&only_rpcs)}) {
    Get get;
    List list;
    Resolve resolve;
    BecomeAnother(permissions);
    get.request = get_.request;
    list.request = list_.request;
    resolve.request = resolve_.request;
    get.caller.info = list.caller.info = resolve.caller.info = get_.caller.info;
    Ask(&rpc::AllocationHandlers::GetAllocation, get);
    Ask(&rpc::AllocationHandlers::ListAllocations, list);
    Ask(&rpc::AllocationHandlers::ResolveAllocation, resolve);
    for (const Caller* caller : {&get.caller, &list.caller, &resolve.caller}) {
      EXPECT_EQ(caller->told(), "PERMISSION_DENIED CALLER_NOT_ALLOWED");
    }
  }
  RestAll();
  EXPECT_EQ(RowOf("doubt"), "IN_DOUBT 1");
}

TEST_F(AllocationHandling, OfAnotherCallerIsSeenAndSettledByWhoMay) {
  const May may({"/concero.v1.AllocationService.Others/GetAllocation",
                 "/concero.v1.AllocationService.Others/ListAllocations",
                 "/concero.v1.AllocationService.Others/ResolveAllocation"});
  BecomeAnother(&may);
  AskToLook();
  Ask(&rpc::AllocationHandlers::ResolveAllocation, resolve_);
  RestAll();
  for (const Caller* caller : {&get_.caller, &list_.caller, &resolve_.caller}) {
    EXPECT_EQ(caller->told(), "OK");
  }
  EXPECT_EQ(get_.response.allocation().caller(), "a caller");
  ASSERT_EQ(list_.response.allocations_size(), 1);
  EXPECT_EQ(list_.response.allocations(0).caller(), "a caller");
  const pb::Allocation& settled = resolve_.response.allocation();
  EXPECT_EQ(settled.caller(), "a caller");
  EXPECT_EQ(settled.state(), pb::ALLOCATION_STATE_ABANDONED);
  EXPECT_EQ(settled.events(settled.events_size() - 1).actor(), "another");
}

TEST_F(AllocationHandling, OfTheCallersOwnTakesNoRule) {
  get_.request.set_caller("a caller");
  list_.request.set_caller("a caller");
  resolve_.request.set_caller("a caller");
  AskAll();
  RestAll();
  ExpectAllTold("OK");
}

}  // namespace
}  // namespace gw::testing
