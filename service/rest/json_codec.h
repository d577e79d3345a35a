// Typed getters for JSON that json_view.h has read, and JSON as it is written. For codecs only; no
// other file sees nlohmann::json, which is for writing.
//
// Errors are INVALID_ARGUMENT. A message names what we asked for and never quotes the body: it may
// hold an e-mail address or an invite link. Nothing here throws. Thread safety: pure functions,
// callable from any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/rest/json_view.h"

namespace gw::rest {

// The getters. `object` must be an object; optional ones take null and missing both for "not set".
// Texts and objects are good for as long as the ParsedJson and its body.

/// An id: an integer of 1 to 2^63-1, as a JSON integer or as its decimal digits in a string
/// (reports give ids so [doc], elsewhere tolerated [assumed]). 119.0, " 119", "+119" and "0119" are
/// not ids.
absl::StatusOr<int64_t> RequiredId(JsonView object, absl::string_view key);
absl::StatusOr<std::optional<int64_t>> OptionalId(JsonView object, absl::string_view key);

absl::StatusOr<absl::string_view> RequiredText(JsonView object, absl::string_view key);
absl::StatusOr<std::optional<absl::string_view>> OptionalText(JsonView object,
                                                              absl::string_view key);

/// A finite number, as a JSON number or as a plain decimal in a string ("74", "-0.50") [assumed].
absl::StatusOr<std::optional<double>> OptionalNumber(JsonView object, absl::string_view key);

/// The object below `key`; an error when there is none.
absl::StatusOr<JsonView> RequiredObject(JsonView object, absl::string_view key);

/// Whether `key` is there and not null.
bool IsSet(JsonView object, absl::string_view key);

/// The error of a getter with where it happened in front: Under("data.", …) makes `data.invite_id:
/// expects …`.
absl::Status Under(absl::string_view where, const absl::Status& error);

/// `value` in one line. What is not UTF-8 becomes U+FFFD.
std::string ToText(const nlohmann::json& value);

/// `text` as a JSON string, in its quotes, as ToText writes it.
std::string Quoted(absl::string_view text);

}  // namespace gw::rest
