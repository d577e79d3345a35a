#include "service/admin/status_sections.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "service/admin/charts.h"
#include "service/admin/markup.h"
#include "service/admin/verdict.h"

namespace gw::admin {
namespace {

using observe::History;

std::string Label(absl::string_view name, absl::string_view value) {
  return absl::StrCat("{", name, "=\"", value, "\"}");
}

// A number that is a metric as well.
std::string Metric(absl::string_view name, double value, absl::string_view text) {
  return absl::StrFormat("<data value=\"%.15g\" data-metric=\"%s\">%s</data>", value, Escaped(name),
                         Escaped(text));
}
std::string Count(absl::string_view metric, int64_t value) {
  return Metric(metric, static_cast<double>(value), NumberText(value));
}
std::string Span(absl::string_view metric, absl::Duration value) {
  return Metric(metric, absl::ToDoubleSeconds(value), SpanText(value));
}

// A name of which a narrow column breaks the line behind a `_`.
std::string Breakable(absl::string_view name) {
  return absl::StrReplaceAll(Escaped(name), {{"_", "_<wbr>"}});
}

std::string Tag(absl::string_view color, absl::string_view text) {
  return absl::StrCat("<span class=\"tag ", color, "\">", Escaped(text), "</span>");
}

std::string BreakerTag(absl::string_view state) {
  return Tag(state == "closed" ? "good"
             : state == "open" ? "bad"
                               : "warn",
             absl::StrCat("breaker ", state == "half_open" ? "half open" : state));
}

// `cells` are HTML; all but the first are numbers.
void AddRow(std::string* page, const char* cell, const std::vector<std::string>& cells) {
  *page += "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    absl::StrAppend(page, "<", cell, i == 0 ? " class=\"name\">" : " class=\"n\">", cells[i], "</",
                    cell, ">");
  }
  *page += "</tr>";
}

// A name and what belongs to it, by lines.
void AddFacts(std::string* page, const std::vector<std::pair<std::string, std::string>>& facts) {
  *page += "<div class=\"scroll\"><table>";
  for (const auto& [name, html] : facts) {
    absl::StrAppend(page, "<tr><th scope=\"row\">", Escaped(name), "</th><td class=\"n\">", html,
                    "</td></tr>");
  }
  *page += "</table></div>";
}

void AddKeyOfColors(std::string* page,
                    const std::vector<std::pair<const char*, std::string>>& colors) {
  *page += "<div class=\"legend\">";
  for (const auto& [color, text] : colors) {
    absl::StrAppend(page, "<span><i class=\"key ", color, "\"></i>", text, "</span>");
  }
  *page += "</div>";
}

void AddAxis(std::string* page) {
  *page += "<div class=\"axis\"><span>an hour ago</span><span>now</span></div>";
}

void AddHour(std::string* page, const std::vector<History::Minute>& hour, const std::string& what,
             const char* refused) {
  int64_t total = 0, most = 0;
  std::array<int64_t, History::kEnds> ends{};
  absl::Duration longest;
  for (const History::Minute& minute : hour) {
    for (size_t i = 0; i < ends.size(); ++i) ends[i] += minute.counts[i];
    total += minute.total();
    most = std::max(most, minute.total());
    longest = std::max(longest, minute.p99);
  }
  absl::StrAppend(page, "<h3>", what, ": ", NumberText(total), " in the last hour, at most ",
                  NumberText(most), " a minute</h3>", CountChart(hour, what));
  AddAxis(page);
  AddKeyOfColors(page, {{"well", absl::StrCat("well ", NumberText(ends[0]))},
                        {"refused", absl::StrCat(refused, " ", NumberText(ends[1]))},
                        {"failed", absl::StrCat("failed ", NumberText(ends[2]))}});
  absl::StrAppend(page, "<h3>Time taken: p99 at most ", SpanText(longest), "</h3>",
                  TimeChart(hour, "Time taken"));
  AddAxis(page);
  AddKeyOfColors(page, {{"p50", "p50"}, {"p99", "p99"}});
}

bool Well(const Status& status, absl::string_view name) {
  return std::all_of(status.components.begin(), status.components.end(),
                     [name](const auto& one) { return one.name != name || one.well; });
}

