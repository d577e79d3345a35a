#include "service/concero/examination_list.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "service/base/fnv.h"
#include "service/concero/list_pages.h"

namespace gw::concero {
namespace {

std::string DefaultPage(const ExaminationList& list, bool stale) {
  ::concero::v1::ListExaminationsResponse page;
  FillPage(list, stale, 0, ExaminationList::kDefaultPage, &page);
  return page.SerializeAsString();
}

}  // namespace

ExaminationListPtr MakeExaminationList(std::vector<::concero::v1::Examination> examinations,
                                       std::string version, absl::Time fetch_time, Instant fetched,
                                       bool restored) {
  auto list = std::make_shared<ExaminationList>();
  list->examinations = std::move(examinations);
  list->version = std::move(version);
  list->fetch_time = fetch_time;
  list->fetched = fetched;
  list->restored = restored;
  list->fresh_page = DefaultPage(*list, false);
  list->stale_page = DefaultPage(*list, true);
  return list;
}

std::string VersionOf(const std::vector<::concero::v1::Examination>& examinations) {
  std::vector<std::pair<int64_t, absl::string_view>> sorted;
  sorted.reserve(examinations.size());
  for (const auto& e : examinations) sorted.emplace_back(e.id(), e.name());
  std::sort(sorted.begin(), sorted.end());
  Fnv hash;
  for (const auto& [id, name] : sorted) {
    hash.Add(static_cast<uint64_t>(id));
    hash.Add(name);
  }
  return absl::StrFormat("%016x", hash.value());
}

}  // namespace gw::concero
