#include "service/admin/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "service/admin/status_codec.h"
#include "service/admin/verdict.h"
#include "tests/unit/admin/status_fixture.h"

namespace gw::admin {
namespace {

using testing::FullStatus;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(const Status& status) { return StatusPage(status, {}); }

// What stands in `<data … data-metric="metric">…</data>`: its value and its text.
std::string Shown(const std::string& page, const std::string& metric) {
  const size_t at = page.find("data-metric=\"" + metric + "\"");
  if (at == std::string::npos) return "(none)";
  const size_t value = page.rfind("value=\"", at) + 7, text = page.find('>', at) + 1;
  return page.substr(value, page.find('"', value) - value) + ": " +
         page.substr(text, page.find('<', text) - text);
}

TEST(StatusPage, SaysThatAllIsWellOnlyWhenItIs) {
  Status status = FullStatus();
  EXPECT_EQ(Verdict(status), "Serving; all is well");
  status.serving = observe::Serving::kDraining;
  EXPECT_EQ(Verdict(status), "Draining: it was told to stop");
  status.serving = observe::Serving::kStarting;
  EXPECT_EQ(Verdict(status), "Starting");
}

TEST(StatusPage, SaysWhatFailsAndWhatWaitsForPeople) {
  Status status = FullStatus();
  status.components[0] = {"concero", false, "UPSTREAM_KEY_REJECTED", "open"};
  status.ledger->rows[0].second = 1;
  status.ledger->owed = 2;
  EXPECT_EQ(Verdict(status),
            "Serving; concero fails: UPSTREAM_KEY_REJECTED; concero's breaker is open; "
            "1 allocation in doubt; 2 outcomes not recorded yet");
  status.ledger->rows[0].second = 3;
  EXPECT_THAT(Verdict(status), HasSubstr("; 3 allocations in doubt"));
}

TEST(StatusPage, SaysThatACertificateIsOverOrEndsSoon) {
  Status status = FullStatus();
  status.certificates[0].not_after = status.now;
  EXPECT_EQ(Verdict(status), "Serving; certificate grpc_tls is over");
  status.certificates[0].not_after = status.now + absl::Hours(24 * 21) - absl::Seconds(1);
  EXPECT_EQ(Verdict(status), "Serving; certificate grpc_tls ends in 20 d 23 h");
  status.certificates[0].not_after += absl::Seconds(1);
  EXPECT_EQ(Verdict(status), "Serving; all is well");
}

TEST(StatusPage, SaysWhatFailsBeforeWhatWaitsForPeople) {
  Status status = FullStatus();
  status.ledger->owed = 1;
  status.certificates[0].not_after = status.now;
  status.certificates.push_back({"another", status.now + absl::Hours(48)});
  EXPECT_EQ(Verdict(status),
            "Serving; certificate grpc_tls is over; 1 outcome not recorded yet; "
            "certificate another ends in 2 d");
}

TEST(StatusPage, IsColoredByEachThingThatItNames) {
  const struct {
    const char* color;
    void (*happens)(Status&);
  } kCases[] = {
      {"good", [](Status&) {}},
      {"warn", [](Status& status) { status.serving = observe::Serving::kDraining; }},
      {"warn", [](Status& status) { status.ledger->rows[0].second = 1; }},
      {"warn", [](Status& status) { status.ledger->owed = 1; }},
      {"warn",
       [](Status& status) { status.certificates[0].not_after = status.now + absl::Hours(1); }},
      {"bad", [](Status& status) { status.certificates[0].not_after = status.now; }},
      {"bad", [](Status& status) { status.components[0].breaker = "open"; }},
      {"bad", [](Status& status) { status.components[1].well = false; }},
  };
  for (const auto& [color, happens] : kCases) {
    Status status = FullStatus();
    happens(status);
    const std::string page = Page(status);
    EXPECT_THAT(page, HasSubstr(std::string("<div class=\"state ") + color)) << Verdict(status);
    const bool marked = page.find("<title>! ") != std::string::npos;
    EXPECT_EQ(marked, std::string(color) != "good") << Verdict(status);
    const bool well = Verdict(status) == "Serving; all is well";
    EXPECT_EQ(well, std::string(color) == "good") << Verdict(status);
  }
}

TEST(StatusPage, IsColoredByTheWorstThing) {
  Status status = FullStatus();
  EXPECT_THAT(Page(status), HasSubstr("<div class=\"state good\">"));
  status.ledger->rows[0].second = 1;
  EXPECT_THAT(Page(status), HasSubstr("<div class=\"state warn\">"));
  EXPECT_THAT(Page(status), HasSubstr("<section id=\"ledger\" class=\"alarm\">"));
  status.components[1] = {"ledger", false, "LEDGER_UNAVAILABLE", ""};
  EXPECT_THAT(Page(status), HasSubstr("<div class=\"state bad\">"));
}

TEST(StatusPage, NamesTheMetricThatANumberIs) {
  const std::string page = Page(FullStatus());
  EXPECT_EQ(Shown(page, "gateway_ledger_rows{state=&quot;SUCCEEDED&quot;}"),
            "1234567: 1\u2009234\u2009567");
  EXPECT_EQ(Shown(page, "gateway_cache_age_seconds"), "30: 30 s");
  EXPECT_EQ(Shown(page, "http_client_active_requests{upstream=&quot;concero&quot;}"), "7: 7");
  EXPECT_EQ(Shown(page, "gateway_clock_skew_seconds{upstream=&quot;concero&quot;}"), "1.5: 1.5 s");
  EXPECT_EQ(Shown(page, "gateway_held_bytes"), "4096: 4.0 KiB");
  EXPECT_EQ(Shown(page, "gateway_key_age_seconds{key=&quot;concero_api_key&quot;}"),
            "93600: 1 d 2 h");
  EXPECT_EQ(
      Shown(page, "gateway_component_failing{component=&quot;ledger&quot;,reason=&quot;&quot;}"),
      "0: well");
}

TEST(StatusPage, HasWhatIsInDoubtFirstInTheLedger) {
  const std::string page = Page(FullStatus());
  const size_t ledger = page.find("id=\"ledger\"");
  EXPECT_LT(page.find("IN_DOUBT", ledger), page.find("PENDING", ledger));
}

TEST(StatusPage, DrawsTheHourWithItsNumbers) {
  const std::string page = Page(FullStatus());
  EXPECT_THAT(page, HasSubstr("Requests: 30 in the last hour, at most 20 a minute"));
  EXPECT_THAT(page, HasSubstr("refused by it (4xx) 1"));
  EXPECT_THAT(page, HasSubstr("<title>49 min ago: 10 in all, 1 refused, 1 failed</title>"));
  EXPECT_THAT(page, HasSubstr("<title>this minute: p50 10 ms, p99 100 ms</title>"));
  EXPECT_THAT(page, HasSubstr("Time taken: p99 at most 200 ms"));
  // Half as many as in the largest minute: as high as half of the chart, in three colors.
  EXPECT_THAT(page,
              HasSubstr("<rect class=\"failed\" x=\"40\" y=\"45.6\" width=\"3\" height=\"2.4\"/>"));
  EXPECT_THAT(
      page, HasSubstr("<rect class=\"refused\" x=\"40\" y=\"43.2\" width=\"3\" height=\"2.4\"/>"));
  EXPECT_THAT(page,
              HasSubstr("<rect class=\"well\" x=\"40\" y=\"24.0\" width=\"3\" height=\"19.2\"/>"));
}

TEST(StatusPage, LeavesOutWhatIsNotThere) {
  Status status = FullStatus();
  status.cache.reset();
  EXPECT_THAT(Page(status), HasSubstr("There is none yet"));
  status.ledger.reset();
  const std::string page = Page(status);
  for (const char* section : {"id=\"ledger\"", "id=\"cache\""}) {
    EXPECT_THAT(page, Not(HasSubstr(section)));
  }
  status.callers.clear();
  EXPECT_THAT(Page(status), HasSubstr("Nobody has called."));
}

TEST(StatusPage, TellsHowTheCacheIs) {
  Status status = FullStatus();
  const auto tag = [&] {
    const std::string page = Page(status);
    const size_t at = page.find("<p><span class=\"tag ", page.find("id=\"cache\""));
    return page.substr(at, page.find("</span>", at) - at);
  };
  EXPECT_THAT(tag(), HasSubstr("good\">fresh"));
  status.cache->stale = true;
  EXPECT_THAT(tag(), HasSubstr("warn\">stale"));
  status.cache->age = status.cache->allowed_age + absl::Seconds(1);
  EXPECT_THAT(tag(), HasSubstr("warn\">old: it is fetched when somebody asks"));
  status.components[1].well = false;
  EXPECT_THAT(tag(), HasSubstr("warn\">old")) << "the list is not the ledger's";
  status.components[0].well = false;
  EXPECT_THAT(tag(), HasSubstr("bad\">older than allowed"));
}

TEST(StatusPage, WarnsOfACertificateThatEnds) {
  Status status = FullStatus();
  EXPECT_THAT(Page(status), HasSubstr("good\">valid for 90 d<"));
  status.certificates[0].not_after = status.now + absl::Hours(24 * 20);
  EXPECT_THAT(Page(status), HasSubstr("warn\">valid for 20 d<"));
  status.certificates[0].not_after = status.now - absl::Hours(1);
  EXPECT_THAT(Page(status), HasSubstr("bad\">over since 1 h<"));
}

TEST(StatusPage, ShowsNamesAsTextAndNoMoreCallersThanPeopleRead) {
  Status status = FullStatus();
  status.callers.assign(25, {"<script>alert(1)</script>", {1, 0, 0}});
  const std::string page = Page(status);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("and 5 more, in the JSON"));
}

TEST(StatusPage, NeedsNothingElse) {
  const std::string page = Page(FullStatus());
  for (const char* asset : {"<script", "<img", "<link rel=\"stylesheet", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(asset)));
  }
  EXPECT_THAT(page, Not(HasSubstr("http-equiv")));
  EXPECT_THAT(StatusPage(FullStatus(), {5}),
              HasSubstr("<meta http-equiv=\"refresh\" content=\"5\">"));
}

