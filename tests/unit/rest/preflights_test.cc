#include "service/rest/preflights.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/base/failure.h"
#include "tests/support/fakes.h"
#include "tests/unit/rest/preflight_fixture.h"

namespace gw::rest {
namespace {

using ::testing::ElementsAre;
using Answer = absl::StatusOr<Preflights::Results>;

class NoResolver : public http::Resolver {
 public:
  http::Addresses Fresh(const std::string&) override { return nullptr; }
  void Resolve(const std::string&, Once<absl::StatusOr<http::Addresses>> done) override {
    std::move(done)(absl::UnavailableError("there are no names here"));
  }
};

// Refuses every connection: a round waits in its first one until it is let go.
class GatedDialer : public http::Dialer {
 public:
  http::Dialed Dial(const http::UpstreamOptions&, const std::string&,
                    http::SocketWait&) const override {
    ++dials_;
    dials_.notify_all();
    gate_.wait();
    return {http::DialEnd::kRefused, UniqueFd()};
  }
  void AwaitDials(int n) const {
    for (int now = dials_; now < n; now = dials_) dials_.wait(now);
  }
  void LetGo() { gate_.count_down(); }
  int dials() const { return dials_; }

 private:
  mutable std::atomic<int> dials_{0};
  mutable std::latch gate_{1};
};

class PreflightsTest : public ::testing::Test {
 protected:
  static PreflightTarget Plain(PreflightTarget target, const std::string& address) {
    target.http.base_url = "http://" + address;
    target.http.host = address;
    target.http.host_is_address = true;
    return target;
  }

  std::future<Answer> Ask(std::vector<std::string> upstreams = {}, CallContext context = {}) {
    auto told = std::make_shared<std::promise<Answer>>();
    preflights_.Run(std::move(upstreams), context,
                    [told](Answer answer) { told->set_value(std::move(answer)); });
    return told->get_future();
  }

  static std::vector<std::string> NamesOf(const Answer& answer) {
    std::vector<std::string> names;
    for (const auto& one : answer.value()) names.push_back(one.upstream);
    return names;
  }

  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  NoResolver resolver_;
  GatedDialer dialer_;
  Preflights preflights_{
      {Plain(testing::Concero(), "203.0.113.80"), Plain(testing::ProctorExam(), "203.0.113.90")},
      std::nullopt,
      {resolver_, dialer_, clock_, timer_}};
};

TEST_F(PreflightsTest, LooksAtAllSideBySideAndTellsInOrder) {
  auto answer = Ask();
  dialer_.AwaitDials(2);  // though none of them is over
  dialer_.LetGo();
  const Answer told = answer.get();
  EXPECT_THAT(NamesOf(told), ElementsAre("concero", "proctorexam"));
  EXPECT_EQ(told->at(1).checks.at(1).seen, "203.0.113.90:443 refused");
}

TEST_F(PreflightsTest, LooksOnlyAtWhatIsNamedOnceEach) {
  dialer_.LetGo();
  EXPECT_THAT(NamesOf(Ask({"proctorexam", "proctorexam"}).get()), ElementsAre("proctorexam"));
  EXPECT_EQ(dialer_.dials(), 1);
}

TEST_F(PreflightsTest, ShareTheRoundAfterTheOneThatRuns) {
  auto first = Ask({"concero"});
  dialer_.AwaitDials(1);
  auto second = Ask({"concero"}), third = Ask({"proctorexam"}), fourth = Ask({"concero"});
  dialer_.LetGo();
  EXPECT_THAT(NamesOf(first.get()), ElementsAre("concero"));
  EXPECT_THAT(NamesOf(second.get()), ElementsAre("concero"));
  EXPECT_THAT(NamesOf(third.get()), ElementsAre("proctorexam"));
  EXPECT_THAT(NamesOf(fourth.get()), ElementsAre("concero"));
  EXPECT_EQ(dialer_.dials(), 3) << "one for the first, two for the three together";
}

TEST_F(PreflightsTest, TellsWhoStoppedWaiting) {
  std::stop_source cancel;
  auto late = Ask({}, {clock_.Now() + absl::Seconds(5), {}});
  auto cancelled = Ask({}, {Instant::Never(), cancel.get_token()});
  dialer_.AwaitDials(2);
  timer_.Advance(absl::Seconds(5));
  cancel.request_stop();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.get().status()));
  EXPECT_TRUE(absl::IsCancelled(cancelled.get().status()));
  dialer_.LetGo();
}

TEST_F(PreflightsTest, LooksNoLongerThanItsMostPatientCallerWaits) {
  dialer_.LetGo();
  const Answer told = Ask({"concero"}, {clock_.Now() + absl::Milliseconds(100), {}}).get();
  EXPECT_EQ(told->at(0).checks.at(1).seen, "no time was left for it");
  EXPECT_EQ(dialer_.dials(), 0);
}

TEST_F(PreflightsTest, AreStoppedForThoseWhoWaitAndThoseWhoCome) {
  auto running = Ask(), next = Ask();
  dialer_.AwaitDials(2);
  auto stopped = std::async(std::launch::async, [&] { preflights_.Stop(); });
  for (auto* answer : {&running, &next}) {
    EXPECT_EQ(GetFailure(answer->get().status()).reason, Reason::kShuttingDown);
  }
  EXPECT_EQ(GetFailure(Ask().get().status()).reason, Reason::kShuttingDown);
  dialer_.LetGo();
  stopped.get();
  EXPECT_EQ(dialer_.dials(), 2) << "nothing was begun any more";
}

TEST_F(PreflightsTest, KnowWhatTheyCanLookAt) {
  EXPECT_TRUE(preflights_.Has("concero"));
  EXPECT_FALSE(preflights_.Has("another"));
}

}  // namespace
}  // namespace gw::rest
