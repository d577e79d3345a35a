// AllocateCandidates, end to end.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "tests/integration/gateway/streams_fixture.h"

namespace gw::testing {
namespace {

using namespace std::chrono_literals;

class Many : public StreamsTest {
 protected:
  /// Waits until Concero has been sent nothing more for a while; how much it was sent by then.
  int AwaitRest() {
    int before = -1;
    for (int now = Posts(); now != before || now == 0; now = Posts()) {
      before = now;
      std::this_thread::sleep_for(500ms);
    }
    return before;
  }
};

TEST_F(Many, EachItemIsAllocatedOnceAndToldOfOnce) {
  constexpr int kItems = 2'000;
  Start();
  Exchange exchange(*stub_, 0, kItems);
  std::map<std::string, int> told;
  EXPECT_TRUE(exchange.ReadAll(told).ok());
  EXPECT_EQ(told.size(), static_cast<size_t>(kItems));
  for (const auto& [item, times] : told) EXPECT_EQ(times, 1) << item;
  const auto executed = Executed();
  EXPECT_EQ(executed.size(), static_cast<size_t>(kItems));
  ExpectNoDouble(executed);
  EXPECT_EQ(RowOf("order-7").candidate_email(), Candidate(7));
  EXPECT_EQ(
      gateway_->Metric("rpc_server_call_duration_seconds_count{code=\"OK\",reason=\"\","
                       "rpc_method=\"concero.v1.AssessmentService/AllocateCandidates.Item\"}"),
      kItems);
}

TEST_F(Many, ABadItemFailsAlone) {
  Start();
  grpc::ClientContext context;
  auto stream = stub_->AllocateCandidates(&context);
  pb::AllocateCandidatesRequest bad = ItemOf(1);
  bad.mutable_request()->set_candidate_email("nobody");
  stream->Write(ItemOf(0));
  stream->Write(bad);
  stream->Write(ItemOf(2));
  stream->WritesDone();
  std::map<std::string, std::string> told;
  for (pb::AllocateCandidatesResponse result; stream->Read(&result);) {
    google::rpc::ErrorInfo info;
    for (const auto& detail : result.error().details()) detail.UnpackTo(&info);
    told[result.item_id()] = result.has_response() ? "OK" : info.reason();
    if (result.has_error()) {
      EXPECT_EQ(info.metadata().at("request_id"), "order-1");
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(told,
            (std::map<std::string, std::string>{{"0", "OK"}, {"1", "INVALID_FIELD"}, {"2", "OK"}}));
  EXPECT_EQ(Posts(), 2);
}

TEST_F(Many, ABrokenStreamIsResumedByTheSameItems) {
  constexpr int kItems = 1'000;
  Start();
  {
    Exchange broken(*stub_, 0, kItems);
    for (int i = 0; i < kItems / 2; ++i) ASSERT_TRUE(broken.Read());
    broken.Cancel();
  }
  std::map<std::string, int> told;
  Exchange again(*stub_, 0, kItems);
  EXPECT_TRUE(again.ReadAll(told).ok());
  EXPECT_EQ(told.size(), static_cast<size_t>(kItems));
  const auto executed = Executed();
  EXPECT_EQ(executed.size(), static_cast<size_t>(kItems));
  ExpectNoDouble(executed);
}

TEST_F(Many, AStreamGoesOnAtAnotherGatewayWhenItsOwnStops) {
  constexpr int kItems = 500;
  Start();
  FaultPosts({{"delay_ms", 50}});
  std::map<std::string, int> told;
  {
    Exchange exchange(*stub_, 0, kItems);
    for (int i = 0; i < 100; ++i) ++told[exchange.Read()->item_id()];
    gateway_->process().Signal(SIGTERM);
    const grpc::Status status = exchange.ReadAll(told);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(DetailsOf(status).info.reason(), "SHUTTING_DOWN");
  }
  EXPECT_EQ(gateway_->process().Wait(), 0);
  gateway_.reset();
  // What was sent has been told: nothing is lost in a stop.
  EXPECT_EQ(static_cast<int>(told.size()), Posts());
  EXPECT_LT(told.size(), static_cast<size_t>(kItems));
  Start();
  Exchange again(*stub_, 0, kItems);
  EXPECT_TRUE(again.ReadAll(told).ok());
  EXPECT_EQ(told.size(), static_cast<size_t>(kItems));
  ExpectNoDouble(Executed());
  EXPECT_EQ(Posts(), kItems);
}

// The caller's library takes in what HTTP/2's flow control lets it, 64 KiB here; then nothing more
// is sent than what is under way.
TEST_F(Many, WhoDoesNotReadIsSentNothingFor) {
  constexpr int kItems = 2'000, kWindow = 65'535, kInFlight = 64;
  Start();
  grpc::ChannelArguments fixed_window;
  fixed_window.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto stub = pb::AssessmentService::NewStub(grpc::CreateCustomChannel(
      gateway_->address(), grpc::InsecureChannelCredentials(), fixed_window));
  Exchange exchange(*stub, 0, kItems);
  const int rest = AwaitRest();
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(Posts(), rest);

  size_t bytes = 0;
  int in_window = 0;
  std::map<std::string, int> told;
  while (const auto result = exchange.Read()) {
    constexpr size_t kHead = 5;  // of gRPC's, before each message
    bytes += result->ByteSizeLong() + kHead;
    if (bytes <= kWindow) ++in_window;
    ++told[result->item_id()];
  }
  EXPECT_TRUE(exchange.Finish().ok());
  EXPECT_LE(rest, in_window + kInFlight);
  EXPECT_EQ(told.size(), static_cast<size_t>(kItems));
  EXPECT_EQ(Posts(), kItems);
}

// STREAM_ITEMS: how many; with many, memory is looked at, too.
TEST_F(Many, AReaderWhoRestsInTheMiddleLeavesMemoryAsItWas) {
  const char* const wanted = std::getenv("STREAM_ITEMS");
  const int items = wanted == nullptr ? 3'000 : std::stoi(wanted);
  Start();
  Exchange exchange(*stub_, 0, items);
  for (int i = 0; i < items / 4; ++i) ASSERT_TRUE(exchange.Read());
  const long before = ResidentKib(*gateway_);
  std::this_thread::sleep_for(wanted == nullptr ? 500ms : 10s);
  const long resting = ResidentKib(*gateway_);
  int read = items / 4;
  while (exchange.Read()) ++read;
  EXPECT_TRUE(exchange.Finish().ok());
  EXPECT_EQ(read, items);
  const long after = ResidentKib(*gateway_);
  std::cout << items << " items: " << before << " KiB after a quarter, " << resting
            << " KiB after the rest, " << after << " KiB in the end\n";
  // Three quarters of the items, kept, would be more: a row is 300 bytes, its message as much.
  if (items < 50'000) return;
  EXPECT_LT(resting - before, 8 * 1024);
  EXPECT_LT(after - before, 8 * 1024);
}

TEST_F(Many, NeverMoreThanTheLimitAreUnderWayWhoeverStreams) {
  GatewaySettings settings;
  settings.concero = "max_in_flight: 8";
  Start(settings);
  HangPosts();
  Exchange one(*stub_, 0, 100), other(*stub_, 100, 200);
  AwaitPosts(7);  // one place is not for allocations
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(Posts(), 7);
  EXPECT_EQ(gateway_->Metric("http_client_active_requests{upstream=\"concero\"}"), 7);
}

// Streams leave the queue of the limit to single calls.
TEST_F(Many, SingleAllocationsGetThroughBesideStreams) {
  GatewaySettings settings;
  settings.concero = "max_in_flight: 8";
  Start(settings);
  FaultPosts({{"delay_ms", 20}});
  std::vector<std::unique_ptr<Exchange>> streams;
  std::vector<std::thread> readers;
  for (int i = 0; i < 10; ++i) {
    streams.push_back(std::make_unique<Exchange>(*stub_, 50 * i, 50 * (i + 1)));
    readers.emplace_back([stream = streams.back().get()] {
      std::map<std::string, int> told;
      EXPECT_TRUE(stream->ReadAll(told).ok());
      EXPECT_EQ(told.size(), 50u);
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Allocate(Wanted(absl::StrCat("single-", i), Candidate(10'000 + i))).what(), "OK");
  }
  for (std::thread& reader : readers) reader.join();
  ExpectNoDouble(Executed());
}

TEST_F(Many, WhatIsNoRequestEndsTheStream) {
  using Other = ::proctorexam::v1::UpdateStudentSessionRequest;
  Start();
  grpc::ClientContext context;
  // Another message, whose second field is a text, and this text is no message.
  const std::shared_ptr<grpc::Channel> channel = gateway_->Channel();
  const grpc::internal::RpcMethod method("/concero.v1.AssessmentService/AllocateCandidates",
                                         grpc::internal::RpcMethod::BIDI_STREAMING, channel);
  std::unique_ptr<grpc::ClientReaderWriter<Other, pb::AllocateCandidatesResponse>> stream(
      grpc::internal::ClientReaderWriterFactory<Other, pb::AllocateCandidatesResponse>::Create(
          channel.get(), method, &context));
  Other wrong;
  wrong.set_name("\x08");
  stream->Write(wrong);
  stream->WritesDone();
  pb::AllocateCandidatesResponse result;
  EXPECT_FALSE(stream->Read(&result));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).info.reason(), "INVALID_FIELD");
}

}  // namespace
}  // namespace gw::testing
