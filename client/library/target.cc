#include "client/library/target.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace concero {
namespace {

absl::Status Wrong(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("target: ", why));
}

absl::Status CheckHostPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  const absl::string_view host = text.substr(0, colon);  // npos: all of it
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (colon == absl::string_view::npos || absl::EndsWith(text, "]")) {
    return Wrong("has no port; it is HOST:PORT");
  }
  int port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return Wrong("the port must be a number from 1 to 65535");
  }
  if (host.empty() || host == "[]") return Wrong("has no host; it is HOST:PORT");
  if (!bracketed && absl::StrContains(host, ':')) {
    return Wrong("an IPv6 address is written [ADDRESS]:PORT");
  }
  if (absl::StrContains(host, '/') || absl::StrContains(host, '@')) {
    return Wrong("the host may have no '/' and no '@'");
  }
  return absl::OkStatus();
}

absl::Status CheckAddresses(absl::string_view list) {
  for (const auto address : absl::StrSplit(list, ',')) {
    if (auto status = CheckHostPort(address); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTarget(const std::string& target) {
  if (target.empty()) return Wrong("is required: HOST:PORT");
  if (!std::all_of(target.begin(), target.end(), absl::ascii_isgraph)) {
    return Wrong("may have no blanks and nothing but ASCII");
  }
  absl::string_view rest = target;
  if (absl::ConsumePrefix(&rest, "dns:")) {
    if (absl::ConsumePrefix(&rest, "//")) {  // with the name server to ask, mostly none
      const size_t slash = rest.find('/');
      if (slash == absl::string_view::npos) return Wrong("it is dns:///HOST:PORT");
      rest.remove_prefix(slash + 1);
    }
    return CheckHostPort(rest);
  }
  if (absl::ConsumePrefix(&rest, "ipv4:") || absl::ConsumePrefix(&rest, "ipv6:")) {
    return CheckAddresses(rest);
  }
  if (absl::ConsumePrefix(&rest, "unix:") || absl::ConsumePrefix(&rest, "unix-abstract:")) {
    return rest.empty() ? Wrong("has no path; it is unix:PATH") : absl::OkStatus();
  }
  if (absl::StrContains(rest, "://")) {
    return Wrong("is no URL: HOST:PORT, or one of dns: ipv4: ipv6: unix:");
  }
  return CheckHostPort(rest);
}

}  // namespace concero
