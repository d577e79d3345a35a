#include "service/rest/page_token.h"

#include "absl/strings/escaping.h"
#include "service/base/failure.h"

namespace gw::rest {
namespace {

constexpr size_t kMaxToken = 128;

}  // namespace

std::string SealPageToken(absl::string_view text) { return absl::WebSafeBase64Escape(text); }

std::optional<std::string> OpenPageToken(absl::string_view token) {
  std::string text;
  if (token.size() > kMaxToken || !absl::WebSafeBase64Unescape(token, &text)) return std::nullopt;
  return text;
}

absl::Status PageTokenInvalid() {
  Failure failure;
  failure.reason = Reason::kPageTokenInvalid;
  failure.metadata = {{"field", "page_token"}};
  return MakeFailure(absl::StatusCode::kInvalidArgument,
                     "page_token: is not a token that this service gave out", failure);
}

}  // namespace gw::rest
