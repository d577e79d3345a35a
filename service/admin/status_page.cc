#include "service/admin/status_page.h"

#include "absl/strings/str_cat.h"
#include "service/admin/markup.h"
#include "service/admin/status_sections.h"
#include "service/admin/status_style.h"
#include "service/admin/verdict.h"

namespace gw::admin {
namespace {

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
