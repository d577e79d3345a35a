#include "service/rpc/watch_handlers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/fakes.h"
#include "tests/unit/rpc/stream_fakes.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

class Watches : public ::testing::Test {
 protected:
  using ListStream = testing::FakeStream<EncodedResponse>;
  using ReportStream = testing::FakeStream<pb::WatchReportResponse>;

  // Concero's list from now on.
  void List(const std::vector<std::string>& names) {
    std::vector<pb::Examination> list;
    for (const std::string& name : names) {
      list.emplace_back();
      list.back().set_id(static_cast<int64_t>(list.size()));
      list.back().set_name(name);
    }
    timer_.Advance(absl::Milliseconds(1));
    cache_.Adopt(std::move(list), clock_.WallNow(),
                 concero::ExaminationCache::Origin::kOtherReplica);
  }
  std::string Version() { return cache_.Peek()->version; }

  std::shared_ptr<StreamHandler> WatchList(ListStream& stream, const std::string& known = "") {
    list_request_.set_known_version(known);
    auto handler = handlers_.WatchExaminations(stream, list_request_);
    handler->Start();
    return handler;
  }
  // What the n-th message says.
  static std::string Said(const ListStream& stream, size_t n) {
    pb::WatchExaminationsResponse message;
    EXPECT_TRUE(message.ParseFromString(*stream.written.at(n).bytes));
    std::string text = message.has_snapshot() ? "snapshot" : "change";
    for (const auto& e : message.snapshot().examinations()) absl::StrAppend(&text, " ", e.name());
    for (const auto& e : message.change().added()) absl::StrAppend(&text, " +", e.name());
    for (const auto& e : message.change().renamed()) absl::StrAppend(&text, " =", e.name());
    for (const int64_t id : message.change().removed_ids()) absl::StrAppend(&text, " -", id);
    return text;
  }

  std::shared_ptr<StreamHandler> WatchReport(ReportStream& stream, int64_t invite_id = 142) {
    report_request_.set_invite_id(invite_id);
    auto handler = handlers_.WatchReport(stream, report_request_);
    handler->Start();
    return handler;
  }
  void Report(double score, bool final = false) {
    pb::Report report;
    report.set_score(score);
    if (final) {
      report.mutable_end_time()->set_seconds(1);
      report.set_upstream_status("Pass");
    }
    AnswerReport(std::move(report));
  }
  void AnswerReport(absl::StatusOr<pb::Report> answer) {
    timer_.Advance(absl::Minutes(10));
    ASSERT_TRUE(asked_) << "nobody waits for a report";
    std::move(asked_)(std::move(answer));
  }

  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  testing::FakeRandom random_;
  pb::WatchExaminationsRequest list_request_;
  pb::WatchReportRequest report_request_;
  Once<absl::StatusOr<pb::Report>> asked_;
  concero::ExaminationCache cache_{
      [](auto done) { std::move(done)(absl::UnavailableError("down")); },
      clock_,
      timer_,
      {absl::Seconds(60), absl::Minutes(10), absl::Hours(24)},
      nullptr,
      [this] { feed_.OnKept(); }};
  concero::ExaminationFeed feed_{cache_, clock_, timer_, random_, {}};
  concero::ReportWatches reports_{[this](int64_t, auto done) { asked_ = std::move(done); }, clock_,
                                  timer_, random_, absl::Seconds(30)};
  WatchHandlers handlers_{cache_, feed_, reports_};
};

TEST_F(Watches, AWatcherOfTheListGetsItAtOnceAndThenWhatChanges) {
  List({"a", "b"});
  ListStream stream;
  const auto handler = WatchList(stream);
  ASSERT_EQ(stream.written.size(), 1u);
  EXPECT_EQ(Said(stream, 0), "snapshot a b");
  stream.Take(*handler);
  List({"a", "b"});  // the same again
  EXPECT_EQ(stream.written.size(), 1u);
  List({"a", "B", "c"});
  ASSERT_EQ(stream.written.size(), 2u);
  EXPECT_EQ(Said(stream, 1), "change +c =B");
  EXPECT_EQ(stream.ended(), "waiting");
}

TEST_F(Watches, WhoKnowsTheListIsToldWhatHasChangedSince) {
  List({"a"});
  const std::string known = Version();
  List({"a", "b"});
  ListStream stream;
  const auto handler = WatchList(stream, known);
  EXPECT_EQ(Said(stream, 0), "change +b");
}

TEST_F(Watches, WhoKnowsTheLatestIsToldNothingUntilItChanges) {
  List({"a"});
  ListStream stream;
  const auto handler = WatchList(stream, Version());
  EXPECT_EQ(stream.written.size(), 0u);
  List({"a", "b"});
  EXPECT_EQ(Said(stream, 0), "change +b");
}

TEST_F(Watches, AVersionThatIsNotKnownGetsASnapshot) {
  List({"a"});
  ListStream stream;
  const auto handler = WatchList(stream, "0123456789abcdef");
  EXPECT_EQ(Said(stream, 0), "snapshot a");
}

