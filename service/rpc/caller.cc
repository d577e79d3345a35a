#include "service/rpc/caller.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace gw::rpc {
namespace {

bool IsName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxPrincipalBytes && text != kAnonymous &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isgraph(c); });
}

void KeepNames(std::vector<std::string>& texts) {
  std::erase_if(texts, [](const std::string& text) { return !IsName(text); });
}

}  // namespace

Caller CallerWithNames(std::vector<std::string> uris, std::vector<std::string> dns_names) {
  // Of a certificate with several URIs none is a SPIFFE id, as that standard has it.
  const bool may_be_spiffe = uris.size() == 1;
  KeepNames(uris);
  KeepNames(dns_names);
  Caller caller;
  const bool is_spiffe = may_be_spiffe && !uris.empty() && absl::StartsWith(uris[0], "spiffe://");
  if (!dns_names.empty() && !is_spiffe) {
    caller.name = dns_names[0];
  } else if (!uris.empty()) {
    caller.name = uris[0];
  }
  caller.principals = std::move(uris);
  caller.principals.insert(caller.principals.end(), std::make_move_iterator(dns_names.begin()),
                           std::make_move_iterator(dns_names.end()));
  return caller;
}

}  // namespace gw::rpc
