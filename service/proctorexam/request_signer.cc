#include "service/proctorexam/request_signer.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/proctorexam/parameters_codec.h"
#include "service/proctorexam/signature.h"

namespace gw::proctorexam {
namespace {

constexpr uint64_t kNonceBits = ~uint64_t{0} >> 1;

bool HasBody(http::Method method) {
  return method != http::Method::kGet && method != http::Method::kDelete;
}

}  // namespace

void RequestSigner::operator()(http::Request& request, const keys::Credential& credential) const {
  const Secret &token = credential.at(0), &secret_key = credential.at(1);
  std::vector<http::Parameter> parameters = std::move(request.parameters);
  request.parameters.clear();
  parameters.push_back({"nonce", absl::StrCat(random_->Next() & kNonceBits)});
  parameters.push_back({"timestamp", absl::ToUnixMillis(clock_->WallNow())});
  parameters.push_back({"signature", Sign(parameters, secret_key)});
  if (HasBody(request.method)) {
    request.body = EncodeBody(parameters);
  } else {
    absl::StrAppend(&request.target, "?", EncodeQuery(parameters));
  }
  request.headers.push_back({"Authorization", absl::StrCat("Token token=", token.Reveal())});
}

}  // namespace gw::proctorexam
