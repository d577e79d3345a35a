#include "service/proctorexam/parameters_codec.h"

#include <nlohmann/json.hpp>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "service/proctorexam/signature.h"
#include "service/rest/json_codec.h"

namespace gw::proctorexam {
namespace {

void AppendEncoded(absl::string_view text, std::string& out) {
  constexpr absl::string_view kUnreserved = "-._~";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || kUnreserved.find(c) != absl::string_view::npos) {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
}

}  // namespace

std::string EncodeBody(const std::vector<http::Parameter>& parameters) {
  nlohmann::json body = nlohmann::json::object();
  for (const http::Parameter& parameter : parameters) {
    if (parameter.in_path) continue;
    std::visit([&](const auto& value) { body[parameter.name] = value; }, parameter.value);
  }
  return rest::ToText(body);
}

std::string EncodeQuery(const std::vector<http::Parameter>& parameters) {
  std::string query;
  for (const http::Parameter& parameter : parameters) {
    if (parameter.in_path) continue;
    if (!query.empty()) query += '&';
    AppendEncoded(parameter.name, query);
    query += '=';
    AppendEncoded(TextOf(parameter), query);
  }
  return query;
}

}  // namespace gw::proctorexam
