#include "service/observe/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "service/observe/process_metrics.h"

namespace gw::observe {
namespace {

// Samples of the text format by `name{label="value",…}`, labels in order of their names.
std::map<std::string, std::string> Samples(const Metrics& metrics) {
  std::map<std::string, std::string> samples;
  const std::string text = metrics.Text();
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (line[0] == '#') continue;
    const size_t value = line.rfind(' ');
    std::string name(line.substr(0, value));
    if (const size_t brace = name.find('{'); brace != std::string::npos) {
      std::vector<std::string> labels =
          absl::StrSplit(name.substr(brace + 1, name.size() - brace - 2), ',');
      std::sort(labels.begin(), labels.end());
      name = absl::StrCat(name.substr(0, brace), "{", absl::StrJoin(labels, ","), "}");
    }
    EXPECT_TRUE(samples.emplace(name, std::string(line.substr(value + 1))).second)
        << "twice: " << name;
  }
  return samples;
}

std::string Sample(const Metrics& metrics, const std::string& name) {
  const auto samples = Samples(metrics);
  const auto found = samples.find(name);
  return found == samples.end() ? "(none)" : found->second;
}

TEST(Metrics, CountAndTimeCallsByMethodCodeAndReason) {
  Metrics metrics;
  RpcMetrics& rpc = metrics.ForRpc("concero.v1.AssessmentService/GetReport");
  rpc.Observe(absl::StatusCode::kOk, Reason::kUnspecified, absl::Milliseconds(250));
  rpc.Observe(absl::StatusCode::kOk, Reason::kUnspecified, absl::Milliseconds(500));
  rpc.Observe(absl::StatusCode::kNotFound, Reason::kUpstreamNotFound, absl::Seconds(1));
  const std::string method = "rpc_method=\"concero.v1.AssessmentService/GetReport\"}";
  const std::string name = "rpc_server_call_duration_seconds";
  EXPECT_EQ(Sample(metrics, name + "_count{code=\"OK\",reason=\"\"," + method), "2");
  EXPECT_EQ(Sample(metrics, name + "_sum{code=\"OK\",reason=\"\"," + method), "0.75");
  EXPECT_EQ(
      Sample(metrics, name + "_count{code=\"NOT_FOUND\",reason=\"UPSTREAM_NOT_FOUND\"," + method),
      "1");
}

TEST(Metrics, NameEveryCodeAsGrpcDoes) {
  Metrics metrics;
  RpcMetrics& rpc = metrics.ForRpc("m");
  for (int code = 0; code <= 16; ++code) {
    rpc.Observe(static_cast<absl::StatusCode>(code), Reason::kUnspecified, absl::ZeroDuration());
  }
  for (int code = 0; code <= 16; ++code) {
    const std::string name = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
    EXPECT_EQ(Sample(metrics, absl::StrCat("rpc_server_call_duration_seconds_count{code=\"", name,
                                           "\",reason=\"\",rpc_method=\"m\"}")),
              "1");
  }
}

TEST(Metrics, TellEveryReasonApart) {
  Metrics metrics;
  RpcMetrics& rpc = metrics.ForRpc("m");
  for (const Reason reason : AllReasons()) {
    rpc.Observe(absl::StatusCode::kInternal, reason, absl::ZeroDuration());
  }
  for (const Reason reason : AllReasons()) {
    EXPECT_EQ(
        Sample(metrics, absl::StrCat("rpc_server_call_duration_seconds_count{code=\"INTERNAL\","
                                     "reason=\"",
                                     ReasonName(reason), "\",rpc_method=\"m\"}")),
        "1");
  }
}

TEST(Metrics, CountRequestsUnderWayAndTimeThemByResult) {
  Metrics metrics;
  UpstreamMetrics& upstream = metrics.ForUpstream("concero");
  EXPECT_EQ(Sample(metrics, "http_client_active_requests{upstream=\"concero\"}"), "0");
  upstream.Started();
  upstream.Started();
  EXPECT_EQ(Sample(metrics, "http_client_active_requests{upstream=\"concero\"}"), "2");
  upstream.Finished("2xx", absl::Milliseconds(125));
  upstream.Finished("timeout", absl::Seconds(10));
  EXPECT_EQ(Sample(metrics, "http_client_active_requests{upstream=\"concero\"}"), "0");
  const std::string name = "http_client_request_duration_seconds";
  EXPECT_EQ(Sample(metrics, name + "_count{result=\"2xx\",upstream=\"concero\"}"), "1");
  EXPECT_EQ(Sample(metrics, name + "_sum{result=\"2xx\",upstream=\"concero\"}"), "0.125");
  EXPECT_EQ(Sample(metrics, name + "_count{result=\"timeout\",upstream=\"concero\"}"), "1");
}

TEST(Metrics, AreTheSameForTheSameName) {
  Metrics metrics;
  EXPECT_EQ(&metrics.ForRpc("a"), &metrics.ForRpc("a"));
  EXPECT_NE(&metrics.ForRpc("a"), &metrics.ForRpc("b"));
  EXPECT_EQ(&metrics.ForUpstream("a"), &metrics.ForUpstream("a"));
  EXPECT_NE(&metrics.ForUpstream("a"), &metrics.ForUpstream("b"));
}

TEST(Metrics, ReadConnectionsWhenSomebodyLooks) {
  Metrics metrics;
  double opened = 3;
  metrics.ReadConnectionsOpened("concero", [&] { return opened; });
  EXPECT_EQ(Sample(metrics, "http_client_connections_opened_total{upstream=\"concero\"}"), "3");
  opened = 4;
  EXPECT_EQ(Sample(metrics, "http_client_connections_opened_total{upstream=\"concero\"}"), "4");
  EXPECT_TRUE(
      absl::StrContains(metrics.Text(), "# TYPE http_client_connections_opened_total counter\n"));
}

TEST(Metrics, LeaveTheAgeOfTheCacheOutAsLongAsThereIsNoList) {
  Metrics metrics;
  double age = -1;
  metrics.ReadCacheAge([&] { return age; });
  EXPECT_FALSE(absl::StrContains(metrics.Text(), "gateway_cache_age_seconds"));
  age = 0;
  EXPECT_EQ(Sample(metrics, "gateway_cache_age_seconds"), "0");
  age = 12.5;
  EXPECT_EQ(Sample(metrics, "gateway_cache_age_seconds"), "12.5");
  EXPECT_TRUE(absl::StrContains(metrics.Text(), "# TYPE gateway_cache_age_seconds gauge\n"));
}

// The text format has one TYPE line per name, and all of its samples behind it.
TEST(Metrics, NameEachFamilyOnceHoweverManyUpstreams) {
  Metrics metrics;
  for (const char* upstream : {"concero", "proctorexam"}) {
    metrics.ForUpstream(upstream).Started();
    metrics.ForUpstream(upstream).Finished("2xx", absl::ZeroDuration());
    metrics.ReadConnectionsOpened(upstream, [] { return 1.0; });
    metrics.ReadCacheAge([] { return -1.0; });
  }
  std::map<std::string, int> types;
  const std::string text = metrics.Text();
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, "# TYPE ")) ++types[std::string(line)];
  }
  EXPECT_EQ(types.size(), 3u) << text;
  for (const auto& [line, times] : types) EXPECT_EQ(times, 1) << line;
  for (const char* upstream : {"concero", "proctorexam"}) {
    EXPECT_EQ(Sample(metrics, absl::StrCat("http_client_connections_opened_total{upstream=\"",
                                           upstream, "\"}")),
              "1");
  }
}

