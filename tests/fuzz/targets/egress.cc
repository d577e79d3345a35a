// Networks, local ends and proxies, as operators write them; the address that an echo answers with.
#include "service/base/base_url.h"
#include "service/base/ip_network.h"
#include "service/base/local_end.h"
#include "service/http/egress_policy.h"
#include "service/rest/address_codec.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(egress) {
  if (const auto network = IpNetwork::Parse(input); network.ok()) {
    const auto again = IpNetwork::Parse(network->ToString());
    Expect(again.ok() && *again == *network, "a network that is written out is read as the same");
  }
  if (const auto address = IpAddress::Parse(input)) {
    Expect(IpAddress::Parse(address->ToString()) == address, "so is an address");
    const http::EgressPolicy strict;
    Expect(strict.Permits(*address) == http::SpecialUse(*address).empty(),
           "what is of special use is not permitted");
  }
  if (const auto end = ParseLocalEnd(input); end.ok()) {
    Expect(end->interface.empty() != end->address.empty(), "a local end is one of the two");
  } else {
    ExpectQuotesNothing(end.status());
  }
  if (const auto proxy = ParseProxyUrl(input); proxy.ok()) {
    Expect(proxy->port != 0, "a proxy has a port");
  } else {
    ExpectQuotesNothing(proxy.status());
  }
  if (const auto answered = rest::DecodeAddress(input)) {
    Expect(IpAddress::Parse(*answered).has_value(), "what an echo answers with is an address");
  }
}

}  // namespace gw::fuzz
