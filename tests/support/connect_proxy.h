// An HTTP proxy on loopback that knows CONNECT and writes down what it is told.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/scripted_server.h"

namespace gw::testing {

/// Makes tunnels to a port of this machine, whatever host the client names.
/// Thread safety: all functions may be called from any thread.
class ConnectProxy {
 public:
  /// What becomes of a CONNECT instead of a tunnel: it is handed the connection, of which the
  /// request has been read.
  using Refusal = std::function<void(ServerConnection&)>;

  /// Every tunnel leads to `port` at 127.0.0.1, which is 0 for none: to the port that the client
  /// names.
  explicit ConnectProxy(int port = 0);
  /// Ends all tunnels.
  ~ConnectProxy();

  int port() const { return server_.port(); }
  int accepted() const { return server_.accepted(); }
  void StopListening() { server_.StopListening(); }
  /// From now on; empty: tunnels are made.
  void Refuse(Refusal refusal);
  /// The answer instead of `HTTP/1.1 200 Connection established` and an empty line.
  void Greet(std::string answer);

  /// The heads of all requests so far, as they came.
  std::vector<std::string> Heads() const;
  /// What clients have sent through tunnels so far, the first megabyte of it.
  std::string Tunnelled() const;

 private:
  void Serve(ServerConnection& connection);

  const int to_port_;
  mutable std::mutex mutex_;
  Refusal refusal_;
  std::string greeting_ = "HTTP/1.1 200 Connection established\r\nX-Proxy: canary-proxy\r\n\r\n";
  std::vector<std::string> heads_;
  std::string tunnelled_;
  ScriptedServer server_;  // the first to go: its scripts use the rest
};

}  // namespace gw::testing
