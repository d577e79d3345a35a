#include "service/concero/examinations_codec.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "service/rest/json_codec.h"

namespace gw::concero {
namespace {

// Above any response cap that makes sense; kMaxJsonValues bounds the memory.
constexpr size_t kMaxBytes = size_t{64} << 20;

absl::StatusOr<pb::Examination> DecodeOne(rest::JsonView entry) {
  if (!entry.is_object()) return absl::InvalidArgumentError("expects an object");
  const absl::StatusOr<int64_t> id = rest::RequiredId(entry, "testId");
  if (!id.ok()) return id.status();
  const absl::StatusOr<std::optional<absl::string_view>> name =
      rest::OptionalText(entry, "testName");
  if (!name.ok()) return name.status();
  pb::Examination examination;
  examination.set_id(*id);
  if (*name) examination.set_name((*name)->data(), (*name)->size());
  return examination;
}

}  // namespace

absl::StatusOr<std::vector<pb::Examination>> DecodeExaminations(absl::string_view body) {
  const absl::StatusOr<rest::ParsedJson> json = rest::ReadJson(body, kMaxBytes);
  if (!json.ok()) return json.status();
  const rest::JsonView list = json->root();
  if (!list.is_array()) return absl::InvalidArgumentError("the body: expects an array");
  std::vector<pb::Examination> examinations;
  examinations.reserve(list.size());
  absl::flat_hash_set<int64_t> ids;
  ids.reserve(list.size());
  size_t i = 0;
  for (const rest::JsonView entry : list) {
    absl::StatusOr<pb::Examination> examination = DecodeOne(entry);
    if (!examination.ok()) return rest::Under(absl::StrCat("[", i, "]: "), examination.status());
    if (ids.insert(examination->id()).second) examinations.push_back(*std::move(examination));
    ++i;
  }
  return examinations;
}

}  // namespace gw::concero
