// Calls without a request_id: when an allocation like theirs counts as theirs.
#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {
namespace {

class AllocationsWithoutId : public AllocationsTest {
 protected:
  Allocated Allocate(const std::string& email = kArjun, int64_t examination_id = 119) {
    return AllocationsTest::Allocate(Wanted("", email, examination_id));
  }
  static std::string IdOf(const Allocated& allocated) {
    return allocated.response.allocation().request_id();
  }
};

TEST_F(AllocationsWithoutId, AreTheOneThatHasJustSucceeded) {
  Start();
  const Allocated first = Allocate();
  ASSERT_EQ(first.what(), "OK");
  EXPECT_EQ(IdOf(first).size(), 36u);
  for (const bool restarted : {false, true}) {
    if (restarted) Start();
    const Allocated again = Allocate();
    EXPECT_EQ(again.what(), "OK");
    EXPECT_TRUE(again.response.replayed());
    EXPECT_EQ(again.response.allocation().SerializeAsString(),
              first.response.allocation().SerializeAsString());
  }
  EXPECT_EQ(Posts(), 1);
  const Allocated by_id = AllocationsTest::Allocate(IdOf(first));
  EXPECT_TRUE(by_id.response.replayed()) << "the id that was made is as good as a given one";
}

TEST_F(AllocationsWithoutId, AreTheOneOfSomeIdThatHasJustSucceeded) {
  Start();
  ASSERT_EQ(AllocationsTest::Allocate("r-1").what(), "OK");
  const Allocated second = Allocate(" arjun.mehta@COMPANY.io ");
  EXPECT_TRUE(second.response.replayed());
  EXPECT_EQ(IdOf(second), "r-1");
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationsWithoutId, AreTheirOwnForAnotherCandidateOrExamination) {
  Start();
  Allocate();
  EXPECT_FALSE(Allocate("someone.else@company.io").response.replayed());
  EXPECT_FALSE(Allocate(kArjun, 120).response.replayed());
  EXPECT_FALSE(Allocate("Arjun.Mehta@company.io").response.replayed());
  EXPECT_EQ(Posts(), 4);
}

TEST_F(AllocationsWithoutId, AreTheirOwnAfterTheWindow) {
  Start({.concero = "allocation: {dedupe_window: 300ms}"});
  const Allocated first = Allocate();
  Allocated later = Allocate();
  while (later.status.ok() && IdOf(later) == IdOf(first)) later = Allocate();
  EXPECT_EQ(later.what(), "OK");
  EXPECT_FALSE(later.response.replayed());
  EXPECT_NE(later.response.allocation().invite_id(), first.response.allocation().invite_id());
  EXPECT_EQ(Posts(), 2);
}

TEST_F(AllocationsWithoutId, AreTheOneThatIsUnderWay) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 1000}});
  const auto first = Begin(Wanted("r-1"));
  AwaitPosts(1);
  const Allocated second = Allocate();
  EXPECT_EQ(second.what(), "OK");
  EXPECT_TRUE(second.response.replayed());
  EXPECT_EQ(IdOf(second), "r-1");
  EXPECT_FALSE(first->Await().response.replayed());
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationsWithoutId, AreTheOneInDoubtHoweverOld) {
  Start({.concero = "allocation: {dedupe_window: 1ms}"});
  FaultPosts({{"action", "close"}});
  const Allocated first = Allocate();
  EXPECT_EQ(first.what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  sandbox_.ClearFaults();
  // So that a window of a millisecond has passed.
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  for (const bool restarted : {false, true}) {
    if (restarted) Start({.concero = "allocation: {dedupe_window: 1ms}"});
    const Allocated again = Allocate();
    EXPECT_EQ(again.what(), "UNKNOWN ALLOCATION_IN_DOUBT");
    EXPECT_EQ(again.metadata("request_id"), first.metadata("request_id"));
  }
  EXPECT_EQ(Posts(), 1);
}

TEST_F(AllocationsWithoutId, AreTheirOwnAfterAFailure) {
  Start();
  FaultPosts({{"status", 422}});
  const Allocated failed = Allocate();
  EXPECT_EQ(failed.what(), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
  EXPECT_EQ(failed.metadata("request_id").size(), 36u);
  sandbox_.ClearFaults();
  const Allocated next = Allocate();
  ASSERT_EQ(next.what(), "OK");
  EXPECT_NE(IdOf(next), failed.metadata("request_id"));
  EXPECT_EQ(next.response.allocation().attempt(), 1);
  EXPECT_EQ(Posts(), 2);
}

TEST_F(AllocationsWithoutId, AreTheirOwnAfterACancel) {
  Start();
  const Allocated first = Allocate();
  ASSERT_EQ(Cancel(first.response.allocation().invite_id()).what(), "OK");
  const Allocated next = Allocate();
  ASSERT_EQ(next.what(), "OK");
  EXPECT_FALSE(next.response.replayed());
  EXPECT_NE(IdOf(next), IdOf(first));
  EXPECT_EQ(Posts(), 2);
}

TEST_F(AllocationsWithoutId, AreTheirOwnAfterOneWasAbandoned) {
  Start();
  PutInDoubt("r-1");
  pb::ResolveAllocationRequest abandon;
  abandon.set_request_id("r-1");
  abandon.mutable_abandon();
  ASSERT_EQ(Resolve(abandon).what(), "OK");
  EXPECT_FALSE(Allocate().response.replayed());
  EXPECT_EQ(Posts(), 2);
}

TEST_F(AllocationsWithoutId, AreEachTheirOwnWithoutAWindow) {
  Start({.concero = "timeout: 1h, allocation: {dedupe_window: 0s}",
         .shutdown = "pause: 0s, grace: 0s"});
  const Allocated first = Allocate(), second = Allocate();
  EXPECT_EQ(first.what(), "OK");
  EXPECT_EQ(second.what(), "OK");
  EXPECT_NE(IdOf(first), IdOf(second));
  EXPECT_EQ(Posts(), 2);
  HangPosts();
  const auto under_way = Begin(Wanted(""));
  AwaitPosts(3);
  sandbox_.ClearFaults();
  EXPECT_FALSE(Allocate().response.replayed());
  EXPECT_EQ(Posts(), 4);
}

}  // namespace
}  // namespace gw::testing
