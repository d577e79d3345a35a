#include "service/concero/failure_codec.h"

#include "service/rest/json_view.h"

namespace gw::concero {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;

}  // namespace

bool HasFailureEnvelope(absl::string_view body) {
  const absl::StatusOr<rest::ParsedJson> json = rest::ReadJsonObject(body, kMaxBytes);
  if (!json.ok()) return false;
  const auto success = json->root().Find("success");
  const auto message = json->root().Find("message");
  return success && success->Is(false) && message && message->is_string();
}

}  // namespace gw::concero
