// To which addresses the name of an upstream may lead.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/base/ip_network.h"

namespace gw::http {

/// What an address is for, when it does not stand for a machine of the public Internet: `loopback`,
/// `private`, `link-local`, …; empty for one that does. An IPv6 address that stands for an IPv4 one
/// (mapped, NAT64, 6to4) is what that one is. Lives forever. Thread safety: pure.
absl::string_view SpecialUse(const IpAddress& address);

/// Whoever can make a name resolve as they like could have the gateway send a key to a machine
/// within its own network. So a name leads to public addresses only, and to what the operator
/// permits. Thread safety: immutable.
class EgressPolicy {
 public:
  EgressPolicy() = default;
  explicit EgressPolicy(std::vector<IpNetwork> allow_private)
      : allow_private_(std::move(allow_private)) {}

  /// An IPv6 address that stands for an IPv4 one is also permitted by a network of that.
  bool Permits(const IpAddress& address) const;

 private:
  std::vector<IpNetwork> allow_private_;
};

}  // namespace gw::http
