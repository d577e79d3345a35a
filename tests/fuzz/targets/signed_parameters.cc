// What callers write into signed requests: a name in the first line, an address in the second.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "service/proctorexam/parameters_codec.h"
#include "service/proctorexam/signature.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

std::string Unquoted(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] == '%' && absl::SimpleHexAtoi(text.substr(i + 1, 2), &code)) {
      out += static_cast<char>(code);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

FUZZ_TARGET(signed_parameters) {
  const std::string name(TakeLine(input)), email(TakeLine(input));
  const std::vector<http::Parameter> parameters = {
      {"id", int64_t{1}, true}, {"name", name}, {"email", email}, {"skip_requirements", true}};
  Expect(IsJson(proctorexam::EncodeBody(parameters)), "a body is JSON");

  const std::string query = proctorexam::EncodeQuery(parameters);
  for (const char c : query) {
    Expect(absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               absl::string_view("-._~%&=").find(c) != absl::string_view::npos,
           "a query is a part of a URL");
  }
  const std::vector<std::string> pairs = absl::StrSplit(query, '&');
  Expect(pairs.size() == 3 && Unquoted(pairs[0]) == "name=" + name &&
             Unquoted(pairs[1]) == "email=" + email,
         "a query is read as what was written into it");

  const std::string signature =
      proctorexam::Sign(parameters, Secret(std::string("a secret of this test")));
  Expect(signature.size() == 64, "a signature has its length");
}

}  // namespace gw::fuzz
