// Calls one by one: how they are answered, cancelled and refused.
#include <gtest/gtest.h>

#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "service/app/grpc_limits.h"
#include "tests/integration/calls/server.h"

namespace gw::testing {
namespace {

// `INVALID_FIELD`; `(none)` without details.
std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details())) return "(not to be parsed)";
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "(none)";
}

void WithDeadline(grpc::ClientContext& context, std::chrono::milliseconds left) {
  context.set_deadline(std::chrono::system_clock::now() + left);
}

// Waits until it is stopped.
void AwaitStop(const std::stop_token& token) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, token, [] { return false; });
}

TEST(UnaryCalls, AreAnsweredFromWithinTheHandler) {
  auto server = Started(&Echo);
  Client client(server->address());
  const auto call = client.Call(Saying("one"));
  ASSERT_TRUE(call->Await().ok()) << call->Await().error_message();
  EXPECT_EQ(Said(call->response()), "one");
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, OneAfterTheOtherAreAllAnswered) {
  auto server = Started(&Echo);
  Client client(server->address());
  for (int i = 0; i < 500; ++i) {
    const std::string name = std::to_string(i);
    const auto call = client.Call(Saying(name));
    ASSERT_TRUE(call->Await().ok()) << call->Await().error_message();
    ASSERT_EQ(Said(call->response()), name);
  }
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, AreAnsweredFromAnotherThreadLater) {
  HeldCalls held;
  auto server = Started(held.Handle());
  Client client(server->address());
  const auto call = client.Call(Saying("later"));
  auto calls = held.Take(1);
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(server->active(), 1);
  EXPECT_FALSE(call->ended());
  std::thread([&] { Echo(std::move(calls[0])); }).join();
  ASSERT_TRUE(call->Await().ok());
  EXPECT_EQ(Said(call->response()), "later");
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, EndWithWhatTheHandlerSays) {
  auto server = Started([](HeldCall call) {
    call.response().add_upstreams()->set_upstream("does not count");
    std::move(call).Finish(absl::NotFoundError("no such thing"));
  });
  Client client(server->address());
  const auto call = client.Call(Saying("x"));
  EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(call->Await().error_message(), "no such thing");
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, ThatAreDroppedAreCancelled) {
  auto server = Started([](const HeldCall&) {});
  Client client(server->address());
  const auto call = client.Call(Saying("x"));
  EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(call->Await().error_message(), "the call was dropped");
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, AreToldThatTheirCallerCancelled) {
  HeldCalls held;
  auto server = Started(held.Handle());
  Client client(server->address());
  const auto call = client.Call(Saying("x"));
  auto calls = held.Take(1);
  EXPECT_FALSE(calls[0].info().cancel.stop_requested());
  call->Cancel();
  AwaitStop(calls[0].info().cancel);
  EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(server->active(), 1);  // its handler has not finished it
  Echo(std::move(calls[0]));
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, AreToldThatTheirCallersConnectionIsGone) {
  HeldCalls held;
  auto server = Started(held.Handle());
  std::vector<HeldCall> calls;
  {
    Client client(server->address());
    const auto call = client.Call(Saying("x"));
    calls = held.Take(1);
    call->Cancel();
  }
  AwaitStop(calls[0].info().cancel);
  Echo(std::move(calls[0]));
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, MayBeFinishedByWhatTellsThatTheyAreCancelled) {
  HeldCalls held;
  auto server = Started(held.Handle());
  Client client(server->address());
  const auto call = client.Call(Saying("x"));
  auto calls = held.Take(1);
  {
    auto finish = [&] { calls.clear(); };
    const std::stop_token cancel = calls[0].info().cancel;
    const std::stop_callback<decltype(finish)> whenever(cancel, finish);
    call->Cancel();
    EXPECT_TRUE(server->AwaitIdle());
  }
  EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(calls.empty());
}

TEST(UnaryCalls, ThatAreAnsweredAreNotCancelled) {
  std::stop_token cancel;
  auto server = Started([&](HeldCall call) {
    cancel = call.info().cancel;
    Echo(std::move(call));
  });
  Client client(server->address());
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
  ASSERT_TRUE(server->AwaitIdle());
  EXPECT_FALSE(cancel.stop_requested());
}

TEST(UnaryCalls, WithBytesThatAreNoRequestAreRefused) {
  std::atomic<int> handled{0};
  auto server = Started([&](HeldCall call) {
    ++handled;
    Echo(std::move(call));
  });
  Client client(server->address());
  const struct {
    std::string what, bytes;
  } cases[] = {
      {"a length with nothing behind it", "\x0a\x05xy"},
      {"a tag that does not end", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"},
      {"text that is not UTF-8", "\x0a\x02\xc3\x28"},
      {"a group that does not end", "\x13"},
  };
  for (const auto& [what, bytes] : cases) {
    const auto call = client.CallWithBytes(bytes);
    EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::INVALID_ARGUMENT) << what;
    EXPECT_EQ(ReasonOf(call->Await()), "INVALID_FIELD") << what;
  }
  EXPECT_EQ(handled, 0);
  EXPECT_TRUE(server->AwaitIdle());
  // The connection and the server are still good.
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
}

TEST(UnaryCalls, WithoutAByteAreOfAnEmptyRequest) {
  std::atomic<int> names{-1};
  auto server = Started([&](HeldCall call) {
    names = call.request().upstreams_size();
    Echo(std::move(call));
  });
  Client client(server->address());
  const auto call = client.CallWithBytes("");
  ASSERT_TRUE(call->Await().ok()) << call->Await().error_message();
  EXPECT_EQ(Said(call->response()), "(nothing)");
  EXPECT_EQ(names, 0);
}

