#include "service/ledger/email_key.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace gw::ledger {

std::string TrimmedEmail(absl::string_view email) {
  return std::string(absl::StripAsciiWhitespace(email));
}

std::string EmailKeyOf(absl::string_view email) {
  std::string key = TrimmedEmail(email);
  const size_t at = key.rfind('@');
  if (at == std::string::npos) return key;
  return absl::StrCat(key.substr(0, at), absl::AsciiStrToLower(key.substr(at)));
}

std::string ErasedEmailKey(absl::string_view email_key, const observe::KeyedHash& hash) {
  return absl::StrCat("erased:", hash.Of(email_key));
}

}  // namespace gw::ledger
