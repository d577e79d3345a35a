// WatchExaminations and WatchReport, end to end.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/gateway/streams_fixture.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using namespace std::chrono_literals;

GatewaySettings Often() {
  GatewaySettings settings;
  settings.concero = "examinations: {ttl: 300ms}, report: {min_poll_interval: 100ms}";
  return settings;
}

class Watching : public StreamsTest {};

TEST_F(Watching, TellsTheListAndThenWhatChanges) {
  SetList({"Email", "SQL"});
  Start(Often());
  const auto watcher = WatchList(*stub_);
  const auto first = watcher->Await(0);
  ASSERT_EQ(first.snapshot().examinations_size(), 2);
  EXPECT_EQ(first.snapshot().examinations(1).name(), "SQL");
  EXPECT_NE(first.version(), "");
  EXPECT_TRUE(first.has_fetch_time());
  SetList({"E-mail", "SQL", "Rust"});
  const auto second = watcher->Await(1);
  ASSERT_EQ(second.change().renamed_size(), 1);
  EXPECT_EQ(second.change().renamed(0).name(), "E-mail");
  ASSERT_EQ(second.change().added_size(), 1);
  EXPECT_EQ(second.change().added(0).id(), 3);
  SetList({"E-mail"});
  EXPECT_EQ(watcher->Await(2).change().removed_ids_size(), 2);
}

TEST_F(Watching, WhoComesBackIsToldWhatHasChangedSince) {
  SetList({"Email"});
  Start(Often());
  const std::string known = WatchList(*stub_)->Await(0).version();
  SetList({"Email", "SQL"});
  const auto again = WatchList(*stub_, known);
  const auto first = again->Await(0);
  ASSERT_TRUE(first.has_change());
  EXPECT_EQ(first.change().added(0).name(), "SQL");
  EXPECT_TRUE(WatchList(*stub_, "of another day")->Await(0).has_snapshot());
}

TEST_F(Watching, TheListSurvivesAnOutage) {
  SetList({"Email"});
  Start(Often());
  const auto watcher = WatchList(*stub_);
  watcher->Await(0);
  sandbox_.SetFaults(nlohmann::json::array({{{"path", "/*"}, {"action", "reset_before"}}}));
  sandbox_.ClearJournal();
  sandbox_.AwaitReceived("/examinations", 4);
  EXPECT_EQ(watcher->heard(), 1u);
  const auto newcomer = WatchList(*stub_);
  EXPECT_EQ(newcomer->Await(0).snapshot().examinations_size(), 1);
  SetList({"Email", "SQL"});
  EXPECT_EQ(watcher->Await(1).change().added(0).name(), "SQL");
  EXPECT_EQ(newcomer->Await(1).change().added(0).name(), "SQL");
}

TEST_F(Watching, TheListIsFetchedForNobodyWhenNobodyWatches) {
  SetList({"Email"});
  Start(Often());
  WatchList(*stub_)->Await(0);
  while (gateway_->Metric("gateway_watchers") != 0) std::this_thread::sleep_for(5ms);
  sandbox_.ClearJournal();
  std::this_thread::sleep_for(1s);
  EXPECT_LE(sandbox_.Received("/examinations"), 1) << "one may have been under way";
}

// How many watch is what the memory of each is measured with.
TEST_F(Watching, FiveHundredAreServedByOneRequestEachTtl) {
  constexpr int kWatchers = 500;
  SetList({"Email", "SQL"});
  GatewaySettings settings;
  settings.concero = "examinations: {ttl: 1s}";
  Start(settings);
  WatchList(*stub_)->Await(0);
  const long before = ResidentKib(*gateway_);
  std::vector<std::unique_ptr<ListWatcher>> watchers;
  for (int i = 0; i < kWatchers; ++i) watchers.push_back(WatchList(*stub_));
  for (const auto& watcher : watchers) watcher->Await(0);
  const long each = (ResidentKib(*gateway_) - before) / kWatchers;
  std::cout << "memory for each of " << kWatchers << " watchers: " << each << " KiB\n";
  RecordProperty("kib_for_each_watcher", static_cast<int>(each));
  EXPECT_EQ(gateway_->Metric("gateway_watchers"), kWatchers);
  EXPECT_LT(each, 100);

  sandbox_.ClearJournal();
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    SetList({"Email", absl::StrCat("SQL ", i)});
    for (const auto& watcher : watchers) {
      const auto change = watcher->Await(1 + static_cast<size_t>(i)).change();
      ASSERT_EQ(change.renamed_size(), 1);
      EXPECT_EQ(change.renamed(0).name(), absl::StrCat("SQL ", i));
    }
  }
  const auto took = std::chrono::steady_clock::now() - began;
  std::cout << sandbox_.Received("/examinations") << " requests for " << kWatchers
            << " watchers in " << std::chrono::duration<double>(took).count()
            << " s, with a ttl of 1 s; each change reached all of them\n";
  // Whole ttls, the one that was on when it began, and one that was just sent.
  EXPECT_LE(sandbox_.Received("/examinations"), took / 1s + 2);
  EXPECT_GE(sandbox_.Received("/examinations"), 3);
}

