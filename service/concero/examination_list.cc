#include "service/concero/examination_list.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "service/concero/list_pages.h"

namespace gw::concero {
namespace {

// FNV-1a of 64 bits: no secret is at stake, and it is the same everywhere, which absl::Hash is not.
class Fnv {
 public:
  void Add(uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) Byte(static_cast<uint8_t>(number >> shift));
  }
  void Add(absl::string_view text) {
    Add(text.size());
    for (const char c : text) Byte(static_cast<uint8_t>(c));
  }
  uint64_t value() const { return value_; }

 private:
  void Byte(uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  uint64_t value_ = 0xcbf29ce484222325;
};

std::string DefaultPage(const ExaminationList& list, bool stale) {
  ::concero::v1::ListExaminationsResponse page;
  FillPage(list, stale, 0, ExaminationList::kDefaultPage, &page);
  return page.SerializeAsString();
}

}  // namespace

ExaminationListPtr MakeExaminationList(std::vector<::concero::v1::Examination> examinations,
                                       std::string version, absl::Time fetch_time,
                                       Instant fetched) {
  auto list = std::make_shared<ExaminationList>();
  list->examinations = std::move(examinations);
  list->version = std::move(version);
  list->fetch_time = fetch_time;
  list->fetched = fetched;
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