TEST(StatusJson, HasAllThatThePageShows) {
  const auto json = nlohmann::json::parse(StatusJson(FullStatus()));
  EXPECT_EQ(json.at("verdict"), "Serving; all is well");
  EXPECT_EQ(json.at("time"), "2026-11-28T05:00:00.000Z");
  EXPECT_EQ(json.at("serving"), "serving");
  EXPECT_EQ(json.at("uptime"), 93600);
  EXPECT_EQ(json.at("components"),
            nlohmann::json::parse(
                R"({"concero": {"well": true, "breaker": "closed"}, "ledger": {"well": true}})"));
  EXPECT_EQ(json.at("ledger"), nlohmann::json::parse(R"({"store": "postgres", "lag": 0, "queued": 4,
      "owed": 0, "contradictions": 1,
      "rows": {"IN_DOUBT": 0, "PENDING": 2, "SUCCEEDED": 1234567}})"));
  const auto& upstream = json.at("upstreams").at(0);
  EXPECT_EQ(upstream.at("hour").size(), 60u);
  EXPECT_EQ(upstream.at("hour").at(10), nlohmann::json::parse("[8, 1, 1, 0.02, 0.2]"));
  EXPECT_EQ(upstream.at("clock_skew"), 1.5);
  EXPECT_EQ(upstream.at("keys").at(0).at("fingerprint"), "5f2b9c01");
  EXPECT_EQ(json.at("cache").at("age"), 30);
  EXPECT_EQ(
      json.at("callers").at(0),
      nlohmann::json::parse(
          R"({"name": "spiffe://example.org/booking", "calls": 107, "refused": 5, "failed": 2})"));
  EXPECT_EQ(json.at("build").at("grpc"), "1.51.1");
  EXPECT_EQ(json.at("configuration"), "grpc:\n  listen: \"0.0.0.0:50051\"\n");
}

TEST(StatusJson, LeavesOutWhatIsNotKnown) {
  Status status = FullStatus();
  status.ledger->rows[0].second = -1;
  status.upstreams[0].clock_skew.reset();
  status.cache.reset();
  const auto json = nlohmann::json::parse(StatusJson(status));
  EXPECT_FALSE(json.at("ledger").at("rows").contains("IN_DOUBT"));
  EXPECT_FALSE(json.at("upstreams").at(0).contains("clock_skew"));
  EXPECT_FALSE(json.contains("cache"));
}

TEST(StatusJson, TakesNamesThatAreNoText) {
  Status status = FullStatus();
  status.callers[0].name = "\xff<name>";
  EXPECT_EQ(nlohmann::json::parse(StatusJson(status)).at("callers").at(0).at("name"),
            "\ufffd<name>");
}

}  // namespace
}  // namespace gw::admin
