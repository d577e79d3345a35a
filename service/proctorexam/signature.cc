#include "service/proctorexam/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace gw::proctorexam {
namespace {

struct ToText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int64_t value) const { return absl::StrCat(value); }
  std::string operator()(const std::string& value) const { return value; }
};

}  // namespace

std::string TextOf(const http::Parameter& parameter) {
  return std::visit(ToText(), parameter.value);
}

std::string SignedText(const std::vector<http::Parameter>& parameters) {
  std::vector<std::pair<std::string, std::string>> named;
  for (const http::Parameter& parameter : parameters) {
    if (parameter.name != "signature") named.emplace_back(parameter.name, TextOf(parameter));
  }
  std::sort(named.begin(), named.end());
  return absl::StrJoin(named, "?", absl::PairFormatter("="));
}

std::string Sign(const std::vector<http::Parameter>& parameters, const Secret& secret_key) {
  const std::string text = SignedText(parameters);
  const absl::string_view key = secret_key.Reveal();
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash, &size);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash), size_t{size}));
}

}  // namespace gw::proctorexam
