#include <gtest/gtest.h>

#include "concero_gateway/fake_client.h"

namespace concero {
namespace {

v1::Examination Named(int64_t id, const std::string& name) {
  v1::Examination examination;
  examination.set_id(id);
  examination.set_name(name);
  return examination;
}

TEST(FakeClientStreams, TellWatchersOfExaminations) {
  FakeClient client;
  client.SetExaminations({Named(1, "a"), Named(2, "b")});
  std::vector<v1::WatchExaminationsResponse> updates;
  const absl::Status status = client.WatchExaminations("", [&](const auto& update) {
    updates.push_back(update);
    if (updates.size() == 1) client.SetExaminations({Named(2, "c"), Named(3, "d")});
    return updates.size() < 2;
  });
  EXPECT_TRUE(status.ok());
  ASSERT_EQ(updates.size(), 2u);
  EXPECT_EQ(updates[0].snapshot().examinations_size(), 2);
  const v1::ExaminationsChange& change = updates[1].change();
  ASSERT_TRUE(change.added_size() == 1 && change.renamed_size() == 1 &&
              change.removed_ids_size() == 1);
  EXPECT_EQ(change.added(0).id(), 3);
  EXPECT_EQ(change.renamed(0).name(), "c");
  EXPECT_EQ(change.removed_ids(0), 1);

  // Who knows the version is told nothing until there is another.
  client.SetExaminations({Named(2, "c"), Named(3, "d")});
  int told = 0;
  const absl::Status known =
      client.WatchExaminations(updates[1].version(), [&](const auto&) { return ++told < 0; },
                               {.timeout = absl::Milliseconds(50)});
  EXPECT_EQ(known.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(told, 0);
}

TEST(FakeClientStreams, AnItemThatNoMessageCarriesFailsAlone) {
  FakeClient client;
  std::vector<Intent> intents = {{119, "a@b.cd"}, {119, "\xff@b.cd"}, {119, "e@f.gh"}};
  std::vector<absl::StatusCode> codes;
  size_t next = 0;
  const absl::Status status = client.AllocateMany(
      [&]() -> std::optional<Intent> {
        if (next == intents.size()) return std::nullopt;
        return intents[next++];
      },
      [&](const Intent&, const auto& result) { codes.push_back(result.status().code()); });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(codes,
            (std::vector<absl::StatusCode>{
                absl::StatusCode::kOk, absl::StatusCode::kInvalidArgument, absl::StatusCode::kOk}));
}

TEST(FakeClientStreams, EndWhenTheyAreCancelled) {
  FakeClient client;
  std::stop_source stop;
  const absl::Status status = client.WatchExaminations("",
                                                       [&](const auto&) {
                                                         stop.request_stop();
                                                         return true;
                                                       },
                                                       {.cancel = stop.get_token()});
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST(FakeClientStreams, EndWithTheFinalReport) {
  FakeClient client;
  const int64_t invite_id = client.Allocate(Intent(119, "z@b.cd"))->allocation().invite_id();
  v1::Report final_report;
  final_report.set_invite_id(invite_id);
  final_report.mutable_end_time()->set_seconds(1);
  final_report.set_upstream_status("Pass");
  int reports = 0;
  const absl::Status status = client.WatchReport(invite_id, std::nullopt, [&](const auto&) {
    if (++reports == 1) client.SetReport(final_report);
    return true;
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(reports, 2);
  EXPECT_EQ(client.GetReport(invite_id)->upstream_status(), "Pass");
  EXPECT_EQ(client.WatchReport(99, std::nullopt, [](const auto&) { return true; }).code(),
            absl::StatusCode::kNotFound);
}

TEST(FakeClientStreams, AllocateManyWithRepeatsAndOneResultForEach) {
  FakeClient client;
  client.FailNext(
      FakeClient::Method::kAllocateCandidate,
      MakeFailure(gateway::v1::REASON_UPSTREAM_RATE_LIMITED, {.retry_delay = absl::Minutes(5)}), 2);
  std::vector<Intent> intents(3, Intent(119, "z@b.cd", "a"));
  intents[1] = Intent(119, "y@b.cd", "b");
  intents[2] = Intent(0, "x@b.cd", "c");
  size_t next = 0;
  std::string results;
  const absl::Status status = client.AllocateMany(
      [&] { return next < intents.size() ? std::optional(intents[next++]) : std::nullopt; },
      [&](const Intent& intent, const auto& result) {
        results += intent.request_id() + (result.ok() ? "+" : "-");
      });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(results, "a+b+c-");
  EXPECT_EQ(client.sent(), 2);
}

}  // namespace
}  // namespace concero
