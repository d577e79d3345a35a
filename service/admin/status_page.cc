#include "service/admin/status_page.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/admin/markup.h"
#include "service/admin/status_sections.h"
#include "service/admin/status_style.h"

namespace gw::admin {
namespace {

int64_t InDoubt(const Status& status) {
  if (!status.ledger) return 0;
  for (const auto& [state, count] : status.ledger->rows) {
    if (state == "IN_DOUBT") return count;
  }
  return 0;
}

absl::string_view ServingText(observe::Serving serving) {
  switch (serving) {
    case observe::Serving::kStarting:
      return "Starting";
    case observe::Serving::kServing:
      return "Serving";
    case observe::Serving::kDraining:
      return "Draining: it was told to stop";
  }
  return "";
}

// Green: nothing to do. Yellow: it serves, and something wants people. Red: a part of it fails.
absl::string_view Color(const Status& status) {
  for (const auto& component : status.components) {
    if (!component.well) return "bad";
  }
  if (status.serving != observe::Serving::kServing || InDoubt(status) > 0) return "warn";
  return "good";
}

std::string Header(const Status& status, const StatusPageOptions& options) {
  const std::string refresh =
      options.refresh_seconds > 0
          ? absl::StrCat("every ", options.refresh_seconds, " s; <a href=\"?\">stop</a>")
          : std::string("<a href=\"?refresh=5\">every 5 s</a>");
  return absl::StrCat(
      "<header><div class=\"state ", Color(status), "\"><h1>concero-gateway on ",
      Escaped(status.host), "</h1><p class=\"verdict\" id=\"verdict\">", Escaped(Verdict(status)),
      "</p><p class=\"quiet\">",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", status.now, absl::UTCTimeZone()), " · version ",
      Escaped(status.version), " · up ", SpanText(status.uptime),
      " · <a href=\"/statusz.json\">JSON</a> · <a href=\"/metrics\">metrics</a> · refresh ",
      refresh, "</p></div></header>");
}

}  // namespace

std::string Verdict(const Status& status) {
  std::vector<std::string> wrong;
  for (const auto& component : status.components) {
    if (!component.well)
      wrong.push_back(absl::StrCat(component.name, " fails: ", component.reason));
    if (component.breaker == "open")
      wrong.push_back(absl::StrCat(component.name, "'s breaker is open"));
  }
  if (const int64_t count = InDoubt(status); count > 0) {
    wrong.push_back(
        absl::StrCat(NumberText(count), count == 1 ? " allocation" : " allocations", " in doubt"));
  }
  if (status.ledger && status.ledger->owed > 0) {
    wrong.push_back(absl::StrCat(NumberText(status.ledger->owed), " outcomes not recorded yet"));
  }
  const absl::string_view serving = ServingText(status.serving);
  if (wrong.empty()) {
    return absl::StrCat(serving,
                        status.serving == observe::Serving::kServing ? "; all is well" : "");
  }
  return absl::StrCat(serving, "; ", absl::StrJoin(wrong, "; "));
}

std::string StatusPage(const Status& status, const StatusPageOptions& options) {
  std::string page =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">";
  if (options.refresh_seconds > 0) {
    absl::StrAppend(&page, "<meta http-equiv=\"refresh\" content=\"", options.refresh_seconds,
                    "\">");
  }
  // An icon that is there: otherwise browsers ask for one.
  absl::StrAppend(&page, "<link rel=\"icon\" href=\"data:,\"><title>",
                  Color(status) == "good" ? "" : "! ", "concero-gateway on ", Escaped(status.host),
                  "</title><style>", kStatusStyle, "</style></head><body>", Header(status, options),
                  "<main>");
  AddComponents(status, &page);
  AddLedger(status, &page);
  for (const auto& upstream : status.upstreams) AddUpstream(upstream, &page);
  AddCache(status, &page);
  AddCalls(status, &page);
  AddCallers(status, &page);
  AddKeys(status, &page);
  AddProcess(status, &page);
  AddConfiguration(status, &page);
  return page + "</main></body></html>\n";
}

}  // namespace gw::admin
