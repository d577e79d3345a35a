#include "service/rpc/identity.h"

#include <grpc/grpc_security_constants.h>

#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/rpc/xfcc.h"

namespace gw::rpc {
namespace {

constexpr char kXfcc[] = "x-forwarded-client-cert";

absl::string_view ToView(const grpc::string_ref& text) { return {text.data(), text.size()}; }

std::vector<std::string> Property(const grpc::AuthContext& peer, const char* name) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : peer.FindPropertyValues(name)) {
    values.emplace_back(value.data(), value.size());
  }
  return values;
}

}  // namespace

Caller CallerOf(const grpc::AuthContext* peer, const Metadata& metadata, bool trust_xfcc) {
  if (trust_xfcc) {
    const auto [begin, end] = metadata.equal_range(kXfcc);
    auto names = begin == end ? std::nullopt : LastXfccElement(ToView(std::prev(end)->second));
    // The peer is the proxy, and who is nobody to it must not be taken for it.
    return names ? CallerWithNames(std::move(names->uris), std::move(names->dns_names)) : Caller();
  }
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return {};
  return CallerWithNames(Property(*peer, GRPC_PEER_URI_PROPERTY_NAME),
                         Property(*peer, GRPC_PEER_DNS_PROPERTY_NAME));
}

std::optional<std::string> HeaderOf(const Metadata& metadata, absl::string_view key) {
  const auto [begin, end] = metadata.equal_range(grpc::string_ref(key.data(), key.size()));
  if (begin == end) return std::nullopt;
  std::string value(ToView(begin->second));
  for (auto next = std::next(begin); next != end; ++next) {
    absl::StrAppend(&value, ",", ToView(next->second));
  }
  return value;
}

}  // namespace gw::rpc
