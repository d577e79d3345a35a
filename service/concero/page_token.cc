#include "service/concero/page_token.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/failure.h"

namespace gw::concero {
namespace {

constexpr size_t kMaxToken = 128;

absl::Status Invalid() {
  Failure failure;
  failure.reason = Reason::kPageTokenInvalid;
  failure.metadata = {{"field", "page_token"}};
  return MakeFailure(absl::StatusCode::kInvalidArgument,
                     "page_token: is not a token that this service gave out", failure);
}

}  // namespace

std::string EncodePageToken(const PagePosition& position) {
  return absl::WebSafeBase64Escape(absl::StrCat(position.version, ":", position.offset));
}

absl::StatusOr<PagePosition> DecodePageToken(absl::string_view token) {
  std::string text;
  if (token.size() > kMaxToken || !absl::WebSafeBase64Unescape(token, &text)) return Invalid();
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  PagePosition position{parts.first, 0};
  uint64_t offset;
  if (position.version.empty() || !absl::SimpleAtoi(parts.second, &offset)) return Invalid();
  position.offset = offset;
  // Only the one spelling of each position is ours.
  if (EncodePageToken(position) != token) return Invalid();
  return position;
}

absl::Status PageTokenExpired() {
  Failure failure;
  failure.reason = Reason::kPageTokenExpired;
  failure.metadata = {{"field", "page_token"}};
  return MakeFailure(absl::StatusCode::kAborted,
                     "page_token: its version of the list is no longer kept; start again from the "
                     "first page",
                     failure);
}

}  // namespace gw::concero
