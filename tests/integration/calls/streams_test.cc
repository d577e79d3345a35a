// Streams on gRPC's queue, in one process with their callers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concero/v1/assessment.grpc.pb.h"
#include "service/app/grpc_server.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/rpc/allocation_stream.h"
#include "service/rpc/stream_call.h"
#include "service/rpc/watch_stream.h"
#include "tests/integration/calls/server.h"

namespace gw::testing {
namespace {

namespace pb = ::concero::v1;

using rpc::AllocationStream;
using AllocateCall = rpc::Call<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>;

// A number that grows, and those who watch it: to the caller, a report's score.
class Counter {
 public:
  class Watch final : public rpc::WatchStream<pb::WatchReportResponse> {
   public:
    Watch(rpc::StreamDriver<pb::WatchReportResponse>& driver, Counter& counter)
        : WatchStream(driver), counter_(counter) {}
    ~Watch() override {
      std::lock_guard lock(counter_.mutex_);
      counter_.watches_.erase(this);
    }

   private:
    void Begin() override {
      std::lock_guard lock(counter_.mutex_);
      counter_.watches_[this] = weak_from_this();
    }
    Step Next(pb::WatchReportResponse& response) override {
      const int now = counter_.value_;
      if (now == told_) return Nothing();
      if (now < 0) return absl::OkStatus();
      told_ = now;
      response.mutable_report()->set_score(now);
      return Say();
    }
    Counter& counter_;
    int told_ = 0;
  };

  // Below 0: every watch ends.
  void Set(int value) {
    value_ = value;
    std::vector<std::shared_ptr<rpc::WatchStream<pb::WatchReportResponse>>> told;
    {
      std::lock_guard lock(mutex_);
      for (const auto& [watch, weak] : watches_) {
        if (auto strong = weak.lock()) told.push_back(std::move(strong));
      }
    }
    for (const auto& watch : told) watch->Wake();
  }

 private:
  std::atomic<int> value_{1};
  std::mutex mutex_;
  std::map<Watch*, std::weak_ptr<rpc::WatchStream<pb::WatchReportResponse>>> watches_;
};

// Answers allocations on a thread of its own.
class SlowAllocator {
 public:
  SlowAllocator() : thread_([this] { Run(); }) {}
  ~SlowAllocator() {
    stop_ = true;
    thread_.join();
  }
  void Take(AllocateCall call) {
    std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }

 private:
  void Run() {
    while (!stop_) {
      std::deque<AllocateCall> calls;
      {
        std::lock_guard lock(mutex_);
        calls.swap(calls_);
      }
      for (AllocateCall& call : calls) std::move(call).Finish(absl::OkStatus());
      absl::SleepFor(absl::Microseconds(50));
    }
  }
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::deque<AllocateCall> calls_;
  std::thread thread_;
};

class StreamServer {
  using Base = pb::AssessmentService::WithRawMethod_WatchReport<
      pb::AssessmentService::WithRawMethod_AllocateCandidates<
          // What there is no handler for must not be a call of gRPC's own threads.
          pb::AssessmentService::WithRawMethod_ListExaminations<
              pb::AssessmentService::WithRawMethod_WatchExaminations<
                  pb::AssessmentService::WithRawMethod_AllocateCandidate<
                      pb::AssessmentService::WithRawMethod_CancelAllocation<
                          pb::AssessmentService::WithRawMethod_GetReport<
                              pb::AssessmentService::Service>>>>>>>;

  class Service final : public Base, public rpc::QueuedService {
   public:
    Service(rpc::Prologue& prologue, observe::Metrics& metrics, Counter& counter,
            const rpc::AllocationStreamTools& tools)
        : methods_(metrics, "concero.v1.AssessmentService", absl::OkStatus()),
          item_(methods_.Make("AllocateCandidates.Item", rpc::Effect::kChanges)),
          watch_{methods_.Make("WatchReport", rpc::Effect::kReads, kLasts), prologue,
                 [&counter](auto& driver, const auto&) {
                   return std::make_shared<Counter::Watch>(driver, counter);
                 },
                 [this](const auto& next) {
                   rpc::AskWatch(&Service::RequestWatchReport, *this, next);
                 }},
          exchange_{methods_.Make("AllocateCandidates", rpc::Effect::kChanges, kLasts), prologue,
                    [this, &prologue, &tools](auto& driver) {
                      return std::make_shared<AllocationStream>(driver, tools, prologue, item_);
                    },
                    [this](const auto& next) {
                      rpc::AskExchange(&Service::RequestAllocateCandidates, *this, next);
                    }} {}

