// Preflight: whether the way to an upstream is open, step by step, and what to do where it is not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/http/transport.h"
#include "service/http/upstream_options.h"

namespace gw::rest {

enum class PreflightResult {
  kOk,
  kFailed,
  kSkipped,  ///< It could not be made, or told nothing.
};

/// One step of the way. Texts are for operators; nothing in them is a key, or comes from a body.
struct PreflightCheck {
  std::string name;  ///< dns, connect, tls, clock, credential or egress_ip
  PreflightResult result = PreflightResult::kSkipped;
  std::string seen;
  std::string advice;  ///< empty: there is nothing to do
};

struct UpstreamPreflight {
  std::string upstream;
  std::vector<PreflightCheck> checks;  ///< all six, in that order
};

/// A key as an operator finds it: by its place in the configuration.
struct PreflightKey {
  std::string config_key;  ///< `concero.api_key_file`
  /// Of the key in use now; see Secret. Called on any thread.
  std::function<std::string()> fingerprint;
};

/// An upstream that can be looked at.
struct PreflightTarget {
  std::string name;  ///< as in metadata, and its section in the configuration
  http::UpstreamOptions http;
  /// Adds the credential, and neither repeats nor holds back: a breaker that is open is no answer.
  http::Transport* transport = nullptr;
  /// Changes nothing there and is refused without a right key.
  http::Request harmless_request;
  /// What a 401 is about.
  PreflightKey key;
  /// What a 403 is about; none: a 403 is about our address.
  std::optional<PreflightKey> signing_key;

  bool https() const { return http.base_url.rfind("https://", 0) == 0; }
};

}  // namespace gw::rest