// The list is fetched only when somebody asks for it: by its age alone, a quiet night is no fault.
std::string AgeTag(const Status::Cache& cache, bool upstream_is_well) {
  if (cache.age > cache.allowed_age) {
    return upstream_is_well ? Tag("warn", "old: it is fetched when somebody asks")
                            : Tag("bad", "older than allowed");
  }
  return cache.stale ? Tag("warn", "stale") : Tag("good", "fresh");
}

}  // namespace

void AddComponents(const Status& status, std::string* page) {
  *page +=
      "<section id=\"components\" class=\"wide\"><h2>Components</h2><div class=\"scroll\"><table>";
  for (const auto& component : status.components) {
    const std::string metric =
        absl::StrCat("gateway_component_failing{component=\"", component.name, "\",reason=\"",
                     component.reason, "\"}");
    absl::StrAppend(page, "<tr><th scope=\"row\">", Escaped(component.name), "</th><td>",
                    "<span class=\"tag ", component.well ? "good" : "bad", "\">",
                    Metric(metric, component.well ? 0 : 1, component.well ? "well" : "fails"),
                    "</span> ", component.breaker.empty() ? "" : BreakerTag(component.breaker),
                    " <code>", Escaped(component.reason), "</code></td></tr>");
  }
  *page += "</table></div></section>";
}

void AddLedger(const Status& status, std::string* page) {
  if (!status.ledger) return;
  const Status::Ledger& ledger = *status.ledger;
  const bool in_doubt = InDoubt(status) > 0;
  absl::StrAppend(page, "<section id=\"ledger\"", in_doubt ? " class=\"alarm\"" : "",
                  "><h2>Ledger <span class=\"quiet\">", Escaped(ledger.store), "</span></h2>");
  if (in_doubt) {
    *page +=
        "<p>Look for each that is in doubt in the portal, then settle it: "
        "<code>concero allocations list --state in-doubt</code></p>";
  }
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& [state, count] : ledger.rows) {
    const std::string text =
        count < 0 ? "not counted yet"
                  : Count(absl::StrCat("gateway_ledger_rows", Label("state", state)), count);
    facts.emplace_back(state, text);
  }
  facts.emplace_back("not recorded yet (owed)", Count("gateway_ledger_owed", ledger.owed));
  facts.emplace_back("waiting for the store", Count("gateway_ledger_queued", ledger.queued));
  facts.emplace_back("lag", Span("gateway_ledger_lag_seconds", ledger.lag));
  facts.emplace_back("contradictions",
                     Count("gateway_ledger_contradictions_total", ledger.contradictions));
  AddFacts(page, facts);
  *page += "</section>";
}

void AddUpstream(const Status::Upstream& upstream, std::string* page) {
  const auto metric = [&](absl::string_view name) {
    return absl::StrCat(name, Label("upstream", upstream.name));
  };
  absl::StrAppend(page, "<section id=\"upstream-", Escaped(upstream.name), "\"><h2>",
                  Escaped(upstream.name), " ", BreakerTag(upstream.breaker),
                  "</h2><p class=\"quiet\">", Escaped(upstream.base_url), "</p>");
  AddHour(page, upstream.hour, "Requests", "refused by it (4xx)");
  std::vector<std::pair<std::string, std::string>> facts = {
      {"under way", Count(metric("http_client_active_requests"), upstream.active)},
      {"connections opened",
       Count(metric("http_client_connections_opened_total"), upstream.connections_opened)},
      {"sent once more", Count(metric("gateway_retries_total"), upstream.retries)}};
  if (upstream.clock_skew) {
    facts.emplace_back("clocks apart",
                       Span(metric("gateway_clock_skew_seconds"), *upstream.clock_skew));
  }
  *page += "<h3>Now, and since the start</h3>";
  AddFacts(page, facts);
  *page += "</section>";
}

