#include "tests/sandbox/address_range.h"

#include <gtest/gtest.h>

namespace sandbox {
namespace {

bool Contains(const std::string& cidr, const std::string& address) {
  const auto range = AddressRange::Parse(cidr);
  const auto parsed = ParseIpAddress(address);
  EXPECT_TRUE(range && parsed) << cidr << " " << address;
  return range && parsed && range->Contains(*parsed);
}

TEST(AddressRange, ContainsWhatSharesItsPrefix) {
  constexpr struct {
    const char* cidr;
    const char* inside;
    const char* outside;
  } kCases[] = {
      {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
      {"10.1.2.3/8", "10.0.0.0", "9.255.255.255"},
      {"192.0.2.128/25", "192.0.2.128", "192.0.2.127"},
      {"192.0.2.4/31", "192.0.2.5", "192.0.2.6"},
      {"128.0.0.0/1", "128.0.0.0", "127.255.255.255"},
      {"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
      {"fe80::/10", "febf::1", "fec0::1"},
      {"2001:db8::8000/113", "2001:db8::ffff", "2001:db8::7fff"},
      {"8000::/1", "ffff::", "7fff::"},
  };
  for (const auto& [cidr, inside, outside] : kCases) {
    EXPECT_TRUE(Contains(cidr, inside)) << cidr << " " << inside;
    EXPECT_FALSE(Contains(cidr, outside)) << cidr << " " << outside;
  }
}

TEST(AddressRange, OfABareAddressContainsThatAlone) {
  EXPECT_TRUE(Contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(Contains("192.0.2.1", "192.0.2.0"));
  EXPECT_TRUE(Contains("2001:db8::1", "2001:DB8:0::1"));
  EXPECT_FALSE(Contains("2001:db8::1", "2001:db8::"));
}

TEST(AddressRange, OfNoBitsContainsItsOwnFamilyOnly) {
  EXPECT_TRUE(Contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(Contains("::/0", "ffff::"));
  EXPECT_FALSE(Contains("::/0", "10.0.0.1"));
}

TEST(AddressRange, CountsAMappedAddressAsIpv4) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "::ffff:10.1.1.1"));
  EXPECT_TRUE(Contains("::ffff:10.0.0.0/104", "10.1.1.1"));
  EXPECT_FALSE(Contains("::ffff:10.0.0.0/104", "11.1.1.1"));
  EXPECT_FALSE(Contains("::/0", "::ffff:10.1.1.1"));
  // The deprecated IPv4-compatible form is an IPv6 address like any other.
  EXPECT_FALSE(Contains("10.0.0.0/8", "::10.1.1.1"));
}

TEST(AddressRange, RefusesWhatIsNotACidr) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/+8",
                           "10.0.0.0/08",
                           "10.0.0.0/8 ",
                           " 10.0.0.0/8",
                           "10.0.0/8",
                           "10.0.0.0.0",
                           "10.0.0.256",
                           "10.0.0.0/8/8",
                           "10.0.0.0/255.0.0.0",
                           "010.0.0.1",
                           "::/129",
                           "::/x",
                           ":::",
                           "[::1]",
                           "fe80::1%lo",
                           "localhost",
                           "10.0.0.1:80",
                           "*",
                           "::/4294967297"}) {
    EXPECT_FALSE(AddressRange::Parse(text)) << text;
  }
}

TEST(IpAddress, IsWrittenAsItWasRead) {
  for (const std::string text : {"192.0.2.1", "127.0.0.1", "::1", "2001:db8::1"}) {
    EXPECT_EQ(FormatIpAddress(*ParseIpAddress(text)), text);
  }
  EXPECT_EQ(FormatIpAddress(*ParseIpAddress("::ffff:192.0.2.1")), "192.0.2.1");
}

}  // namespace
}  // namespace sandbox
