// Base URLs and addresses to listen at.
#include "service/base/base_url.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

void ExpectHost(absl::string_view host) {
  Expect(!host.empty(), "there is a host");
  Expect(std::none_of(
             host.begin(), host.end(),
             [](unsigned char c) { return !absl::ascii_isgraph(c) || absl::ascii_isupper(c); }),
         "a host is in lower case, without blanks");
  Expect(host.find_first_of("/@?#[]\\%") == absl::string_view::npos,
         "a host is nothing but a host");
}

}  // namespace

FUZZ_TARGET(base_url) {
  const auto url = ParseBaseUrl(input);
  if (url.ok()) {
    ExpectHost(url->host);
    Expect(url->port != 0, "a URL has a port");
    const auto again = ParseBaseUrl(absl::StrCat(url->https ? "https://" : "http://",
                                                 JoinHostPort(url->host, url->port), url->path));
    Expect(again.ok() && *again == *url, "a URL that is written out is read as the same");
  } else {
    ExpectQuotesNothing(url.status());
  }
  const auto address = ParseHostPort(input);
  if (!address.ok()) return ExpectQuotesNothing(address.status());
  ExpectHost(address->host);
  const auto again = ParseHostPort(JoinHostPort(address->host, address->port));
  Expect(again.ok() && *again == *address, "an address that is written out is read as the same");
}

}  // namespace gw::fuzz
