#include "service/rest/preflight_probe.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/fakes.h"
#include "tests/unit/rest/preflight_fixture.h"

namespace gw::rest {
namespace {

using ::testing::ElementsAre;

// Answers at once, or from another thread, and keeps what it was asked for.
class OneAddress : public http::Resolver {
 public:
  http::Addresses Fresh(const std::string&) override { return nullptr; }
  void Resolve(const std::string& host, Once<absl::StatusOr<http::Addresses>> done) override {
    asked.push_back(host);
    auto found = std::make_shared<const std::vector<std::string>>(1, "192.0.2.7");
    if (at_once) return std::move(done)(std::move(found));
    std::thread([done = std::move(done), found]() mutable { std::move(done)(found); }).join();
  }
  bool at_once = false;
  std::vector<std::string> asked;
};

class Refusing : public http::Dialer {
 public:
  http::Dialed Dial(const http::UpstreamOptions&, const std::string& address,
                    http::SocketWait&) const override {
    dialled.push_back(address);
    return {http::DialEnd::kRefused, UniqueFd()};
  }
  mutable std::vector<std::string> dialled;
};

class PreflightProbe : public ::testing::Test {
 protected:
  UpstreamSeen Look(const PreflightTarget& target) {
    return LookAt(target, {resolver_, dialer_, clock_, timer_}, {Instant::Never(), {}});
  }
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  OneAddress resolver_;
  Refusing dialer_;
};

TEST_F(PreflightProbe, LooksUpAndDialsTheUpstream) {
  const UpstreamSeen seen = Look(testing::Concero());
  EXPECT_THAT(resolver_.asked, ElementsAre("portal.example"));
  EXPECT_THAT(dialer_.dialled, ElementsAre("192.0.2.7"));
  EXPECT_FALSE(seen.tls);
  EXPECT_FALSE(seen.answer);
}

TEST_F(PreflightProbe, LooksUpTheProxyAndNeverTheUpstreamWhereThereIsOne) {
  PreflightTarget target = testing::Concero();
  target.http.proxy = http::Proxy{{"proxy.corp", 3128}, Secret("canary:canary")};
  Look(target);
  EXPECT_THAT(resolver_.asked, ElementsAre("proxy.corp"));
}

TEST_F(PreflightProbe, LooksNothingUpForAnAddress) {
  PreflightTarget target = testing::Concero();
  target.http.proxy = http::Proxy{{"192.0.2.9", 3128, /*host_is_address=*/true}, Secret("")};
  const UpstreamSeen seen = Look(target);
  EXPECT_THAT(resolver_.asked, ElementsAre());
  EXPECT_THAT(dialer_.dialled, ElementsAre("192.0.2.9"));
  EXPECT_FALSE(seen.lookup);
}

TEST_F(PreflightProbe, SaysWhetherAnybodyWasAsked) {
  EXPECT_FALSE(Look(testing::Concero()).lookup->known_before);
  resolver_.at_once = true;
  EXPECT_TRUE(Look(testing::Concero()).lookup->known_before);
}

}  // namespace
}  // namespace gw::rest
