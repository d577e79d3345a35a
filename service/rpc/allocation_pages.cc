#include "service/rpc/allocation_pages.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "service/base/fnv.h"
#include "service/rest/page_token.h"

namespace gw::rpc {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;
// Tells these tokens from others of ours, and from those of a later format.
constexpr absl::string_view kKind = "a1";

std::string FiltersOf(const ::concero::v1::ListAllocationsRequest& request) {
  Fnv hash;
  hash.Add(static_cast<uint64_t>(request.state()));
  hash.Add(static_cast<uint64_t>(request.examination_id()));
  hash.Add(request.candidate_email());
  hash.Add(request.caller());
  return absl::StrFormat("%016x", hash.value());
}

}  // namespace

int AllocationPageSize(int32_t asked) {
  return asked == 0 ? kDefaultPage : std::min<int>(asked, kMaxPage);
}

std::string AllocationPageToken(int64_t seq, const ::concero::v1::ListAllocationsRequest& request) {
  return rest::SealPageToken(absl::StrCat(kKind, ":", seq, ":", FiltersOf(request)));
}

absl::StatusOr<int64_t> AllocationPageStart(const ::concero::v1::ListAllocationsRequest& request) {
  if (request.page_token().empty()) return 0;
  const std::optional<std::string> text = rest::OpenPageToken(request.page_token());
  if (!text) return rest::PageTokenInvalid();
  const std::vector<absl::string_view> parts = absl::StrSplit(*text, ':');
  int64_t seq = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &seq) || seq <= 0 ||
      request.page_token() != AllocationPageToken(seq, request)) {
    return rest::PageTokenInvalid();
  }
  return seq;
}

}  // namespace gw::rpc
