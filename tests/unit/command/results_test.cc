#include "client/command/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "concero_gateway/fake_failure.h"

namespace concero::command {
namespace {

using ::testing::HasSubstr;

Result Sample(int row) {
  return {
      {row, 119, "o'hara,\"x\"@company.io", "order-7"}, Outcome::kRefused, 0, "", "INVALID_FIELD",
      "candidate_email: must be; \"one\", at most"};
}

class Results : public ::testing::TestWithParam<Format> {};

INSTANTIATE_TEST_SUITE_P(As, Results, ::testing::Values(Format::kCsv, Format::kJsonLines));

TEST_P(Results, AreReadAsTheyWereWritten) {
  Result invited = {
      {3, 120, "anna@company.io", "order-8"}, Outcome::kSucceeded, 142, "https://x/y", "", ""};
  Result planned;
  planned.candidate = {4, 120, "ben@company.io", "order-9"};
  std::string text = ResultsHead(GetParam());
  for (const Result& result : {Sample(2), invited, planned}) {
    text += EncodeResult(result, GetParam());
  }
  const auto read = DecodeResults(text, GetParam());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, (std::vector<Result>{Sample(2), invited, planned}));
}

TEST_P(Results, ALineThatWasCutOffIsNone) {
  const std::string whole = ResultsHead(GetParam()) + EncodeResult(Sample(1), GetParam());
  const std::string more = EncodeResult(Sample(2), GetParam());
  for (size_t cut = 0; cut < more.size(); ++cut) {
    const auto read = DecodeResults(whole + more.substr(0, cut), GetParam());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, std::vector<Result>{Sample(1)}) << cut;
  }
}

TEST_P(Results, WhatIsNoneIsRefusedByItsLine) {
  const std::string good = ResultsHead(GetParam()) + EncodeResult(Sample(1), GetParam());
  const auto read = DecodeResults(good + "nonsense\n", GetParam());
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("line 2"));
  Result odd = Sample(0);
  EXPECT_FALSE(
      DecodeResults(ResultsHead(GetParam()) + EncodeResult(odd, GetParam()), GetParam()).ok());
}

TEST(Results, OfAnotherFileAreNone) {
  EXPECT_FALSE(DecodeResults("email,examination_id\na@b.c,1\n", Format::kCsv).ok());
  EXPECT_FALSE(DecodeResults("", Format::kCsv).ok());
}

TEST(ResultOf, TellsTheOutcomeOfAnAnswer) {
  const Candidate candidate = {1, 119, "anna@company.io", "order-8"};
  v1::AllocateCandidateResponse answer;
  answer.mutable_allocation()->set_invite_id(142);
  answer.mutable_allocation()->set_state(v1::ALLOCATION_STATE_SUCCEEDED);
  EXPECT_EQ(ResultOf(candidate, answer).outcome, Outcome::kSucceeded);
  answer.set_replayed(true);
  EXPECT_EQ(ResultOf(candidate, answer).outcome, Outcome::kReplayed);
  answer.mutable_allocation()->set_state(v1::ALLOCATION_STATE_CANCELLED);
  EXPECT_EQ(ResultOf(candidate, answer).outcome, Outcome::kCancelled);
  EXPECT_EQ(ResultOf(candidate, answer).invite_id, 142);
}

TEST(ResultOf, TellsTheOutcomeOfAFailure) {
  const Candidate candidate = {1, 119, "anna@company.io", "order-8"};
  const auto of = [&](absl::StatusCode code) {
    return ResultOf(candidate, absl::Status(code, "one\ntwo"));
  };
  EXPECT_EQ(of(absl::StatusCode::kInvalidArgument).outcome, Outcome::kRefused);
  EXPECT_EQ(of(absl::StatusCode::kPermissionDenied).outcome, Outcome::kNotAllowed);
  EXPECT_EQ(of(absl::StatusCode::kUnavailable).outcome, Outcome::kUnavailable);
  const absl::Status goes_on = MakeFailure(gateway::v1::REASON_ALLOCATION_IN_PROGRESS);
  EXPECT_EQ(ResultOf(Candidate{}, goes_on).outcome, Outcome::kNone) << "its request has left";
  EXPECT_EQ(of(absl::StatusCode::kInternal).outcome, Outcome::kFailed);
  EXPECT_EQ(of(absl::StatusCode::kInternal).message, "one two") << "one line";
  EXPECT_EQ(of(absl::StatusCode::kInternal).reason, "INTERNAL");
}

TEST(IsAboutIt, WhatCarriesARequestId) {
  EXPECT_TRUE(IsAboutIt(v1::AllocateCandidateResponse()));
  EXPECT_TRUE(IsAboutIt(MakeFailure(gateway::v1::REASON_ALLOCATION_IN_DOUBT,
                                    {.metadata = {{"request_id", "order-8"}}})));
  EXPECT_FALSE(IsAboutIt(MakeFailure(gateway::v1::REASON_SHUTTING_DOWN, {})));
  EXPECT_FALSE(IsAboutIt(absl::UnavailableError("the stream broke")));
  EXPECT_FALSE(IsAboutIt(absl::CancelledError("the user had enough")));
}

TEST(IsOpen, IsWhatAskingAgainMayChange) {
  EXPECT_TRUE(IsOpen(Outcome::kNone));
  EXPECT_TRUE(IsOpen(Outcome::kUnavailable));
  EXPECT_TRUE(IsOpen(Outcome::kInDoubt));
  EXPECT_FALSE(IsOpen(Outcome::kSucceeded));
  EXPECT_FALSE(IsOpen(Outcome::kRefused));
}

}  // namespace
}  // namespace concero::command
