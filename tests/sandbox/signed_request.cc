#include "tests/sandbox/signed_request.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sandbox {
namespace {

constexpr std::size_t kMostDigits = 20;

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= kMostDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A value as it is signed; what is neither text, number nor switch as compact JSON.
std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : DumpJson(value);
}

// Takes a member out; "" when there is none.
Json Take(Json* object, const char* name) {
  const auto found = object->find(name);
  if (found == object->end()) return "";
  Json value = *found;
  object->erase(found);
  return value;
}

bool IsNear(const std::string& timestamp, std::int64_t now) {
  std::int64_t time = 0;
  const auto* const end = timestamp.data() + timestamp.size();
  const auto parsed = std::from_chars(timestamp.data(), end, time);
  return parsed.ec == std::errc() && parsed.ptr == end &&
         time >= now - SignatureCheck::kTolerated && time <= now + SignatureCheck::kTolerated;
}

}  // namespace

bool SignatureCheck::Passes(From from, const std::string& secret_key, Json* parameters,
                            const SignedValues& in_path, std::int64_t now) {
  const Json signature = Take(parameters, "signature");
  SignedValues values = in_path;
  for (const auto& [name, value] : parameters->items()) {
    values.emplace(name, TextOf(value));
  }
  const Json nonce = Take(parameters, "nonce");
  const Json timestamp = Take(parameters, "timestamp");
  if (from == From::kBody && !timestamp.is_number_integer()) return false;
  return signature.is_string() && IsNumber(TextOf(nonce)) && IsNear(TextOf(timestamp), now) &&
         IsSame(signature.get_ref<const std::string&>(), SignatureOf(values, secret_key)) &&
         nonces_.Use(TextOf(nonce), now);
}

}  // namespace sandbox