TEST(Metrics, AddNoLabelForACodeOrAReasonOutsideOfTheEnums) {
  Metrics metrics;
  RpcMetrics& rpc = metrics.ForRpc("m");
  for (int i = 0; i <= 16; ++i) {
    rpc.Observe(static_cast<absl::StatusCode>(i), Reason::kUnspecified, absl::ZeroDuration());
  }
  const size_t known = Samples(metrics).size();
  for (const int odd : {-1, 17, 64, 1000}) {
    rpc.Observe(static_cast<absl::StatusCode>(odd), Reason::kUnspecified, absl::ZeroDuration());
  }
  for (const int odd : {-1, 62, 63, 64}) {
    rpc.Observe(absl::StatusCode::kInternal, static_cast<Reason>(odd), absl::ZeroDuration());
  }
  EXPECT_EQ(Samples(metrics).size(), known);
  EXPECT_EQ(Sample(metrics,
                   "rpc_server_call_duration_seconds_count{code=\"UNKNOWN\","
                   "reason=\"\",rpc_method=\"m\"}"),
            "5");
  EXPECT_EQ(Sample(metrics,
                   "rpc_server_call_duration_seconds_count{code=\"INTERNAL\","
                   "reason=\"\",rpc_method=\"m\"}"),
            "5");
}

