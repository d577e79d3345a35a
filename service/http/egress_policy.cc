#include "service/http/egress_policy.h"

#include <algorithm>
#include <optional>

namespace gw::http {
namespace {

IpNetwork Network(absl::string_view cidr) { return IpNetwork::Parse(cidr).value(); }

struct Special {
  IpNetwork network;
  absl::string_view use;
};

// IANA's registries of special-purpose addresses: what is not for machines of the Internet at
// large, and multicast. Of the few exceptions within these none is a web server's.
const std::vector<Special>& SpecialsOfV4() {
  static const std::vector<Special> specials = {
      {Network("0.0.0.0/8"), "this network"},
      {Network("10.0.0.0/8"), "private"},
      {Network("100.64.0.0/10"), "shared by a provider"},
      {Network("127.0.0.0/8"), "loopback"},
      {Network("169.254.0.0/16"), "link-local"},
      {Network("172.16.0.0/12"), "private"},
      {Network("192.0.0.0/24"), "protocol assignments"},
      {Network("192.0.2.0/24"), "documentation"},
      {Network("192.88.99.0/24"), "protocol assignments"},
      {Network("192.168.0.0/16"), "private"},
      {Network("198.18.0.0/15"), "benchmarks"},
      {Network("198.51.100.0/24"), "documentation"},
      {Network("203.0.113.0/24"), "documentation"},
      {Network("224.0.0.0/4"), "multicast"},
      {Network("255.255.255.255/32"), "broadcast"},
      {Network("240.0.0.0/4"), "reserved"},
  };
  return specials;
}

// The first that contains an address tells. All that is assigned to the Internet at large is in
// 2000::/3.
const std::vector<Special>& SpecialsOfV6() {
  static const std::vector<Special> specials = {
      {Network("2001::/23"), "protocol assignments"},
      {Network("2001:db8::/32"), "documentation"},
      {Network("3fff::/20"), "documentation"},
      {Network("2000::/3"), ""},
      {Network("::/128"), "unspecified"},
      {Network("::1/128"), "loopback"},
      {Network("fc00::/7"), "private"},
      {Network("fe80::/10"), "link-local"},
      {Network("fec0::/10"), "private"},
      {Network("ff00::/8"), "multicast"},
      {Network("::/0"), "reserved"},
  };
  return specials;
}

// The IPv4 address to which a packet for `address` goes in the end.
std::optional<IpAddress> StandsFor(const IpAddress& address) {
  static const IpNetwork mapped = Network("::ffff:0:0/96"), nat64 = Network("64:ff9b::/96"),
                         six_to_four = Network("2002::/16");
  if (mapped.Contains(address) || nat64.Contains(address)) return address.Embedded(12);
  if (six_to_four.Contains(address)) return address.Embedded(2);
  return std::nullopt;
}

}  // namespace

absl::string_view SpecialUse(const IpAddress& address) {
  const IpAddress judged = StandsFor(address).value_or(address);
  for (const Special& special : judged.is_v4() ? SpecialsOfV4() : SpecialsOfV6()) {
    if (special.network.Contains(judged)) return special.use;
  }
  return "";
}

bool EgressPolicy::Permits(const IpAddress& address) const {
  const IpAddress judged = StandsFor(address).value_or(address);
  return SpecialUse(address).empty() ||
         std::any_of(allow_private_.begin(), allow_private_.end(), [&](const IpNetwork& network) {
           return network.Contains(address) || network.Contains(judged);
         });
}

}  // namespace gw::http
