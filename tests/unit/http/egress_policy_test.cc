#include "service/http/egress_policy.h"

#include <gtest/gtest.h>

#include <string>

namespace gw::http {
namespace {

IpNetwork Network(absl::string_view cidr) { return IpNetwork::Parse(cidr).value(); }
IpAddress Address(absl::string_view text) { return *IpAddress::Parse(text); }

TEST(SpecialUse, IsNoneOfAPublicAddressAndNamedOfEveryOther) {
  const struct {
    const char* address;
    const char* use;
  } kCases[] = {
      {"0.0.0.0", "this network"},
      {"0.255.255.255", "this network"},
      {"1.0.0.0", ""},
      {"9.255.255.255", ""},
      {"10.0.0.0", "private"},
      {"10.255.255.255", "private"},
      {"11.0.0.0", ""},
      {"100.63.255.255", ""},
      {"100.64.0.0", "shared by a provider"},
      {"100.127.255.255", "shared by a provider"},
      {"100.128.0.0", ""},
      {"126.255.255.255", ""},
      {"127.0.0.1", "loopback"},
      {"127.255.255.255", "loopback"},
      {"128.0.0.0", ""},
      {"169.253.255.255", ""},
      {"169.254.169.254", "link-local"},
      {"169.255.0.0", ""},
      {"172.15.255.255", ""},
      {"172.16.0.0", "private"},
      {"172.31.255.255", "private"},
      {"172.32.0.0", ""},
      {"191.255.255.255", ""},
      {"192.0.0.8", "protocol assignments"},
      {"192.0.1.0", ""},
      {"192.0.2.1", "documentation"},
      {"192.88.99.1", "protocol assignments"},
      {"192.167.255.255", ""},
      {"192.168.0.1", "private"},
      {"192.169.0.0", ""},
      {"198.17.255.255", ""},
      {"198.18.0.0", "benchmarks"},
      {"198.19.255.255", "benchmarks"},
      {"198.20.0.0", ""},
      {"198.51.100.1", "documentation"},
      {"203.0.113.1", "documentation"},
      {"223.255.255.255", ""},
      {"224.0.0.1", "multicast"},
      {"239.255.255.255", "multicast"},
      {"240.0.0.0", "reserved"},
      {"255.255.255.254", "reserved"},
      {"255.255.255.255", "broadcast"},
      {"::", "unspecified"},
      {"::1", "loopback"},
      {"::10.0.0.1", "reserved"},
      {"64:ff9b:1::a00:1", "reserved"},
      {"100::1", "reserved"},
      {"1fff:ffff::", "reserved"},
      {"2001::1", "protocol assignments"},
      {"2001:200::1", ""},
      {"2001:db8::1", "documentation"},
      {"2a00:1450:4001:82b::200e", ""},
      {"3fff:fff:ffff::", "documentation"},
      {"3fff:1000::", ""},
      {"4000::", "reserved"},
      {"5f00::1", "reserved"},
      {"fbff:ffff::", "reserved"},
      {"fc00::1", "private"},
      {"fdff:ffff::1", "private"},
      {"fe7f:ffff::", "reserved"},
      {"fe80::1", "link-local"},
      {"febf:ffff::1", "link-local"},
      {"fec0::1", "private"},
      {"ff02::1", "multicast"},
  };
  for (const auto& [address, use] : kCases) EXPECT_EQ(SpecialUse(Address(address)), use) << address;
}

TEST(SpecialUse, OfAnIpv6AddressThatStandsForAnIpv4OneIsThatOnes) {
  const struct {
    const char* address;
    const char* use;
  } kCases[] = {
      {"::ffff:127.0.0.1", "loopback"},
      {"::ffff:10.0.0.1", "private"},
      {"::ffff:169.254.1.1", "link-local"},
      {"::ffff:93.184.216.34", ""},
      {"64:ff9b::192.168.0.1", "private"},
      {"64:ff9b::93.184.216.34", ""},
      {"2002:a00:1::1", "private"},
      {"2002:7f00:1::", "loopback"},
      {"2002:5db8:d822::1", ""},
  };
  for (const auto& [address, use] : kCases) EXPECT_EQ(SpecialUse(Address(address)), use) << address;
}

struct AddressCase {
  const char* sentence;
  std::vector<const char*> allow_private;
  const char* address;
  bool permitted;
};

TEST(EgressPolicy, PermitsWhatTheTableSays) {
  const AddressCase kCases[] = {
      {"a public address is permitted", {}, "93.184.216.34", true},
      {"a public IPv6 address is permitted", {}, "2a00:1450:4001:82b::200e", true},
      {"loopback is not", {}, "127.0.0.1", false},
      {"IPv6 loopback is not", {}, "::1", false},
      {"a private address is not", {}, "10.1.2.3", false},
      {"a unique local address is not", {}, "fd12::1", false},
      {"the address of cloud metadata is not", {}, "169.254.169.254", false},
      {"a mapped private address is not", {}, "::ffff:10.1.2.3", false},
      {"a permitted network is", {"10.1.0.0/16"}, "10.1.2.3", true},
      {"its neighbour is not", {"10.1.0.0/16"}, "10.2.0.1", false},
      {"another private network is not", {"10.1.0.0/16"}, "192.168.0.1", false},
      {"one of several is enough", {"192.168.0.0/16", "fd00::/8"}, "fd12::1", true},
      {"a permitted IPv4 network is so in its mapped form",
       {"10.0.0.0/8"},
       "::ffff:10.1.2.3",
       true},
      {"and behind NAT64", {"10.0.0.0/8"}, "64:ff9b::10.1.2.3", true},
      {"a network of mapped addresses can be permitted",
       {"::ffff:10.0.0.0/104"},
       "::ffff:10.1.2.3",
       true},
      {"which does not permit the IPv4 addresses", {"::ffff:10.0.0.0/104"}, "10.1.2.3", false},
      {"all of IPv4 can be permitted", {"0.0.0.0/0"}, "127.0.0.1", true},
      {"which permits no IPv6 address", {"0.0.0.0/0"}, "::1", false},
      {"permission of one network takes none from public addresses",
       {"10.0.0.0/8"},
       "93.184.216.34",
       true},
  };
  for (const AddressCase& c : kCases) {
    std::vector<IpNetwork> networks;
    for (const char* cidr : c.allow_private) networks.push_back(Network(cidr));
    EXPECT_EQ(EgressPolicy(networks).Permits(Address(c.address)), c.permitted) << c.sentence;
  }
}

}  // namespace
}  // namespace gw::http
