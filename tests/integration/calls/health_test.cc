// grpc.health.v1 as its callers see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/integration/calls/server.h"

namespace gw::testing {
namespace {

using Health = grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kHealth[] = "grpc.health.v1.Health";

HealthCheckRequest Of(const std::string& name) {
  HealthCheckRequest request;
  request.set_service(name);
  return request;
}

// `SERVING`, …, or the code of a failure.
std::string Check(Health::Stub& health, const std::string& name) {
  grpc::ClientContext context;
  HealthCheckResponse response;
  const grpc::Status status = health.Check(&context, Of(name), &response);
  if (!status.ok()) return std::to_string(status.error_code()) + " " + status.error_message();
  return HealthCheckResponse::ServingStatus_Name(response.status());
}

class Watcher {
 public:
  Watcher(Health::Stub& health, const std::string& name)
      : reader_(health.Watch(&context_, Of(name))) {}
  ~Watcher() {
    context_.TryCancel();
    if (!over_) End();
  }

  // The next status, or `over`.
  std::string Next() {
    HealthCheckResponse response;
    if (!reader_->Read(&response)) return "over";
    return HealthCheckResponse::ServingStatus_Name(response.status());
  }
  void Cancel() { context_.TryCancel(); }
  grpc::StatusCode End() {
    over_ = true;
    return reader_->Finish().error_code();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
  bool over_ = false;
};

class HealthTest : public ::testing::Test {
 protected:
  std::unique_ptr<Health::Stub> NewStub(grpc::ChannelArguments arguments = {}) {
    return Health::NewStub(Connect(server_->address(), std::move(arguments)));
  }

