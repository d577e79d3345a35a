// The calls that tell of changes.
#include <thread>

#include "tests/integration/client/scripted_gateway.h"

namespace concero {
namespace {

v1::WatchExaminationsResponse Update(const std::string& version, int64_t added) {
  v1::WatchExaminationsResponse update;
  update.set_version(version);
  update.mutable_change()->add_added()->set_id(added);
  return update;
}

grpc::Status Stopping() { return OnTheWire(gateway::v1::REASON_SHUTTING_DOWN); }

TEST(ClientWatch, GoesOnFromTheLastVersionAfterUnavailable) {
  Seen<std::string> known;
  ScriptedGateway gateway;
  gateway.watch = [&](int before, auto*, const auto& request, auto& writer) {
    known.Add(request.known_version());
    if (before == 0) {
      writer.Write(Update("v1", 1));
      writer.Write(Update("", 2));  // a piece of an update that does not come to its end
      return Stopping();
    }
    if (before == 1) return grpc::Status::OK;  // a stream that has no end ends
    writer.Write(Update("", 3));
    writer.Write(Update("v2", 4));
    return grpc::Status::OK;
  };
  std::vector<v1::WatchExaminationsResponse> updates;
  const absl::Status status =
      ClientOf(gateway.address())->WatchExaminations("v0", [&](const auto& update) {
        updates.push_back(update);
        return update.version() != "v2";
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(known.all(), std::vector<std::string>({"v0", "v1", "v1"}));
  ASSERT_EQ(updates.size(), 2u);
  EXPECT_EQ(updates[0].change().added_size(), 1);
  ASSERT_EQ(updates[1].change().added_size(), 2) << "3 and 4, nothing of the broken one";
  EXPECT_EQ(updates[1].change().added(0).id(), 3);
}

TEST(ClientWatch, SurvivesAGatewayThatIsStartedAgain) {
  ScriptedGateway gateway;
  gateway.watch = [&](int before, auto* context, const auto& request, auto& writer) {
    EXPECT_EQ(request.known_version(), before == 0 ? "" : "v1");
    writer.Write(Update("v1", 1));
    AwaitCancel(context);
    return grpc::Status::OK;
  };
  std::thread restart;
  int updates = 0;
  const absl::Status status = ClientOf(gateway.address())
                                  ->WatchExaminations("",
                                                      [&](const auto&) {
                                                        if (++updates == 1) {
                                                          restart = std::thread([&] {
                                                            gateway.Stop();
                                                            gateway.Start();
                                                          });
                                                        }
                                                        return updates < 2;
                                                      },
                                                      {.timeout = absl::Seconds(20)});
  restart.join();
  EXPECT_TRUE(status.ok()) << status;
}

TEST(ClientWatch, ReturnsEveryOtherFailure) {
  ScriptedGateway gateway;
  gateway.watch = [](auto&&...) { return OnTheWire(gateway::v1::REASON_CALLER_NOT_ALLOWED); };
  gateway.watch_report = [](auto&&...) {
    return OnTheWire(gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  };
  const auto client = ClientOf(gateway.address());
  EXPECT_EQ(ReasonOf(client->WatchExaminations("", [](const auto&) { return true; })),
            gateway::v1::REASON_CALLER_NOT_ALLOWED);
  EXPECT_EQ(ReasonOf(client->WatchReport(1, std::nullopt, [](const auto&) { return true; })),
            gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  EXPECT_EQ(gateway.calls(), 2);
}

TEST(ClientWatch, EndsWhenItIsCancelled) {
  ScriptedGateway gateway;
  gateway.watch = [](int, auto* context, const auto&, auto& writer) {
    writer.Write(Update("v1", 1));
    AwaitCancel(context);
    return grpc::Status::OK;
  };
  std::stop_source stop;
  const absl::Status status = ClientOf(gateway.address())
                                  ->WatchExaminations("",
                                                      [&](const auto&) {
                                                        stop.request_stop();
                                                        return true;
                                                      },
                                                      {.cancel = stop.get_token()});
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST(ClientWatch, EndsWhileItWaitsForAGateway) {
  ScriptedGateway gateway;
  gateway.Start();
  gateway.Stop();
  const auto client = ClientOf(gateway.address());
  const auto ignore = [](const auto&) { return true; };
  EXPECT_EQ(client->WatchExaminations("", ignore, {.timeout = absl::Milliseconds(300)}).code(),
            absl::StatusCode::kDeadlineExceeded);
  std::stop_source stop;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  EXPECT_EQ(client->WatchReport(1, std::nullopt, ignore, {.cancel = stop.get_token()}).code(),
            absl::StatusCode::kCancelled);
  later.join();
}

TEST(ClientWatch, EndsWithTheFinalReport) {
  ScriptedGateway gateway;
  gateway.watch_report = [](int before, auto*, const auto& request, auto& writer) {
    EXPECT_EQ(request.invite_id(), 142);
    EXPECT_EQ(request.poll_interval().seconds(), 90);
    v1::WatchReportResponse message;
    message.mutable_report()->mutable_end_time()->set_seconds(5);
    writer.Write(message);
    if (before == 0) return Stopping();
    message.mutable_report()->set_upstream_status("Pass");
    writer.Write(message);
    return Stopping();  // after the final report nobody asks
  };
  std::string seen;
  const absl::Status status =
      ClientOf(gateway.address())->WatchReport(142, absl::Seconds(90), [&](const auto& report) {
        seen += report.upstream_status() + ".";
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(seen, "..Pass.");
  EXPECT_EQ(gateway.calls(), 2);
}

}  // namespace
}  // namespace concero
