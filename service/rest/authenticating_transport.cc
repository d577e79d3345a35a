#include "service/rest/authenticating_transport.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "service/observe/log.h"

namespace gw::rest {
namespace {

// Any other answer may be a proxy's, or one from before the credential was looked at.
bool Succeeded(const http::Outcome& outcome) {
  const auto* response = std::get_if<http::Response>(&outcome);
  return response != nullptr && response->status >= 200 && response->status < 300;
}

}  // namespace

void AuthenticatingTransport::Start(http::Request request, http::Completion done) {
  keys::KeyRing::Keys keys = ring_.Now();
  if (!options_.try_previous) keys.previous = nullptr;
  http::Request again = keys.previous != nullptr ? request : http::Request();
  Send(std::move(request), *keys.current,
       [this, keys, again = std::move(again),
        done = std::move(done)](http::Outcome outcome) mutable {
         if (Succeeded(outcome)) ring_.SetProven(*keys.current);
         if (keys.previous == nullptr || !RefusesCredential(outcome)) {
           return std::move(done)(std::move(outcome));
         }
         if (warned_of_.exchange(keys.current.get()) != keys.current.get()) {
           observe::Log(observe::LogLevel::kWarn, "credential_refused",
                        {{"upstream", options_.upstream},
                         {"advice",
                          "the upstream does not take the new credential, so the "
                          "previous one is tried until key_overlap ends"}});
         }
         SendAgain(std::move(again), keys.previous, std::move(outcome), std::move(done));
       });
}

void AuthenticatingTransport::Send(http::Request request, const keys::Credential& credential,
                                   http::Completion done) {
  options_.authenticate(request, credential);
  inner_.Start(std::move(request), std::move(done));
}

void AuthenticatingTransport::SendAgain(http::Request request,
                                        const std::shared_ptr<const keys::Credential>& previous,
                                        http::Outcome refusal, http::Completion done) {
  Send(std::move(request), *previous,
       [this, refusal = std::move(refusal), done = std::move(done)](http::Outcome outcome) mutable {
         const auto* error = std::get_if<http::TransportError>(&outcome);
         // Not even tried: then the refusal is what is known.
         if (error != nullptr && error->kind == http::ErrorKind::kRefused) outcome = refusal;
         if (error == nullptr && !RefusesCredential(outcome)) ++saved_by_previous_;
         std::move(done)(std::move(outcome));
       });
}

bool AuthenticatingTransport::RefusesCredential(const http::Outcome& outcome) const {
  const auto* response = std::get_if<http::Response>(&outcome);
  return response != nullptr && std::find(options_.refusals.begin(), options_.refusals.end(),
                                          response->status) != options_.refusals.end();
}

}  // namespace gw::rest
