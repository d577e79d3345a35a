#include "service/base/ip_network.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>

namespace gw {
namespace {

using ::testing::HasSubstr;

TEST(IpAddress, IsReadAndWrittenInItsCanonicalForm) {
  const struct {
    const char* text;
    const char* canonical;
    bool v4;
  } kCases[] = {{"192.0.2.1", "192.0.2.1", true},
                {"2001:DB8::0a", "2001:db8::a", false},
                {"::", "::", false},
                {"::ffff:192.0.2.1", "::ffff:192.0.2.1", false}};
  for (const auto& [text, canonical, v4] : kCases) {
    const auto address = IpAddress::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), canonical);
    EXPECT_EQ(address->is_v4(), v4) << text;
  }
}

TEST(IpAddress, IsNothingElse) {
  for (const absl::string_view text : {"", "localhost", "192.0.2", "192.0.2.256", "192.0.2.01",
                                       "192.0.2.1:80", "[::1]", "::1%lo", " ::1", "192.0.2.1/32"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(absl::string_view("192.0.2.1\0", 10)));
}

TEST(IpAddress, IsThatOfASocket) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr);
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr&>(v4)), IpAddress::Parse("192.0.2.7"));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "2001:db8::7", &v6.sin6_addr);
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr&>(v6)), IpAddress::Parse("2001:db8::7"));
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::Of(other));
}

TEST(IpNetwork, ContainsWhatBeginsWithItsBits) {
  const struct {
    const char* network;
    const char* address;
    bool contains;
  } kCases[] = {
      {"10.0.0.0/8", "10.0.0.0", true},
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"192.0.2.1/32", "192.0.2.1", true},
      {"192.0.2.1/32", "192.0.2.0", false},
      {"0.0.0.0/0", "255.255.255.255", true},
      {"0.0.0.0/0", "::", false},
      {"::/0", "ffff::", true},
      {"::/0", "0.0.0.0", false},
      {"fd00::/8", "fdff:ffff::1", true},
      {"fd00::/8", "fc00::1", false},
      {"2001:db8::/33", "2001:db8:7fff::", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::1/128", "::1", true},
      {"::1/128", "::", false},
      {"::10.0.0.0/104", "10.0.0.0", false},
  };
  for (const auto& [text, address, contains] : kCases) {
    const auto network = IpNetwork::Parse(text);
    ASSERT_TRUE(network.ok()) << text << ": " << network.status();
    EXPECT_EQ(network->ToString(), text);
    EXPECT_EQ(network->Contains(*IpAddress::Parse(address)), contains) << text << " " << address;
  }
}

TEST(IpNetwork, IsRefusedWithWhatToWrite) {
  const struct {
    const char* text;
    const char* reason;
  } kCases[] = {
      {"", "is no network"},
      {"intranet", "is no network"},
      {"10.0.0/8", "is no network"},
      {"[fd00::]/8", "is no network"},
      {"10.1.2.3", "write 10.1.2.3/32 for this address alone"},
      {"fd00::1", "write fd00::1/128 for this address alone"},
      {"10.0.0.0/", "go from 0 to 32"},
      {"10.0.0.0/33", "go from 0 to 32"},
      {"10.0.0.0/08", "go from 0 to 32"},
      {"10.0.0.0/-1", "go from 0 to 32"},
      {"10.0.0.0/8/8", "go from 0 to 32"},
      {"10.0.0.0/255.0.0.0", "go from 0 to 32"},
      {"fd00::/129", "go from 0 to 128"},
      {"10.1.2.3/8", "write 10.0.0.0/8, or 10.1.2.3/32"},
      {"192.168.1.0/16", "write 192.168.0.0/16, or"},
      {"fd00::1/8", "write fd00::/8, or fd00::1/128"},
      {"10.0.0.1/0", "write 0.0.0.0/0, or"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto network = IpNetwork::Parse(text);
    ASSERT_FALSE(network.ok()) << text;
    EXPECT_THAT(std::string(network.status().message()), HasSubstr(reason)) << text;
  }
}

}  // namespace
}  // namespace gw
