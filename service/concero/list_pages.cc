#include "service/concero/list_pages.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

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

void FillPage(const ExaminationList& list, bool stale, size_t offset, size_t size,
              ::concero::v1::ListExaminationsResponse* response) {
  const size_t total = list.examinations.size();
  const size_t from = std::min(offset, total);
  const size_t to = from + std::min(size, total - from);
  response->mutable_examinations()->Reserve(static_cast<int>(to - from));
  for (size_t i = from; i < to; ++i) *response->add_examinations() = list.examinations[i];
  *response->mutable_fetch_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(list.fetch_time));
  response->set_stale(stale);
  response->set_version(list.version);
  if (to < total) response->set_next_page_token(EncodePageToken({list.version, to}));
}

std::shared_ptr<const std::string> EncodedPage(const ExaminationListPtr& list, bool stale,
                                               size_t offset, size_t size) {
  if (offset == 0 && size == ExaminationList::kDefaultPage) {
    return {list, stale ? &list->stale_page : &list->fresh_page};
  }
  ::concero::v1::ListExaminationsResponse page;
  FillPage(*list, stale, offset, size, &page);
  return std::make_shared<const std::string>(page.SerializeAsString());
}

}  // namespace gw::concero
