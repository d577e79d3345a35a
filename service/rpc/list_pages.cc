#include "service/rpc/list_pages.h"

#include <algorithm>

#include "service/concero/page_token.h"
#include "service/rpc/proto_time.h"

namespace gw::rpc {
namespace {

constexpr size_t kDefaultPage = 1000;
constexpr size_t kMaxPage = 10000;

}  // namespace

size_t PageSize(int32_t asked) {
  return asked == 0 ? kDefaultPage : std::min(static_cast<size_t>(asked), kMaxPage);
}

void FillPage(const concero::ExaminationCache::Answer& answer, size_t offset, size_t size,
              ::concero::v1::ListExaminationsResponse* response) {
  const concero::ExaminationList& list = *answer.list;
  const size_t total = list.examinations.size();
  const size_t from = std::min(offset, total);
  const size_t to = from + std::min(size, total - from);
  response->mutable_examinations()->Reserve(static_cast<int>(to - from));
  for (size_t i = from; i < to; ++i) *response->add_examinations() = list.examinations[i];
  SetTimestamp(list.fetch_time, response->mutable_fetch_time());
  response->set_stale(answer.stale);
  response->set_version(list.version);
  if (to < total) response->set_next_page_token(concero::EncodePageToken({list.version, to}));
}

}  // namespace gw::rpc
