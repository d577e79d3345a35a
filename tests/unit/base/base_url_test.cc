#include "service/base/base_url.h"

#include <gmock/gmock.h>

namespace gw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BaseUrl, IsReadIntoItsParts) {
  const struct {
    const char* text;
    BaseUrl url;
  } kCases[] = {
      {"https://portal.example", {true, "portal.example", 443, "", false, false}},
      {"https://portal.example/", {true, "portal.example", 443, "", false, false}},
      {"https://portal.example/api/v1", {true, "portal.example", 443, "/api/v1", false, false}},
      {"https://portal.example/api/v1/", {true, "portal.example", 443, "/api/v1", false, false}},
      {"HTTPS://Portal.EXAMPLE:8443/API", {true, "portal.example", 8443, "/API", false, false}},
      {"http://portal.example", {false, "portal.example", 80, "", false, false}},
      {"http://a_b-c:1", {false, "a_b-c", 1, "", false, false}},
      {"http://portal.example:65535/a%20b",
       {false, "portal.example", 65535, "/a%20b", false, false}},
      {"https://192.0.2.1/x", {true, "192.0.2.1", 443, "/x", true, false}},
      {"http://0.0.0.0", {false, "0.0.0.0", 80, "", true, false}},
      {"http://127.0.0.1:8080", {false, "127.0.0.1", 8080, "", true, true}},
      {"http://127.255.255.254", {false, "127.255.255.254", 80, "", true, true}},
      {"http://128.0.0.1", {false, "128.0.0.1", 80, "", true, false}},
      {"http://LocalHost:8080", {false, "localhost", 8080, "", false, true}},
      {"http://localhost.example", {false, "localhost.example", 80, "", false, false}},
      {"http://127.0.0.1.example", {false, "127.0.0.1.example", 80, "", false, false}},
      {"http://[::1]", {false, "::1", 80, "", true, true}},
      {"http://[0:0:0:0:0:0:0:1]:8080/v1", {false, "::1", 8080, "/v1", true, true}},
      {"https://[2001:DB8::00A]:8443", {true, "2001:db8::a", 8443, "", true, false}},
      {"http://[::]", {false, "::", 80, "", true, false}},
  };
  for (const auto& [text, url] : kCases) {
    const auto parsed = ParseBaseUrl(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(*parsed, url) << text;
  }
}

TEST(BaseUrl, IsRefusedWithTheReasonAndWithoutQuotingIt) {
  const struct {
    absl::string_view text;
    const char* reason;
  } kCases[] = {
      {"", "must begin with https://"},
      {"hidden.example", "must begin with https://"},
      {"ftp://hidden.example", "must begin with https://"},
      {"https:/hidden.example", "must begin with https://"},
      {" https://hidden.example", "must have no spaces"},
      {"https://hidden.example ", "must have no spaces"},
      {"https://hidden.example/a b", "must have no spaces"},
      {"https://hidden.example\\@evil", "must have no spaces, backslashes"},
      {"https://hidden.example/a\r\nX: y", "must have no spaces"},
      {{"https://hidden\0.example", 23}, "must have no spaces"},
      {"https://h\xc3\xafgden.example", "non-ASCII"},
      {"https://hidden.example?", "must have no query"},
      {"https://hidden.example/a?b=c", "must have no query"},
      {"https://hidden.example#a", "must have no fragment"},
      {"https://user@hidden.example", "must have no user"},
      {"https://user:hidden@example", "must have no user"},
      {"https://@hidden.example", "must have no user"},
      {"https://", "has no host"},
      {"https:///hidden", "has no host"},
      {"https://:443", "has no host"},
      {"https://hidden.example:", "has no valid port"},
      {"https://hidden.example:0", "has no valid port"},
      {"https://hidden.example:65536", "has no valid port"},
      {"https://hidden.example:+80", "has no valid port"},
      {"https://hidden.example:-1", "has no valid port"},
      {"https://hidden.example:080000", "has no valid port"},
      {"https://hidden.example:https", "has no valid port"},
      {"https://hidden.example.", "has no valid host name"},
      {"https://hidden..example", "has no valid host name"},
      {"https://-hidden.example", "has no valid host name"},
      {"https://hidden-.example", "has no valid host name"},
      {"https://hidden%2e.example", "has no valid host name"},
      {"https://hidden,example", "has no valid host name"},
      {"https://127.1", "has no valid IPv4 address"},
      {"https://2130706433", "has no valid IPv4 address"},
      {"https://0x7f000001", "has no valid IPv4 address"},
      {"https://0x7f.0.0.0x1", "has no valid IPv4 address"},
      {"https://127.0.0.01", "has no valid IPv4 address"},
      {"https://256.0.0.1", "has no valid IPv4 address"},
      {"https://1.2.3.4.5", "has no valid IPv4 address"},
      {"https://::1", "has several colons"},
      {"https://[::1", "has a [ without its ]"},
      {"https://[::1]x", "has a [ without its ]"},
      {"https://[]", "has no valid IPv6 address"},
      {"https://[127.0.0.1]", "has no valid IPv6 address"},
      {"https://[fe80::1%25eth0]", "has no valid IPv6 address"},
      {"https://[::1]]:1", "has no valid IPv6 address"},
      {"https://hidden.example//", "must have no empty, . or .. segments"},
      {"https://hidden.example/a//b", "must have no empty, . or .. segments"},
      {"https://hidden.example/./b", "must have no empty, . or .. segments"},
      {"https://hidden.example/a/../b", "must have no empty, . or .. segments"},
      {"https://hidden.example/a/%2E./b", "must have no empty, . or .. segments"},
      {"https://hidden.example/a%2", "has a % in its path"},
      {"https://hidden.example/a%zz", "has a % in its path"},
      {"https://hidden.example/<a>", "has a character in its path"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto parsed = ParseBaseUrl(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_TRUE(absl::IsInvalidArgument(parsed.status())) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(reason)) << text;
    EXPECT_THAT(std::string(parsed.status().message()), Not(HasSubstr("hidden"))) << text;
  }
}

TEST(BaseUrl, HasAHostNameOfAtMost253CharactersInPartsOf63) {
  const std::string part(63, 'a');
  const std::string longest = part + "." + part + "." + part + "." + std::string(61, 'b');
  EXPECT_TRUE(ParseBaseUrl("https://" + longest).ok());
  EXPECT_FALSE(ParseBaseUrl("https://" + longest + "b").ok());
  EXPECT_FALSE(ParseBaseUrl("https://a" + part).ok());
}

TEST(HostPort, IsReadIntoItsParts) {
  const struct {
    const char* text;
    HostPort parts;
  } kCases[] = {
      {"0.0.0.0:50051", {"0.0.0.0", 50051, true, false}},
      {"127.0.0.1:0", {"127.0.0.1", 0, true, true}},
      {"localhost:9901", {"localhost", 9901, false, true}},
      {"[::1]:50051", {"::1", 50051, true, true}},
      {"[::]:50051", {"::", 50051, true, false}},
      {"Gateway.example:65535", {"gateway.example", 65535, false, false}},
  };
  for (const auto& [text, parts] : kCases) {
    const auto parsed = ParseHostPort(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(*parsed, parts) << text;
  }
}

TEST(HostPort, IsRefusedWithTheReason) {
  const struct {
    const char* text;
    const char* reason;
  } kCases[] = {
      {"", "expects HOST:PORT"},
      {"localhost", "expects HOST:PORT"},
      {"[::1]", "expects HOST:PORT"},
      {"localhost:", "with a port from 0 to 65535"},
      {"localhost:65536", "with a port from 0 to 65535"},
      {"localhost:-1", "with a port from 0 to 65535"},
      {"localhost:grpc", "with a port from 0 to 65535"},
      {":50051", "has no host"},
      {"::1:50051", "has several colons"},
      {"unix:/run/gateway.sock", "with a port from 0 to 65535"},
      {"127.1:50051", "has no valid IPv4 address"},
      {"local host:50051", "must have no spaces"},
      {"*:50051", "has no valid host name"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto parsed = ParseHostPort(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(reason)) << text;
  }
}

TEST(ProxyUrl, IsReadIntoHostAndPort) {
  const struct {
    const char* text;
    HostPort parts;
  } kCases[] = {
      {"http://proxy.example:3128", {"proxy.example", 3128, false, false}},
      {"HTTP://Proxy.example:3128/", {"proxy.example", 3128, false, false}},
      {"http://10.0.0.1:8080", {"10.0.0.1", 8080, true, false}},
      {"http://[::1]:8080", {"::1", 8080, true, true}},
  };
  for (const auto& [text, parts] : kCases) {
    const auto parsed = ParseProxyUrl(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(*parsed, parts) << text;
  }
}

TEST(ProxyUrl, IsRefusedWithTheReason) {
  const struct {
    const char* text;
    const char* reason;
  } kCases[] = {
      {"", "must begin with http://"},
      {"proxy.example:3128", "must begin with http://"},
      {"socks5://proxy.example:1080", "must begin with http://"},
      {"https://proxy.example:3128", "spoken to in plain HTTP"},
      {"http://user:secret@proxy.example:3128", "must have no user or password"},
      {"http://proxy.example", "expects HOST:PORT"},
      {"http://proxy.example:0", "has no valid port"},
      {"http://proxy.example:65536", "with a port from"},
      {"http://proxy.example:3128/path", "must have no path"},
      {"http://proxy.example:3128?a", "with a port from"},
      {"http://pro xy.example:3128", "must have no spaces"},
      {"http://:3128", "has no host"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto parsed = ParseProxyUrl(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(reason)) << text;
    EXPECT_THAT(std::string(parsed.status().message()), ::testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace gw
