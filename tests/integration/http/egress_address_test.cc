// To which addresses the engine connects when an upstream's name leads to them.
#include <gmock/gmock.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/http/upstream_status.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/support/fakes.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using http::CachingResolver;
using http::ErrorKind;
using http::Phase;
using ::testing::HasSubstr;
using ::testing::Not;
using Found = absl::StatusOr<std::vector<std::string>>;

http::EgressPolicy Allowing(const std::vector<const char*>& networks) {
  std::vector<IpNetwork> parsed;
  for (const char* network : networks) parsed.push_back(IpNetwork::Parse(network).value());
  return http::EgressPolicy(parsed);
}

CachingResolver::Lookup LeadingTo(std::vector<std::string> addresses) {
  return [addresses = std::move(addresses)](const std::string&) { return Found(addresses); };
}

struct Case {
  const char* name;
  std::vector<std::string> addresses;
  std::vector<const char*> allow_private;
  bool connected;
};

// The server listens at 127.0.0.1.
const Case kCases[] = {
    {"Loopback", {"127.0.0.1"}, {}, false},
    {"LoopbackThatIsPermitted", {"127.0.0.1"}, {"127.0.0.0/8"}, true},
    {"LoopbackByAnotherPermission", {"127.0.0.1"}, {"10.0.0.0/8", "::1/128"}, false},
    {"Ipv6Loopback", {"::1"}, {}, false},
    {"MappedLoopback", {"::ffff:127.0.0.1"}, {}, false},
    {"MappedLoopbackThatIsPermitted", {"::ffff:127.0.0.1"}, {"127.0.0.1/32"}, true},
    {"TheAddressThatMeansThisMachine", {"0.0.0.0"}, {}, false},
    {"SeveralPrivateOnes", {"10.0.0.1", "192.168.0.1", "fd00::1"}, {}, false},
    {"OneThatIsPermittedAfterOneThatIsNot", {"127.0.0.2", "127.0.0.1"}, {"127.0.0.1/32"}, true},
    {"OneThatIsPermittedBeforeOneThatIsNot", {"127.0.0.1", "127.0.0.2"}, {"127.0.0.1/32"}, true},
    {"OneThatIsPermittedAfterManyThatAreNot",
     {"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1", "fd00::1", "127.0.0.1"},
     {"127.0.0.1/32"},
     true},
    {"OneWithAZoneIsPassedOver", {"fe80::1%lo", "127.0.0.1"}, {"0.0.0.0/0", "::/0"}, true},
    {"TheOtherFamilyIsPermitted", {"::1", "127.0.0.1"}, {"127.0.0.1/32"}, true},
};

class Name : public ::testing::TestWithParam<Case> {};

TEST_P(Name, LeadsToPermittedAddressesOnly) {
  const Case& c = GetParam();
  ScriptedServer server(&AnswerAll);
  http::UpstreamOptions options = ByName(OptionsFor(server.url(), server.port()));
  options.egress = Allowing(c.allow_private);
  // libcurl would take half of it before it turns to the next address.
  options.connect_timeout = absl::Hours(24);
  Engine engine(options, LeadingTo(c.addresses));
  bool asked = false;
  http::Request request = OneShot("/", "{}");
  request.before_send = [&asked] { return asked = true; };
  const http::Outcome outcome = engine.Send(std::move(request));
  EXPECT_EQ(asked, c.connected);
  if (c.connected) {
    EXPECT_EQ(AsResponse(outcome).status, 200);
    EXPECT_EQ(server.accepted(), 1);
    return;
  }
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kAddressRefused) << AsError(outcome).detail;
  EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
  EXPECT_THAT(AsError(outcome).detail, HasSubstr("upstream.test leads to"));
  for (const std::string& address : c.addresses) {
    EXPECT_THAT(AsError(outcome).detail, HasSubstr(address + " ("));
  }
  const absl::Status status = http::StatusOf(outcome, {"concero", {}, ""});
  EXPECT_EQ(GetFailure(status).reason, Reason::kEgressRefused);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(c.addresses[0])));
  EXPECT_EQ(server.accepted(), 0);
  EXPECT_EQ(engine.loop().counts().opened, 0u) << "no socket is opened";
}

