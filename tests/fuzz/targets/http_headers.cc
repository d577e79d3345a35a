// Header lines of an answer, and what its status means whatever they are.
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/http/transport.h"
#include "service/http/upstream_status.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(http_headers) {
  http::Response response;
  response.header_block = std::string(input);
  response.body = std::string(input);
  for (const absl::string_view name : {"retry-after", "date", "x-pagination-page-count", "x", ""}) {
    const auto value = response.Header(name);
    Expect(value == response.Header(absl::AsciiStrToUpper(name)), "the case of a name is nothing");
    if (!value) continue;
    Expect(absl::StrContains(response.header_block, *value), "a value is a part of the block");
    Expect(!absl::StrContains(*value, '\n'), "a value is a part of one line");
    Expect(absl::StripAsciiWhitespace(*value) == *value, "there are no blanks around a value");
  }
  const http::UpstreamTraits traits{"upstream", Reason::kUpstreamNotAuthorized, "not authorized"};
  for (const int code : {200, 204, 301, 302, 400, 401, 403, 404, 408, 422, 429, 500, 503}) {
    response.status = code;
    const absl::Status status = http::StatusOf(response, traits);
    Expect(status.ok() == (code < 300), "a 2xx is no failure, all else is");
    ExpectQuotesNothing(status);
  }
}

}  // namespace gw::fuzz