  std::unique_ptr<Server> server_ = Started(&Echo);
  std::unique_ptr<Health::Stub> health_ = NewStub();
};

TEST_F(HealthTest, OfTheServerAndItsServicesIsServingFromTheStart) {
  EXPECT_EQ(Check(*health_, ""), "SERVING");
  EXPECT_EQ(Check(*health_, kService), "SERVING");
  EXPECT_EQ(Check(*health_, kHealth), "SERVING");
}

TEST_F(HealthTest, IsWhatWasSetLast) {
  (*server_)->SetHealth(kService, false);
  EXPECT_EQ(Check(*health_, kService), "NOT_SERVING");
  EXPECT_EQ(Check(*health_, ""), "SERVING");
  (*server_)->SetHealth(kService, true);
  EXPECT_EQ(Check(*health_, kService), "SERVING");
}

TEST_F(HealthTest, OfAnUnknownNameIsNotFound) {
  EXPECT_EQ(Check(*health_, "no.such.Service"), "5 service name unknown");
  (*server_)->SetHealth("no.such.Service", true);
  EXPECT_EQ(Check(*health_, "no.such.Service"), "SERVING");
}

TEST_F(HealthTest, ManyChecksAreEachAnswered) {
  for (int i = 0; i < 300; ++i) ASSERT_EQ(Check(*health_, kService), "SERVING");
}

TEST_F(HealthTest, AWatcherIsToldTheStatusAndItsChanges) {
  Watcher watcher(*health_, kService);
  EXPECT_EQ(watcher.Next(), "SERVING");
  for (int i = 0; i < 50; ++i) {
    (*server_)->SetHealth(kService, false);
    ASSERT_EQ(watcher.Next(), "NOT_SERVING");
    (*server_)->SetHealth(kService, true);
    ASSERT_EQ(watcher.Next(), "SERVING");
  }
}

TEST_F(HealthTest, AWatcherIsToldOfItsNameOnlyAndNothingTwice) {
  Watcher watcher(*health_, kService);
  EXPECT_EQ(watcher.Next(), "SERVING");
  (*server_)->SetHealth("", false);
  (*server_)->SetHealth(kHealth, false);
  (*server_)->SetHealth(kService, true);  // as it is
  (*server_)->SetHealth(kService, false);
  EXPECT_EQ(watcher.Next(), "NOT_SERVING");
  (*server_)->SetHealth(kService, false);
  (*server_)->SetHealth(kService, true);
  EXPECT_EQ(watcher.Next(), "SERVING");
}

TEST_F(HealthTest, AWatcherOfAnUnknownNameIsToldWhenItIsKnown) {
  Watcher watcher(*health_, "later.Service");
  EXPECT_EQ(watcher.Next(), "SERVICE_UNKNOWN");
  (*server_)->SetHealth("later.Service", true);
  EXPECT_EQ(watcher.Next(), "SERVING");
}

TEST_F(HealthTest, ManyWatchersAreAllTold) {
  constexpr int kClients = 5;
  constexpr int kEach = 40;
  std::vector<std::unique_ptr<Health::Stub>> stubs;
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int c = 0; c < kClients; ++c) {
    stubs.push_back(NewStub());
    for (int i = 0; i < kEach; ++i) {
      watchers.push_back(std::make_unique<Watcher>(*stubs.back(), kService));
    }
  }
  for (const auto& watcher : watchers) ASSERT_EQ(watcher->Next(), "SERVING");
  (*server_)->SetHealth(kService, false);
  for (const auto& watcher : watchers) ASSERT_EQ(watcher->Next(), "NOT_SERVING");
  (*server_)->SetHealth(kService, true);
  for (const auto& watcher : watchers) ASSERT_EQ(watcher->Next(), "SERVING");
}

TEST_F(HealthTest, AWatcherThatGoesLeavesTheOthers) {
  Watcher stays(*health_, kService);
  auto goes = std::make_unique<Watcher>(*health_, kService);
  EXPECT_EQ(stays.Next(), "SERVING");
  EXPECT_EQ(goes->Next(), "SERVING");
  goes->Cancel();
  EXPECT_EQ(goes->Next(), "over");
  EXPECT_EQ(goes->End(), grpc::StatusCode::CANCELLED);
  for (int i = 0; i < 20; ++i) {
    (*server_)->SetHealth(kService, false);
    ASSERT_EQ(stays.Next(), "NOT_SERVING");
    (*server_)->SetHealth(kService, true);
    ASSERT_EQ(stays.Next(), "SERVING");
  }
}

// Its window lets no status through, so the first one stays under way until it reads.
TEST_F(HealthTest, AWatcherThatDoesNotReadHoldsUpNobodyAndIsToldTheLatest) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto stub = NewStub(arguments);
  Watcher stalled(*stub, kService);
  Watcher other(*health_, kService);
  ASSERT_EQ(other.Next(), "SERVING");
  for (int i = 0; i < 1000; ++i) (*server_)->SetHealth(kService, i % 2 == 0);
  // Whatever it is told in between, the latest is the last.
  (*server_)->SetHealth(kService, false);
  (*server_)->SetHealth("reached", true);
  EXPECT_EQ(Check(*health_, "reached"), "SERVING");
  EXPECT_EQ(Check(*health_, kService), "NOT_SERVING");
  std::string last = other.Next();
  while (last != "NOT_SERVING" && last != "over") last = other.Next();
  EXPECT_EQ(last, "NOT_SERVING");
  EXPECT_EQ(stalled.Next(), "SERVING");
  EXPECT_EQ(stalled.Next(), "NOT_SERVING");
  (*server_)->SetHealth(kService, true);
  EXPECT_EQ(stalled.Next(), "SERVING");
}

TEST_F(HealthTest, AWatcherThatNeverReadsMayGoAndTheServerToo) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto stub = NewStub(arguments);
  Watcher stays(*stub, kService);
  {
    Watcher goes(*stub, kService);
    for (int i = 0; i < 1000; ++i) (*server_)->SetHealth(kService, i % 2 == 0);
  }
  for (int i = 0; i < 1000; ++i) (*server_)->SetHealth(kService, i % 2 == 0);
  server_->Shutdown();
  (*server_)->SetHealth(kService, true);  // nobody watches any more
}

