// Erasing a person: what is gone, down to the bytes on the disk, and what is still recognised.
#include <filesystem>

#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {
namespace {

namespace fs = std::filesystem;

class CandidateErased : public AllocationsTest {
 protected:
  // The files of the ledger that hold `text`.
  std::vector<std::string> FilesWith(const std::string& text) const {
    std::vector<std::string> found;
    for (const auto& file : fs::directory_iterator(directory_.path())) {
      const std::string name = file.path().filename().string();
      if (!name.starts_with("ledger.db")) continue;
      if (ReadFile(file.path().string()).find(text) != std::string::npos) found.push_back(name);
    }
    return found;
  }
  static std::string TokenOf(const Allocated& allocated) {
    const std::string& link = allocated.response.allocation().invite_link();
    return link.substr(link.rfind('/') + 1);
  }
};

TEST_F(CandidateErased, IsGoneFromEveryRowAndFromTheDisk) {
  Start();
  // More than a page, so that rows move.
  for (int i = 0; i < 60; ++i) {
    Allocate(Wanted("other-" + std::to_string(i), "someone.else@company.io"));
  }
  const Allocated first = Allocate("r-1");
  PutInDoubt("r-2");
  const Allocated third = Allocate(Wanted("r-3", "arjun.mehta@COMPANY.io", 120));
  Cancel(third.response.allocation().invite_id());
  ASSERT_FALSE(FilesWith("arjun.mehta").empty());
  ASSERT_FALSE(FilesWith(TokenOf(first)).empty());

  const auto erased = Erase(" Arjun.Mehta@company.IO ");
  ASSERT_EQ(erased.what(), "OK");
  EXPECT_EQ(erased.response.erased_count(), 3);
  using Names = std::vector<std::string>;
  for (const std::string& text : {std::string("arjun.mehta"), TokenOf(first), TokenOf(third)}) {
    EXPECT_EQ(FilesWith(text), Names()) << text;
  }
  EXPECT_FALSE(FilesWith("someone.else").empty());

  for (const char* id : {"r-1", "r-2", "r-3"}) {
    const pb::Allocation row = RowOf(id);
    EXPECT_EQ(row.candidate_email(), "");
    EXPECT_EQ(row.invite_link(), "");
    EXPECT_EQ(row.ShortDebugString().find("arjun"), std::string::npos);
    EXPECT_EQ(row.events(row.events_size() - 1).note(), "the candidate was erased");
  }
  EXPECT_EQ(RowOf("r-1").invite_id(), first.response.allocation().invite_id());
  EXPECT_EQ(RowOf("r-2").state(), pb::ALLOCATION_STATE_IN_DOUBT);
  EXPECT_EQ(RowOf("other-0").candidate_email(), "someone.else@company.io");

  EXPECT_EQ(Erase(kArjun).response.erased_count(), 0) << "they are erased already";
  EXPECT_EQ(Erase("nobody@company.io").response.erased_count(), 0);
  EXPECT_EQ(gateway_->process().Stop(), 0);
  EXPECT_EQ(FilesWith("arjun.mehta"), Names());
  EXPECT_EQ(gateway_->process().err().find("arjun"), std::string::npos);
  gateway_.reset();
}

TEST_F(CandidateErased, IsStillRecognisedByTheHash) {
  Start();
  const Allocated first = Allocate("r-1");
  PutInDoubt("r-2");
  ASSERT_EQ(Erase(kArjun).response.erased_count(), 2);
  for (const bool restarted : {false, true}) {
    if (restarted) Start();
    const Allocated again = Allocate(Wanted("r-1", " arjun.mehta@COMPANY.io"));
    EXPECT_EQ(again.what(), "OK");
    EXPECT_TRUE(again.response.replayed());
    EXPECT_EQ(again.response.allocation().invite_id(), first.response.allocation().invite_id());
    EXPECT_EQ(again.response.allocation().candidate_email(), "");
    EXPECT_EQ(again.response.allocation().invite_link(), "");
    EXPECT_EQ(Allocate("r-2").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
    EXPECT_EQ(Allocate(Wanted("r-1", "someone.else@company.io")).what(),
              "INVALID_ARGUMENT REQUEST_ID_REUSED");
    // Without an id it is the one in doubt that counts, the newest.
    EXPECT_EQ(Allocate("").what(), "UNKNOWN ALLOCATION_IN_DOUBT");
  }
  pb::ListAllocationsRequest of_them;
  of_them.set_candidate_email(kArjun);
  EXPECT_EQ(List(of_them).response.allocations_size(), 2);
  EXPECT_EQ(Posts(), 2);
}

TEST_F(CandidateErased, WhileTheirAllocationIsUnderWayGetsNoLinkRecorded) {
  Start({.concero = "timeout: 100s"});
  FaultPosts({{"delay_ms", 2000}});
  const auto running = Begin(Wanted("r-1"));
  AwaitPosts(1);
  ASSERT_EQ(Erase(kArjun).response.erased_count(), 1);
  EXPECT_EQ(running->Await().what(), "OK");
  const pb::Allocation row = RowOf("r-1");
  EXPECT_EQ(row.state(), pb::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_GT(row.invite_id(), 0);
  EXPECT_EQ(row.candidate_email(), "");
  EXPECT_EQ(row.invite_link(), "");
  EXPECT_TRUE(FilesWith("arjun.mehta").empty());
  EXPECT_TRUE(FilesWith("exam/start").empty());
}

TEST_F(CandidateErased, AndRefusedBeforeIsSentAgainWithTheAddressOfTheCall) {
  Start();
  FaultPosts({{"status", 422}});
  EXPECT_EQ(Allocate("r-1").what(), "INVALID_ARGUMENT UPSTREAM_REJECTED_FIELD");
  sandbox_.ClearFaults();
  ASSERT_EQ(Erase(kArjun).response.erased_count(), 1);
  const Allocated second = Allocate("r-1");
  EXPECT_EQ(second.what(), "OK");
  EXPECT_EQ(second.response.allocation().candidate_email(), kArjun);
  EXPECT_EQ(second.response.allocation().attempt(), 2);
}

TEST_F(CandidateErased, MustBeNamedByAnAddress) {
  Start();
  for (const char* email : {"", "no address", "a@b\n.io"}) {
    const auto refused = Erase(email);
    EXPECT_EQ(refused.what(), "INVALID_ARGUMENT INVALID_FIELD");
    EXPECT_EQ(DetailsOf(refused.status).bad_request.field_violations(0).field(), "candidate_email");
  }
}

}  // namespace
}  // namespace gw::testing
