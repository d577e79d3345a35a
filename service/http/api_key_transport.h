// Authentication by an API key in a header.
#pragma once

#include <string>
#include <utility>

#include "service/base/secret.h"
#include "service/http/transport.h"

namespace gw::http {

/// A decorator that adds `header: key` to every request. It belongs below whatever repeats
/// requests, so that every send carries the key of its own moment. Thread safety: Start may be
/// called from any thread.
class ApiKeyTransport : public Transport {
 public:
  /// `inner` outlives it.
  ApiKeyTransport(Transport& inner, std::string header, Secret key)
      : inner_(inner), header_(std::move(header)), key_(std::move(key)) {}

  void Start(Request request, Completion done) override {
    request.headers.push_back({header_, std::string(key_.Reveal())});
    inner_.Start(std::move(request), std::move(done));
  }

 private:
  Transport& inner_;
  const std::string header_;
  const Secret key_;
};

}  // namespace gw::http