void AddCache(const Status& status, std::string* page) {
  if (!status.ledger) return;
  *page += "<section id=\"cache\"><h2>Examination list</h2>";
  if (!status.cache) {
    *page +=
        "<p>There is none yet: nobody has asked for it, or it could not be fetched.</p></section>";
    return;
  }
  const Status::Cache& cache = *status.cache;
  absl::StrAppend(page, "<p>", AgeTag(cache, Well(status, "concero")), "</p>");
  AddFacts(page, {{"age", Span("gateway_cache_age_seconds", cache.age)},
                  {"allowed while it is asked for",
                   Span("gateway_cache_allowed_age_seconds", cache.allowed_age)},
                  {"fetched", absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", cache.fetch_time,
                                               absl::UTCTimeZone())},
                  {"version", absl::StrCat("<code>", Escaped(cache.version), "</code>")},
                  {"examinations", NumberText(cache.examinations)}});
  *page += "</section>";
}

void AddCalls(const Status& status, std::string* page) {
  *page += "<section id=\"calls\"><h2>Calls</h2>";
  AddHour(page, status.calls, "Calls", "refused by the gateway");
  *page += "<h3>Now</h3>";
  AddFacts(page, {{"under way", NumberText(status.calls_active)},
                  {"watching", Count("gateway_watchers", status.watchers)},
                  {"memory that they hold",
                   Metric("gateway_held_bytes", static_cast<double>(status.held_bytes),
                          BytesText(status.held_bytes))}});
  *page += "</section>";
}

void AddCallers(const Status& status, std::string* page) {
  *page += "<section id=\"callers\"><h2>Callers <span class=\"quiet\">in the last hour</span></h2>";
  if (status.callers.empty()) {
    *page += "<p>Nobody has called.</p></section>";
    return;
  }
  *page += "<div class=\"scroll\"><table>";
  AddRow(page, "th", {"", "calls", "refused", "failed"});
  constexpr size_t kMostRows = 20;
  for (size_t i = 0; i < status.callers.size() && i < kMostRows; ++i) {
    const auto& caller = status.callers[i];
    AddRow(page, "td",
           {Escaped(caller.name), NumberText(caller.total()),
            NumberText(caller.of(History::Ended::kRefused)),
            NumberText(caller.of(History::Ended::kFailed))});
  }
  *page += "</table></div>";
  if (status.callers.size() > kMostRows) {
    absl::StrAppend(page, "<p class=\"quiet\">and ", status.callers.size() - kMostRows,
                    " more, in the JSON</p>");
  }
  *page += "</section>";
}

void AddKeys(const Status& status, std::string* page) {
  *page += "<section id=\"keys\"><h2>Keys and certificates</h2><div class=\"scroll\"><table>";
  AddRow(page, "th", {"key", "fingerprint", "in use here for"});
  for (const auto& upstream : status.upstreams) {
    for (const auto& key : upstream.keys) {
      AddRow(page, "td",
             {Breakable(key.name),
              Metric(absl::StrCat("gateway_key_info{key=\"", key.name, "\",fingerprint=\"",
                                  key.fingerprint, "\"}"),
                     1, key.fingerprint),
              Span(absl::StrCat("gateway_key_age_seconds", Label("key", key.name)), key.age)});
    }
  }
  *page += "</table></div>";
  for (const auto& certificate : status.certificates) {
    const absl::Duration left = certificate.not_after - status.now;
    const absl::string_view color = Color(certificate, status.now);
    absl::StrAppend(page, "<p>Certificate ", Escaped(certificate.name), ": ",
                    Tag(color, color == "bad" ? absl::StrCat("over since ", SpanText(-left))
                                              : absl::StrCat("valid for ", SpanText(left))),
                    "</p>");
  }
  *page += "</section>";
}

void AddProcess(const Status& status, std::string* page) {
  *page += "<section id=\"process\"><h2>Build and process</h2>";
  std::vector<std::pair<std::string, std::string>> facts = {
      {"concero-gateway",
       Metric(absl::StrCat("gateway_build_info", Label("version", status.version)), 1,
              status.version)}};
  for (const auto& [name, version] : status.build) facts.emplace_back(name, Escaped(version));
  facts.emplace_back("up", SpanText(status.uptime));
  AddFacts(page, facts);
  *page += "</section>";
}

void AddConfiguration(const Status& status, std::string* page) {
  absl::StrAppend(page,
                  "<section id=\"configuration\" class=\"wide\"><details><summary>Configuration in "
                  "force</summary><pre>",
                  Escaped(status.configuration), "</pre></details></section>");
}

}  // namespace gw::admin
