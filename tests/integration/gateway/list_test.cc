// The list of examinations: from the cache, while Concero is slow or down, page by page.
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/integration/gateway/stack.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using grpc::StatusCode;
using nlohmann::json;

class Lists : public ::testing::Test {
 protected:
  static pb::ListExaminationsRequest Now() {
    pb::ListExaminationsRequest request;
    request.mutable_max_staleness();
    return request;
  }
  static grpc::Status List(pb::AssessmentService::Stub& stub,
                           pb::ListExaminationsResponse* response,
                           const pb::ListExaminationsRequest& request = {}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
    return stub.ListExaminations(&context, request, response);
  }
  // From now on Concero has examinations 1 … n of this name.
  void SetList(int n, const std::string& name) {
    json list = json::array();
    for (int id = 1; id <= n; ++id) list.push_back({{"testId", id}, {"testName", name}});
    sandbox_.SetFaults(json::array(
        {{{"path", "/api/v1/examinations"}, {"status", 200}, {"body", std::move(list)}}}));
  }
  // So that a ttl of a millisecond has passed.
  static void LetTheListAge() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
};

TEST_F(Lists, ComeFromTheCacheWithoutAskingConceroAgain) {
  GatewayProcess gateway(directory_, sandbox_.base_url());
  auto stub = gateway.Stub();
  pb::ListExaminationsResponse first, second;
  ASSERT_TRUE(List(*stub, &first).ok());
  ASSERT_TRUE(List(*stub, &second).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(sandbox_.Received("/examinations"), 1);
}

TEST_F(Lists, AskedForByTwoHundredAtOnceAreFetchedOnce) {
  sandbox_.SetFaults(json::array({{{"path", "/api/v1/examinations"}, {"delay_ms", 500}}}));
  GatewayProcess gateway(directory_, sandbox_.base_url());
  auto stub = gateway.Stub();
  constexpr int kCallers = 200;
  struct Caller {
    grpc::ClientContext context;
    pb::ListExaminationsRequest request;
    pb::ListExaminationsResponse response;
  };
  std::vector<std::unique_ptr<Caller>> callers;
  std::atomic<int> ended{0}, failed{0};
  std::promise<void> all;
  for (int i = 0; i < kCallers; ++i) {
    Caller& caller = *callers.emplace_back(std::make_unique<Caller>());
    stub->async()->ListExaminations(&caller.context, &caller.request, &caller.response,
                                    [&](const grpc::Status& status) {
                                      if (!status.ok()) ++failed;
                                      if (++ended == kCallers) all.set_value();
                                    });
  }
  all.get_future().wait();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(sandbox_.Received("/examinations"), 1);
  const std::string expected = callers[0]->response.SerializeAsString();
  EXPECT_GT(callers[0]->response.examinations_size(), 0);
  for (const auto& caller : callers) EXPECT_EQ(caller->response.SerializeAsString(), expected);
}

TEST_F(Lists, AreTheLastGoodOnesMarkedStaleWhileConceroIsDown) {
  GatewayProcess gateway(
      directory_, sandbox_.base_url(),
      {.concero = "examinations: {ttl: 1ms, stale_while_revalidate: 1ms, stale_if_error: 24h}"});
  auto stub = gateway.Stub();
  pb::ListExaminationsResponse fresh, stale;
  ASSERT_TRUE(List(*stub, &fresh).ok());
  EXPECT_FALSE(fresh.stale());
  sandbox_.process().Signal(SIGKILL);
  sandbox_.process().Wait();
  LetTheListAge();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(List(*stub, &stale).ok());
    EXPECT_TRUE(stale.stale());
    EXPECT_EQ(stale.version(), fresh.version());
    EXPECT_EQ(stale.fetch_time().seconds(), fresh.fetch_time().seconds());
    EXPECT_EQ(stale.examinations_size(), fresh.examinations_size());
  }
  const grpc::Status status = List(*stub, &stale, Now());
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).info.reason(), "UPSTREAM_UNAVAILABLE");
  EXPECT_TRUE(DetailsOf(status).has_retry);
}

// Without stale_while_revalidate each of these calls would wait for its deadline.
TEST_F(Lists, AreServedStaleWhileOneRefreshHangs) {
  GatewayProcess gateway(directory_, sandbox_.base_url(),
                         {.concero = "timeout: 1h, examinations: {ttl: 1ms}"});
  auto stub = gateway.Stub();
  pb::ListExaminationsResponse fresh, stale;
  ASSERT_TRUE(List(*stub, &fresh).ok());
  sandbox_.SetFaults(json::array({{{"path", "/api/v1/examinations"}, {"delay_ms", 3'600'000}}}));
  LetTheListAge();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(List(*stub, &stale).ok());
    EXPECT_TRUE(stale.stale());
    EXPECT_EQ(stale.version(), fresh.version());
  }
  sandbox_.AwaitReceived("/examinations", 2);
  EXPECT_EQ(sandbox_.Received("/examinations"), 2);
}

