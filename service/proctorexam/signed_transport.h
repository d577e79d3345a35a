// Authentication by a token in a header and a signature over the parameters.
#pragma once

#include <utility>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/http/transport.h"

namespace gw::proctorexam {

/// A decorator that sends Request::parameters with a nonce, a timestamp and a signature of its own
/// making. It belongs below whatever repeats requests, so that every send has its own three: a
/// nonce must not come twice within 24 hours [doc], and 63 random bits are unique across replicas
/// and restarts without anything shared.
///
/// The timestamp is in milliseconds, a JSON number; the nonce goes as a text, since 63 bits do not
/// survive as a JSON number [assumed].
///
/// Thread safety: Start may be called from any thread.
class SignedTransport : public http::Transport {
 public:
  /// `inner`, `clock` and `random` outlive it. `token` is sent, `secret_key` never.
  SignedTransport(http::Transport& inner, Secret token, Secret secret_key, Clock& clock,
                  Random& random)
      : inner_(inner),
        token_(std::move(token)),
        secret_key_(std::move(secret_key)),
        clock_(clock),
        random_(random) {}

  void Start(http::Request request, http::Completion done) override;

 private:
  http::Transport& inner_;
  const Secret token_;
  const Secret secret_key_;
  Clock& clock_;
  Random& random_;
};

}  // namespace gw::proctorexam
