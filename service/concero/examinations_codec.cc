#include "service/concero/examinations_codec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/rest/json_codec.h"

namespace gw::concero {
namespace {

// Above any response cap that makes sense; kMaxJsonValues bounds the memory.
constexpr size_t kMaxBytes = size_t{64} << 20;

absl::StatusOr<pb::Examination> DecodeOne(const nlohmann::json& entry) {
  if (!entry.is_object()) return absl::InvalidArgumentError("expects an object");
  const absl::StatusOr<int64_t> id = rest::RequiredId(entry, "testId");
  if (!id.ok()) return id.status();
  absl::StatusOr<std::optional<std::string>> name = rest::OptionalText(entry, "testName");
  if (!name.ok()) return name.status();
  pb::Examination examination;
  examination.set_id(*id);
  if (*name) examination.set_name(**std::move(name));
  return examination;
}

}  // namespace

absl::StatusOr<std::vector<pb::Examination>> DecodeExaminations(absl::string_view body) {
  const absl::StatusOr<nlohmann::json> list = rest::ParseJson(body, kMaxBytes);
  if (!list.ok()) return list.status();
  if (!list->is_array()) return absl::InvalidArgumentError("the body: expects an array");
  std::vector<pb::Examination> examinations;
  examinations.reserve(list->size());
  std::unordered_set<int64_t> ids;
  for (size_t i = 0; i < list->size(); ++i) {
    absl::StatusOr<pb::Examination> examination = DecodeOne((*list)[i]);
    if (!examination.ok()) return rest::Under(absl::StrCat("[", i, "]: "), examination.status());
    if (ids.insert(examination->id()).second) examinations.push_back(*std::move(examination));
  }
  return examinations;
}

}  // namespace gw::concero