TEST(Metrics, TellTheAgeOfKeysWhatWasLostOfTheLogAndWhatRuns) {
  Metrics metrics;
  metrics.ReadKeyAge("concero_api_key", [] { return 7.5; });
  metrics.ReadLogLinesDropped([] { return 12.0; });
  metrics.SetBuildInfo("1.2.3");
  EXPECT_EQ(Sample(metrics, "gateway_key_age_seconds{key=\"concero_api_key\"}"), "7.5");
  EXPECT_EQ(Sample(metrics, "gateway_log_lines_dropped_total"), "12");
  EXPECT_EQ(Sample(metrics, "gateway_build_info{version=\"1.2.3\"}"), "1");
}

TEST(Metrics, TellWhichKeyIsInUseNow) {
  Metrics metrics;
  std::string fingerprint = "5f2b9c01";
  metrics.ReadKeyFingerprint("concero_api_key", [&] { return fingerprint; });
  EXPECT_EQ(Sample(metrics, "gateway_key_info{fingerprint=\"5f2b9c01\",key=\"concero_api_key\"}"),
            "1");
  fingerprint = "aca4f3d7";
  EXPECT_EQ(Sample(metrics, "gateway_key_info{fingerprint=\"aca4f3d7\",key=\"concero_api_key\"}"),
            "1");
  EXPECT_EQ(Samples(metrics).size(), 1u);
}

TEST(Metrics, TellWhyAComponentFails) {
  Metrics metrics;
  Health health;
  health.AddComponent("concero");
  health.AddComponent("ledger");
  metrics.ReadComponents(health);
  const std::string name = "gateway_component_failing";
  EXPECT_EQ(Sample(metrics, name + "{component=\"concero\",reason=\"\"}"), "0");
  health.SetComponent("concero", false, "UPSTREAM_KEY_REJECTED");
  EXPECT_EQ(Sample(metrics, name + "{component=\"concero\",reason=\"UPSTREAM_KEY_REJECTED\"}"),
            "1");
  EXPECT_EQ(Samples(metrics).size(), 2u) << "one of each";
}

TEST(Metrics, SayUnderWhatTheListHasAnAgeThatIsAllowed) {
  Metrics metrics;
  metrics.SetAllowedCacheAge(absl::Seconds(660));
  EXPECT_TRUE(absl::StrContains(metrics.Text(),
                                "# HELP gateway_cache_allowed_age_seconds How old the cached "
                                "examination list may become while it is asked for"))
      << metrics.Text();
}

// What `promtool check metrics` asks for, in short.
TEST(Metrics, KeepToTheRulesOfNames) {
  Metrics metrics;
  metrics.ForRpc("m").Observe(absl::StatusCode::kOk, Reason::kUnspecified, absl::ZeroDuration());
  metrics.ForUpstream("concero").Started();
  metrics.ForUpstream("concero").Finished("2xx", absl::ZeroDuration());
  metrics.ReadConnectionsOpened("concero", [] { return 1.0; });
  metrics.ReadRetries("concero", [] { return 1.0; });
  metrics.ReadClockSkew("concero", [] { return 1.0; });
  metrics.ReadCacheAge([] { return 1.0; });
  metrics.SetAllowedCacheAge(absl::Seconds(1));
  metrics.ReadKeyAge("concero_api_key", [] { return 1.0; });
  metrics.ReadKeyFingerprint("concero_api_key", [] { return "5f2b9c01"; });
  Health health;
  health.AddComponent("concero");
  metrics.ReadComponents(health);
  metrics.ReadLogLinesDropped([] { return 1.0; });
  metrics.SetBuildInfo("1");
  ReadProcess(metrics);
  std::map<std::string, int> helps;
  std::map<std::string, std::string> types;
  const std::string text = metrics.Text();
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
    if (words[0] != "#") continue;
    EXPECT_TRUE(words.size() == 4 && !words[3].empty()) << line;
    if (words[1] == "HELP") ++helps[words[2]];
    if (words[1] == "TYPE") {
      EXPECT_TRUE(types.emplace(words[2], words[3]).second) << line;
    }
  }
  EXPECT_EQ(types.size(), 18u);
  for (const auto& [name, type] : types) {
    EXPECT_EQ(helps[name], 1) << name;
    EXPECT_EQ(absl::EndsWith(name, "_total"), type == "counter") << name;
    for (const char c : name) EXPECT_TRUE(c == '_' || absl::ascii_islower(c)) << name;
    for (const char* unit : {"milliseconds", "minutes", "kilobytes", "percent", "_ms"}) {
      EXPECT_FALSE(absl::StrContains(name, unit)) << name;
    }
  }
}

}  // namespace
}  // namespace gw::observe
