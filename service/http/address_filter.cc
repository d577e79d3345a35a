#include "service/http/address_filter.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace gw::http {

bool AddressFilter::Permits(const IpAddress& address) {
  if (options_.proxy || options_.host_is_address || options_.egress.Permits(address)) return true;
  refused_.push_back(absl::StrCat(address.ToString(), " (", SpecialUse(address), ")"));
  return false;
}

std::vector<std::string> AddressFilter::PermittedOf(const std::vector<std::string>& addresses) {
  std::vector<std::string> permitted;
  for (const std::string& text : addresses) {
    const auto address = IpAddress::Parse(text);
    if (!address) {
      refused_.push_back(absl::StrCat(text, " (of no use without an interface)"));
    } else if (Permits(*address)) {
      permitted.push_back(text);
    }
  }
  return permitted;
}

bool AddressFilter::MayOpen(const sockaddr& to) {
  const auto address = IpAddress::Of(to);
  if (address && Permits(*address)) return true;
  turned_away_ = true;
  return false;
}

std::string AddressFilter::Refused() const {
  if (refused_.empty()) return "";
  return absl::StrCat(options_.peer_host(),
                      " leads to what is not permitted: ", absl::StrJoin(refused_, ", "));
}

}  // namespace gw::http
