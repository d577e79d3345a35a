#include "service/concero/failure_codec.h"

#include "service/rest/json_codec.h"

namespace gw::concero {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;

}  // namespace

bool HasFailureEnvelope(absl::string_view body) {
  const absl::StatusOr<nlohmann::json> json = rest::ParseJsonObject(body, kMaxBytes);
  if (!json.ok()) return false;
  const auto success = json->find("success");
  const auto message = json->find("message");
  return success != json->end() && *success == false && message != json->end() &&
         message->is_string();
}

}  // namespace gw::concero
