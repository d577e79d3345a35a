#include "service/rest/json_codec.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::rest {
namespace {

using Json = nlohmann::json;

/// Builds the value from the parser's events and stops at the first thing that is over a limit.
class Builder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return Refuse("holds binary data"); }
  bool start_object(std::size_t) override { return Open(Json::object()); }
  bool start_array(std::size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    const auto [member, is_new] =
        open_.back()->get_ref<Json::object_t&>().emplace(std::move(name), nullptr);
    if (!is_new) return Refuse("has a key twice in one object");
    member_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Refuse(absl::StrCat("is not valid JSON at byte ", position));
  }

  Json TakeValue() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

 private:
  bool Refuse(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }

  bool Add(Json value) { return Place(std::move(value)) != nullptr; }

  bool Open(Json container) {
    if (open_.size() == kMaxJsonDepth) return Refuse("is nested too deeply");
    open_.push_back(Place(std::move(container)));
    return open_.back() != nullptr;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  /// Puts `value` where it belongs; null when there are too many.
  Json* Place(Json value) {
    if (++values_ > kMaxJsonValues) {
      Refuse("has too many values");
      return nullptr;
    }
    if (open_.empty()) return &(root_ = std::move(value));
    if (!open_.back()->is_array()) return &(*member_ = std::move(value));
    auto& elements = open_.back()->get_ref<Json::array_t&>();
    return &elements.emplace_back(std::move(value));
  }

  Json root_;
  std::vector<Json*> open_;  // the containers being filled, outermost first
  Json* member_ = nullptr;   // where the next value of the innermost object goes
  int values_ = 0;
  std::string problem_;
};

absl::Status Expects(absl::string_view key, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": expects ", what));
}

const Json* Find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
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

std::optional<int64_t> ReadId(const Json& value) {
  if (value.is_number_unsigned()) return IdOf(value.get<uint64_t>());
  if (value.is_string()) return IdOf(value.get_ref<const std::string&>());
  return std::nullopt;
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

std::optional<double> ReadNumber(const Json& value) {
  if (value.is_number()) return value.get<double>();  // finite, or it is no JSON
  if (value.is_string()) return NumberOf(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<double> ReadNumber(JsonView value) {
  if (value.is_number()) return value.number();
  if (value.is_string()) return NumberOf(value.text());
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Json> ParseJson(absl::string_view body, size_t max_bytes) {
  if (body.size() > max_bytes) return absl::InvalidArgumentError("the body is too large");
  // nlohmann takes a NUL for the end of input and would not see what comes after it.
  if (body.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("the body has a NUL byte");
  }
  Builder builder;
  if (!Json::sax_parse(body.data(), body.data() + body.size(), &builder)) {
    return absl::InvalidArgumentError(absl::StrCat("the body ", builder.problem()));
  }
  return builder.TakeValue();
}

absl::StatusOr<Json> ParseJsonObject(absl::string_view body, size_t max_bytes) {
  absl::StatusOr<Json> value = ParseJson(body, max_bytes);
  if (value.ok() && !value->is_object()) return Expects("the body", "an object");
  return value;
}

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

absl::StatusOr<std::optional<int64_t>> OptionalId(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr) return std::optional<int64_t>();
  const std::optional<int64_t> id = ReadId(*value);
  if (!id) return Expects(key, "a positive integer");
  return id;
}

absl::StatusOr<int64_t> RequiredId(const Json& object, const char* key) {
  const absl::StatusOr<std::optional<int64_t>> id = OptionalId(object, key);
  if (!id.ok()) return id.status();
  if (!id->has_value()) return Expects(key, "a positive integer");
  return **id;
}

absl::StatusOr<std::optional<std::string>> OptionalText(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return Expects(key, "a string");
  return std::optional<std::string>(value->get_ref<const std::string&>());
}

absl::StatusOr<std::string> RequiredText(const Json& object, const char* key) {
  absl::StatusOr<std::optional<std::string>> text = OptionalText(object, key);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return Expects(key, "a string");
  return **std::move(text);
}

absl::StatusOr<std::optional<double>> OptionalNumber(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr) return std::optional<double>();
  const std::optional<double> number = ReadNumber(*value);
  if (!number) return Expects(key, "a number");
  return number;
}

absl::StatusOr<const Json*> RequiredObject(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr || !value->is_object()) return Expects(key, "an object");
  return value;
}

bool IsSet(const Json& object, const char* key) { return Find(object, key) != nullptr; }

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
