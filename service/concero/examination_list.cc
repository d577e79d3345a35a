#include "service/concero/examination_list.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "service/base/fnv.h"
#include "service/concero/list_pages.h"

namespace gw::concero {
namespace {

using ::concero::v1::ListExaminationsResponse;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// By hand: as a message of all of them, each would be copied, and where it ends not be known.
void Encode(ExaminationList& list) {
  constexpr uint32_t kTag =
      WireFormatLite::MakeTag(ListExaminationsResponse::kExaminationsFieldNumber,
                              WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  list.ends.reserve(list.examinations.size());
  size_t end = 0;
  for (const auto& e : list.examinations) {
    const size_t size = e.ByteSizeLong();
    end += CodedOutputStream::VarintSize32(kTag) +
           CodedOutputStream::VarintSize32(static_cast<uint32_t>(size)) + size;
    list.ends.push_back(end);
  }
  list.encoded.resize(end);
  auto* at = reinterpret_cast<uint8_t*>(list.encoded.data());
  for (const auto& e : list.examinations) {
    at = CodedOutputStream::WriteTagToArray(kTag, at);
    at = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(e.GetCachedSize()), at);
    at = e.SerializeWithCachedSizesToArray(at);
  }
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
  Encode(*list);
  list->fresh_page = MakePage(*list, false, 0, ExaminationList::kDefaultPage);
  list->stale_page = MakePage(*list, true, 0, ExaminationList::kDefaultPage);
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
