// IP addresses and the ranges of them that a CIDR names.
//
// Thread safety: values and pure functions only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace sandbox {

// An IPv4 address has the form of the IPv6 one that maps it, and the mapping one counts as IPv4.
using IpAddress = std::array<std::uint8_t, 16>;

// "192.0.2.1" or "2001:db8::1", without brackets, zone or port; nullopt for anything else.
std::optional<IpAddress> ParseIpAddress(const std::string& text);
// As ParseIpAddress takes it.
std::string FormatIpAddress(const IpAddress& address);
// From the 4 bytes of an IPv4 address in network order.
IpAddress MapIpv4(const std::uint8_t* bytes);

class AddressRange {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or a bare address, which is a range of one; bits beyond the
  // prefix do not matter. nullopt for anything else.
  static std::optional<AddressRange> Parse(const std::string& cidr);

  // IPv4 ranges contain no IPv6 address, and the other way round.
  bool Contains(const IpAddress& address) const;

 private:
  AddressRange(const IpAddress& base, int prefix_bits) : base_(base), prefix_bits_(prefix_bits) {}

  IpAddress base_;
  int prefix_bits_;  // of the IPv6 form
};

}  // namespace sandbox