TEST_F(Lists, AreRefreshedBehindTheCallThatFoundThemStale) {
  GatewayProcess gateway(directory_, sandbox_.base_url(), {.concero = "examinations: {ttl: 1ms}"});
  auto stub = gateway.Stub();
  SetList(1, "before");
  pb::ListExaminationsResponse list;
  ASSERT_TRUE(List(*stub, &list).ok());
  SetList(2, "after");
  LetTheListAge();
  ASSERT_TRUE(List(*stub, &list).ok());
  EXPECT_EQ(list.examinations_size(), 1);
  EXPECT_TRUE(list.stale());
  while (list.examinations_size() != 2) ASSERT_TRUE(List(*stub, &list).ok());
  EXPECT_EQ(list.examinations(0).name(), "after");
}

TEST_F(Lists, ArePagedWithoutAGapOrARepeat) {
  GatewayProcess gateway(directory_, sandbox_.base_url());
  auto stub = gateway.Stub();
  pb::ListExaminationsResponse whole;
  ASSERT_TRUE(List(*stub, &whole).ok());
  pb::ListExaminationsRequest request;
  request.set_page_size(2);
  std::vector<int64_t> ids;
  do {
    pb::ListExaminationsResponse page;
    ASSERT_TRUE(List(*stub, &page, request).ok());
    EXPECT_LE(page.examinations_size(), 2);
    for (const auto& e : page.examinations()) ids.push_back(e.id());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  ASSERT_EQ(ids.size(), static_cast<size_t>(whole.examinations_size()));
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(ids[i], whole.examinations(static_cast<int>(i)).id());
  }
}

// A body of 800 KB, which is not decoded on the loop's thread.
TEST_F(Lists, OfTwentyThousandComeInThousandsUnlessMoreAreAskedFor) {
  constexpr int kAll = 20'000;
  SetList(kAll, "Examination");
  GatewayProcess gateway(directory_, sandbox_.base_url());
  auto stub = gateway.Stub();
  pb::ListExaminationsResponse page;
  ASSERT_TRUE(List(*stub, &page).ok());
  EXPECT_EQ(page.examinations_size(), 1'000);
  pb::ListExaminationsRequest request;
  request.set_page_size(20'000);
  int64_t last = 0;
  for (int pages = 0; pages < 2; ++pages) {
    ASSERT_TRUE(List(*stub, &page, request).ok());
    ASSERT_EQ(page.examinations_size(), 10'000);
    for (const auto& e : page.examinations()) ASSERT_EQ(e.id(), ++last);
    request.set_page_token(page.next_page_token());
  }
  EXPECT_EQ(last, kAll);
  EXPECT_EQ(request.page_token(), "");
  EXPECT_EQ(sandbox_.Received("/examinations"), 1);
}

TEST_F(Lists, KeepTheirPagesOverOneChangeAndNoLonger) {
  GatewayProcess gateway(directory_, sandbox_.base_url());
  auto stub = gateway.Stub();
  SetList(3, "first");
  pb::ListExaminationsResponse page;
  pb::ListExaminationsRequest request;
  request.set_page_size(2);
  ASSERT_TRUE(List(*stub, &page, request).ok());
  request.set_page_token(page.next_page_token());

  SetList(3, "second");
  ASSERT_TRUE(List(*stub, &page, Now()).ok());
  ASSERT_TRUE(List(*stub, &page, request).ok());
  ASSERT_EQ(page.examinations_size(), 1);
  EXPECT_EQ(page.examinations(0).name(), "first");

  SetList(3, "third");
  ASSERT_TRUE(List(*stub, &page, Now()).ok());
  const grpc::Status expired = List(*stub, &page, request);
  EXPECT_EQ(expired.error_code(), StatusCode::ABORTED);
  EXPECT_EQ(DetailsOf(expired).info.reason(), "PAGE_TOKEN_EXPIRED");

  request.set_page_token("no token of ours");
  const grpc::Status malformed = List(*stub, &page, request);
  EXPECT_EQ(malformed.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(malformed).info.reason(), "PAGE_TOKEN_INVALID");
}

TEST_F(Lists, AreRefusedToARequestThatCannotBeDecoded) {
  GatewayProcess gateway(directory_, sandbox_.base_url());
  grpc::GenericStub stub(gateway.Channel());
  const grpc::Slice slice("\xff\xff");
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  std::promise<grpc::Status> ended;
  stub.UnaryCall(&context, "/concero.v1.AssessmentService/ListExaminations", {}, &request,
                 &response, [&](grpc::Status status) { ended.set_value(std::move(status)); });
  const grpc::Status status = ended.get_future().get();
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).info.reason(), "INVALID_FIELD");
}

}  // namespace
}  // namespace gw::testing
