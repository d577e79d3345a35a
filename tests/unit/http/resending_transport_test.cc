#include "service/http/resending_transport.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;
using testing::OnlyHeader;

constexpr ErrorKind kAllKinds[] = {
    ErrorKind::kResolve,        ErrorKind::kConnect,    ErrorKind::kTls,
    ErrorKind::kConnectionLost, ErrorKind::kProtocol,   ErrorKind::kTooLarge,
    ErrorKind::kTimeout,        ErrorKind::kDeadline,   ErrorKind::kCancelled,
    ErrorKind::kRefused,        ErrorKind::kOverloaded, ErrorKind::kShutdown,
    ErrorKind::kBadRequest,     ErrorKind::kInternal};
constexpr Phase kAllPhases[] = {Phase::kNotConnected, Phase::kConnected, Phase::kPartlyWritten,
                                Phase::kWritten, Phase::kAnswering};

Outcome Lost(Phase phase = Phase::kWritten) { return Broken(ErrorKind::kConnectionLost, phase); }

class ResendingTransportTest : public ::testing::Test {
 protected:
  void Start(Request request = {}) {
    transport_.Start(std::move(request),
                     [this](Outcome outcome) { told_.push_back(std::move(outcome)); });
  }
  const Response& response() { return std::get<Response>(told_.back()); }
  const TransportError& error() { return std::get<TransportError>(told_.back()); }

  std::vector<Outcome> told_;  // first: told until the last of the others is gone
  testing::FakeTransport inner_;
  ResendingTransport transport_{inner_};
};

TEST_F(ResendingTransportTest, SendsAgainOnlyWhatWasLostBeforeAByteOfTheAnswerCame) {
  for (const ErrorKind kind : kAllKinds) {
    for (const Phase phase : kAllPhases) {
      const size_t before = inner_.sent(), told = told_.size();
      Start();
      inner_.Answer(before, Broken(kind, phase, "as it was"));
      const bool again = kind == ErrorKind::kConnectionLost && phase != Phase::kAnswering;
      EXPECT_EQ(inner_.sent(), before + (again ? 2 : 1)) << ErrorKindName(kind);
      ASSERT_EQ(told_.size(), told + (again ? 0 : 1)) << ErrorKindName(kind);
      if (again) {
        inner_.Answer(before + 1, Answered(200));
        continue;
      }
      EXPECT_EQ(error().kind, kind);
      EXPECT_EQ(error().phase, phase) << ErrorKindName(kind);
      EXPECT_EQ(error().detail, "as it was");
    }
  }
}

TEST_F(ResendingTransportTest, SendsNoAnswerAgain) {
  for (const int status : {200, 302, 404, 408, 429, 500, 503}) {
    const size_t before = inner_.sent();
    Start();
    inner_.Answer(before, Answered(status, "body", "X: y\r\n"));
    EXPECT_EQ(inner_.sent(), before + 1) << status;
    EXPECT_EQ(response().status, status);
    EXPECT_EQ(response().body, "body");
    EXPECT_EQ(response().header_block, "X: y\r\n");
    EXPECT_FALSE(response().repeated) << status;
  }
}

TEST_F(ResendingTransportTest, GivesUpAfterThreeSends) {
  Start();
  for (size_t n = 0; n < 3; ++n) {
    ASSERT_EQ(inner_.sent(), n + 1);
    EXPECT_TRUE(told_.empty());
    inner_.Answer(n, Lost());
  }
  EXPECT_EQ(inner_.sent(), 3u);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(error().kind, ErrorKind::kConnectionLost);
}

TEST_F(ResendingTransportTest, TellsAnAnswerThatItMayHaveBeenExecutedBefore) {
  for (const size_t losses : {1u, 2u}) {
    const size_t before = inner_.sent();
    Start();
    for (size_t n = 0; n < losses; ++n) inner_.Answer(before + n, Lost());
    inner_.Answer(before + losses, Answered(404));
    EXPECT_EQ(response().status, 404);
    EXPECT_TRUE(response().repeated) << losses;
  }
  Start();
  inner_.Answer(inner_.sent() - 1, Answered(404));
  EXPECT_FALSE(response().repeated) << "of another request";
}

TEST_F(ResendingTransportTest, PassesOnWhateverElseARepeatedSendEndsWith) {
  Start();
  inner_.Answer(0, Lost());
  inner_.Answer(1, Lost(Phase::kAnswering));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(error().phase, Phase::kAnswering);
  Start();
  inner_.Answer(2, Lost());
  inner_.Answer(3, Broken(ErrorKind::kTimeout, Phase::kWritten));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(inner_.sent(), 4u);
}

