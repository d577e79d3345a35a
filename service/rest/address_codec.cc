#include "service/rest/address_codec.h"

#include <arpa/inet.h>

#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "service/rest/json_codec.h"

namespace gw::rest {
namespace {

constexpr size_t kMaxBody = 4096;

// inet_ntop's text of what inet_pton takes.
std::optional<std::string> Canonical(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  std::array<char, INET6_ADDRSTRLEN> canonical;
  if (text.find('\0') != std::string::npos) return std::nullopt;
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), bytes.data()) == 1 &&
        inet_ntop(family, bytes.data(), canonical.data(), canonical.size()) != nullptr) {
      return std::string(canonical.data());
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> DecodeAddress(absl::string_view body) {
  const std::string text(absl::StripAsciiWhitespace(body));
  if (text.empty() || text[0] != '{') return Canonical(text);
  const auto object = ParseJsonObject(text, kMaxBody);
  if (!object.ok()) return std::nullopt;
  for (const char* const member : {"ip", "origin"}) {
    const auto address = OptionalText(*object, member);
    if (address.ok() && address->has_value()) return Canonical(**address);
  }
  return std::nullopt;
}

}  // namespace gw::rest
