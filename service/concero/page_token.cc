#include "service/concero/page_token.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/failure.h"
#include "service/rest/page_token.h"

namespace gw::concero {

std::string EncodePageToken(const PagePosition& position) {
  return rest::SealPageToken(absl::StrCat(position.version, ":", position.offset));
}

absl::StatusOr<PagePosition> DecodePageToken(absl::string_view token) {
  const std::optional<std::string> text = rest::OpenPageToken(token);
  if (!text) return rest::PageTokenInvalid();
  const std::pair<std::string, std::string> parts = absl::StrSplit(*text, absl::MaxSplits(':', 1));
  PagePosition position{parts.first, 0};
  uint64_t offset;
  if (position.version.empty() || !absl::SimpleAtoi(parts.second, &offset)) {
    return rest::PageTokenInvalid();
  }
  position.offset = offset;
  // Only the one spelling of each position is ours.
  if (EncodePageToken(position) != token) return rest::PageTokenInvalid();
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
