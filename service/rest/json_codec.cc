#include "service/rest/json_codec.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::rest {
namespace {

using Json = nlohmann::json;

absl::Status Expects(absl::string_view key, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": expects ", what));
}

std::optional<JsonView> Find(JsonView object, absl::string_view key) {
  const std::optional<JsonView> found = object.Find(key);
  return !found || found->is_null() ? std::nullopt : found;
}

std::optional<int64_t> IdOf(uint64_t number) {
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (number == 0 || number > kMost) return std::nullopt;
  return static_cast<int64_t>(number);
}

std::optional<int64_t> IdOf(absl::string_view digits) {
  constexpr size_t kMostDigits = 19;  // those of 2^63-1
  if (digits.size() > kMostDigits || absl::StartsWith(digits, "0")) return std::nullopt;
  uint64_t number = 0;
  for (const char c : digits) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return IdOf(number);
}

std::optional<int64_t> ReadId(JsonView value) {
  if (value.kind() == JsonKind::kUnsigned) return IdOf(value.whole());
  if (value.is_string()) return IdOf(value.text());
  return std::nullopt;
}

bool IsPlainDecimal(absl::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const auto take_digits = [&text] {
    size_t n = 0;
    while (n < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[n]))) ++n;
    text.remove_prefix(n);
    return n > 0;
  };
  if (!take_digits()) return false;
  if (text.empty()) return true;
  if (text.front() != '.') return false;
  text.remove_prefix(1);
  return take_digits() && text.empty();
}

std::optional<double> NumberOf(absl::string_view text) {
  double number = 0;
  if (!IsPlainDecimal(text) || !absl::SimpleAtod(text, &number)) return std::nullopt;
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<double> ReadNumber(JsonView value) {
  if (value.is_number()) return value.number();
  if (value.is_string()) return NumberOf(value.text());
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::optional<int64_t>> OptionalId(JsonView object, absl::string_view key) {
  const std::optional<JsonView> value = Find(object, key);
  if (!value) return std::optional<int64_t>();
  const std::optional<int64_t> id = ReadId(*value);
  if (!id) return Expects(key, "a positive integer");
  return id;
}

absl::StatusOr<int64_t> RequiredId(JsonView object, absl::string_view key) {
  const absl::StatusOr<std::optional<int64_t>> id = OptionalId(object, key);
  if (!id.ok()) return id.status();
  if (!id->has_value()) return Expects(key, "a positive integer");
  return **id;
}

absl::StatusOr<std::optional<absl::string_view>> OptionalText(JsonView object,
                                                              absl::string_view key) {
  const std::optional<JsonView> value = Find(object, key);
  if (!value) return std::optional<absl::string_view>();
  if (!value->is_string()) return Expects(key, "a string");
  return std::optional<absl::string_view>(value->text());
}

absl::StatusOr<absl::string_view> RequiredText(JsonView object, absl::string_view key) {
  const absl::StatusOr<std::optional<absl::string_view>> text = OptionalText(object, key);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return Expects(key, "a string");
  return **text;
}

absl::StatusOr<std::optional<double>> OptionalNumber(JsonView object, absl::string_view key) {
  const std::optional<JsonView> value = Find(object, key);
  if (!value) return std::optional<double>();
  const std::optional<double> number = ReadNumber(*value);
  if (!number) return Expects(key, "a number");
  return number;
}

absl::StatusOr<JsonView> RequiredObject(JsonView object, absl::string_view key) {
  const std::optional<JsonView> value = Find(object, key);
  if (!value || !value->is_object()) return Expects(key, "an object");
  return *value;
}

bool IsSet(JsonView object, absl::string_view key) { return Find(object, key).has_value(); }

absl::Status Under(absl::string_view where, const absl::Status& error) {
  return absl::Status(error.code(), absl::StrCat(where, error.message()));
}

std::string ToText(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Quoted(absl::string_view text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isprint(c) && c != '"' && c != '\\';
  });
  return is_plain ? absl::StrCat("\"", text, "\"") : ToText(std::string(text));
}

}  // namespace gw::rest
