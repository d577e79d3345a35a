// Calls of one request: repeats, ends, pages.
#include <algorithm>
#include <thread>

#include "tests/integration/client/scripted_gateway.h"

namespace concero {
namespace {

const grpc::Status& Unavailable() {
  static const grpc::Status status = OnTheWire(gateway::v1::REASON_UPSTREAM_UNAVAILABLE);
  return status;
}

TEST(ClientCalls, ThatReadAreRepeatedAfterUnavailable) {
  ScriptedGateway gateway;
  gateway.report = [](int before, auto*, const auto& request, auto* response) {
    response->mutable_report()->set_invite_id(request.invite_id());
    return before < 2 ? Unavailable() : grpc::Status::OK;
  };
  const auto report = ClientOf(gateway.address())->GetReport(142);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->invite_id(), 142);
  EXPECT_EQ(gateway.calls(), 3);
}

TEST(ClientCalls, ThatAllocateAreRepeatedWithTheSameRequestId) {
  Seen<std::string> ids;
  ScriptedGateway gateway;
  gateway.allocate = [&](int before, auto*, const auto& request, auto* response) {
    ids.Add(request.request_id());
    if (before == 0) return Unavailable();
    response->set_replayed(request.candidate_email() == "zoe@example.com");
    return grpc::Status::OK;
  };
  const Intent intent(119, "zoe@example.com");
  const auto allocated = ClientOf(gateway.address())->Allocate(intent);
  ASSERT_TRUE(allocated.ok()) << allocated.status();
  EXPECT_TRUE(allocated->replayed());
  EXPECT_EQ(ids.all(), std::vector<std::string>({intent.request_id(), intent.request_id()}));
}

TEST(ClientCalls, ThatWouldDoItTwiceAreNeverRepeated) {
  ScriptedGateway gateway;
  const grpc::Status lost(grpc::StatusCode::UNAVAILABLE, "connection lost");
  gateway.create = [&](auto&&...) { return lost; };
  gateway.resolve = [&](auto&&...) { return lost; };
  const auto client = ClientOf(gateway.address());
  const absl::Status created = client->CreateStudentSession({}).status();
  EXPECT_EQ(gateway.calls(), 1);
  const absl::Status resent = client->ResendAllocation({"order-1"}).status();
  EXPECT_EQ(gateway.calls(), 2);
  for (const absl::Status& status : {created, resent}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(IsInDoubt(status));
    EXPECT_FALSE(IsSafeToRetry(status));
  }
  EXPECT_TRUE(IsSafeToRetry(client->AbandonAllocation({"order-1"}).status()));
  EXPECT_EQ(gateway.calls(), 3);
}

TEST(ClientCalls, ThatAreInDoubtAreNotRepeatedAndKeepTheirDetails) {
  ScriptedGateway gateway;
  gateway.allocate = [](auto&&...) {
    return OnTheWire(gateway::v1::REASON_ALLOCATION_IN_DOUBT,
                     {.retry_delay = absl::Seconds(7),
                      .metadata = {{"request_id", "order-1"}},
                      .violations = {{"field", "why"}}});
  };
  const absl::Status status =
      ClientOf(gateway.address())->Allocate(Intent(119, "z@b.cd", "order-1")).status();
  EXPECT_EQ(gateway.calls(), 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_TRUE(IsInDoubt(status));
  EXPECT_EQ(ReasonOf(status), gateway::v1::REASON_ALLOCATION_IN_DOUBT);
  EXPECT_EQ(MetadataOf(status, "request_id"), "order-1");
  EXPECT_EQ(RetryDelayOf(status), absl::Seconds(7));
  EXPECT_EQ(FieldViolationsOf(status), std::vector<FieldViolation>({{"field", "why"}}));
}

TEST(ClientCalls, OnlyValidateWhenTheyAreToldTo) {
  Seen<bool> validate_only;
  ScriptedGateway gateway;
  gateway.allocate = [&](int, auto*, const auto& request, auto*) {
    validate_only.Add(request.validate_only());
    return grpc::Status::OK;
  };
  const auto client = ClientOf(gateway.address());
  EXPECT_TRUE(client->ValidateAllocation(Intent(119, "z@b.cd")).ok());
  EXPECT_TRUE(client->Allocate(Intent(119, "z@b.cd")).ok());
  EXPECT_EQ(validate_only.all(), std::vector<bool>({true, false}));
}

TEST(ClientCalls, EndAtTheirDeadline) {
  ScriptedGateway gateway;
  gateway.report = [](int, auto* context, auto&&...) {
    AwaitCancel(context);
    return grpc::Status::CANCELLED;
  };
  auto client = ClientOf(gateway.address());
  const CallOptions soon = {.timeout = absl::Milliseconds(100)};
  EXPECT_EQ(client->GetReport(1, soon).status().code(), absl::StatusCode::kDeadlineExceeded);
  client = *Client::Connect({.target = gateway.address(), .timeout = absl::Milliseconds(100)});
  EXPECT_EQ(client->GetReport(1).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ClientCalls, EndWhenTheyAreCancelled) {
  std::stop_source stop;
  ScriptedGateway gateway;
  gateway.report = [&](int, auto* context, auto&&...) {
    stop.request_stop();
    AwaitCancel(context);
    return grpc::Status::CANCELLED;
  };
  const auto client = ClientOf(gateway.address());
  const CallOptions options = {.cancel = stop.get_token()};
  EXPECT_EQ(client->GetReport(1, options).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(gateway.calls(), 1);
  const absl::Status never = client->CreateStudentSession({}, options).status();
  EXPECT_EQ(never.code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(IsInDoubt(never));
  EXPECT_EQ(gateway.calls(), 1) << "what is cancelled before is not sent";
}

TEST(ClientCalls, CarryATraceparentUnlessItIsNone) {
  Seen<std::string> seen;
  ScriptedGateway gateway;
  gateway.report = [&](int, auto* context, auto&&...) {
    const auto found = context->client_metadata().find("traceparent");
    seen.Add(found == context->client_metadata().end()
                 ? "none"
                 : std::string(found->second.data(), found->second.size()));
    return grpc::Status::OK;
  };
  const auto client = ClientOf(gateway.address());
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (const std::string& sent : {good, good + "\r\n", std::string(55, '\n'), std::string()}) {
    EXPECT_TRUE(client->GetReport(1, {.traceparent = sent}).ok());
  }
  EXPECT_EQ(seen.all(), std::vector<std::string>({good, "none", "none", "none"}));
}

TEST(ClientCalls, ListExaminationsOverAllPages) {
  ScriptedGateway gateway;
  gateway.list = [](int before, auto*, const auto& request, auto* page) {
    EXPECT_EQ(request.page_token(), before == 0 ? "" : std::to_string(before));
    EXPECT_EQ(request.max_staleness().nanos(), 500'000'000);
    page->add_examinations()->set_id(before + 1);
    page->set_version("v9");
    page->set_stale(true);
    page->mutable_fetch_time()->set_seconds(77);
    if (before < 2) page->set_next_page_token(std::to_string(before + 1));
    return grpc::Status::OK;
  };
  const auto list = ClientOf(gateway.address())->ListExaminations(absl::Milliseconds(500));
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->examinations.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(list->examinations[i].id(), i + 1);
  EXPECT_EQ(list->version, "v9");
  EXPECT_TRUE(list->stale);
  EXPECT_EQ(list->fetch_time, absl::FromUnixSeconds(77));
}

TEST(ClientCalls, ListExaminationsFromTheBeginningWhenTheyChangeMeanwhile) {
  std::atomic<int> changes = 1;
  ScriptedGateway gateway;
  gateway.list = [&](int, auto*, const auto& request, auto* page) {
    EXPECT_FALSE(request.has_max_staleness());
    page->add_examinations()->set_id(1);
    if (request.page_token().empty()) page->set_next_page_token("more");
    if (!request.page_token().empty() && changes-- > 0) {
      return OnTheWire(gateway::v1::REASON_PAGE_TOKEN_EXPIRED);
    }
    return grpc::Status::OK;
  };
  const auto client = ClientOf(gateway.address());
  const auto list = client->ListExaminations();
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->examinations.size(), 2u) << "and nothing of the first walk";
  EXPECT_EQ(gateway.calls(), 4);

  changes = 1000;
  EXPECT_EQ(ReasonOf(client->ListExaminations().status()), gateway::v1::REASON_PAGE_TOKEN_EXPIRED);
  EXPECT_EQ(gateway.calls(), 10);
}

TEST(ClientCalls, ListAllocationsUpToALimitOrAll) {
  constexpr int kAll = 2500;
  ScriptedGateway gateway;
  gateway.allocations = [&](int, auto*, const auto& request, auto* page) {
    const int from = request.page_token().empty() ? 0 : std::stoi(request.page_token());
    const int to = std::min(from + request.page_size(), kAll);
    for (int i = from; i < to; ++i) page->add_allocations()->set_invite_id(i);
    if (to < kAll) page->set_next_page_token(std::to_string(to));
    EXPECT_EQ(request.caller(), "web");
    return grpc::Status::OK;
  };
  const auto client = ClientOf(gateway.address());
  const AllocationFilter filter = {.caller = "web"};
  EXPECT_EQ(client->ListAllocations(filter, 10)->size(), 10u);
  EXPECT_EQ(gateway.calls(), 1);
  EXPECT_EQ(client->ListAllocations(filter, 1001)->back().invite_id(), 1000);
  EXPECT_EQ(gateway.calls(), 3);
  EXPECT_EQ(client->ListAllocations(filter)->size(), 2500u);
  EXPECT_EQ(gateway.calls(), 6);
  EXPECT_EQ(client->ListAllocations(filter, 0)->size(), 0u);
  int visited = 0;
  EXPECT_TRUE(client->VisitAllocations(filter, [&](const auto&) { return ++visited < 1500; }).ok());
  EXPECT_EQ(visited, 1500);
  EXPECT_EQ(gateway.calls(), 8);
}

}  // namespace
}  // namespace concero
