#include "service/proctorexam/request_signer.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/http/retry_transport.h"
#include "service/keys/key_ring.h"
#include "service/proctorexam/signature.h"
#include "service/rest/authenticating_transport.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::proctorexam {
namespace {

using http::Method;
using testing::OnlyHeader;

constexpr char kKey[] = "the-secret-key";

// The same bits for ever.
class OneNumber : public Random {
 public:
  explicit OneNumber(uint64_t bits) : bits_(bits) {}
  uint64_t Next() override { return bits_; }

 private:
  const uint64_t bits_;
};

class RequestSignerTest : public ::testing::Test {
 protected:
  static http::Request RequestOf(Method method) {
    http::Request request;
    request.method = method;
    request.target = "/student_sessions/7";
    request.headers = {{"Accept", "application/vnd.procwise.v3"}};
    request.parameters = {{"id", int64_t{7}, /*in_path=*/true}, {"name", "Zoë & Søn?=1"}};
    return request;
  }
  // What left, for a method that has it in its body.
  nlohmann::json Body(size_t n) { return nlohmann::json::parse(inner_.request(n).body); }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeTransport inner_;
  keys::KeyRing ring_{{Secret("the-token"), Secret(kKey)}, absl::Minutes(10), clock_};
  rest::AuthenticatingTransport transport_{
      inner_, ring_, {"proctorexam", {401, 403}, RequestSigner(clock_, random_)}};
};

TEST_F(RequestSignerTest, SendsTheParametersOfAPatchSignedInItsBody) {
  for (const Method method : {Method::kPost, Method::kPatch, Method::kPut}) {
    inner_.PrepareAnswer(testing::Answered(200));
    transport_.Start(RequestOf(method), [](http::Outcome) {});
    const size_t n = inner_.sent() - 1;
    const nlohmann::json body = Body(n);
    EXPECT_EQ(inner_.request(n).target, "/student_sessions/7");
    EXPECT_EQ(body.size(), 4u) << body;
    EXPECT_EQ(body.at("name"), "Zoë & Søn?=1");
    ASSERT_TRUE(body.at("nonce").is_string());
    ASSERT_TRUE(body.at("timestamp").is_number_integer());
    EXPECT_EQ(body.at("timestamp"), 1'721'034'000'000);
    const std::string nonce = body.at("nonce");
    EXPECT_EQ(body.at("signature"), Sign({{"id", "7"},
                                          {"name", "Zoë & Søn?=1"},
                                          {"nonce", nonce},
                                          {"timestamp", "1721034000000"}},
                                         Secret(kKey)));
  }
}

TEST_F(RequestSignerTest, SendsThoseOfAGetSignedInItsQuery) {
  for (const Method method : {Method::kGet, Method::kDelete}) {
    transport_.Start(RequestOf(method), [](http::Outcome) {});
    const http::Request& sent = inner_.request(inner_.sent() - 1);
    EXPECT_EQ(sent.body, "");
    const std::pair<std::string, std::string> target =
        absl::StrSplit(sent.target, absl::MaxSplits('?', 1));
    EXPECT_EQ(target.first, "/student_sessions/7");
    std::map<std::string, std::string> query;
    for (const absl::string_view item : absl::StrSplit(target.second, '&')) {
      query.insert(absl::StrSplit(item, absl::MaxSplits('=', 1)));
    }
    EXPECT_EQ(query.size(), 4u);
    EXPECT_EQ(query["name"], "Zo%C3%AB%20%26%20S%C3%B8n%3F%3D1");
    EXPECT_EQ(query["timestamp"], "1721034000000");
    EXPECT_EQ(query["signature"], Sign({{"id", "7"},
                                        {"name", "Zoë & Søn?=1"},
                                        {"nonce", query["nonce"]},
                                        {"timestamp", "1721034000000"}},
                                       Secret(kKey)));
  }
}

TEST_F(RequestSignerTest, SendsTheTokenAndNeverTheSecretKey) {
  for (const Method method : {Method::kGet, Method::kPatch}) {
    transport_.Start(RequestOf(method), [](http::Outcome) {});
    const http::Request& sent = inner_.request(inner_.sent() - 1);
    EXPECT_EQ(OnlyHeader(sent, "Authorization"), "Token token=the-token");
    EXPECT_EQ(OnlyHeader(sent, "Accept"), "application/vnd.procwise.v3");
    for (const http::Header& header : sent.headers) {
      EXPECT_FALSE(absl::StrContains(header.value, kKey));
    }
    EXPECT_FALSE(absl::StrContains(absl::StrCat(sent.target, sent.body), kKey));
  }
}

TEST_F(RequestSignerTest, LeavesTheRestOfTheRequestAsItIs) {
  std::stop_source stop;
  http::Request request = RequestOf(Method::kPatch);
  request.deadline = Instant::FromNanos(77);
  request.cancel = stop.get_token();
  request.max_idle = absl::Seconds(5);
  request.before_send = [] { return false; };
  transport_.Start(std::move(request), [](http::Outcome) {});
  http::Request& sent = inner_.request(0);
  EXPECT_EQ(sent.method, Method::kPatch);
  EXPECT_EQ(sent.deadline, Instant::FromNanos(77));
  EXPECT_EQ(sent.max_idle, absl::Seconds(5));
  ASSERT_TRUE(sent.before_send);
  EXPECT_FALSE(sent.before_send());
  EXPECT_TRUE(sent.parameters.empty()) << "somebody might sign it again";
  stop.request_stop();
  EXPECT_TRUE(sent.cancel.stop_requested());
}

TEST_F(RequestSignerTest, GivesEveryRequestANonceAndATimestampOfItsOwn) {
  std::set<std::string> nonces, signatures;
  for (size_t i = 0; i < 100; ++i) {
    transport_.Start(RequestOf(Method::kPatch), [](http::Outcome) {});
    EXPECT_EQ(Body(i).at("timestamp"), 1'721'034'000'000 + static_cast<int64_t>(i) * 1500);
    nonces.insert(Body(i).at("nonce"));
    signatures.insert(Body(i).at("signature"));
    clock_.Advance(absl::Milliseconds(1500));
  }
  EXPECT_EQ(nonces.size(), 100u);
  EXPECT_EQ(signatures.size(), 100u);
}

TEST_F(RequestSignerTest, SignsARepeatedSendAnew) {
  testing::FakeTimer timer(clock_);
  http::RetryTransport repeating(transport_, http::RetryTransport::Options(), clock_, timer,
                                 random_);
  std::optional<http::Outcome> told;
  repeating.Start(RequestOf(Method::kPatch), [&](http::Outcome o) { told = std::move(o); });
  inner_.Answer(0, testing::Broken(http::ErrorKind::kConnectionLost, http::Phase::kWritten));
  timer.Advance(absl::Seconds(2));
  ASSERT_EQ(inner_.sent(), 2u);
  inner_.Answer(1, testing::Answered(200, "{}"));
  EXPECT_EQ(std::get<http::Response>(told.value()).status, 200);
  EXPECT_EQ(Body(0).at("name"), Body(1).at("name"));
  EXPECT_EQ(Body(1).at("timestamp"), 1'721'034'002'000);
  EXPECT_NE(Body(0).at("nonce"), Body(1).at("nonce"));
  EXPECT_NE(Body(0).at("signature"), Body(1).at("signature"));
  EXPECT_TRUE(OnlyHeader(inner_.request(1), "Authorization").has_value()) << "not twice either";
}

TEST_F(RequestSignerTest, ANonceHas63Bits) {
  const struct {
    uint64_t bits;
    const char* nonce;
  } kCases[] = {
      {0, "0"},
      {0xFFFFFFFFFFFFFFFF, "9223372036854775807"},
      {0x8000000000000001, "1"},
  };
  for (const auto& c : kCases) {
    OneNumber random(c.bits);
    http::Request request = RequestOf(Method::kPatch);
    RequestSigner(clock_, random)(request, {Secret("t"), Secret("s")});
    EXPECT_EQ(nlohmann::json::parse(request.body).at("nonce"), c.nonce);
  }
}

TEST_F(RequestSignerTest, ATimestampIsThatOfTheWallClockCutToTheMillisecond) {
  clock_.Advance(absl::Microseconds(1999));
  transport_.Start(RequestOf(Method::kPatch), [](http::Outcome) {});
  EXPECT_EQ(Body(0).at("timestamp"), 1'721'034'000'001);
}

}  // namespace
}  // namespace gw::proctorexam