    void Serve(rpc::CallQueue& queue) override {
      rpc::ServeWatch(watch_, queue);
      rpc::ServeExchange(exchange_, queue);
    }

   private:
    static constexpr rpc::Lasts kLasts = rpc::Lasts::kAsLongAsTheCallerLikes;
    rpc::MethodMaker methods_;
    const rpc::RpcMethod item_;
    rpc::WatchRpc<pb::WatchReportRequest, pb::WatchReportResponse> watch_;
    rpc::ExchangeRpc<pb::AllocateCandidatesRequest, pb::AllocateCandidatesResponse> exchange_;
  };

 public:
  StreamServer() : timer_thread_([this] { timer_.Run(); }) {
    observe::SetLogLevel(observe::LogLevel::kError);
    for (auto& thread : threads_) thread = std::make_unique<LoopThread>(SystemClock());
    threads_[0]->SetHelpers({threads_[1].get()});
    threads_[1]->SetHelpers({threads_[0].get()});
    app::GrpcServer::Options options;
    options.reflection = false;
    for (const auto& thread : threads_) options.threads.push_back(thread.get());
    auto started = app::GrpcServer::Start("127.0.0.1:0", options,
                                          {{"concero.v1.AssessmentService", &service_, &service_}});
    EXPECT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  ~StreamServer() {
    server_.reset();
    timer_.Stop();
    timer_thread_.join();
  }

  std::unique_ptr<pb::AssessmentService::Stub> Stub() const {
    return pb::AssessmentService::NewStub(Connect(absl::StrCat("127.0.0.1:", server_->port())));
  }
  Counter& counter() { return counter_; }
  rpc::Prologue& prologue() { return prologue_; }
  void Shutdown() { server_->Shutdown(); }
  // Waits until no stream is open. False: after a minute there still is one.
  bool AwaitIdle() const {
    const Instant end = SystemClock().Now() + absl::Minutes(1);
    while (prologue_.active() != 0 && SystemClock().Now() < end) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    return prologue_.active() == 0 && prologue_.watching() == 0 && places_.taken() == 0;
  }

 private:
  observe::Metrics metrics_;
  observe::CallLog calls_{observe::AccessMode::kErrors, Secret("a-key"), SystemClock(),
                          SystemRandom()};
  rpc::Prologue prologue_{SystemClock(), calls_, {}};
  TimerLoop timer_{SystemClock()};
  std::thread timer_thread_;
  Counter counter_;
  rpc::BulkPlaces places_{8};
  SlowAllocator allocator_;
  const rpc::AllocationStreamTools tools_{
      [this](AllocateCall call) { allocator_.Take(std::move(call)); }, places_, timer_,
      SystemRandom()};
  std::array<std::unique_ptr<LoopThread>, 2> threads_;
  Service service_{prologue_, metrics_, counter_, tools_};
  std::unique_ptr<app::GrpcServer> server_;
};

// Watches until it is told `last`, or cancels after so many messages.
grpc::StatusCode WatchUntil(pb::AssessmentService::Stub& stub, double last, int cancel_after) {
  grpc::ClientContext context;
  const auto stream = stub.WatchReport(&context, {});
  double before = 0;
  pb::WatchReportResponse said;
  for (int n = 0; before < last && stream->Read(&said); ++n) {
    EXPECT_GT(said.report().score(), before) << "never an older state";
    before = said.report().score();
    if (n == cancel_after) break;
  }
  context.TryCancel();
  while (stream->Read(&said)) continue;
  return stream->Finish().error_code();
}

// Sends so many items and reads the results; or cancels after some.
int SendAll(pb::AssessmentService::Stub& stub, int items, int cancel_after) {
  grpc::ClientContext context;
  const auto stream = stub.AllocateCandidates(&context);
  std::thread writer([&] {
    for (int i = 0; i < items; ++i) {
      pb::AllocateCandidatesRequest item;
      item.set_item_id(std::to_string(i));
      if (!stream->Write(item)) return;
    }
    stream->WritesDone();
  });
  std::set<std::string> told;
  pb::AllocateCandidatesResponse result;
  while (stream->Read(&result)) {
    EXPECT_TRUE(told.insert(result.item_id()).second) << "told twice";
    if (static_cast<int>(told.size()) == cancel_after) context.TryCancel();
  }
  writer.join();
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.ok(), told.size() == static_cast<size_t>(items)) << status.error_message();
  return static_cast<int>(told.size());
}

TEST(Streams, TheLatestStateReachesAllWhoWatchHoweverManyPokeIt) {
  StreamServer server;
  std::vector<std::thread> watchers;
  for (int i = 0; i < 20; ++i) {
    watchers.emplace_back([&] { WatchUntil(*server.Stub(), 1000, -1); });
  }
  std::vector<std::thread> pokers;
  for (int t = 0; t < 2; ++t) {
    pokers.emplace_back([&, t] {
      // Only one of them changes it: what is told never goes back.
      for (int value = 2; value <= 1000; ++value) server.counter().Set(t == 0 ? value : 1000);
    });
    if (t == 0) pokers.back().join();
  }
  pokers.back().join();
  for (std::thread& watcher : watchers) watcher.join();
  EXPECT_TRUE(server.AwaitIdle());
}

TEST(Streams, AWatchEndsWithWhatItsSourceSays) {
  StreamServer server;
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->WatchReport(&context, {});
  pb::WatchReportResponse said;
  ASSERT_TRUE(stream->Read(&said));
  server.counter().Set(-1);
  EXPECT_FALSE(stream->Read(&said));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(server.AwaitIdle());
}

TEST(Streams, TheHeadComesBeforeThereIsSomethingToSay) {
  StreamServer server;
  server.counter().Set(0);
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->WatchReport(&context, {});
  stream->WaitForInitialMetadata();
  EXPECT_EQ(server.prologue().watching(), 1);
  server.counter().Set(5);
  pb::WatchReportResponse said;
  ASSERT_TRUE(stream->Read(&said));
  EXPECT_EQ(said.report().score(), 5);
}

TEST(Streams, EveryItemOfManyStreamsIsAnswered) {
  StreamServer server;
  std::vector<std::thread> callers;
  for (int i = 0; i < 10; ++i) {
    callers.emplace_back([&] { EXPECT_EQ(SendAll(*server.Stub(), 300, -1), 300); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_TRUE(server.AwaitIdle());
}

TEST(Streams, CallersWhoGoAtAnyTimeLeaveNothingBehind) {
  StreamServer server;
  std::atomic<bool> stop{false};
  std::thread poker([&] {
    for (int value = 2; !stop; ++value) server.counter().Set(value);
  });
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&, i] {
      std::mt19937 random(static_cast<unsigned>(i));
      const auto stub = server.Stub();
      for (int round = 0; round < 40; ++round) {
        const int after = static_cast<int>(random() % 20);
        if (random() % 2 == 0) {
          WatchUntil(*stub, 1e9, after);
        } else {
          SendAll(*stub, 100, 1 + after);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  stop = true;
  poker.join();
  EXPECT_TRUE(server.AwaitIdle());
}

TEST(Streams, AreToldThatTheServerStops) {
  StreamServer server;
  const auto stub = server.Stub();
  std::vector<std::thread> callers;
  std::atomic<int> unavailable{0};
  for (int i = 0; i < 10; ++i) {
    callers.emplace_back([&] {
      grpc::ClientContext context;
      const auto stream = stub->WatchReport(&context, {});
      pb::WatchReportResponse said;
      while (stream->Read(&said)) continue;
      if (stream->Finish().error_code() == grpc::StatusCode::UNAVAILABLE) ++unavailable;
    });
  }
  while (server.prologue().watching() < 10) absl::SleepFor(absl::Milliseconds(1));
  server.prologue().RefuseCalls();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(unavailable, 10);
  EXPECT_TRUE(server.AwaitIdle());
}

TEST(Streams, EndWithAServerThatDoesNotWait) {
  StreamServer server;
  std::vector<std::thread> callers;
  for (int i = 0; i < 5; ++i) {
    callers.emplace_back([&] { WatchUntil(*server.Stub(), 1e9, -1); });
    callers.emplace_back([&] { SendAll(*server.Stub(), 1'000'000, -1); });
  }
  while (server.prologue().active() < 10) absl::SleepFor(absl::Milliseconds(1));
  server.Shutdown();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(server.prologue().active(), 0);
}

}  // namespace
}  // namespace gw::testing