TEST(UnaryCalls, ThatAreTooLargeAreRefusedAndOthersGoOn) {
  std::atomic<int> handled{0};
  auto server = Started([&](HeldCall call) {
    ++handled;
    Echo(std::move(call));
  });
  Client client(server->address());
  for (int i = 0; i < 50; ++i) {  // more than are asked for at a time
    const auto call = client.Call(Saying(std::string(4 << 20, 'x')));
    EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  const auto just = client.Call(Saying(std::string(app::kMaxRequestBytes, 'x')));
  EXPECT_EQ(just->AwaitCode(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(handled, 0);
  const std::string large(app::kMaxRequestBytes - 100, 'x');
  const auto call = client.Call(Saying(large));
  ASSERT_TRUE(call->Await().ok()) << call->Await().error_message();
  EXPECT_EQ(Said(call->response()), large);
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, ManyAtOnceOnOneConnectionAreAllAnswered) {
  constexpr size_t kCalls = 2000;
  static_assert(kCalls <= app::kMaxStreams);
  HeldCalls held;
  auto server = Started(held.Handle());
  Client client(server->address());
  std::vector<ClientCallPtr> made;
  for (size_t i = 0; i < kCalls; ++i) made.push_back(client.Call(Saying(std::to_string(i))));
  auto calls = held.Take(kCalls);
  EXPECT_EQ(calls.size(), kCalls);
  EXPECT_EQ(server->active(), static_cast<int>(kCalls));
  for (HeldCall& call : calls) Echo(std::move(call));
  for (size_t i = 0; i < kCalls; ++i) {
    ASSERT_TRUE(made[i]->Await().ok()) << made[i]->Await().error_message();
    ASSERT_EQ(Said(made[i]->response()), std::to_string(i));
  }
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, HandOnTheirMetadata) {
  constexpr char kTrace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  std::string request_id;
  std::optional<observe::TraceContext> trace;
  auto server = Started([&](HeldCall call) {
    request_id = call.info().record->request_id();
    trace = call.info().record->trace();
    Echo(std::move(call));
  });
  Client client(server->address());
  const auto call = client.Call(Saying("x"), [&](grpc::ClientContext& context) {
    context.AddMetadata("x-request-id", "order-7741");
    context.AddMetadata("traceparent", kTrace);
  });
  ASSERT_TRUE(call->Await().ok());
  ASSERT_TRUE(server->AwaitIdle());
  EXPECT_EQ(request_id, "order-7741");
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(std::string(trace->trace_id.data(), 32), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(UnaryCalls, HandOnTheirDeadlineLessTheMargin) {
  rpc::Prologue::Options options;
  options.default_deadline = absl::Minutes(7);
  options.deadline_margin = absl::Minutes(10);
  HeldCalls held;
  auto server = Started(held.Handle(), options);
  Client client(server->address());

  Instant before = SystemClock().Now();
  client.Call(Saying("x"),
              [](grpc::ClientContext& c) { WithDeadline(c, std::chrono::minutes(60)); });
  auto calls = held.Take(1);
  // gRPC rounds what it sends up, by a hundredth at most, and clocks to a millisecond.
  EXPECT_GE(calls[0].info().deadline, before + absl::Minutes(50) - absl::Milliseconds(10));
  EXPECT_LE(calls[0].info().deadline, SystemClock().Now() + absl::Minutes(51));
  Echo(std::move(calls[0]));

  before = SystemClock().Now();
  client.Call(Saying("x"));
  calls = held.Take(1);
  EXPECT_GE(calls[0].info().deadline, before + absl::Minutes(7));
  EXPECT_LE(calls[0].info().deadline, SystemClock().Now() + absl::Minutes(7));
  Echo(std::move(calls[0]));
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, WhoseDeadlineIsWithinTheMarginDoNotGetToTheirHandler) {
  std::atomic<int> handled{0};
  rpc::Prologue::Options options;
  options.deadline_margin = absl::Minutes(60);
  auto server = Started(
      [&](HeldCall call) {
        ++handled;
        Echo(std::move(call));
      },
      options);
  Client client(server->address());
  const auto call = client.Call(
      Saying("x"), [](grpc::ClientContext& c) { WithDeadline(c, std::chrono::minutes(30)); });
  EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(call->Await()), "DEADLINE_EXCEEDED");
  EXPECT_EQ(handled, 0);
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, AreToldThatTheirDeadlineHasPassed) {
  HeldCalls held;
  rpc::Prologue::Options options;
  options.deadline_margin = absl::ZeroDuration();
  auto server = Started(held.Handle(), options);
  Client client(server->address());
  // Again and again, as a busy machine may miss the first ones altogether.
  std::vector<HeldCall> calls;
  for (std::chrono::milliseconds left(100); calls.empty(); left *= 2) {
    const auto call =
        client.Call(Saying("x"), [&](grpc::ClientContext& c) { WithDeadline(c, left); });
    EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::DEADLINE_EXCEEDED);
    calls = held.Take(0);
  }
  AwaitStop(calls[0].info().cancel);
  calls.clear();
  for (HeldCall& late : held.Take(0)) Echo(std::move(late));
  EXPECT_TRUE(server->AwaitIdle());
}

TEST(UnaryCalls, AreRefusedWhileTheGatewayStops) {
  auto server = Started(&Echo);
  Client client(server->address());
  EXPECT_EQ(client.Call(Saying("x"))->AwaitCode(), grpc::StatusCode::OK);
  server->prologue().RefuseCalls();
  const auto call = client.Call(Saying("x"));
  EXPECT_EQ(call->AwaitCode(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(call->Await()), "SHUTTING_DOWN");
  EXPECT_TRUE(server->AwaitIdle());
}

}  // namespace
}  // namespace gw::testing
