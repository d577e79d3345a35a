#include "service/rest/address_codec.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "service/base/ip_network.h"
#include "service/rest/json_codec.h"

namespace gw::rest {
namespace {

constexpr size_t kMaxBody = 4096;

std::optional<std::string> Canonical(absl::string_view text) {
  const auto address = IpAddress::Parse(text);
  if (!address) return std::nullopt;
  return address->ToString();
}

}  // namespace

std::optional<std::string> DecodeAddress(absl::string_view body) {
  const std::string text(absl::StripAsciiWhitespace(body));
  if (text.empty() || text[0] != '{') return Canonical(text);
  const auto object = ReadJsonObject(text, kMaxBody);
  if (!object.ok()) return std::nullopt;
  for (const char* const member : {"ip", "origin"}) {
    const auto address = OptionalText(object->root(), member);
    if (address.ok() && address->has_value()) return Canonical(**address);
  }
  return std::nullopt;
}

}  // namespace gw::rest
