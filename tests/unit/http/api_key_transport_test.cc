#include "service/http/api_key_transport.h"

#include <gtest/gtest.h>

#include <optional>
#include <stop_token>
#include <utility>

#include "tests/support/fake_transport.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::FakeTransport;
using testing::OnlyHeader;

TEST(ApiKeyTransport, AddsTheKeyAndChangesNothingElse) {
  FakeTransport inner;
  ApiKeyTransport transport(inner, "x-api-key", Secret("the-key"));
  std::stop_source stop;
  Request request;
  request.method = Method::kPost;
  request.target = "/report";
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  request.body = "{}";
  request.deadline = Instant::FromNanos(77);
  request.cancel = stop.get_token();
  request.one_shot = true;
  request.max_idle = absl::Seconds(5);
  request.before_send = [] { return false; };
  transport.Start(std::move(request), [](Outcome) {});

  ASSERT_EQ(inner.sent(), 1u);
  Request& sent = inner.request(0);
  EXPECT_EQ(OnlyHeader(sent, "x-api-key"), "the-key");
  EXPECT_EQ(OnlyHeader(sent, "Accept"), "application/json");
  EXPECT_EQ(OnlyHeader(sent, "Content-Type"), "application/json");
  EXPECT_EQ(sent.headers.size(), 3u);
  EXPECT_EQ(sent.method, Method::kPost);
  EXPECT_EQ(sent.target, "/report");
  EXPECT_EQ(sent.body, "{}");
  EXPECT_EQ(sent.deadline, Instant::FromNanos(77));
  EXPECT_TRUE(sent.one_shot);
  EXPECT_EQ(sent.max_idle, absl::Seconds(5));
  ASSERT_TRUE(sent.before_send);
  EXPECT_FALSE(sent.before_send());
  stop.request_stop();
  EXPECT_TRUE(sent.cancel.stop_requested());
}

TEST(ApiKeyTransport, AddsTheKeyToEveryRequestOnce) {
  FakeTransport inner;
  ApiKeyTransport transport(inner, "x-api-key", Secret("the-key"));
  for (size_t i = 0; i < 3; ++i) {
    transport.Start(Request(), [](Outcome) {});
    EXPECT_EQ(OnlyHeader(inner.request(i), "x-api-key"), "the-key");
  }
}

TEST(ApiKeyTransport, HandsTheOutcomeOver) {
  FakeTransport inner;
  ApiKeyTransport transport(inner, "x-api-key", Secret("the-key"));
  std::optional<Outcome> told;
  transport.Start(Request(), [&](Outcome outcome) { told = std::move(outcome); });
  EXPECT_FALSE(told);
  inner.Answer(0, Answered(401, "body"));
  ASSERT_TRUE(told);
  EXPECT_EQ(std::get<Response>(*told).status, 401);
  EXPECT_EQ(std::get<Response>(*told).body, "body");
}

}  // namespace
}  // namespace gw::http
