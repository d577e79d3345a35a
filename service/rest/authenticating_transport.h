// Sends requests with the credential of the moment, and once more with the one before it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/http/transport.h"
#include "service/keys/key_ring.h"

namespace gw::rest {

/// Puts a credential into a request: a header, a signature.
using Authenticate = std::function<void(http::Request&, const keys::Credential&)>;

/// A decorator. It belongs below whatever repeats requests, so that every send is authenticated
/// anew. An answer that refuses the credential is tried once with the previous one, while there is
/// one: a refusal before execution, so this holds also for what may be executed only once.
/// Request::before_send is asked for each send. Thread safety: Start may be called from any thread.
class AuthenticatingTransport : public http::Transport {
 public:
  struct Options {
    std::string upstream;            ///< in the log
    std::vector<int> refusals{401};  ///< the statuses that may be about the credential
    Authenticate authenticate;       ///< called on any thread
    bool try_previous = true;        ///< false: for who asks about the one in use
  };

  /// `inner` and `ring` outlive it.
  AuthenticatingTransport(http::Transport& inner, keys::KeyRing& ring, Options options)
      : inner_(inner), ring_(ring), options_(std::move(options)) {}

  void Start(http::Request request, http::Completion done) override;

  /// How many requests only the previous credential got through.
  uint64_t saved_by_previous() const { return saved_by_previous_; }

 private:
  void Send(http::Request request, const keys::Credential& credential, http::Completion done);
  void SendAgain(http::Request request, const std::shared_ptr<const keys::Credential>& previous,
                 http::Outcome refusal, http::Completion done);
  bool RefusesCredential(const http::Outcome& outcome) const;

  http::Transport& inner_;
  keys::KeyRing& ring_;
  const Options options_;
  std::atomic<uint64_t> saved_by_previous_{0};
  std::atomic<const keys::Credential*> warned_of_{nullptr};
};

}  // namespace gw::rest
