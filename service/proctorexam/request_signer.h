// How a request to ProctorExam is authenticated: a token in a header and a signature over the
// parameters.
#pragma once

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/http/transport.h"
#include "service/keys/key_ring.h"

namespace gw::proctorexam {

/// Puts Request::parameters where they are sent, with a nonce, a timestamp and a signature of its
/// own making: into the body, or for a GET and a DELETE into the query. Every send is signed anew:
/// a nonce must not come twice within 24 hours [doc], and 63 random bits are unique across replicas
/// and restarts without anything shared.
///
/// The timestamp is in milliseconds, a JSON number; the nonce goes as a text, since 63 bits do not
/// survive as a JSON number [assumed].
///
/// Thread safety: any thread.
class RequestSigner {
 public:
  /// Both outlive it.
  RequestSigner(Clock& clock, Random& random) : clock_(&clock), random_(&random) {}

  /// `credential` is the token, which is sent, and the secret key, which never is.
  void operator()(http::Request& request, const keys::Credential& credential) const;

 private:
  Clock* clock_;
  Random* random_;
};

}  // namespace gw::proctorexam
