// One authority that the engine trusts, and servers that it vouches for.
#pragma once

#include <string>
#include <utility>

#include "tests/integration/http/engine_fixture.h"
#include "tests/support/process.h"
#include "tests/support/scripted_server.h"
#include "tests/support/test_ca.h"

namespace gw::testing {

/// Made once: keys take a moment. Thread safety: immutable.
struct Trust {
  TemporaryDirectory directory;
  TestCa ca;
  std::string ca_file = directory.Write("ca.pem", ca.Pem());
  TlsOptions server = {ca.Issue()};

  static const Trust& Get() {
    static const Trust trust;
    return trust;
  }
};

/// Of a server that the authority vouches for.
inline ScriptedServer::Options OverTls() { return {Trust::Get().server, 0}; }

/// Options for an upstream at `server`, by its address, over TLS if it speaks that.
inline http::UpstreamOptions OptionsFor(const ScriptedServer& server) {
  http::UpstreamOptions options = OptionsFor(server.url(), server.port());
  options.ca_file = Trust::Get().ca_file;
  return options;
}

}  // namespace gw::testing
