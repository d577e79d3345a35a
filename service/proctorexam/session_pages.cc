#include "service/proctorexam/session_pages.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/rest/page_token.h"

namespace gw::proctorexam {
namespace {

constexpr int32_t kDefaultPageSize = 100;

// The number of a header, at most INT32_MAX.
std::optional<int32_t> NumberOf(const http::Response& response, absl::string_view name) {
  const auto text = response.Header(name);
  if (!text || text->empty() || !std::all_of(text->begin(), text->end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  int32_t number;
  return absl::SimpleAtoi(*text, &number) ? number : std::numeric_limits<int32_t>::max();
}

}  // namespace

std::string EncodePageToken(const PagePosition& position) {
  return rest::SealPageToken(
      absl::StrCat(position.exam_id, ":", position.page, ":", position.size));
}

absl::StatusOr<PagePosition> PositionOf(int64_t exam_id, int32_t page_size,
                                        absl::string_view page_token) {
  if (page_token.empty()) {
    return PagePosition{exam_id, 1,
                        page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize)};
  }
  const std::optional<std::string> text = rest::OpenPageToken(page_token);
  if (!text) return rest::PageTokenInvalid();
  const std::vector<std::string> parts = absl::StrSplit(*text, ':');
  PagePosition position;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &position.exam_id) ||
      !absl::SimpleAtoi(parts[1], &position.page) || !absl::SimpleAtoi(parts[2], &position.size)) {
    return rest::PageTokenInvalid();
  }
  const bool possible = position.page > 1 && position.size >= 1 && position.size <= kMaxPageSize;
  // Only the one spelling of each position is ours.
  if (!possible || position.exam_id != exam_id || EncodePageToken(position) != page_token) {
    return rest::PageTokenInvalid();
  }
  return position;
}

PageCount CountOf(const http::Response& response, const PagePosition& position, size_t got) {
  PageCount count;
  count.items = NumberOf(response, "x-pagination-item-count").value_or(0);
  const std::optional<int32_t> pages = NumberOf(response, "x-pagination-page-count");
  const bool at_the_end = position.page == std::numeric_limits<int32_t>::max();
  count.more = got > 0 && !at_the_end &&
               (pages ? position.page < *pages : got >= static_cast<size_t>(position.size));
  return count;
}

}  // namespace gw::proctorexam