INSTANTIATE_TEST_SUITE_P(Of, Name, ::testing::ValuesIn(kCases),
                         [](const auto& param) { return param.param.name; });

TEST(NameWithAPermittedAddress, ThatIsDeadIsAConnectionFailureThatTellsOfTheOthers) {
  http::UpstreamOptions options = ByName(OptionsFor("http://127.0.0.1:1", UnusedPort()));
  options.egress = Allowing({"127.0.0.1/32"});
  Engine engine(options, LeadingTo({"127.0.0.2", "127.0.0.1"}));
  const http::Outcome outcome = engine.Send(Get("/"));
  EXPECT_EQ(AsError(outcome).kind, ErrorKind::kConnect);
  EXPECT_THAT(AsError(outcome).detail, HasSubstr("127.0.0.2 (loopback)"));
}

TEST(AddressWrittenInTheUrl, IsItsOwnPermission) {
  ScriptedServer server(&AnswerAll);
  http::UpstreamOptions options = OptionsFor(server.url(), server.port());
  options.egress = http::EgressPolicy();
  Engine engine(options);
  EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
}

// A name that is taken over between two requests.
TEST(NameThatMoves, IsJudgedAnewForEachConnection) {
  ScriptedServer server([](ServerConnection& connection) {
    if (connection.Read()) connection.Answer(200, "{}", "Connection: close\r\n");
  });
  http::UpstreamOptions options = ByName(OptionsFor(server.url(), server.port()));
  options.egress = Allowing({"127.0.0.1/32"});
  FakeClock clock;
  auto lookups = std::make_shared<std::atomic<int>>(0);
  CachingResolver resolver(clock, [lookups](const std::string&) {
    return Found({++*lookups == 1 ? "127.0.0.1" : "127.0.0.2"});
  });
  http::CurlLoop loop(options, resolver, SystemClock());
  std::thread thread([&] { loop.Run(); });
  const auto send = [&] {
    Outcomes outcomes;
    loop.Start(Get("/"), outcomes.Expect());
    outcomes.Await();
    return outcomes.all()[0].at(0);
  };
  EXPECT_EQ(AsResponse(send()).status, 200);
  clock.Advance(absl::Seconds(31));
  EXPECT_EQ(AsResponse(send()).status, 200) << "the last good address, while the name is looked up";
  while (resolver.Fresh("upstream.test") == nullptr) std::this_thread::yield();
  EXPECT_EQ(AsError(send()).kind, ErrorKind::kAddressRefused);
  loop.Stop();
  thread.join();
}

// The options disagree about the port, so that libcurl finds no address for its URL, and looks
// `localhost` up by itself: the last word is spoken when a socket is to be opened.
TEST(Socket, IsNotOpenedToAnAddressThatIsNotPermittedWhereverItComesFrom) {
  ScriptedServer server(&AnswerAll);
  http::UpstreamOptions options = OptionsFor(server.url(), 1);
  options.base_url = absl::StrCat("http://localhost:", server.port());
  options.host = "localhost";
  options.host_is_address = false;
  for (const bool permitted : {false, true}) {
    if (permitted) options.egress = PermitLoopback();
    Engine engine(options, LeadingTo({"93.184.216.34"}));
    const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
    if (permitted) {
      EXPECT_EQ(AsResponse(outcome).status, 200);
      continue;
    }
    EXPECT_EQ(AsError(outcome).kind, ErrorKind::kAddressRefused) << AsError(outcome).detail;
    EXPECT_EQ(AsError(outcome).phase, Phase::kNotConnected);
    EXPECT_THAT(AsError(outcome).detail, HasSubstr("127.0.0.1 (loopback)"));
    EXPECT_EQ(engine.loop().counts().opened, 0u);
  }
}

}  // namespace
}  // namespace gw::testing
