#include "service/base/ip_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw {
namespace {

// A decimal number without sign and leading zeros.
std::optional<int> ParseBits(absl::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  int bits = 0;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); }) ||
      !absl::SimpleAtoi(text, &bits)) {
    return std::nullopt;
  }
  return bits;
}

// Keeps the first `bits` and clears the rest.
void Mask(std::array<uint8_t, 16>& bytes, int bits) {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    bytes[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff << (8 - kept));
  }
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  const std::string spelled(text);
  if (spelled.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET, spelled.c_str(), address.bytes_.data()) == 1) {
    address.v4_ = true;
    return address;
  }
  if (inet_pton(AF_INET6, spelled.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::Of(const sockaddr& address) {
  IpAddress out;
  if (address.sa_family == AF_INET) {
    out.v4_ = true;
    std::memcpy(out.bytes_.data(), &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
    return out;
  }
  if (address.sa_family == AF_INET6) {
    std::memcpy(out.bytes_.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
    return out;
  }
  return std::nullopt;
}

IpAddress IpAddress::Embedded(size_t offset) const {
  IpAddress out;
  out.v4_ = true;
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), 4, out.bytes_.begin());
  return out;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

absl::StatusOr<IpNetwork> IpNetwork::Parse(absl::string_view cidr) {
  const size_t slash = cidr.find('/');
  const auto address = IpAddress::Parse(cidr.substr(0, slash));
  if (!address) {
    return absl::InvalidArgumentError("is no network; write one such as 10.0.0.0/8 or fd00::/8");
  }
  if (slash == absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("has no prefix length; write ",
                                                   address->ToString(), "/", address->bits(),
                                                   " for this address alone"));
  }
  const auto prefix = ParseBits(cidr.substr(slash + 1));
  if (!prefix || *prefix > address->bits()) {
    return absl::InvalidArgumentError(absl::StrCat("has no valid prefix length behind the /; ",
                                                   "they go from 0 to ", address->bits()));
  }
  IpNetwork network(*address, *prefix);
  Mask(network.base_.bytes_, *prefix);
  if (network.base_ == *address) return network;
  return absl::InvalidArgumentError(absl::StrCat("has bits set beyond its prefix; write ",
                                                 network.ToString(), ", or ", address->ToString(),
                                                 "/", address->bits(), " for this address alone"));
}

bool IpNetwork::Contains(const IpAddress& address) const {
  if (address.v4_ != base_.v4_) return false;
  IpAddress masked = address;
  Mask(masked.bytes_, prefix_);
  return masked == base_;
}

std::string IpNetwork::ToString() const { return absl::StrCat(base_.ToString(), "/", prefix_); }

}  // namespace gw
