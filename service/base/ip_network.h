// Addresses of the Internet Protocol and networks of them.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw {

/// An IPv4 or IPv6 address, without a port and a zone. Thread safety: a value.
class IpAddress {
 public:
  /// `192.0.2.1` or `2001:db8::1`, without brackets. None for anything else.
  static std::optional<IpAddress> Parse(absl::string_view text);
  /// None for a family that is neither of the two.
  static std::optional<IpAddress> Of(const sockaddr& address);

  bool is_v4() const { return v4_; }
  /// In the order of the network; an IPv4 address has the first four, the rest is 0.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  /// The IPv4 address in the four bytes from `offset` on.
  IpAddress Embedded(size_t offset) const;
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class IpNetwork;
  int bits() const { return v4_ ? 32 : 128; }
  std::array<uint8_t, 16> bytes_{};
  bool v4_ = false;
};

/// All addresses that begin with the same bits. Thread safety: a value.
class IpNetwork {
 public:
  /// Reads `10.0.0.0/8` or `fd00::/8`. INVALID_ARGUMENT with a message that says what to write: no
  /// address, no or a wrong prefix length, and bits that are set beyond the prefix, with the
  /// network that was probably meant.
  static absl::StatusOr<IpNetwork> Parse(absl::string_view cidr);

  /// A network of IPv4 contains no IPv6 address, and the other way round.
  bool Contains(const IpAddress& address) const;
  std::string ToString() const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpNetwork(const IpAddress& base, int prefix) : base_(base), prefix_(prefix) {}
  IpAddress base_;
  int prefix_;
};

}  // namespace gw
