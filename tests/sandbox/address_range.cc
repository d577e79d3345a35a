#include "tests/sandbox/address_range.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace sandbox {
namespace {

constexpr int kMappedBits = 96;  // what all mapped IPv4 addresses begin with
constexpr IpAddress kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool SharePrefix(const IpAddress& a, const IpAddress& b, int bits) {
  const auto bytes = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + bytes, b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0;
}

bool IsIpv4(const IpAddress& address) { return SharePrefix(address, kMapped, kMappedBits); }

// A decimal number without sign and leading zeros, at most `most`.
std::optional<int> ParseBits(std::string_view text, int most) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (bits < 0 || bits > most || std::to_string(bits) != text) return std::nullopt;
  return bits;
}

}  // namespace

std::optional<IpAddress> ParseIpAddress(const std::string& text) {
  IpAddress address{};
  std::uint8_t ipv4[4];
  if (inet_pton(AF_INET, text.c_str(), ipv4) == 1) return MapIpv4(ipv4);
  if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

std::string FormatIpAddress(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (IsIpv4(address)) {
    inet_ntop(AF_INET, address.data() + kMappedBits / 8, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, address.data(), text, sizeof text);
  }
  return text;
}

IpAddress MapIpv4(const std::uint8_t* bytes) {
  IpAddress address = kMapped;
  std::copy(bytes, bytes + 4, address.begin() + kMappedBits / 8);
  return address;
}

std::optional<AddressRange> AddressRange::Parse(const std::string& cidr) {
  const auto slash = cidr.find('/');
  const auto text = cidr.substr(0, slash);
  const auto base = ParseIpAddress(text);
  if (!base) return std::nullopt;
  if (slash == std::string::npos) return AddressRange(*base, 128);
  const int implied = text.find(':') == std::string::npos ? kMappedBits : 0;
  const auto bits = ParseBits(std::string_view(cidr).substr(slash + 1), 128 - implied);
  if (!bits) return std::nullopt;
  return AddressRange(*base, implied + *bits);
}

bool AddressRange::Contains(const IpAddress& address) const {
  const bool is_ipv4 = prefix_bits_ >= kMappedBits && IsIpv4(base_);
  return is_ipv4 == IsIpv4(address) && SharePrefix(address, base_, prefix_bits_);
}

}  // namespace sandbox
