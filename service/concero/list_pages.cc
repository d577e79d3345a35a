#include "service/concero/list_pages.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "concero/v1/assessment.pb.h"
#include "service/concero/page_token.h"

namespace gw::concero {
namespace {

using google::protobuf::util::TimeUtil;

constexpr size_t kMaxPage = 10000;

}  // namespace

size_t PageSize(int32_t asked) {
  return asked == 0 ? ExaminationList::kDefaultPage
                    : std::min(static_cast<size_t>(asked), kMaxPage);
}

std::string MakePage(const ExaminationList& list, bool stale, size_t offset, size_t size) {
  const size_t total = list.ends.size();
  const size_t from = std::min(offset, total);
  const size_t to = from + std::min(size, total - from);
  const auto start_of = [&](size_t i) { return i == 0 ? 0 : list.ends[i - 1]; };

  // Repeated fields come first, as in the message: parts of a message may stand one behind the
  // other (https://protobuf.dev/programming-guides/encoding/, "Last One Wins").
  ::concero::v1::ListExaminationsResponse rest;
  *rest.mutable_fetch_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(list.fetch_time));
  rest.set_stale(stale);
  rest.set_version(list.version);
  if (to < total) rest.set_next_page_token(EncodePageToken({list.version, to}));

  const size_t bytes = start_of(to) - start_of(from);
  std::string page;
  page.reserve(bytes + rest.ByteSizeLong());
  page.append(list.encoded, start_of(from), bytes);
  rest.AppendToString(&page);
  return page;
}

std::shared_ptr<const std::string> EncodedPage(const ExaminationListPtr& list, bool stale,
                                               size_t offset, size_t size) {
  if (offset == 0 && size == ExaminationList::kDefaultPage) {
    return {list, stale ? &list->stale_page : &list->fresh_page};
  }
  return std::make_shared<const std::string>(MakePage(*list, stale, offset, size));
}

}  // namespace gw::concero
