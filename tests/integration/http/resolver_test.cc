// The resolver, and the engine with an upstream by name.
#include "service/http/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/http/engine_fixture.h"
#include "tests/support/fakes.h"
#include "tests/support/scripted_server.h"

namespace gw::testing {
namespace {

using http::Addresses;
using http::CachingResolver;
using Found = absl::StatusOr<std::vector<std::string>>;

absl::StatusOr<Addresses> Ask(http::Resolver& resolver, const std::string& host) {
  std::promise<absl::StatusOr<Addresses>> promise;
  resolver.Resolve(host, [&](auto addresses) { promise.set_value(std::move(addresses)); });
  return promise.get_future().get();
}

TEST(Resolver, KeepsAnAnswerForThirtySecondsAndGivesItOnceMoreWhileItLooksAgain) {
  FakeClock clock;
  auto lookups = std::make_shared<std::atomic<int>>(0);
  CachingResolver resolver(clock, [lookups](const std::string&) {
    return Found({absl::StrCat("10.0.0.", ++*lookups)});
  });
  EXPECT_EQ(resolver.Fresh("a"), nullptr);
  EXPECT_EQ(Ask(resolver, "a").value()->at(0), "10.0.0.1");
  clock.Advance(absl::Milliseconds(29999));
  EXPECT_EQ(resolver.Fresh("a")->at(0), "10.0.0.1");
  EXPECT_EQ(Ask(resolver, "a").value()->at(0), "10.0.0.1");
  EXPECT_EQ(*lookups, 1);
  clock.Advance(absl::Milliseconds(1));
  EXPECT_EQ(resolver.Fresh("a"), nullptr);
  EXPECT_EQ(Ask(resolver, "a").value()->at(0), "10.0.0.1");
  while (resolver.Fresh("a") == nullptr) std::this_thread::yield();
  EXPECT_EQ(resolver.Fresh("a")->at(0), "10.0.0.2");
}

TEST(Resolver, GivesTheLastGoodAnswerWhileALookupHangs) {
  FakeClock clock;
  auto release = std::make_shared<std::atomic<bool>>(true);
  CachingResolver resolver(clock, [release](const std::string&) -> Found {
    while (!*release) std::this_thread::yield();
    return std::vector<std::string>{"10.0.0.1"};
  });
  const Addresses first = Ask(resolver, "a").value();
  *release = false;
  clock.Advance(absl::Hours(1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(resolver, "a").value(), first);
  *release = true;
}

TEST(Resolver, KeepsTheLastGoodAnswerWhileLookupsFail) {
  FakeClock clock;
  auto fails = std::make_shared<std::atomic<bool>>(false);
  auto lookups = std::make_shared<std::atomic<int>>(0);
  CachingResolver resolver(clock, [fails, lookups](const std::string&) -> Found {
    ++*lookups;
    if (*fails) return absl::UnavailableError("no server");
    return std::vector<std::string>{"10.0.0.1"};
  });
  const Addresses first = Ask(resolver, "a").value();
  *fails = true;
  clock.Advance(absl::Hours(24));
  EXPECT_EQ(Ask(resolver, "a").value(), first);
  while (resolver.Fresh("a") == nullptr) std::this_thread::yield();
  EXPECT_EQ(*lookups, 2);
  EXPECT_EQ(Ask(resolver, "a").value(), first) << "a failed lookup is not repeated for every call";
  EXPECT_EQ(*lookups, 2);
  clock.Advance(CachingResolver::kKeepAfterFailure);
  EXPECT_EQ(Ask(resolver, "a").value(), first);
  while (*lookups < 3) std::this_thread::yield();
}

TEST(Resolver, FailsWhenANameNeverHadAnAddress) {
  FakeClock clock;
  CachingResolver failing(clock, [](const std::string&) -> Found {
    return absl::UnavailableError("looking up a: Name or service not known");
  });
  EXPECT_EQ(Ask(failing, "a").status().code(), absl::StatusCode::kUnavailable);
  CachingResolver empty(clock,
                        [](const std::string&) -> Found { return std::vector<std::string>{}; });
  EXPECT_EQ(Ask(empty, "a").status().code(), absl::StatusCode::kUnavailable);
}

TEST(Resolver, LooksANameUpOnceHoweverManyAsk) {
  FakeClock clock;
  auto release = std::make_shared<std::atomic<bool>>(false);
  auto lookups = std::make_shared<std::atomic<int>>(0);
  CachingResolver resolver(clock, [release, lookups](const std::string&) -> Found {
    ++*lookups;
    while (!*release) std::this_thread::yield();
    return std::vector<std::string>{"10.0.0.1"};
  });
  std::atomic<int> answered{0};
  for (int i = 0; i < 500; ++i) {
    resolver.Resolve("a", [&](auto addresses) { answered += addresses.ok() ? 1 : 0; });
  }
  *release = true;
  while (answered < 500) std::this_thread::yield();
  EXPECT_EQ(*lookups, 1);
}

TEST(Resolver, AnswersForOneNameWhileAnotherIsStuck) {
  FakeClock clock;
  auto release = std::make_shared<std::atomic<bool>>(false);
  CachingResolver resolver(clock, [release](const std::string& host) -> Found {
    while (host == "stuck" && !*release) std::this_thread::yield();
    return std::vector<std::string>{"10.0.0.1"};
  });
  std::promise<void> stuck_answered;
  resolver.Resolve("stuck", [&](auto) { stuck_answered.set_value(); });
  EXPECT_TRUE(Ask(resolver, "other").ok());
  *release = true;
  stuck_answered.get_future().wait();
}

TEST(Resolver, TellsWaitersOfItsEndWithoutWaitingForAStuckLookup) {
  FakeClock clock;
  auto release = std::make_shared<std::atomic<bool>>(false);
  auto resolver = std::make_unique<CachingResolver>(clock, [release](const std::string&) -> Found {
    while (!*release) std::this_thread::yield();
    return std::vector<std::string>{"10.0.0.1"};
  });
  std::vector<absl::Status> seen;
  resolver->Resolve("a", [&](auto addresses) { seen.push_back(addresses.status()); });
  resolver.reset();
  *release = true;
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_TRUE(absl::IsCancelled(seen[0]));
}

// Not by a name: which ones a machine knows, localhost included, is its own affair.
TEST(Resolver, AsksTheSystem) {
  for (const std::string address : {"127.0.0.1", "::1"}) {
    const Found found = http::SystemLookup(address);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, std::vector<std::string>{address});
  }
}

TEST(EngineByName, ConnectsToTheAddressThatTheResolverGaveAndNamesTheHost) {
  std::promise<std::string> head;
  ScriptedServer server([&](ServerConnection& connection) {
    auto request = connection.Read();
    if (!request) return;
    head.set_value(request->head);
    connection.Answer(200, "{}");
    while (connection.Read()) connection.Answer(200, "{}");
  });
  const http::UpstreamOptions options = ByName(OptionsFor(server.url(), server.port()));
  auto lookups = std::make_shared<std::atomic<int>>(0);
  Engine engine(options, [lookups](const std::string& host) -> Found {
    ++*lookups;
    if (host != "upstream.test") return absl::UnavailableError("another name");
    return std::vector<std::string>{"127.0.0.1"};
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(AsResponse(engine.Send(Get("/"))).status, 200);
  EXPECT_NE(head.get_future().get().find(absl::StrCat("Host: upstream.test:", server.port())),
            std::string::npos);
  EXPECT_EQ(*lookups, 1);
  EXPECT_EQ(server.accepted(), 1);
}

TEST(EngineByName, GoesToTheNewAddressOnceItIsKnown) {
  ScriptedServer server([&](ServerConnection& connection) {
    if (connection.Read()) connection.Answer(200, "{}", "Connection: close\r\n");
  });
  const http::UpstreamOptions options = ByName(OptionsFor(server.url(), server.port()));
  FakeClock clock;
  auto lookups = std::make_shared<std::atomic<int>>(0);
  // At first an address of loopback at which nobody listens.
  CachingResolver resolver(clock, [lookups](const std::string&) -> Found {
    return std::vector<std::string>{++*lookups == 1 ? "127.0.0.77" : "127.0.0.1"};
  });
  http::CurlLoop loop(options, resolver, SystemClock());
  std::thread thread([&] { loop.Run(); });
  const auto send = [&] {
    Outcomes outcomes;
    loop.Start(Get("/"), outcomes.Expect());
    outcomes.Await();
    return outcomes.all()[0].at(0);
  };
  EXPECT_EQ(AsError(send()).kind, http::ErrorKind::kConnect);
  clock.Advance(absl::Seconds(31));
  EXPECT_EQ(AsError(send()).kind, http::ErrorKind::kConnect) << "the change is noticed one late";
  while (resolver.Fresh("upstream.test") == nullptr) std::this_thread::yield();
  EXPECT_EQ(AsResponse(send()).status, 200);
  loop.Stop();
  thread.join();
}

TEST(EngineByName, IsToldTheAddressAlsoWhenTheFirstRequestIsCancelledAtOnce) {
  ScriptedServer server([&](ServerConnection& connection) {
    while (connection.Read()) connection.Answer(200, "{}");
  });
  const http::UpstreamOptions options = ByName(OptionsFor(server.url(), server.port()));
  auto release = std::make_shared<std::atomic<bool>>(false);
  CachingResolver resolver(SystemClock(), [release](const std::string&) -> Found {
    while (!*release) std::this_thread::yield();
    return std::vector<std::string>{"127.0.0.1"};
  });
  http::CurlLoop loop(options, resolver, SystemClock());
  // The address and the cancel reach the loop at about the same time.
  std::stop_source cancel;
  http::Request first = Get("/");
  first.cancel = cancel.get_token();
  Outcomes outcomes;
  loop.Start(std::move(first), outcomes.Expect());
  std::thread thread([&] { loop.Run(); });
  *release = true;
  while (resolver.Fresh("upstream.test") == nullptr) std::this_thread::yield();
  cancel.request_stop();
  outcomes.Await();
  Outcomes second;
  loop.Start(Get("/"), second.Expect());
  second.Await();
  EXPECT_EQ(AsResponse(second.all()[0].at(0)).status, 200);
  loop.Stop();
  thread.join();
}

TEST(EngineByName, SaysThatNothingWasSentWhenTheNameHasNoAddress) {
  const http::UpstreamOptions options = ByName(OptionsFor("http://127.0.0.1:1", 1));
  Engine engine(options,
                [](const std::string&) -> Found { return absl::UnavailableError("no such name"); });
  const http::Outcome outcome = engine.Send(OneShot("/", "{}"));
  EXPECT_EQ(AsError(outcome).kind, http::ErrorKind::kResolve);
  EXPECT_TRUE(AsError(outcome).NothingSent());
}

}  // namespace
}  // namespace gw::testing