TEST_F(ResendingTransportTest, SendsAgainOnANewConnectionAndElseTheSame) {
  testing::FakeClock clock;
  testing::FakeRandom random;
  const observe::KeyedHash hash(Secret("a-key"));
  std::stop_source cancel;
  int asked = 0;
  Request request;
  request.method = Method::kPatch;
  request.target = "/student_sessions/7";
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  request.body = "{}";
  request.parameters = {{"id", int64_t{7}, /*in_path=*/true}, {"name", "Zoë"}, {"html", true}};
  request.deadline = Instant::FromNanos(77);
  request.cancel = cancel.get_token();
  request.max_idle = absl::Seconds(5);
  request.record = std::make_shared<observe::CallRecord>("r", std::nullopt, hash, clock, random);
  request.before_send = [&] { return ++asked > 0; };
  const Request same = request;
  Start(std::move(request));
  inner_.Answer(0, Lost());
  inner_.Answer(1, Lost());

  ASSERT_EQ(inner_.sent(), 3u);
  for (int n = 0; n < 3; ++n) {
    const Request& sent = inner_.request(static_cast<size_t>(n));
    EXPECT_EQ(sent.max_idle, n == 0 ? absl::Seconds(5) : absl::ZeroDuration()) << n;
    EXPECT_EQ(sent.method, same.method) << n;
    EXPECT_EQ(sent.target, same.target) << n;
    EXPECT_EQ(sent.headers.size(), 2u) << n;
    EXPECT_EQ(OnlyHeader(sent, "Accept"), "application/json") << n;
    EXPECT_EQ(OnlyHeader(sent, "Content-Type"), "application/json") << n;
    EXPECT_EQ(sent.body, "{}") << n;
    EXPECT_EQ(sent.parameters, same.parameters) << n;
    EXPECT_EQ(sent.deadline, same.deadline) << n;
    EXPECT_EQ(sent.cancel, same.cancel) << n;
    EXPECT_EQ(sent.record, same.record) << n;
    EXPECT_FALSE(sent.one_shot) << n;
    ASSERT_TRUE(sent.before_send) << n;
    EXPECT_TRUE(sent.before_send());
    EXPECT_EQ(asked, n + 1) << "asked anew for each send";
  }
  inner_.Answer(2, Answered(200));
}

TEST_F(ResendingTransportTest, LeavesOneShotsAlone) {
  for (const Phase phase : kAllPhases) {
    const size_t before = inner_.sent();
    Request request;
    request.one_shot = true;
    request.max_idle = absl::Seconds(2);
    Start(std::move(request));
    EXPECT_TRUE(inner_.request(before).one_shot);
    EXPECT_EQ(inner_.request(before).max_idle, absl::Seconds(2));
    inner_.Answer(before, Lost(phase));
    EXPECT_EQ(inner_.sent(), before + 1);
    ASSERT_FALSE(inner_.waits(inner_.sent() - 1)) << "it was sent again";
    EXPECT_EQ(error().kind, ErrorKind::kConnectionLost);
    EXPECT_EQ(error().phase, phase);
  }
}

TEST_F(ResendingTransportTest, TellsOnceOfARequestThatIsDroppedAndSendsItNoMore) {
  Start();
  inner_.Drop(0);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(error().kind, ErrorKind::kCancelled);
  Start();
  inner_.Answer(1, Lost());
  inner_.Drop(2);
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(inner_.sent(), 3u);
}

TEST_F(ResendingTransportTest, WorksOnATransportThatCompletesWithinStart) {
  for (const Outcome& outcome : {Lost(), Lost(), Answered(200, "third")}) {
    inner_.PrepareAnswer(outcome);
  }
  Start();
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(response().body, "third");
  for (int i = 0; i < 3; ++i) inner_.PrepareAnswer(Lost());
  Start();
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(inner_.sent(), 6u);
}

TEST(ResendingTransport, AnAnswerIsNoRepeatedOneWhenNothingHadBeenSentBefore) {
  for (const Phase phase : {Phase::kNotConnected, Phase::kConnected}) {
    testing::FakeTransport inner;
    ResendingTransport transport(inner);
    inner.PrepareAnswer(Broken(ErrorKind::kConnectionLost, phase));
    inner.PrepareAnswer(Answered(404));
    std::optional<Outcome> told;
    transport.Start({}, [&](Outcome outcome) { told = std::move(outcome); });
    EXPECT_FALSE(std::get<Response>(told.value()).repeated);
  }
}

TEST_F(ResendingTransportTest, CountsTheSendsAfterTheFirst) {
  EXPECT_EQ(transport_.resent(), 0u);
  inner_.PrepareAnswer(Lost());
  inner_.PrepareAnswer(Lost());
  inner_.PrepareAnswer(Lost());
  Start();
  EXPECT_EQ(transport_.resent(), 2u);
  inner_.PrepareAnswer(Answered(200));
  Start();
  EXPECT_EQ(transport_.resent(), 2u);
}

}  // namespace
}  // namespace gw::http