TEST_F(Watches, WithoutAListItWaitsForOne) {
  ListStream stream;
  const auto handler = WatchList(stream);
  timer_.Advance(absl::Hours(1));  // Concero is down
  EXPECT_EQ(stream.written.size(), 0u);
  EXPECT_EQ(stream.ended(), "waiting");
  List({"a"});
  EXPECT_EQ(Said(stream, 0), "snapshot a");
}

TEST_F(Watches, ASlowOneGetsTheLatestAndNotWhatWasBetween) {
  List({"a"});
  ListStream stream;
  const auto handler = WatchList(stream);
  for (int i = 0; i < 100; ++i) List({"a", absl::StrCat("b", i)});
  EXPECT_EQ(stream.written.size(), 1u);
  stream.Take(*handler);
  ASSERT_EQ(stream.written.size(), 2u);
  EXPECT_EQ(Said(stream, 1), "change +b99");
  List({"a"});  // while that is being written, it goes and comes back
  List({"a", "b99"});
  stream.Take(*handler);
  EXPECT_EQ(stream.written.size(), 2u);
}

TEST_F(Watches, AListThatComesAgainIsNotKeptTwice) {
  List({"a"});
  ListStream stream;
  const auto handler = WatchList(stream);
  stream.Take(*handler);
  const std::weak_ptr<const concero::ExaminationList> first = cache_.Peek();
  List({"a"});
  EXPECT_TRUE(first.expired());
}

TEST_F(Watches, AWatchEndsWhenItsCallerGoesAndNothingIsToldAfterwards) {
  List({"a"});
  ListStream stream;
  const auto handler = WatchList(stream);
  stream.cancel.request_stop();
  EXPECT_EQ(stream.ended(), "waiting") << "something is being written";
  stream.Take(*handler);
  EXPECT_EQ(stream.ended(), "CANCELLED CANCELLED");
  List({"b"});
  EXPECT_EQ(stream.written.size(), 1u);
}

TEST_F(Watches, AWatchEndsWhenTheGatewayStops) {
  List({"a"});
  ListStream stream;
  const auto handler = WatchList(stream);
  stream.Take(*handler);
  stream.draining.request_stop();
  EXPECT_EQ(stream.ended(), "UNAVAILABLE SHUTTING_DOWN");
}

TEST_F(Watches, OneThatComesWhenItStopsEndsAtOnce) {
  List({"a"});
  ListStream stream;
  stream.draining.request_stop();
  const auto handler = WatchList(stream);
  EXPECT_EQ(stream.ended(), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(stream.written.size(), 0u);
}

TEST_F(Watches, WhoHasGoneIsNotKept) {
  List({"a"});
  ListStream stream;
  auto handler = WatchList(stream);
  EXPECT_EQ(feed_.watchers(), 1u);
  stream.Take(*handler);
  handler = nullptr;
  EXPECT_EQ(feed_.watchers(), 0u);
}

TEST_F(Watches, AReportIsToldWheneverItChangesAndEndsWithTheFinalOne) {
  ReportStream stream;
  const auto handler = WatchReport(stream);
  EXPECT_EQ(stream.written.size(), 0u);
  Report(1);
  ASSERT_EQ(stream.written.size(), 1u);
  EXPECT_EQ(stream.written[0].report().score(), 1);
  stream.Take(*handler);
  Report(1);
  EXPECT_EQ(stream.written.size(), 1u);
  Report(2, true);
  ASSERT_EQ(stream.written.size(), 2u);
  EXPECT_EQ(stream.ended(), "waiting");
  stream.Take(*handler);
  EXPECT_EQ(stream.ended(), "OK");
}

TEST_F(Watches, ASlowReaderMissesReportsButNotTheFinalOne) {
  ReportStream stream;
  const auto handler = WatchReport(stream);
  Report(1);
  Report(2);
  Report(3, true);
  stream.Take(*handler);
  ASSERT_EQ(stream.written.size(), 2u);
  EXPECT_EQ(stream.written[1].report().score(), 3);
  stream.Take(*handler);
  EXPECT_EQ(stream.ended(), "OK");
}

TEST_F(Watches, AnInvitationThatIsNoneEndsTheWatch) {
  ReportStream stream;
  const auto handler = WatchReport(stream);
  Failure failure;
  failure.reason = Reason::kUpstreamNotFound;
  AnswerReport(MakeFailure(absl::StatusCode::kNotFound, "no", failure));
  EXPECT_EQ(stream.ended(), "NOT_FOUND UPSTREAM_NOT_FOUND");
}

TEST_F(Watches, ABadRequestIsRefused) {
  ReportStream stream;
  const auto handler = WatchReport(stream, 0);
  EXPECT_EQ(stream.ended(), "INVALID_ARGUMENT INVALID_FIELD");
  ReportStream other;
  report_request_.mutable_poll_interval()->set_seconds(-1);
  const auto another = WatchReport(other);
  EXPECT_EQ(other.ended(), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_FALSE(asked_) << "nobody is asked";
}

}  // namespace
}  // namespace gw::rpc