TEST_F(Watching, ALargeListComesInPiecesThatCallersTake) {
  std::string list;
  for (int i = 1; i <= 80'000; ++i) {
    absl::StrAppend(&list, list.empty() ? "[" : ",", "{\"testId\":", i, ",\"testName\":\"",
                    std::string(60, 'x'), "\"}");
  }
  list += "]";
  ScriptedServer concero([&](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, list);
  });
  Start({}, absl::StrCat("http://127.0.0.1:", concero.port()));
  const auto watcher = WatchList(*stub_);
  int64_t heard = watcher->Await(0).snapshot().examinations_size();
  for (size_t n = 0; watcher->Await(n).version().empty();) {
    heard += watcher->Await(++n).change().added_size();
  }
  EXPECT_EQ(heard, 80'000);
  EXPECT_GE(watcher->heard(), 2u);
}

TEST_F(Watching, EndsWhenTheGatewayStopsAndHoldsItUpForNothing) {
  SetList({"Email"});
  Start(Often());
  const int64_t invite = Allocate("order-1").response.allocation().invite_id();
  const auto list = WatchList(*stub_);
  const auto report = WatchReport(*stub_, invite);
  list->Await(0);
  report->Await(0);
  Stop();
  for (const grpc::Status& status : {list->AwaitEnd(), report->AwaitEnd()}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(DetailsOf(status).info.reason(), "SHUTTING_DOWN");
  }
}

TEST_F(Watching, TellsAReportWheneverItChangesAndEndsWithTheFinalOne) {
  Start(Often());
  const int64_t invite = Allocate("order-1").response.allocation().invite_id();
  std::vector<std::unique_ptr<ReportWatcher>> watchers;
  for (int i = 0; i < 20; ++i) watchers.push_back(WatchReport(*stub_, invite));
  for (const auto& watcher : watchers) EXPECT_EQ(watcher->Await(0).report().invite_id(), invite);
  sandbox_.SetReport(invite, {{"score", 74}});
  for (const auto& watcher : watchers) EXPECT_EQ(watcher->Await(1).report().score(), 74);
  sandbox_.SetReport(invite, {{"testEndDate", "2025-11-03 10:00:00"}, {"status", "Pass"}});
  for (const auto& watcher : watchers) {
    EXPECT_TRUE(watcher->AwaitEnd().ok()) << watcher->AwaitEnd().error_message();
    EXPECT_EQ(watcher->Await(watcher->heard() - 1).report().outcome(), pb::OUTCOME_PASS);
  }
  sandbox_.ClearJournal();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(sandbox_.Received("/report"), 0) << "nobody waits any more";
}

TEST_F(Watching, ManyWhoWatchOneReportAreOnePoll) {
  Start(Often());
  const int64_t invite = Allocate("order-1").response.allocation().invite_id();
  sandbox_.ClearJournal();
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<ReportWatcher>> watchers;
  for (int i = 0; i < 50; ++i) watchers.push_back(WatchReport(*stub_, invite));
  for (const auto& watcher : watchers) watcher->Await(0);
  std::this_thread::sleep_for(500ms);
  const int asked = sandbox_.Received("/report");
  EXPECT_LE(asked, (std::chrono::steady_clock::now() - began) / 100ms + 2);
  EXPECT_GE(asked, 2);
}

TEST_F(Watching, AReportOfNoInvitationIsNotFound) {
  Start(Often());
  const grpc::Status status = WatchReport(*stub_, 999'999)->AwaitEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_NOT_FOUND");
}

TEST_F(Watching, AReportSurvivesAnOutage) {
  Start(Often());
  const int64_t invite = Allocate("order-1").response.allocation().invite_id();
  sandbox_.SetFaults(
      nlohmann::json::array({{{"path", "/api/v1/report"}, {"status", 503}, {"times", 5}}}));
  const auto watcher = WatchReport(*stub_, invite);
  EXPECT_EQ(watcher->Await(0).report().invite_id(), invite);
}

TEST_F(Watching, WithoutConceroThereIsNothingToWatch) {
  GatewaySettings settings;
  settings.proctorexam_url = sandbox_.proctorexam_url();
  GatewayProcess gateway(directory_, "", settings);
  const auto stub = gateway.Stub();
  const grpc::Status status = WatchList(*stub)->AwaitEnd();
  EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_NOT_CONFIGURED");
}

TEST_F(Watching, ACallersDeadlineEndsTheStream) {
  SetList({"Email"});
  Start(Often());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 300ms);
  auto stream = stub_->WatchExaminations(&context, {});
  pb::WatchExaminationsResponse message;
  while (stream->Read(&message)) continue;
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  while (gateway_->Metric("gateway_watchers") != 0) std::this_thread::sleep_for(5ms);
}

}  // namespace
}  // namespace gw::testing