TEST_F(HealthTest, NotServingIsFinal) {
  Watcher known(*health_, kService);
  Watcher unknown(*health_, "later.Service");
  EXPECT_EQ(known.Next(), "SERVING");
  EXPECT_EQ(unknown.Next(), "SERVICE_UNKNOWN");
  (*server_)->SetNotServing();
  EXPECT_EQ(known.Next(), "NOT_SERVING");
  (*server_)->SetHealth(kService, true);
  (*server_)->SetHealth("later.Service", true);
  EXPECT_EQ(unknown.Next(), "NOT_SERVING");
  for (const char* name : {"", kService, kHealth, "later.Service"}) {
    EXPECT_EQ(Check(*health_, name), "NOT_SERVING") << name;
  }
  server_->Shutdown();
  EXPECT_EQ(known.Next(), "over");  // and no SERVING before
}

TEST_F(HealthTest, TheServersEndEndsTheWatches) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 100; ++i) watchers.push_back(std::make_unique<Watcher>(*health_, kService));
  for (const auto& watcher : watchers) ASSERT_EQ(watcher->Next(), "SERVING");
  server_->Shutdown();
  for (const auto& watcher : watchers) {
    EXPECT_EQ(watcher->Next(), "over");
    EXPECT_NE(watcher->End(), grpc::StatusCode::OK);
  }
}

TEST_F(HealthTest, WatchersMayComeAndGoWhileItChanges) {
  constexpr int kClients = 3;
  constexpr int kRounds = 50;
  constexpr int kAtOnce = 20;
  std::atomic<bool> enough{false};
  std::thread changing([&] {
    for (int i = 0; !enough; ++i) (*server_)->SetHealth(kService, i % 2 == 0);
  });
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      const auto stub = NewStub();
      std::minstd_rand random(static_cast<unsigned>(c + 1));
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::unique_ptr<Watcher>> watchers;
        for (int i = 0; i < kAtOnce; ++i) {
          watchers.push_back(std::make_unique<Watcher>(*stub, kService));
          watchers[random() % watchers.size()]->Cancel();
        }
        for (const auto& watcher : watchers) {
          watcher->Cancel();
          EXPECT_EQ(watcher->End(), grpc::StatusCode::CANCELLED);
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  enough = true;
  changing.join();
  (*server_)->SetHealth(kService, false);
  Watcher watcher(*health_, kService);
  EXPECT_EQ(watcher.Next(), "NOT_SERVING");
}

// The service is told to change what takes long, again and again, so that who has taken a watch
// from the queue waits; the other thread, which calls keep awake, then finds that it is over.
TEST_F(HealthTest, AWatcherMayBeOverWhileItComes) {
  std::vector<std::unique_ptr<Watcher>> crowd;
  for (int i = 0; i < 300; ++i) crowd.push_back(std::make_unique<Watcher>(*health_, ""));
  for (const auto& watcher : crowd) ASSERT_EQ(watcher->Next(), "SERVING");
  for (int i = 0; i < 1000; ++i) (*server_)->SetHealth("name " + std::to_string(i), true);
  std::atomic<bool> enough{false};
  std::thread changing([&] {
    while (!enough) (*server_)->SetNotServing();
  });
  std::thread calling([&] {
    Client client(server_->address());
    while (!enough) {
      std::vector<ClientCallPtr> calls;
      for (int i = 0; i < 20; ++i) calls.push_back(client.Call(Saying("x")));
      for (const auto& call : calls) EXPECT_TRUE(call->Await().ok());
    }
  });
  std::vector<std::thread> clients;
  for (int c = 0; c < 3; ++c) {
    clients.emplace_back([&] {
      const auto stub = NewStub();
      for (int i = 0; i < 900; ++i) {
        Watcher watcher(*stub, kService);
        absl::SleepFor(absl::Microseconds(i % 300 * 3));
        watcher.Cancel();
        EXPECT_EQ(watcher.End(), grpc::StatusCode::CANCELLED);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  enough = true;
  changing.join();
  calling.join();
  Watcher watcher(*health_, kService);
  EXPECT_EQ(watcher.Next(), "NOT_SERVING");
}

}  // namespace
}  // namespace gw::testing
