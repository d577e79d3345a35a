#include "service/http/large_answer_transport.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/fake_transport.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;

class LargeAnswers : public ::testing::Test {
 protected:
  void Start() {
    transport_.Start({}, [this](Outcome outcome) { told_ = std::move(outcome); });
  }

  std::optional<Outcome> told_;
  testing::FakeTransport inner_;
  std::vector<absl::AnyInvocable<void()>> elsewhere_;
  LargeAnswerTransport transport_{inner_, [this](auto fn) { elsewhere_.push_back(std::move(fn)); }};
};

TEST_F(LargeAnswers, AreCompletedElsewhereWithNothingLost) {
  Start();
  const std::string body(LargeAnswerTransport::kLarge + 1, 'x');
  inner_.Answer(0, Answered(200, body, "A: b\r\n"));
  EXPECT_FALSE(told_.has_value());
  ASSERT_EQ(elsewhere_.size(), 1u);
  elsewhere_[0]();
  const auto& response = std::get<Response>(told_.value());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, body);
  EXPECT_EQ(response.Header("a"), "b");
}

TEST_F(LargeAnswers, AloneAreCompletedElsewhere) {
  Start();
  inner_.Answer(0, Answered(200, std::string(LargeAnswerTransport::kLarge, 'x')));
  EXPECT_EQ(std::get<Response>(told_.value()).body.size(), LargeAnswerTransport::kLarge);
  Start();
  inner_.Answer(1, Broken(ErrorKind::kConnectionLost));
  EXPECT_EQ(std::get<TransportError>(told_.value()).kind, ErrorKind::kConnectionLost);
  EXPECT_TRUE(elsewhere_.empty());
}

TEST_F(LargeAnswers, AreAskedForByTheRequestAsItIs) {
  Request request;
  request.target = "/examinations";
  request.one_shot = true;
  transport_.Start(std::move(request), [](Outcome) {});
  EXPECT_EQ(inner_.request(0).target, "/examinations");
  EXPECT_TRUE(inner_.request(0).one_shot);
}

}  // namespace
}  // namespace gw::http
