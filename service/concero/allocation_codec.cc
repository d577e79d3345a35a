#include "service/concero/allocation_codec.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/rest/json_codec.h"

namespace gw::concero {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr absl::string_view kData = "data.";

using rest::JsonView;

/// The envelope of a success: its `data`.
absl::StatusOr<JsonView> SuccessData(JsonView body) {
  const std::optional<JsonView> success = body.Find("success");
  if (!success || !success->Is(true)) return absl::InvalidArgumentError("success: expects true");
  return rest::RequiredObject(body, "data");
}

absl::StatusOr<std::string> WithoutControls(absl::string_view text, absl::string_view key) {
  if (std::any_of(text.begin(), text.end(),
                  [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, ": expects a string without control characters"));
  }
  return std::string(text);
}

absl::StatusOr<std::string> TextOrEmpty(JsonView object, absl::string_view key) {
  const absl::StatusOr<std::optional<absl::string_view>> text = rest::OptionalText(object, key);
  if (!text.ok()) return text.status();
  return WithoutControls(text->value_or(""), key);
}

absl::StatusOr<std::string> Text(JsonView object, absl::string_view key) {
  const absl::StatusOr<absl::string_view> text = rest::RequiredText(object, key);
  if (!text.ok()) return text.status();
  return WithoutControls(*text, key);
}

}  // namespace

std::string EncodeAllocation(int64_t examination_id, absl::string_view candidate_email) {
  return absl::StrCat("{\"candidate_email\":", rest::Quoted(candidate_email),
                      ",\"examination_id\":", examination_id, "}");
}

absl::StatusOr<AllocationAnswer> DecodeAllocation(absl::string_view body) {
  const absl::StatusOr<rest::ParsedJson> json = rest::ReadJsonObject(body, kMaxBytes);
  if (!json.ok()) return json.status();
  const absl::StatusOr<JsonView> data = SuccessData(json->root());
  if (!data.ok()) return data.status();
  const absl::StatusOr<int64_t> invite_id = rest::RequiredId(*data, "invite_id");
  if (!invite_id.ok()) return rest::Under(kData, invite_id.status());
  const absl::StatusOr<int64_t> examination_id = rest::RequiredId(*data, "examination_id");
  if (!examination_id.ok()) return rest::Under(kData, examination_id.status());
  absl::StatusOr<std::string> email = Text(*data, "candidate_email");
  if (!email.ok()) return rest::Under(kData, email.status());
  absl::StatusOr<std::string> link = TextOrEmpty(*data, "invite_link");
  if (!link.ok()) return rest::Under(kData, link.status());
  return AllocationAnswer{*std::move(email), *examination_id, *invite_id, *std::move(link)};
}

std::string EncodeCancellation(int64_t invite_id) {
  return absl::StrCat("{\"invite_id\":", invite_id, "}");
}

absl::StatusOr<CancellationAnswer> DecodeCancellation(absl::string_view body) {
  const absl::StatusOr<rest::ParsedJson> json = rest::ReadJsonObject(body, kMaxBytes);
  if (!json.ok()) return json.status();
  const absl::StatusOr<JsonView> data = SuccessData(json->root());
  if (!data.ok()) return data.status();
  const absl::StatusOr<int64_t> invite_id = rest::RequiredId(*data, "invite_id");
  if (!invite_id.ok()) return rest::Under(kData, invite_id.status());
  absl::StatusOr<std::string> status = TextOrEmpty(*data, "status");
  if (!status.ok()) return rest::Under(kData, status.status());
  return CancellationAnswer{*invite_id, *std::move(status)};
}

}  // namespace gw::concero
